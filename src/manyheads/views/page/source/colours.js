// Colours that people with any colour sight tell apart: weights from paper to the deepest blue in steps of about
// equal lightness, signed numbers from orange over paper to blue.

const ramps = {
  light: ["#fffefb", "#dce9ea", "#a9cdd6", "#6aa9c6", "#3680b0", "#1f558c", "#13294f"],
  dark: ["#141a26", "#1b325f", "#21548d", "#2c7dac", "#5fa8be", "#a5d0cd", "#f7f3de"],
};
const signed = {
  light: ["#8a3b00", "#c96a1f", "#eab27c", "#fffefb", "#96bfdb", "#3d82b8", "#123f73"],
  dark: ["#ffb26b", "#c9762d", "#6f4220", "#141a26", "#1e4a73", "#3b8bc4", "#a6dcff"],
};
export const darkTheme = matchMedia("(prefers-color-scheme: dark)");
const palettes = {
  light: { weights: palette(ramps.light), signed: palette(signed.light) },
  dark: { weights: palette(ramps.dark), signed: palette(signed.dark) },
};

/** @param {string[]} ramp */
function palette(ramp) {
  const stops = ramp.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, step) => {
    const place = (step / 255) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[below].map((low, part) => Math.round(low + (stops[below + 1][part] - low) * (place - below)));
    return `rgb(${mixed.join(",")})`;
  });
}

/** Red, green and blue of a colour of the palettes. @param {string} colour */
export function channels(colour) {
  return (colour.match(/\d+/g) ?? []).map(Number);
}

const inks = Object.fromEntries(Object.entries(palettes).map(([name, { weights, signed: both }]) =>
  [name, { weights: weights.map(inkOn), signed: both.map(inkOn) }]));

/** Black or white, whichever can be read better on a colour: by WCAG's contrast always above 4.5. @param {string} colour */
function inkOn(colour) {
  const [red, green, blue] = channels(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff";
}

/** The colours of the page as it is; of paper, whatever the page is, for figures. @param {boolean} [onPaper] */
export function theme(onPaper = false) {
  const dark = darkTheme.matches && !onPaper;
  const { weights, signed: both } = palettes[dark ? "dark" : "light"];
  const ink = inks[dark ? "dark" : "light"];
  const share = (/** @type {number} */ value) => Math.round(Math.max(0, Math.min(1, value)) * 255);
  return {
    /** @param {number} value from 0 to 1 */
    weight: (value) => weights[share(value)],
    /** @param {number} value from -1 to 1 */
    signed: (value) => both[share((value + 1) / 2)],
    ramp: `linear-gradient(to right, ${ramps[dark ? "dark" : "light"].join(", ")})`,
    signedRamp: `linear-gradient(to right, ${signed[dark ? "dark" : "light"].join(", ")})`,
    /** Ink that can be read on a weight's colour. @param {number} value */
    inkOn: (value) => ink.weights[share(value)],
    /** @param {number} value */
    inkOnSigned: (value) => ink.signed[share((value + 1) / 2)],
    paper: dark ? "#141a26" : onPaper ? "#ffffff" : "#fffefb",
    ink: dark ? "#e8eaef" : "#1a2133",
    quiet: dark ? "#9aa4b6" : "#586074",
    rule: dark ? "#2b3446" : "#dcd8cc",
    accent: dark ? "#8ec5e8" : "#1b568f",
    line: dark ? [142, 197, 232] : [27, 86, 143],
  };
}

/** @typedef {ReturnType<typeof theme>} Theme */
/** What stands in for a token of no special colour in ribbons: eight that are told apart (Okabe and Ito). */
export const RIBBONS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a00", "#6b5ca5"];
