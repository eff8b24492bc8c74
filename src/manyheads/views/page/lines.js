// Two columns of tokens and a line for each weight that is worth one. Pointing at a token leaves only its
// lines, and shades the tokens at their other ends.

class Lines {
  constructor(box, onPoint) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.sides = { row: box.querySelector("#rows"), column: box.querySelector("#columns") };
    this.onPoint = onPoint;
    this.kept = null;
    this.at = null;
    for (const [side, list] of Object.entries(this.sides)) {
      list.addEventListener("pointerover", (event) => this.point(this.tokenOf(side, event)));
      list.addEventListener("focusin", (event) => this.point(this.tokenOf(side, event)));
      list.addEventListener("pointerleave", () => this.point(this.kept));
      list.addEventListener("click", (event) => this.keep(this.tokenOf(side, event)));
      list.addEventListener("keydown", (event) => this.move(list, event));
    }
  }

  show(map) {
    const sameTokens = this.map?.rows === map.rows && this.map?.columns === map.columns;
    this.map = map;
    if (!sameTokens) {
      this.kept = this.at = null;
      this.fill(this.sides.row, map.rows);
      this.fill(this.sides.column, map.columns);
    }
    this.draw();
  }

  fill(list, tokens) {
    list.replaceChildren(...tokens.map((token, place) => {
      const item = document.createElement("li");
      const button = item.appendChild(document.createElement("button"));
      button.type = "button";
      button.dir = "auto";
      button.textContent = button.title = token;
      button.tabIndex = place === 0 ? 0 : -1;
      return item;
    }));
  }

  tokenOf(side, event) {
    const item = event.target.closest("button")?.parentElement;
    return item ? { side, place: [...item.parentElement.children].indexOf(item) } : this.kept;
  }

  point(at) {
    if (at?.side === this.at?.side && at?.place === this.at?.place) return;
    this.at = at;
    this.draw();
    this.onPoint(at);
  }

  keep(at) {
    const again = this.kept && at && at.side === this.kept.side && at.place === this.kept.place;
    this.kept = again ? null : at;
    this.draw();
  }

  move(list, event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!next) return;
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  }

  weight(row, column) {
    return this.map.values[row * this.map.columns.length + column];
  }

  // The weights between the token pointed at and those of the other side.
  ends() {
    const { rows, columns } = this.map;
    return this.at.side === "row"
      ? columns.map((_, column) => this.weight(this.at.place, column))
      : rows.map((_, row) => this.weight(row, this.at.place));
  }

  draw() {
    if (!this.map) return;
    const colours = theme();
    this.shade(colours);
    const width = this.canvas.clientWidth;
    const height = Math.max(this.sides.row.offsetHeight, this.sides.column.offsetHeight);
    const context = prepare(this.canvas, width, height);
    this.canvas.style.width = "100%";
    const step = this.sides.row.firstElementChild.offsetHeight;
    const { rows, columns } = this.map;
    const top = this.at ? Math.max(...this.ends()) : this.map.top;
    const least = this.at ? 0.04 : 0.1;
    for (let row = 0; row < rows.length; row++) {
      if (this.at?.side === "row" && this.at.place !== row) continue;
      for (let column = 0; column < columns.length; column++) {
        if (this.at?.side === "column" && this.at.place !== column) continue;
        const share = this.weight(row, column) / top;
        if (share < least) continue;
        context.strokeStyle = `rgb(${colours.line} / ${share.toFixed(3)})`;
        context.lineWidth = 0.75 + 2.25 * share;
        context.beginPath();
        const [start, end] = [(row + 0.5) * step, (column + 0.5) * step];
        context.moveTo(2, start);
        context.bezierCurveTo(width * 0.45, start, width * 0.55, end, width - 2, end);
        context.stroke();
      }
    }
  }

  shade(colours) {
    const ends = this.at && this.ends();
    const top = ends && Math.max(...ends);
    for (const [side, list] of Object.entries(this.sides)) {
      [...list.children].forEach((item, place) => {
        const button = item.firstElementChild;
        const chosen = this.at?.side === side && this.at.place === place;
        const other = this.at && this.at.side !== side;
        const share = other ? ends[place] / top : 0;
        button.classList.toggle("chosen", Boolean(chosen));
        button.classList.toggle("kept", this.kept?.side === side && this.kept.place === place);
        button.setAttribute("aria-pressed", String(this.kept?.side === side && this.kept.place === place));
        button.classList.toggle("dim", Boolean(this.at && !chosen && !(other && share >= 0.04)));
        button.style.background = other && share >= 0.04 ? colours.colours[Math.round(share * 255)] : "";
        button.style.color = other && share >= 0.04 ? colours.inkOn(share) : "";
      });
    }
  }
}
