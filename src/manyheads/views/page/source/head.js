// One head, or the mean of several: the matrix, and lines between tokens.

import { useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { theme } from "./colours.js";
import { endsOf, Lines } from "./lines.js";
import { Matrix } from "./matrix.js";
import { html, Token, useRedraw } from "./parts.js";

/** @typedef {import("./maps.js").Shown} Shown */

/** @param {{ map: Shown, title: string, reads: string, of: string }} props `of` says what a cell is */
export function MapView({ map, title, reads, of }) {
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const matrix = useRef(/** @type {Matrix | null} */ (null));
  const lines = useRef(/** @type {Lines | null} */ (null));
  const [cell, setCell] = useState(/** @type {import("./matrix.js").Cell | null} */ (null));
  const [token, setToken] = useState(/** @type {import("./lines.js").Token | null} */ (null));
  useLayoutEffect(() => {
    if (!main.current) return;
    matrix.current ??= new Matrix(/** @type {HTMLElement} */ (main.current.querySelector("#matrix")), setCell);
    lines.current ??= new Lines(/** @type {HTMLElement} */ (main.current.querySelector("#lines")), setToken);
    matrix.current.show(map);
    lines.current.show(map);
    setCell(matrix.current.at);
    setToken(lines.current.at);
  }, [map]);
  useRedraw(main, () => { matrix.current?.layOut(); lines.current?.layOut(); });
  return html`<div class="two" ref=${main}>
    <section class="card" aria-labelledby="matrix-title">
      <h2 id="matrix-title">${title}</h2>
      <p class="reads" id="reads">${reads}</p>
      <output class="readout" id="readout" aria-live="polite"><${CellTold} map=${map} at=${cell} /></output>
      <div class="matrix" id="matrix" tabindex="0" role="group" aria-describedby="readout"
        aria-label="Map; the arrow keys move from cell to cell"><div><canvas></canvas></div></div>
      <div class="legend"><span>0</span><span class="ramp" style=${{ background: theme().ramp }}></span>
        <span>${map.top.toFixed(2)}</span><span>${of}</span></div>
    </section>
    <section class="card" aria-labelledby="lines-title">
      <h2 id="lines-title">Lines</h2>
      <output class="readout" id="lines-readout" aria-live="polite"><${TokenTold} map=${map} at=${token} /></output>
      <div class="lines" id="lines">
        <ol id="rows" aria-label="Tokens that look"></ol>
        <canvas aria-hidden="true"></canvas>
        <ol id="columns" aria-label="Tokens that are looked at"></ol>
      </div>
    </section>
  </div>
  <${Table} map=${map} />`;
}

/** @param {{ map: Shown, at: import("./matrix.js").Cell | null }} props */
function CellTold({ map, at }) {
  if (!at || at.row >= map.rows.length || at.column >= map.columns.length) {
    return html`<span class="hint">Point at a cell for its weight.</span>`;
  }
  const value = map.values[at.row * map.columns.length + at.column];
  return html`<${Token} text=${map.rows[at.row]} />${" → "}<${Token} text=${map.columns[at.column]} />${": "}<b>${value.toFixed(3)}</b>`;
}

/** @param {{ map: Shown, at: import("./lines.js").Token | null }} props */
function TokenTold({ map, at }) {
  const [tokens, others] = at?.side === "column" ? [map.columns, map.rows] : [map.rows, map.columns];
  if (!at || at.place >= tokens.length) {
    return html`<span class="hint">Point at a token for its lines alone; click to keep them.</span>`;
  }
  const strongest = endsOf(map, at).map((value, place) => /** @type {[number, number]} */ ([value, place]))
    .sort((one, two) => two[0] - one[0]).slice(0, 3);
  return html`<${Token} text=${tokens[at.place]} />${at.side === "row" ? " → " : " ← "}${strongest.map(([value, place], number) =>
    html`${number ? ", " : ""}<${Token} text=${others[place]} />${" "}<b>${value.toFixed(3)}</b>`)}`;
}

/** The text alternative of the canvas, made only when it is asked for. @param {{ map: Shown }} props */
function Table({ map }) {
  const [open, setOpen] = useState(false);
  const { rows, columns, values } = map;
  return html`<details class="card" id="numbers" onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.target).open)}>
    <summary>The same map as numbers</summary>
    <div class="table" tabindex="0" role="region" aria-label="Numbers of the map">${open && html`<table>
      <thead><tr><td></td>${columns.map((token, place) => html`<th key=${place} scope="col" dir="auto">${token}</th>`)}</tr></thead>
      <tbody>${rows.map((token, row) => html`<tr key=${row}>
        <th scope="row" dir="auto">${token}</th>
        ${columns.map((_, column) => {
          const value = values[row * columns.length + column];
          return html`<td key=${column}><data value=${value}>${value.toFixed(3)}</data></td>`;
        })}
      </tr>`)}</tbody>
    </table>`}</div>
  </details>`;
}
