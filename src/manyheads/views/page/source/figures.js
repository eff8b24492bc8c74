// A view as a figure for a paper: on white, at print size, with what it shows in words below it.

import { theme } from "./colours.js";
import { thumbnail } from "./grid.js";
import { drawLines } from "./lines.js";
import { drawCell, drawColumnLabel, drawRowLabel, layOut } from "./matrix.js";
import { meanOfPairs, shadeOf } from "./meaning.js";
import { drawStrip, paintSheet, stripHeight } from "./parts.js";
import { canvasPen, shorten, svgPen } from "./pens.js";
import { title } from "./state.js";
import { drawRibbons, layRibbons } from "./translation.js";

/** @typedef {import("./pens.js").Pen} Pen */
/** @typedef {import("./document.js").Described} Described */
/** @typedef {{ width: number, height: number, caption: string, draw: (pen: Pen) => void }} Figure */

const MARGIN = 16;
/** Of a PNG: 96 points an inch become 300. */
const SCALE = 300 / 96;
const colours = theme(true);

/** @param {Described} described @param {import("./maps.js").Maps} maps @param {import("./state.js").Chosen} chosen @param {"svg" | "png"} format @param {ParentNode} root what is on the page */
export async function saved(described, maps, chosen, format, root) {
  const measuring = canvasPen(/** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d")));
  const figure = captioned(measuring, described, await figureOf(measuring, described, maps, chosen, root));
  const name = `${chosen.view}-${chosen.kind}-${chosen.layer ?? "mean"}-${chosen.head ?? "mean"}.${format}`;
  if (format === "svg") {
    const pen = svgPen();
    figure.draw(pen);
    return { blob: new Blob([pen.svg(figure.width, figure.height, "#ffffff", figure.caption)], { type: "image/svg+xml" }), name };
  }
  const canvas = Object.assign(document.createElement("canvas"),
    { width: Math.round(figure.width * SCALE), height: Math.round(figure.height * SCALE) });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(SCALE, SCALE);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, figure.width, figure.height);
  figure.draw(canvasPen(context));
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  return { blob: /** @type {Blob} */ (blob), name };
}

/** @param {Pen} pen @param {Described} described @param {import("./maps.js").Maps} maps @param {import("./state.js").Chosen} chosen @param {ParentNode} root @returns {Promise<Figure>} */
async function figureOf(pen, described, maps, chosen, root) {
  const { view, kind, layer, head, value } = chosen;
  if (view === "steps") return stepsFigure(root, `${title(described, chosen)}, token “${described.kinds[kind].rows[chosen.token]}”`);
  if (view === "meaning" && described.meaning) return meaningFigure(described.meaning, root);
  if (view === "grid") return gridFigure(described, maps, kind);
  if (view === "translation" && described.written) return ribbonFigure(pen, described.written.linked);
  if (view !== "rollout") return mapFigure(pen, await maps.select(kind, layer, head, value), title(described, chosen));
  const { layers } = described.kinds[kind];
  return mapFigure(pen, await maps.rollout(kind, layer), `attention rollout up to layer ${layer ?? layers - 1}`);
}

/** Put the caption below, line by line. @param {Pen} pen @param {Described} described @param {Figure} figure @returns {Figure} */
function captioned(pen, described, figure) {
  const width = Math.max(figure.width, 320);
  const lines = [figure.caption, ...described.texts.map((text) => `“${text}”`), `model: ${described.model}`];
  return {
    ...figure,
    width: width + 2 * MARGIN,
    height: figure.height + 2 * MARGIN + 8 + 18 * lines.length,
    draw(onto) {
      figure.draw(offset(onto, MARGIN, MARGIN));
      lines.forEach((line, place) => onto.text(shorten(pen, line, width, { size: 12 }), MARGIN, MARGIN + figure.height + 16 + 18 * place,
        { size: 12, bold: place === 0, colour: place === 0 ? colours.ink : colours.quiet }));
    },
  };
}

/** The same pen, somewhere else. @param {Pen} pen @param {number} dx @param {number} dy @returns {Pen} */
function offset(pen, dx, dy) {
  return {
    ...pen,
    rect: (x, y, ...rest) => pen.rect(x + dx, y + dy, ...rest),
    frame: (x, y, ...rest) => pen.frame(x + dx, y + dy, ...rest),
    image: (picture, x, y, ...rest) => pen.image(picture, x + dx, y + dy, ...rest),
    text: (text, x, y, how) => pen.text(text, x + dx, y + dy, how),
    curve: ([x, y], [endX, endY], ...rest) => pen.curve([x + dx, y + dy], [endX + dx, endY + dy], ...rest),
    band: ([left, right, y], [endLeft, endRight, endY], ...rest) =>
      pen.band([left + dx, right + dx, y + dy], [endLeft + dx, endRight + dx, endY + dy], ...rest),
  };
}

/** The matrix, its legend, and the lines beside it. @param {Pen} pen @param {import("./maps.js").Shown} map @param {string} caption @returns {Figure} */
function mapFigure(pen, map, caption) {
  const { rows, columns, values, top } = map;
  const layout = layOut(pen, map, Math.max(420, 36 * columns.length + 150));
  const widest = Math.min(120, Math.max(...[...rows, ...columns].map((token) => pen.width(token))));
  const [left, right] = [layout.width + 40 + widest, layout.width + 40 + widest + 130];
  const step = Math.max(18, Math.min(26, (layout.height - 20) / Math.max(rows.length, columns.length)));
  return {
    caption,
    width: right + widest + 16,
    height: Math.max(layout.height, step * Math.max(rows.length, columns.length)) + 34,
    draw(onto) {
      rows.forEach((token, row) => {
        const y = layout.head + row * layout.high;
        drawRowLabel(onto, colours, layout, token, y + layout.high / 2, false);
        columns.forEach((_, column) => drawCell(onto, colours, layout, values[row * columns.length + column], top, layout.left + column * layout.wide, y));
      });
      columns.forEach((token, column) =>
        drawColumnLabel(onto, colours, layout, token, layout.left + (column + 0.5) * layout.wide, layout.head - 8, false));
      const y = (/** @type {number} */ place) => (place + 0.5) * step;
      drawLines(onto, colours, map, null, { left: left + 6, right: right - 6, y });
      const tokens = (/** @type {string[]} */ all, /** @type {number} */ x, /** @type {"start" | "end"} */ align) =>
        all.forEach((token, place) => onto.text(shorten(pen, token, widest), x, y(place), { align, colour: colours.ink }));
      tokens(rows, left, "end");
      tokens(columns, right, "start");
      legend(onto, layout.left, this.height - 16, top);
    },
  };
}

/** @param {Pen} pen @param {number} x @param {number} y @param {number} top */
function legend(pen, x, y, top) {
  pen.text("0", x, y, { size: 11, colour: colours.quiet });
  for (let step = 0; step < 40; step++) pen.rect(x + 12 + step * 3, y - 6, 3.2, 12, colours.weight(step / 39));
  pen.text(`${top.toFixed(2)}  weight`, x + 140, y, { size: 11, colour: colours.quiet });
}

/** @param {Described} described @param {import("./maps.js").Maps} maps @param {string} kind @returns {Promise<Figure>} */
async function gridFigure(described, maps, kind) {
  const { layers, heads, rows, columns } = described.kinds[kind];
  const [side, step, left, top] = [56, 68, 54, 24];
  const pictures = await Promise.all(Array.from({ length: layers }, async (_, layer) => {
    const bytes = await maps.block(kind, layer);
    return Array.from({ length: heads }, (__, head) => {
      const canvas = document.createElement("canvas");
      thumbnail(canvas, bytes.subarray(head * rows.length * columns.length), rows.length, columns.length, true);
      return canvas;
    });
  }));
  return {
    caption: `${kind} attention, every head: layers downwards, heads across`,
    width: left + step * heads,
    height: top + step * layers,
    draw(pen) {
      pictures.forEach((row, layer) => {
        pen.text(`layer ${layer}`, 0, top + layer * step + side / 2, { size: 12, colour: colours.ink });
        row.forEach((picture, head) => {
          if (layer === 0) pen.text(`head ${head}`, left + head * step + side / 2, 10, { size: 12, align: "center", colour: colours.ink });
          pen.image(picture, left + head * step, top + layer * step, side, side);
          pen.frame(left + head * step, top + layer * step, side, side, colours.rule);
        });
      });
    },
  };
}

/** @param {Pen} pen @param {import("./document.js").Linked} linked @returns {Figure} */
function ribbonFigure(pen, linked) {
  const layout = layRibbons(pen, linked);
  return {
    caption: `which ${linked.what} belong together`,
    width: layout.width,
    height: layout.height,
    draw: (onto) => drawRibbons(onto, colours, linked, layout, null),
  };
}

const COLUMN = 680;

/** The steps as they are on the page: titles, strips and sheets. @param {ParentNode} root @param {string} caption @returns {Figure} */
function stepsFigure(root, caption) {
  /** @type {{ height: number, draw: (pen: Pen, y: number) => void }[]} */
  const parts = [];
  const text = (/** @type {string} */ told, /** @type {number} */ height, /** @type {boolean} */ bold) => parts.push({
    height,
    draw: (pen, y) => pen.text(shorten(pen, told, COLUMN, { size: bold ? 13 : 11, bold }), 0, y + height / 2,
      { size: bold ? 13 : 11, bold, colour: bold ? colours.ink : colours.quiet }),
  });
  root.querySelectorAll(".step h2, .step .says, .step .strip-cells, .step .sheet").forEach((element) => {
    const { what, matrix, label } = /** @type {any} */ (element);
    if (what) {
      text(element.previousElementSibling?.firstElementChild?.textContent ?? "", 18, false);
      const height = stripHeight(COLUMN, what);
      parts.push({ height: height + 4, draw: (pen, y) => drawStrip(offset(pen, 0, y), colours, COLUMN, { ...what, at: null }) });
    } else if (matrix) {
      text(`${label}, ${matrix.shape.join(" × ")}`, 18, false);
      const canvas = document.createElement("canvas");
      paintSheet(canvas, colours, matrix);
      parts.push({ height: 70, draw: (pen, y) => pen.image(canvas, 0, y, COLUMN, 64) });
    } else {
      text(element.textContent?.trim().replace(/\s+/g, " ") ?? "", element.tagName === "H2" ? 30 : 18, element.tagName === "H2");
    }
  });
  return {
    caption,
    width: COLUMN,
    height: parts.reduce((sum, { height }) => sum + height, 0),
    draw(pen) {
      parts.reduce((y, part) => { part.draw(pen, y); return y + part.height; }, 0);
    },
  };
}

/** How alike a word's vectors are: layer by layer, and those of the chosen layer. @param {import("./document.js").Meaning} meaning @param {ParentNode} root @returns {Figure} */
function meaningFigure(meaning, root) {
  const all = [...root.querySelectorAll(".curve button")];
  const layer = Math.max(all.findIndex((each) => each.ariaChecked === "true"), 0);
  const cosines = meaning.cosines[layer];
  const shade = shadeOf(cosines);
  const [step, high, side] = [84, 90, 44];
  const top = high + 60;
  return {
    caption: `“${meaning.word}” in ${meaning.texts.length} sentences: mean cosine of its vectors by layer; below, of ${meaning.names[layer]}`,
    width: Math.max(step * meaning.names.length, 480),
    height: top + side * cosines.length + 18 * meaning.texts.length + 12,
    draw(pen) {
      meaning.cosines.forEach((of, place) => {
        const mean = meanOfPairs(of);
        const x = place * step + step / 2;
        pen.rect(x - 12, high - Math.max(mean, 0) * high, 24, Math.max(mean, 0) * high, place === layer ? colours.accent : colours.rule);
        pen.text(mean.toFixed(2), x, high + 12, { size: 11, align: "center", colour: colours.ink });
        pen.text(meaning.names[place], x, high + 28, { size: 11, align: "center", colour: colours.quiet });
      });
      cosines.forEach((row, down) => {
        pen.text(String(down + 1), 8, top + (down + 0.5) * side, { size: 12, colour: colours.ink });
        row.forEach((value, across) => {
          const share = shade(value);
          pen.rect(24 + across * side, top + down * side, side - 1, side - 1, colours.weight(share));
          pen.text(value.toFixed(2), 24 + (across + 0.5) * side, top + (down + 0.5) * side, { size: 11, align: "center", colour: colours.inkOn(share) });
        });
      });
      meaning.texts.forEach(({ text }, place) => pen.text(`${place + 1}  ${text}`, 8, top + side * cosines.length + 18 * (place + 0.5) + 8,
        { size: 12, colour: colours.ink }));
    },
  };
}
