// Two columns of tokens and a line for each weight that is worth one. Pointing at a token leaves only its lines, and
// shades the tokens at their other ends.

import { theme } from "./colours.js";
import { canvasPen, prepare } from "./pens.js";

/** @typedef {{ side: "row" | "column", place: number }} Token */
/** @typedef {import("./maps.js").Shown} Shown */

/** The weights between a token and those of the other side. @param {Shown} map @param {Token} at */
export function endsOf({ rows, columns, values }, at) {
  return at.side === "row"
    ? columns.map((_, column) => values[at.place * columns.length + column])
    : rows.map((_, row) => values[row * columns.length + at.place]);
}

/**
 * @param {import("./pens.js").Pen} pen @param {import("./colours.js").Theme} colours @param {Shown} map
 * @param {Token | null} at @param {{ left: number, right: number, y: (place: number) => number, bottom?: number }} where
 *   `bottom`: a line that is wholly above 0 or below it is not drawn
 */
export function drawLines(pen, colours, map, at, { left, right, y, bottom = Infinity }) {
  const top = at ? Math.max(...endsOf(map, at), 1e-9) : map.top;
  const least = at ? 0.04 : 0.1;
  const { rows, columns, values } = map;
  const colour = `rgb(${colours.line.join(",")})`;
  const [first, last] = at?.side === "row" ? [at.place, at.place + 1] : [0, rows.length];
  for (let row = first; row < last; row++) {
    const [start, end] = at?.side === "column" ? [at.place, at.place + 1] : [0, columns.length];
    for (let column = start; column < end; column++) {
      const share = values[row * columns.length + column] / top;
      if (share < least || Math.max(y(row), y(column)) < 0 || Math.min(y(row), y(column)) > bottom) continue;
      pen.curve([left, y(row)], [right, y(column)], colour, 0.75 + 2.25 * share, share);
    }
  }
}

export class Lines {
  /** @param {HTMLElement} box @param {(at: Token | null) => void} onPoint */
  constructor(box, onPoint) {
    this.box = box;
    this.canvas = /** @type {HTMLCanvasElement} */ (box.querySelector("canvas"));
    this.sides = {
      row: /** @type {HTMLElement} */ (box.querySelector("#rows")),
      column: /** @type {HTMLElement} */ (box.querySelector("#columns")),
    };
    this.onPoint = onPoint;
    /** @type {Token | null} */
    this.kept = null;
    /** @type {Token | null} */
    this.at = null;
    /** @type {HTMLElement[]} */
    this.marked = [];
    /** @type {{ width: number, height: number, step: number } | null} */
    this.size = null;
    this.scrolled = 0;
    box.addEventListener("scroll", () => requestAnimationFrame(() => { this.scrolled = box.scrollTop; this.drawLines(theme()); }));
    for (const [side, list] of /** @type {["row" | "column", HTMLElement][]} */ (Object.entries(this.sides))) {
      list.addEventListener("pointerover", (event) => this.point(this.tokenOf(side, event)));
      list.addEventListener("focusin", (event) => this.point(this.tokenOf(side, event)));
      list.addEventListener("pointerleave", () => this.point(this.kept));
      list.addEventListener("click", (event) => this.keep(this.tokenOf(side, event)));
      list.addEventListener("keydown", (event) => this.move(list, event));
    }
  }

  /** @param {Shown} map */
  show(map) {
    const sameTokens = this.map?.rows === map.rows && this.map?.columns === map.columns;
    this.map = map;
    if (!sameTokens) {
      this.kept = this.at = null;
      this.marked = [];
      this.fill(this.sides.row, map.rows);
      this.fill(this.sides.column, map.columns);
    }
    this.layOut();
  }

  /** @param {HTMLElement} list @param {string[]} tokens */
  fill(list, tokens) {
    list.replaceChildren(...tokens.map((token, place) => {
      const item = document.createElement("li");
      const button = item.appendChild(document.createElement("button"));
      button.type = "button";
      button.dir = "auto";
      button.textContent = button.title = token;
      button.tabIndex = place === 0 ? 0 : -1;
      button.setAttribute("aria-pressed", "false");
      return item;
    }));
  }

  /** @param {"row" | "column"} side @param {Event} event @returns {Token | null} */
  tokenOf(side, event) {
    const item = /** @type {HTMLElement} */ (event.target).closest("button")?.parentElement;
    return item ? { side, place: [.../** @type {HTMLElement} */ (item.parentElement).children].indexOf(item) } : this.kept;
  }

  /** @param {Token | null} at */
  point(at) {
    if (at?.side === this.at?.side && at?.place === this.at?.place) return;
    this.at = at;
    this.draw();
    this.onPoint(at);
  }

  /** @param {Token | null} at */
  keep(at) {
    const again = this.kept && at && at.side === this.kept.side && at.place === this.kept.place;
    this.kept = again ? null : at;
    this.draw();
  }

  /** @param {HTMLElement} list @param {KeyboardEvent} event */
  move(list, event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target)) + step];
    if (!next) return;
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  }

  /** Measure and draw: of another map, and when the page's size has changed. */
  layOut() {
    if (!this.map) return;
    const { box, canvas, sides } = this;
    // Measured here alone: asked for while tokens are marked, it would lay out a thousand of them again.
    const high = Math.max(sides.row.offsetHeight, sides.column.offsetHeight);
    this.size = {
      width: canvas.clientWidth,
      height: Math.min(high, box.clientHeight),
      step: /** @type {HTMLElement} */ (sides.row.firstElementChild).offsetHeight,
    };
    this.draw();
  }

  draw() {
    if (!this.map) return;
    const colours = theme();
    this.shade(this.map, colours);
    this.drawLines(colours);
  }

  /** The canvas is as high as what is in sight of the lists, and moves with it. @param {import("./colours.js").Theme} colours */
  drawLines(colours) {
    const { map, at, size } = this;
    if (!map || !size) return;
    const { width, height, step } = size;
    const pen = canvasPen(prepare(this.canvas, width, height));
    this.canvas.style.width = "100%";
    const y = (/** @type {number} */ place) => (place + 0.5) * step - this.scrolled;
    drawLines(pen, colours, map, at, { left: 2, right: width - 2, y, bottom: height });
  }

  /** Mark the token that is pointed at, the kept one, and those at the other ends; the others are dim by the style sheet.
   * @param {Shown} map @param {import("./colours.js").Theme} colours */
  shade(map, colours) {
    const { at, kept, sides } = this;
    for (const button of this.marked) {
      button.classList.remove("chosen", "kept", "end");
      button.setAttribute("aria-pressed", "false");
      button.style.background = button.style.color = "";
    }
    this.marked = [];
    const mark = (/** @type {Token} */ { side, place }, /** @type {string} */ name) => {
      const button = /** @type {HTMLElement} */ (sides[side].children[place].firstElementChild);
      button.classList.add(name);
      this.marked.push(button);
      return button;
    };
    this.box.classList.toggle("pointing", Boolean(at));
    if (kept) mark(kept, "kept").setAttribute("aria-pressed", "true");
    if (!at) return;
    mark(at, "chosen");
    const ends = endsOf(map, at);
    const top = Math.max(...ends, 1e-9);
    ends.forEach((weight, place) => {
      if (weight / top < 0.04) return;
      const button = mark({ side: at.side === "row" ? "column" : "row", place }, "end");
      button.style.background = colours.weight(weight / top);
      button.style.color = colours.inkOn(weight / top);
    });
  }
}
