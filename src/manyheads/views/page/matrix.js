// The matrix. Its canvas is only as large as the window onto it and stays put while one scrolls; what is
// drawn is the part in sight, so that the tokens stay beside it and a large map costs no more than a small one.

class Matrix {
  constructor(box, onPoint) {
    this.box = box;
    this.sizer = box.firstElementChild;
    this.canvas = box.querySelector("canvas");
    this.onPoint = onPoint;
    this.map = null;
    this.at = null;
    box.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()));
    box.addEventListener("pointermove", (event) => this.point(this.cellUnder(event)));
    box.addEventListener("pointerdown", (event) => this.point(this.cellUnder(event)));
    box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.point(null));
    box.addEventListener("keydown", (event) => this.move(event));
  }

  show(map) {
    const fits = this.at && this.at.row < map.rows.length && this.at.column < map.columns.length;
    this.map = map;
    if (!fits) this.at = null;
    this.layOut();
  }

  layOut() {
    if (!this.map) return;
    const { rows, columns } = this.map;
    const room = this.box.clientWidth;
    const context = this.canvas.getContext("2d");
    context.font = this.font = `13px ${theme().family}`;
    const widest = (tokens) => Math.ceil(Math.max(...tokens.map((token) => context.measureText(token).width)));
    this.left = Math.min(widest(rows), Math.max(72, Math.floor(room * 0.25))) + 12;
    this.fitColumns(Math.min(widest(columns), 130), (room - this.left) / columns.length, columns.length);
    this.high = Math.min(this.wide, 36);
    if (this.high < 15) this.font = `${this.high - 1}px ${theme().family}`;
    const width = this.left + this.wide * columns.length + this.overhang;
    const height = this.head + this.high * rows.length;
    this.sizer.style.width = `${width}px`;
    this.sizer.style.height = `${height}px`;
    this.box.style.height = `${Math.min(height + (width > room ? 16 : 0), Math.max(320, innerHeight * 0.8))}px`;
    this.draw();
  }

  // Column labels lie level where they fit, else lean, and stand upright above narrow cells.
  fitColumns(label, share, count) {
    this.label = label;
    this.slant = label + 10 <= share ? 0 : Math.PI / 4;
    this.overhang = this.slant ? Math.ceil(label * Math.cos(this.slant)) : 0;
    this.wide = Math.max(12, Math.min(88, Math.floor(share - this.overhang / count)));
    if (this.slant && this.wide < 20) {
      this.slant = Math.PI / 2;
      this.overhang = 0;
      this.wide = Math.max(12, Math.min(20, Math.floor(share)));
    }
    this.head = this.slant ? Math.ceil(label * Math.sin(this.slant) + 16) : 26;
  }

  cellUnder(event) {
    const bounds = this.box.getBoundingClientRect();
    const across = event.clientX - bounds.left;
    const down = event.clientY - bounds.top;
    if (across < this.left || down < this.head) return null;
    const column = Math.floor((across - this.left + this.box.scrollLeft) / this.wide);
    const row = Math.floor((down - this.head + this.box.scrollTop) / this.high);
    return row < this.map.rows.length && column < this.map.columns.length ? { row, column } : null;
  }

  point(at) {
    if (at?.row === this.at?.row && at?.column === this.at?.column) return;
    this.at = at;
    this.draw();
    this.onPoint(at);
  }

  move(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const within = (place, count) => Math.max(0, Math.min(count - 1, place));
    const { rows, columns } = this.map;
    const at = this.at
      ? { row: within(this.at.row + step[0], rows.length), column: within(this.at.column + step[1], columns.length) }
      : { row: 0, column: 0 };
    this.bringIntoView(at);
    this.point(at);
  }

  bringIntoView({ row, column }) {
    const { box, wide, high, left, head } = this;
    box.scrollLeft = Math.min(column * wide, Math.max(box.scrollLeft, (column + 1) * wide + left - box.clientWidth));
    box.scrollTop = Math.min(row * high, Math.max(box.scrollTop, (row + 1) * high + head - box.clientHeight));
  }

  draw() {
    if (!this.map) return;
    const { box, wide, high, left, head } = this;
    this.theme = theme();
    const context = prepare(this.canvas, box.clientWidth, box.clientHeight);
    const inSight = (scroll, length, cell, count) => [
      Math.max(0, Math.floor(scroll / cell)),
      Math.min(count, Math.ceil((scroll + length) / cell)),
    ];
    const [top, bottom] = inSight(box.scrollTop, box.clientHeight - head, high, this.map.rows.length);
    const [first, last] = inSight(box.scrollLeft, box.clientWidth - left, wide, this.map.columns.length);
    this.clipped(context, left, head, () => {
      for (let row = top; row < bottom; row++)
        for (let column = first; column < last; column++) this.drawCell(context, row, column);
      if (this.at) this.drawFrame(context);
    });
    this.clipped(context, 0, head, () => {
      for (let row = top; row < bottom; row++) this.drawRowLabel(context, row);
    });
    this.clipped(context, left - (this.slant ? 6 : 0), 0, () => {
      for (let column = first; column < last; column++) this.drawColumnLabel(context, column);
    });
  }

  clipped(context, left, top, paint) {
    context.save();
    context.beginPath();
    const bottom = top === 0 ? this.head : this.box.clientHeight;
    const right = left === 0 ? this.left : this.box.clientWidth;
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    paint();
    context.restore();
  }

  corner(row, column) {
    return [this.left + column * this.wide - this.box.scrollLeft, this.head + row * this.high - this.box.scrollTop];
  }

  drawCell(context, row, column) {
    const { wide, high, map } = this;
    const value = map.values[row * map.columns.length + column];
    const share = value / map.top;
    const [across, down] = this.corner(row, column);
    context.fillStyle = this.theme.colours[Math.round(share * 255)];
    context.fillRect(across, down, wide - 1, high - 1);
    if (wide < 32 || value < 0.005) return;
    context.font = `11px ${this.theme.family}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.theme.inkOn(share);
    context.fillText(value.toFixed(2).replace(/^0/, ""), across + (wide - 1) / 2, down + high / 2);
  }

  drawFrame(context) {
    const [across, down] = this.corner(this.at.row, this.at.column);
    context.strokeStyle = this.theme.ink;
    context.lineWidth = 2;
    context.strokeRect(across, down, this.wide - 1, this.high - 1);
  }

  labelStyle(context, chosen) {
    context.font = chosen ? `600 ${this.font}` : this.font;
    context.fillStyle = chosen ? this.theme.accent : this.theme.ink;
    context.textBaseline = "middle";
  }

  drawRowLabel(context, row) {
    this.labelStyle(context, this.at?.row === row);
    context.textAlign = "right";
    const [, down] = this.corner(row, 0);
    context.fillText(shorten(context, this.map.rows[row], this.left - 9), this.left - 8, down + this.high / 2);
  }

  drawColumnLabel(context, column) {
    this.labelStyle(context, this.at?.column === column);
    const [across] = this.corner(0, column);
    const text = shorten(context, this.map.columns[column], this.label);
    context.save();
    context.translate(across + this.wide / 2, this.head - 8);
    context.rotate(-this.slant);
    context.textAlign = this.slant ? "left" : "center";
    context.fillText(text, 0, this.slant ? 0 : -4);
    context.restore();
  }
}

function shorten(context, text, width) {
  if (context.measureText(text).width <= width + 1) return text;
  const letters = [...new Intl.Segmenter().segment(text)].map((part) => part.segment);
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return `${letters.join("")}…`;
}
