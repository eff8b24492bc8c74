// Every head of a kind as a small picture, with what it does on this text.

import { useEffect, useRef } from "../vendor/htm-preact.js";
import { channels, theme } from "./colours.js";
import { SHARES } from "./numbers.js";
import { html, useRedraw } from "./parts.js";
import { paintPixels } from "./pens.js";

const SIDE = 76;

/** @param {{ maps: import("./maps.js").Maps, kind: string, onOpen: (layer: number, head: number) => void }} props */
export function Grid({ maps, kind, onOpen }) {
  const { layers } = maps.described.kinds[kind];
  const effects = maps.described.effects?.[kind];
  const most = effects ? Math.max(...effects.flat(), 1e-9) : 1;
  return html`<section class="card grid" aria-labelledby="grid-title">
    <h2 id="grid-title">Every head of ${kind} attention</h2>
    <p class="reads">${maps.described.kinds[kind].reads} The stronger the colour, the more.
      ${effects ? html` The bar under a head: how much the result moves when it alone is switched off (${maps.described.effect}).` : ""}</p>
    ${Array.from({ length: layers }, (_, layer) => html`<${Layer} key=${`${kind}.${layer}`} maps=${maps} kind=${kind}
      layer=${layer} onOpen=${onOpen} effects=${effects?.[layer]} most=${most} />`)}
  </section>`;
}

/** @param {{ maps: import("./maps.js").Maps, kind: string, layer: number, onOpen: (layer: number, head: number) => void, effects?: number[], most: number }} props */
function Layer({ maps, kind, layer, onOpen, effects, most }) {
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  const { rows, columns, heads } = maps.described.kinds[kind];
  const draw = async () => {
    const bytes = await maps.block(kind, layer);
    row.current?.querySelectorAll("canvas").forEach((canvas, head) =>
      thumbnail(canvas, bytes.subarray(head * rows.length * columns.length), rows.length, columns.length));
  };
  useEffect(() => {
    // Layers are unpacked when they come into sight: all of a long text's would hold the page up.
    const watch = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) { watch.disconnect(); draw().catch(() => {}); }
    }, { rootMargin: "200px" });
    if (row.current) watch.observe(row.current);
    return () => watch.disconnect();
  }, []);
  useRedraw(row, () => { if (maps.blocks.has(`${kind}.${layer}`)) draw().catch(() => {}); });
  return html`<div class="grid-row" ref=${row} role="group" aria-label=${`Layer ${layer}`}>
    <h3>Layer ${layer}</h3>
    <ul style=${{ "--heads": Math.min(heads, 16) }}>${Array.from({ length: heads }, (_, head) => {
      const pattern = maps.described.heads[kind][layer][head];
      const effect = effects?.[head];
      const told = effect === undefined ? "" : `; switched off, the result moves by ${effect.toPrecision(2)}`;
      return html`<li key=${head}><button type="button" onClick=${() => onOpen(layer, head)}
        aria-label=${`Layer ${layer}, head ${head}: ${pattern.words}${told}`}
        title=${`entropy ${pattern.entropy.toFixed(2)} bits; special tokens ${(pattern.marks * 100).toFixed(0)}%${told}`}>
        <canvas width=${SIDE} height=${SIDE} aria-hidden="true"></canvas>
        <span class="grid-words"><b>${head}</b> ${pattern.words}</span>
        ${effect === undefined ? "" : html`<span class="grid-effect"><span style=${{ width: `${(effect / most) * 100}%` }}></span></span>`}
      </button></li>`;
    })}</ul>
  </div>`;
}

/** A map in a few pixels: each shows the largest weight that it covers. @param {HTMLCanvasElement} canvas @param {Uint8Array} bytes @param {number} rows @param {number} columns @param {boolean} [onPaper] */
export function thumbnail(canvas, bytes, rows, columns, onPaper = false) {
  const [wide, high] = [Math.min(columns, SIDE), Math.min(rows, SIDE)];
  const largest = new Uint8Array(wide * high);
  for (let row = 0; row < rows; row++) {
    const line = Math.floor((row * high) / rows) * wide;
    for (let column = 0; column < columns; column++) {
      const place = line + Math.floor((column * wide) / columns);
      const byte = bytes[row * columns + column];
      if (byte > largest[place]) largest[place] = byte;
    }
  }
  const { weight } = theme(onPaper);
  const top = SHARES[largest.reduce((most, byte) => Math.max(most, byte), 1)];
  const table = Array.from(SHARES, (share) => channels(weight(share / top)));
  paintPixels(canvas, wide, high, (place) => table[largest[place]]);
}
