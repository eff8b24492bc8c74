// One word in several sentences: how alike its vectors are in each layer, beside one fixed vector a word.

import { useState } from "../vendor/htm-preact.js";
import { theme } from "./colours.js";
import { html } from "./parts.js";

/** @param {{ meaning: import("./document.js").Meaning }} props */
export function Meaning({ meaning }) {
  const [layer, setLayer] = useState(meaning.cosines.length - 1);
  const cosines = meaning.cosines[layer];
  const colours = theme();
  const shade = shadeOf(cosines);
  return html`<section class="card" aria-labelledby="meaning-title">
    <h2 id="meaning-title">“<bdi>${meaning.word}</bdi>” in ${meaning.texts.length} sentences</h2>
    <p class="reads">A fixed vector a word, as word2vec has it, would be the same in all of them: every cosine 1. Here it depends on the sentence; the columns say how much, layer by layer.</p>
    <ol class="sentences">${meaning.texts.map(({ text, start, end }, place) => html`<li key=${place}>
      <bdi>${text.slice(0, start)}<mark>${text.slice(start, end)}</mark>${text.slice(end)}</bdi></li>`)}</ol>
    <${Curve} meaning=${meaning} layer=${layer} onLayer=${setLayer} />
    <div class="table" tabindex="0" role="region" aria-label="Cosines"><table class="cosines" aria-label=${`Cosines in ${meaning.names[layer]}`}>
      <caption>${meaning.names[layer]}: cosine between the word's vectors, shaded from the least to 1</caption>
      <thead><tr><td></td>${cosines.map((_, place) => html`<th scope="col" key=${place}>${place + 1}</th>`)}</tr></thead>
      <tbody>${cosines.map((row, place) => html`<tr key=${place}><th scope="row">${place + 1}</th>${row.map((value, other) =>
        html`<td key=${other} style=${{ background: colours.weight(shade(value)), color: colours.inkOn(shade(value)) }}>${value.toFixed(2)}</td>`)}</tr>`)}</tbody>
    </table></div>
  </section>`;
}

/** The mean over pairs of sentences, layer by layer; a click chooses the layer. @param {{ meaning: import("./document.js").Meaning, layer: number, onLayer: (layer: number) => void }} props */
function Curve({ meaning, layer, onLayer }) {
  const means = meaning.cosines.map(meanOfPairs);
  return html`<div class="curve" role="radiogroup" aria-label="Layer">${means.map((value, place) => html`<button key=${place} type="button" role="radio"
    aria-checked=${place === layer} class=${place === layer ? "chosen" : ""} onClick=${() => onLayer(place)}
    aria-label=${`${meaning.names[place]}: mean cosine ${value.toFixed(2)}`}>
    <span class="column"><span style=${{ height: `${Math.max(value, 0) * 100}%` }}></span></span>
    <span class="number">${value.toFixed(2)}</span><span class="quiet">${meaning.names[place]}</span></button>`)}</div>`;
}

/** How strongly a cosine is shaded: from the least of all to 1. @param {number[][]} cosines */
export function shadeOf(cosines) {
  const least = Math.min(...cosines.flat());
  return (/** @type {number} */ value) => (value - least) / Math.max(1 - least, 1e-6);
}

/** @param {number[][]} cosines */
export function meanOfPairs(cosines) {
  const pairs = cosines.flatMap((row, place) => row.slice(0, place));
  return pairs.reduce((sum, value) => sum + value, 0) / Math.max(pairs.length, 1);
}
