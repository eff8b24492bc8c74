// From no weight to the largest, in steps of about equal lightness; the paper of the theme is nothing.

const ramps = {
  light: ["#fffefb", "#dce9ea", "#a9cdd6", "#6aa9c6", "#3680b0", "#1f558c", "#13294f"],
  dark: ["#141a26", "#1b325f", "#21548d", "#2c7dac", "#5fa8be", "#a5d0cd", "#f7f3de"],
};
const darkTheme = matchMedia("(prefers-color-scheme: dark)");
const palettes = { light: palette(ramps.light), dark: palette(ramps.dark) };

function palette(ramp) {
  const stops = ramp.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, step) => {
    const place = (step / 255) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[below].map((low, part) => Math.round(low + (stops[below + 1][part] - low) * (place - below)));
    return `rgb(${mixed.join(" ")})`;
  });
}

function theme() {
  const name = darkTheme.matches ? "dark" : "light";
  const style = getComputedStyle(document.documentElement);
  const variable = (key) => style.getPropertyValue(key).trim();
  return {
    colours: palettes[name],
    ramp: `linear-gradient(to right, ${ramps[name].join(", ")})`,
    // Ink that can be read on a cell of this share of the largest weight.
    inkOn: (share) => (share > (darkTheme.matches ? 0.5 : 0.67) === darkTheme.matches ? "#0d1222" : "#f6f8fa"),
    ink: variable("--ink"), quiet: variable("--quiet"), accent: variable("--accent"), line: variable("--line"),
    family: getComputedStyle(document.body).fontFamily,
  };
}

// A canvas as sharp as the screen, within what browsers allow.
function prepare(canvas, width, height) {
  const ratio = Math.min(devicePixelRatio || 1, 8000 / Math.max(width, height, 1));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}
