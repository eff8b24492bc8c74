// One word in several sentences: how alike its vectors are in each layer, beside one fixed vector a word.

import { useState } from "../vendor/htm-preact.js";
import { theme } from "./colours.js";
import { html, submitOnEnter } from "./parts.js";
import { Radios } from "./radios.js";

/** @typedef {import("./document.js").Meaning} Told */

/** Ask for a word, and show what is known of one.
 * @param {{ meaning: Told | null, text: string, compare?: (word: string, texts: string[]) => Promise<Told>, onFound: (meaning: Told) => void }} props */
export function Meanings({ meaning, text, compare, onFound }) {
  return html`${compare && html`<${Comparing} meaning=${meaning} text=${text} compare=${compare} onFound=${onFound} />`}
    ${meaning && html`<${Meaning} key=${meaning.word} meaning=${meaning} />`}`;
}

/** @param {{ meaning: Told | null, text: string, compare: (word: string, texts: string[]) => Promise<Told>, onFound: (meaning: Told) => void }} props */
function Comparing({ meaning, text, compare, onFound }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const texts = String(form.get("sentences")).split("\n").filter((line) => line.trim());
    setBusy(true);
    setProblem("");
    try {
      onFound(await compare(String(form.get("word")), texts));
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
    } finally {
      setBusy(false);
    }
  };
  return html`<form class="card asking" id="comparing" onSubmit=${submit} onKeyDown=${submitOnEnter} aria-label="Word to compare">
    <label>One word <input name="word" required maxlength="200" dir="auto" defaultValue=${meaning?.word ?? ""} placeholder="bank" /></label>
    <label>in two sentences or more, a line each <textarea name="sentences" rows="4" dir="auto" required
      defaultValue=${meaning ? meaning.texts.map((each) => each.text).join("\n") : `${text}\n`}></textarea></label>
    <p class="problem" role="alert" hidden=${!problem}>${problem}</p>
    <p><button type="submit" disabled=${busy}>${busy ? "One moment …" : "Compare"}</button></p>
  </form>`;
}

/** @param {{ meaning: Told }} props */
function Meaning({ meaning }) {
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
  const items = means.map((value, place) => ({
    label: `${meaning.names[place]}: mean cosine ${value.toFixed(2)}`,
    content: html`<span class="column"><span style=${{ height: `${Math.max(value, 0) * 100}%` }}></span></span>
      <span class="number">${value.toFixed(2)}</span><span class="quiet">${meaning.names[place]}</span>`,
  }));
  return html`<${Radios} label="Layer" kind="curve" items=${items} value=${layer} onChoose=${onLayer} />`;
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
