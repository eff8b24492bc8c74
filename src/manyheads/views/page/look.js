// What is chosen (kind, layer, head), and everything that follows from it.

const byId = (id) => document.getElementById(id);
const kinds = Object.keys(described.kinds);
const chosen = { ...described.start, ...fromHash() };
const matrix = new Matrix(byId("matrix"), (at) => tellCell(at));
const lines = new Lines(byId("lines"), (at) => tellToken(at));
let shown = null;

// A view can be linked: #kind=cross&layer=2&head=mean
function fromHash() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const found = {};
  if (Object.hasOwn(described.kinds, asked.get("kind") ?? "")) found.kind = asked.get("kind");
  const { layers, heads } = described.kinds[found.kind ?? described.start.kind];
  for (const [name, count] of [["layer", layers], ["head", heads]]) {
    const number = asked.get(name);
    if (number === "mean") found[name] = null;
    else if (/^\d+$/.test(number ?? "") && Number(number) < count) found[name] = Number(number);
  }
  return found;
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function choice(name, title, options) {
  const labels = options.map(([value, text]) => element("label", {},
    element("input", { type: "radio", name, value, checked: String(chosen[name] ?? "mean") === value }),
    element("span", { textContent: text })));
  return element("fieldset", {}, element("legend", { textContent: title }), ...labels);
}

function numbered(count) {
  const each = [...Array(count).keys()].map((number) => [String(number), String(number)]);
  return count > 1 ? [["mean", "mean"], ...each] : each;
}

function offerChoices() {
  const { layers, heads } = described.kinds[chosen.kind];
  for (const [name, count] of [["layer", layers], ["head", heads]]) {
    if (count === 1) chosen[name] = 0;
    else if (chosen[name] >= count) chosen[name] = null;
  }
  const focused = document.activeElement?.name === "kind";
  byId("choices").replaceChildren(
    choice("kind", "Attention", kinds.map((kind) => [kind, kind])),
    choice("layer", "Layer", numbered(layers)),
    choice("head", "Head", numbered(heads)));
  if (focused) byId("choices").querySelector("[name=kind]:checked").focus();
}

function choose(event) {
  const { name, value } = event.target;
  if (name === "kind") chosen.kind = value;
  else chosen[name] = value === "mean" ? null : Number(value);
  if (name === "kind") offerChoices();
  show();
}

function title() {
  const { layers, heads } = described.kinds[chosen.kind];
  const named = (name, count) => (chosen[name] === null ? `mean of ${count} ${name}s` : `${name} ${chosen[name]}`);
  return `${chosen.kind} attention, ${named("layer", layers)}, ${named("head", heads)}`;
}

async function show() {
  const asked = { ...chosen };
  const map = await select(asked.kind, asked.layer, asked.head).catch(complain);
  // Whoever chose again meanwhile gets the later map.
  if (!map || ["kind", "layer", "head"].some((name) => asked[name] !== chosen[name])) return;
  shown = map;
  byId("matrix-title").textContent = title();
  byId("reads").textContent = described.kinds[asked.kind].reads;
  byId("top").textContent = map.top.toFixed(2);
  byId("ramp").style.background = theme().ramp;
  matrix.show(map);
  lines.show(map);
  tellCell(matrix.at);
  tellToken(lines.at);
  tabulate();
  const hash = ["kind", "layer", "head"].map((name) => `${name}=${asked[name] ?? "mean"}`).join("&");
  history.replaceState(null, "", `#${hash}`);
  document.documentElement.dataset.shown = hash;
}

function complain(error) {
  byId("problem").hidden = false;
  byId("problem").textContent = "DecompressionStream" in window
    ? `This file is damaged: its weights cannot be unpacked (${error.message}). Write it again with manyheads look.`
    : "This browser is too old to unpack the weights: one from 2023 or later can.";
  document.documentElement.dataset.shown = "problem";
}

function hint(text) {
  return element("span", { className: "hint", textContent: text });
}

function token(text) {
  return element("bdi", { textContent: text });
}

function weight(value) {
  return element("b", { textContent: value.toFixed(3) });
}

function tellCell(at) {
  const readout = byId("readout");
  if (!at) {
    readout.replaceChildren(hint("Point at a cell for its weight."));
    return;
  }
  const value = shown.values[at.row * shown.columns.length + at.column];
  readout.replaceChildren(token(shown.rows[at.row]), " → ", token(shown.columns[at.column]), ": ", weight(value));
}

function tellToken(at) {
  const readout = byId("lines-readout");
  if (!at) {
    readout.replaceChildren(hint("Point at a token for its lines alone; click to keep them."));
    return;
  }
  const [tokens, others] = at.side === "row" ? [shown.rows, shown.columns] : [shown.columns, shown.rows];
  const strongest = lines.ends().map((value, place) => [value, place]).sort((one, two) => two[0] - one[0]).slice(0, 3);
  const parts = strongest.flatMap(([value, place], number) =>
    [number ? ", " : "", token(others[place]), " ", weight(value)]);
  readout.replaceChildren(token(tokens[at.place]), at.side === "row" ? " → " : " ← ", ...parts);
}

// The text alternative of the canvas, made only when it is asked for.
function tabulate() {
  if (!byId("numbers").open || !shown) return;
  const { rows, columns, values } = shown;
  const table = element("table", {});
  table.append(element("tr", {}, element("td", {}), ...columns.map((token) => tokenCell(token, "col"))));
  rows.forEach((token, row) => {
    const cells = columns.map((_, column) => values[row * columns.length + column]).map((value) =>
      element("td", {}, element("data", { value: String(value), textContent: value.toFixed(3) })));
    table.append(element("tr", {}, tokenCell(token, "row"), ...cells));
  });
  byId("numbers").lastElementChild.replaceChildren(table);
}

function tokenCell(token, scope) {
  return element("th", { scope, dir: "auto", textContent: token });
}

function drawAgain() {
  byId("ramp").style.background = theme().ramp;
  matrix.layOut();
  lines.draw();
}

byId("choices").addEventListener("change", choose);
byId("choices").addEventListener("submit", (event) => event.preventDefault());
byId("numbers").addEventListener("toggle", tabulate);
darkTheme.addEventListener("change", drawAgain);
new ResizeObserver(() => requestAnimationFrame(drawAgain)).observe(document.querySelector("main"));
offerChoices();
show();
