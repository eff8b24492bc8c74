// A translation: which words belong together, and how it was written word by word.

import { useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { RIBBONS, theme } from "./colours.js";
import { Bars, html, Token, usePromise, useRedraw } from "./parts.js";
import { canvasPen, prepare, shorten } from "./pens.js";
import { fixed, percent } from "./numbers.js";
import { Radios } from "./radios.js";

/** @typedef {import("./document.js").Described} Described */
/** @typedef {import("./pens.js").Pen} Pen */

/** @param {{ described: Described, maps: import("./maps.js").Maps, token: number, layer: number | null, onToken: (token: number) => void,
 *   onBegin?: (ids: number[]) => void }} props */
export function Translation({ described, maps, token, layer, onToken, onBegin }) {
  const written = /** @type {import("./document.js").Written} */ (described.written);
  return html`
    <section class="card" aria-labelledby="ribbons-title">
      <h2 id="ribbons-title">Which ${written.linked.what} belong together</h2>
      <p class="reads">Each ${written.linked.what === "words" ? "word" : "piece"} that was written is linked with what the model looked at most in the source
        (cross attention, layer ${written.linked.layer}, mean of its heads).</p>
      <${Ribbons} linked=${written.linked} />
    </section>
    <${Writing} described=${described} maps=${maps} written=${written} token=${token} layer=${layer} onToken=${onToken} onBegin=${onBegin} />
    <section class="card" aria-labelledby="hypotheses-title">
      <h2 id="hypotheses-title">${written.hypotheses.length > 1 ? "What the search found" : "The translation"}</h2>
      <ol class="hypotheses">${written.hypotheses.map(([text, score], place) => html`<li key=${place}>
        <bdi>${text}</bdi> <span class="quiet number">${fixed(score)}</span></li>`)}</ol>
      <p class="reads">The score is the sum of the log probabilities of the tokens, over their number to the power of the length penalty.</p>
    </section>`;
}

/** @param {{ linked: import("./document.js").Linked }} props */
function Ribbons({ linked }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const draw = () => {
    if (!box.current) return;
    const canvas = /** @type {HTMLCanvasElement} */ (box.current.querySelector("canvas"));
    const measuring = canvasPen(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")));
    const layout = layRibbons(measuring, linked);
    const pen = canvasPen(prepare(canvas, layout.width, layout.height));
    drawRibbons(pen, theme(), linked, layout, at);
  };
  useLayoutEffect(draw);
  useRedraw(box, draw);
  const told = linked.links.map(([src, tgt]) => `${linked.src[src]} – ${linked.tgt[tgt]}`).join("; ");
  return html`<div class="ribbons" ref=${box} tabindex="0" role="img" aria-label=${told || "nothing is linked"}><canvas></canvas></div>
    <p class="links">${linked.links.map(([src, tgt], place) => html`<button key=${place} type="button" class="quiet"
      onPointerEnter=${() => setAt(place)} onPointerLeave=${() => setAt(null)} onFocus=${() => setAt(place)} onBlur=${() => setAt(null)}>
      <${Token} text=${linked.src[src]} /> – <${Token} text=${linked.tgt[tgt]} /></button>`)}</p>`;
}

const [SIZE, GAP, TOP, DEEP] = [15, 14, 18, 110];

/** Where each word stands. @param {Pen} pen @param {import("./document.js").Linked} linked */
export function layRibbons(pen, { src, tgt }) {
  const row = (/** @type {string[]} */ words) => {
    let x = 4;
    return words.map((word) => {
      const place = /** @type {[number, number]} */ ([x, x + pen.width(shorten(pen, word, 220, { size: SIZE }), { size: SIZE })]);
      x = place[1] + GAP;
      return place;
    });
  };
  const [above, below] = [row(src), row(tgt)];
  const right = Math.max(above.at(-1)?.[1] ?? 0, below.at(-1)?.[1] ?? 0) + 4;
  return { above: centred(above, right), below: centred(below, right), width: Math.max(right, 40), height: TOP * 2 + DEEP };
}

/** @param {[number, number][]} places @param {number} width @returns {[number, number][]} */
function centred(places, width) {
  const shift = (width - ((places.at(-1)?.[1] ?? 0) + 4)) / 2;
  return places.map(([left, right]) => [left + shift, right + shift]);
}

/** @param {Pen} pen @param {import("./colours.js").Theme} colours @param {import("./document.js").Linked} linked @param {ReturnType<typeof layRibbons>} layout @param {number | null} at */
export function drawRibbons(pen, colours, { src, tgt, links }, layout, at) {
  const [high, low] = [TOP + 12, TOP + DEEP - 12];
  links.forEach(([from, to], place) => {
    const [left, right] = layout.above[from];
    const [endLeft, endRight] = layout.below[to];
    pen.band([left, right, high], [endLeft, endRight, low], RIBBONS[from % RIBBONS.length], at === null || at === place ? 0.45 : 0.1);
  });
  const words = (/** @type {string[]} */ all, /** @type {[number, number][]} */ places, /** @type {number} */ y) =>
    all.forEach((word, place) => pen.text(shorten(pen, word, 220, { size: SIZE }), places[place][0], y, { size: SIZE, colour: colours.ink }));
  words(src, layout.above, TOP);
  words(tgt, layout.below, TOP + DEEP);
}

/** @param {{ described: Described, maps: import("./maps.js").Maps, written: import("./document.js").Written, token: number, layer: number | null, onToken: (token: number) => void,
 *   onBegin?: (ids: number[]) => void }} props */
function Writing({ described, maps, written, token, layer, onToken, onBegin }) {
  const step = Math.min(token, written.tokens.length - 1);
  const { found } = usePromise(() => maps.select("cross", layer, null), [maps, layer]);
  const { columns } = described.kinds.cross;
  const shares = found ? [...found.values.subarray(step * columns.length, (step + 1) * columns.length)] : columns.map(() => 0);
  const most = Math.max(...shares, 1e-9);
  const colours = theme();
  const move = (/** @type {number} */ by) => onToken(Math.max(0, Math.min(written.tokens.length - 1, step + by)));
  return html`<section class="card" aria-labelledby="writing-title">
    <h2 id="writing-title">Word by word</h2>
    <p class="reads">Step ${step + 1} of ${written.tokens.length}: what was written before, what the model could have written, and where it looked.</p>
    <div class="walk">
      <button type="button" onClick=${() => move(-1)} disabled=${step === 0}>← back</button>
      <button type="button" onClick=${() => move(1)} disabled=${step === written.tokens.length - 1}>on →</button>
    </div>
    <${Radios} label="Step" kind="tokens" value=${step} onChoose=${onToken} items=${written.tokens.map((text, place) => ({
      content: html`<${Token} text=${text} />`, kind: place > step ? "dim" : "", title: `probability ${percent(written.probabilities[place])}`,
    }))} />
    <div class="two even">
      <div>
        <h3>The likeliest tokens</h3>
        <${Bars} words=${written.choices[step] ?? []} label="Likeliest tokens of this step" chosen=${written.tokens[step]}
          onTake=${onBegin && ((/** @type {number} */ place) => onBegin([...written.token_ids.slice(0, step), written.choice_ids[step][place]]))} />
        ${onBegin && html`<p class="reads">Take another one: the search goes on from there.</p>`}
      </div>
      <div>
        <h3>Where it looked <span class="quiet">${layer === null ? "mean of all layers and heads" : `layer ${layer}, mean of its heads`}</span></h3>
        <p class="tokens source">${columns.map((text, place) => html`<span key=${place} class="shaded"
          style=${{ background: colours.weight(shares[place] / most), color: colours.inkOn(shares[place] / most) }}
          title=${shares[place].toFixed(3)}><${Token} text=${text} /></span>`)}</p>
      </div>
    </div>
    ${written.beam[step] && html`<${Beam} kept=${written.beam[step]} onBegin=${onBegin} />`}
  </section>`;
}

/** The prefixes that the search had at a step. @param {{ kept: import("./document.js").Kept[], onBegin?: (ids: number[]) => void }} props */
function Beam({ kept, onBegin }) {
  return html`<h3>What the search kept <span class="quiet">sum of log probabilities</span></h3>
    <div class="table" tabindex="0" role="region" aria-label="What the search kept"><table class="beam"><tbody>
      ${kept.map(({ token_ids: ids, text, log_prob: sum, ends, won }) => html`<tr key=${ids.join()} class=${won ? "chosen" : ""}>
        <th scope="row"><bdi>${text || "nothing"}</bdi></th><td class="number">${fixed(sum)}</td>
        <td class="quiet">${[won ? "of the translation" : "", ends ? "ends here" : ""].filter(Boolean).join(", ")}</td>
        ${onBegin && html`<td>${!ends && html`<button type="button" class="take" onClick=${() => onBegin(ids)}
          aria-label=${`go on from ${text}`}>go on from here</button>`}</td>`}</tr>`)}
    </tbody></table></div>`;
}
