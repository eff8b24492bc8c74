// Two pens that draw the same: one on a canvas (the page, PNG), one in SVG, where text stays text.

const FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

/**
 * @typedef {{ size?: number, bold?: boolean, align?: "start" | "center" | "end", turn?: number, colour: string }} Lettering
 * @typedef {{
 *   rect: (x: number, y: number, width: number, height: number, colour: string) => void,
 *   frame: (x: number, y: number, width: number, height: number, colour: string, line?: number) => void,
 *   curve: (from: [number, number], to: [number, number], colour: string, width: number, opacity: number) => void,
 *   band: (top: [number, number, number], bottom: [number, number, number], colour: string, opacity: number) => void,
 *   image: (picture: HTMLCanvasElement, x: number, y: number, width: number, height: number) => void,
 *   text: (text: string, x: number, y: number, how: Lettering) => void,
 *   width: (text: string, how?: { size?: number, bold?: boolean }) => number,
 * }} Pen
 */

/** @param {{ size?: number, bold?: boolean }} [how] */
function font({ size = 13, bold = false } = {}) {
  return `${bold ? "600 " : ""}${size}px ${FAMILY}`;
}

/** @param {CanvasRenderingContext2D} context @returns {Pen} */
export function canvasPen(context) {
  return {
    rect(x, y, width, height, colour) {
      context.fillStyle = colour;
      context.fillRect(x, y, width, height);
    },
    frame(x, y, width, height, colour, line = 1) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.strokeRect(x, y, width, height);
    },
    curve([x, y], [endX, endY], colour, width, opacity) {
      context.globalAlpha = opacity;
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x, y);
      context.bezierCurveTo(x + (endX - x) * 0.45, y, x + (endX - x) * 0.55, endY, endX, endY);
      context.stroke();
      context.globalAlpha = 1;
    },
    band(top, bottom, colour, opacity) {
      context.globalAlpha = opacity;
      context.fillStyle = colour;
      context.fill(new Path2D(bandPath(top, bottom)));
      context.globalAlpha = 1;
    },
    image(picture, x, y, width, height) {
      context.imageSmoothingEnabled = false;
      context.drawImage(picture, x, y, width, height);
    },
    text(text, x, y, { size, bold, align = "start", turn = 0, colour }) {
      context.save();
      context.translate(x, y);
      context.rotate(turn);
      context.font = font({ size, bold });
      context.textAlign = align;
      context.textBaseline = "middle";
      context.fillStyle = colour;
      context.fillText(text, 0, 0);
      context.restore();
    },
    width(text, how) {
      context.font = font(how);
      return context.measureText(text).width;
    },
  };
}

const measuring = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));

/** @returns {Pen & { svg: (width: number, height: number, paper: string, title: string) => string }} */
export function svgPen() {
  /** @type {string[]} */
  const drawn = [];
  const at = (/** @type {number} */ value) => String(Math.round(value * 100) / 100);
  return {
    rect(x, y, width, height, colour) {
      drawn.push(`<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" fill="${colour}"/>`);
    },
    frame(x, y, width, height, colour, line = 1) {
      drawn.push(`<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" fill="none" `
        + `stroke="${colour}" stroke-width="${at(line)}"/>`);
    },
    curve([x, y], [endX, endY], colour, width, opacity) {
      const [first, second] = [x + (endX - x) * 0.45, x + (endX - x) * 0.55];
      drawn.push(`<path d="M${at(x)} ${at(y)}C${at(first)} ${at(y)} ${at(second)} ${at(endY)} ${at(endX)} ${at(endY)}" `
        + `fill="none" stroke="${colour}" stroke-width="${at(width)}" stroke-opacity="${opacity.toFixed(3)}"/>`);
    },
    band(top, bottom, colour, opacity) {
      drawn.push(`<path d="${bandPath(top, bottom)}" fill="${colour}" fill-opacity="${opacity.toFixed(3)}"/>`);
    },
    image(picture, x, y, width, height) {
      drawn.push(`<image x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" preserveAspectRatio="none" `
        + `style="image-rendering:pixelated" href="${picture.toDataURL()}"/>`);
    },
    text(text, x, y, { size = 13, bold = false, align = "start", turn = 0, colour }) {
      const anchor = { start: "start", center: "middle", end: "end" }[align];
      const turned = turn ? ` transform="rotate(${at((turn * 180) / Math.PI)} ${at(x)} ${at(y)})"` : "";
      drawn.push(`<text x="${at(x)}" y="${at(y)}" font-size="${at(size)}" text-anchor="${anchor}" `
        + `dominant-baseline="central" fill="${colour}"${bold ? ' font-weight="600"' : ""}${turned}>${escaped(text)}</text>`);
    },
    width(text, how) {
      measuring.font = font(how);
      return measuring.measureText(text).width;
    },
    svg(width, height, paper, title) {
      return `<svg xmlns="http://www.w3.org/2000/svg" width="${at(width)}" height="${at(height)}" `
        + `viewBox="0 0 ${at(width)} ${at(height)}" font-family="${FAMILY}" role="img">`
        + `<title>${escaped(title)}</title><rect width="100%" height="100%" fill="${paper}"/>${drawn.join("")}</svg>\n`;
    },
  };
}

/** A ribbon from (left, right, y) to (left, right, y). @param {number[]} top @param {number[]} bottom */
function bandPath([left, right, y], [endLeft, endRight, endY]) {
  const middle = (y + endY) / 2;
  return `M${left} ${y}L${right} ${y}C${right} ${middle} ${endRight} ${middle} ${endRight} ${endY}`
    + `L${endLeft} ${endY}C${endLeft} ${middle} ${left} ${middle} ${left} ${y}Z`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A canvas as sharp as the screen, within what browsers allow. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function prepare(canvas, width, height) {
  const ratio = Math.min(devicePixelRatio || 1, 8000 / Math.max(width, height, 1));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  return context;
}

/** A picture of a pixel a number. @param {HTMLCanvasElement} canvas @param {number} wide @param {number} high @param {(place: number) => number[]} channelsAt */
export function paintPixels(canvas, wide, high, channelsAt) {
  canvas.width = wide;
  canvas.height = high;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = context.createImageData(wide, high);
  for (let place = 0; place < wide * high; place++) {
    picture.data.set(channelsAt(place), place * 4);
    picture.data[place * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

const segmenter = new Intl.Segmenter();

/** A text that fits, with an ellipsis where it does not. @param {Pen} pen @param {string} text @param {number} room @param {{ size?: number, bold?: boolean }} [how] */
export function shorten(pen, text, room, how) {
  if (pen.width(text, how) <= room + 1) return text;
  const letters = [...segmenter.segment(text)].map((part) => part.segment);
  while (letters.length > 1 && pen.width(`${letters.join("")}…`, how) > room) letters.pop();
  return `${letters.join("")}…`;
}
