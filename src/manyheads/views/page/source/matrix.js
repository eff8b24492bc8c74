// The matrix. Its canvas is only as large as the window onto it and stays put while one scrolls; what is drawn is
// the part in sight, so that tokens stay beside it and a large map costs no more than a small one.

import { theme } from "./colours.js";
import { canvasPen, prepare, shorten } from "./pens.js";

/** @typedef {{ row: number, column: number }} Cell */
/** @typedef {import("./maps.js").Shown} Shown */
/** @typedef {import("./pens.js").Pen} Pen */

/** How a matrix is laid out in a width. @param {Pen} pen @param {Shown} map @param {number} room */
export function layOut(pen, map, room) {
  const { rows, columns } = map;
  const widest = (/** @type {string[]} */ tokens) =>
    Math.ceil(tokens.reduce((most, token) => Math.max(most, pen.width(token)), 0));
  const left = Math.min(widest(rows), Math.max(72, Math.floor(room * 0.25))) + 12;
  const label = Math.min(widest(columns), 130);
  const share = (room - left) / columns.length;
  // Column labels lie level where they fit, else lean, and stand upright above narrow cells.
  let slant = label + 10 <= share ? 0 : Math.PI / 4;
  let overhang = slant ? Math.ceil(label * Math.cos(slant)) : 0;
  let wide = Math.max(12, Math.min(88, Math.floor(share - overhang / columns.length)));
  if (slant && wide < 20) {
    slant = Math.PI / 2;
    overhang = 0;
    wide = Math.max(12, Math.min(20, Math.floor(share)));
  }
  const high = Math.min(wide, 36);
  return {
    left, label, slant, overhang, wide, high,
    head: slant ? Math.ceil(label * Math.sin(slant) + 16) : 26,
    size: high < 15 ? high - 1 : 13,
    width: left + wide * columns.length + overhang,
    height: (slant ? Math.ceil(label * Math.sin(slant) + 16) : 26) + high * rows.length,
  };
}

/** @typedef {ReturnType<typeof layOut>} Layout */

/** @param {Pen} pen @param {import("./colours.js").Theme} colours @param {Layout} layout @param {number} value @param {number} top @param {number} x @param {number} y */
export function drawCell(pen, colours, { wide, high }, value, top, x, y) {
  const share = value / top;
  pen.rect(x, y, wide - 1, high - 1, colours.weight(share));
  if (wide < 32 || value < 0.005) return;
  const text = value.toFixed(2).replace(/^0/, "");
  pen.text(text, x + (wide - 1) / 2, y + high / 2, { size: 11, align: "center", colour: colours.inkOn(share) });
}

/** @param {Pen} pen @param {import("./colours.js").Theme} colours @param {Layout} layout @param {string} token @param {number} y @param {boolean} chosen */
export function drawRowLabel(pen, colours, { left, size }, token, y, chosen) {
  pen.text(shorten(pen, token, left - 9, { size, bold: chosen }), left - 8, y,
    { size, bold: chosen, align: "end", colour: chosen ? colours.accent : colours.ink });
}

/** @param {Pen} pen @param {import("./colours.js").Theme} colours @param {Layout} layout @param {string} token @param {number} x @param {number} y @param {boolean} chosen */
export function drawColumnLabel(pen, colours, { label, slant, size }, token, x, y, chosen) {
  pen.text(shorten(pen, token, label, { size, bold: chosen }), x, slant ? y : y - 4,
    { size, bold: chosen, turn: -slant, align: slant ? "start" : "center", colour: chosen ? colours.accent : colours.ink });
}

export class Matrix {
  /** @param {HTMLElement} box @param {(at: Cell | null) => void} onPoint */
  constructor(box, onPoint) {
    this.box = box;
    this.sizer = /** @type {HTMLElement} */ (box.firstElementChild);
    this.canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
    this.onPoint = onPoint;
    /** @type {Shown | null} */
    this.map = null;
    /** @type {Cell | null} */
    this.at = null;
    box.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()));
    box.addEventListener("pointermove", (event) => this.point(this.cellUnder(event)));
    box.addEventListener("pointerdown", (event) => this.point(this.cellUnder(event)));
    box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.point(null));
    box.addEventListener("keydown", (event) => this.move(event));
  }

  /** @param {Shown} map */
  show(map) {
    const fits = this.at && this.at.row < map.rows.length && this.at.column < map.columns.length;
    this.map = map;
    if (!fits) this.at = null;
    this.layOut();
  }

  layOut() {
    if (!this.map) return;
    const room = this.box.clientWidth;
    const pen = canvasPen(/** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d")));
    this.layout = layOut(pen, this.map, room);
    const { width, height } = this.layout;
    this.sizer.style.width = `${width}px`;
    this.sizer.style.height = `${height}px`;
    this.box.style.height = `${Math.min(height + (width > room ? 16 : 0), Math.max(320, innerHeight * 0.8))}px`;
    this.draw();
  }

  /** @param {PointerEvent} event @returns {Cell | null} */
  cellUnder(event) {
    if (!this.map || !this.layout) return null;
    const bounds = this.box.getBoundingClientRect();
    const { left, head, wide, high } = this.layout;
    const [across, down] = [event.clientX - bounds.left, event.clientY - bounds.top];
    if (across < left || down < head) return null;
    const column = Math.floor((across - left + this.box.scrollLeft) / wide);
    const row = Math.floor((down - head + this.box.scrollTop) / high);
    return row < this.map.rows.length && column < this.map.columns.length ? { row, column } : null;
  }

  /** @param {Cell | null} at */
  point(at) {
    if (at?.row === this.at?.row && at?.column === this.at?.column) return;
    this.at = at;
    this.draw();
    this.onPoint(at);
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    /** @type {Record<string, [number, number]>} */
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step || !this.map) return;
    event.preventDefault();
    const within = (/** @type {number} */ place, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, place));
    const { rows, columns } = this.map;
    const at = this.at
      ? { row: within(this.at.row + step[0], rows.length), column: within(this.at.column + step[1], columns.length) }
      : { row: 0, column: 0 };
    this.bringIntoView(at);
    this.point(at);
  }

  /** @param {Cell} at */
  bringIntoView({ row, column }) {
    if (!this.layout) return;
    const { box, layout: { wide, high, left, head } } = this;
    box.scrollLeft = Math.min(column * wide, Math.max(box.scrollLeft, (column + 1) * wide + left - box.clientWidth));
    box.scrollTop = Math.min(row * high, Math.max(box.scrollTop, (row + 1) * high + head - box.clientHeight));
  }

  draw() {
    if (!this.map || !this.layout) return;
    const { box, map, layout, at } = this;
    const { wide, high, left, head } = layout;
    const colours = theme();
    const context = prepare(this.canvas, box.clientWidth, box.clientHeight);
    const pen = canvasPen(context);
    const inSight = (/** @type {number} */ scroll, /** @type {number} */ length, /** @type {number} */ cell, /** @type {number} */ count) =>
      [Math.max(0, Math.floor(scroll / cell)), Math.min(count, Math.ceil((scroll + length) / cell))];
    const [top, bottom] = inSight(box.scrollTop, box.clientHeight - head, high, map.rows.length);
    const [first, last] = inSight(box.scrollLeft, box.clientWidth - left, wide, map.columns.length);
    const x = (/** @type {number} */ column) => left + column * wide - box.scrollLeft;
    const y = (/** @type {number} */ row) => head + row * high - box.scrollTop;
    clipped(context, [left, head, box.clientWidth, box.clientHeight], () => {
      for (let row = top; row < bottom; row++) {
        for (let column = first; column < last; column++) {
          drawCell(pen, colours, layout, map.values[row * map.columns.length + column], map.top, x(column), y(row));
        }
      }
      if (at) pen.frame(x(at.column), y(at.row), wide - 1, high - 1, colours.ink, 2);
    });
    clipped(context, [0, head, left, box.clientHeight], () => {
      for (let row = top; row < bottom; row++) drawRowLabel(pen, colours, layout, map.rows[row], y(row) + high / 2, at?.row === row);
    });
    clipped(context, [left - (layout.slant ? 6 : 0), 0, box.clientWidth, head], () => {
      for (let column = first; column < last; column++) {
        drawColumnLabel(pen, colours, layout, map.columns[column], x(column) + wide / 2, head - 8, at?.column === column);
      }
    });
  }
}

/** @param {CanvasRenderingContext2D} context @param {number[]} bounds @param {() => void} paint */
function clipped(context, [left, top, right, bottom], paint) {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  paint();
  context.restore();
}
