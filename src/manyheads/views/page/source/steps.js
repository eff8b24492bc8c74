// How one head's attention was calculated for one token, with the model's own numbers, in the order in which a
// lecture tells it. What the page itself calculates (inner products, softmax, context) comes from what stands
// before it, so that each step can be followed.

import { html, Bars, Sheet, Strip, Token, usePromise } from "./parts.js";
import { Radios } from "./radios.js";
import { digits, dot, percent, rowOf, softmax, unpack, weighted } from "./numbers.js";

/** @typedef {import("./numbers.js").Numbers} Numbers */
/** @typedef {import("./document.js").Described} Described */

/**
 * @param {{ described: Described, source: import("./sources.js").Source, kind: string, layer: number, head: number,
 *   token: number, onToken: (token: number) => void, onHead: (kind: string, layer: number, head: number) => void }} props
 */
export function Steps({ described, source, kind, layer, head, token, onToken, onHead }) {
  const { found, problem } = usePromise(async () => {
    const steps = await source.steps(kind, layer, head);
    if (!steps) return { missing: true };
    const names = Object.keys(steps.arrays);
    const arrays = await Promise.all(names.map((name) => unpack(steps.arrays[name])));
    return { normFirst: steps.norm_first, of: `${kind}.${layer}.${head}`, arrays: Object.fromEntries(names.map((name, place) => [name, arrays[place]])) };
  }, [source, kind, layer, head]);
  if (problem) return html`<p class="problem" role="alert">${problem.message}</p>`;
  if (!found) return html`<p class="card quiet">One moment …</p>`;
  if ("missing" in found) return html`<${Missing} described=${described} onHead=${onHead} />`;
  if (found.of !== `${kind}.${layer}.${head}`) return html`<p class="card quiet">One moment …</p>`;
  const { rows } = described.kinds[kind];
  return html`<div class="steps">
    <section class="card" aria-label="Which token looks">
      <p class="reads">${kind === "encoder" ? "The token that looks" : "The token that is written"}; choose another one.</p>
      <${Radios} label="Token that looks" kind="tokens" value=${token} onChoose=${onToken}
        items=${rows.map((text) => ({ content: html`<${Token} text=${text} />` }))} />
    </section>
    <${Story} described=${described} kind=${kind} layer=${layer} head=${head} token=${token} arrays=${found.arrays} normFirst=${found.normFirst} />
  </div>`;
}

/** @param {{ described: Described, onHead: (kind: string, layer: number, head: number) => void }} props */
function Missing({ described, onHead }) {
  return html`<section class="card">
    <p>This file carries the calculation of some heads only; <code>manyheads look --layer L --head H</code> names others,${" "}and <code>manyheads serve</code> has those of all.</p>
    <p class="tokens">${described.calculations.map(({ kind, layer, head }) => html`<button type="button"
      onClick=${() => onHead(kind, layer, head)}>${kind} layer ${layer}, head ${head}</button>`)}</p>
  </section>`;
}

/** One step: a title, a sentence, and the numbers. @param {{ number: number, title: string, children?: unknown, says: unknown }} props */
function Step({ number, title, says, children }) {
  return html`<section class="card step" aria-label=${title}>
    <h2><span class="step-number">${number}</span> ${title}</h2>
    <p class="says">${says}</p>
    ${children}
  </section>`;
}

/**
 * @param {{ described: Described, kind: string, layer: number, head: number, token: number, arrays: Record<string, Numbers>,
 *   normFirst: boolean }} props
 */
function Story({ described, kind, layer, head, token, arrays, normFirst }) {
  const { rows, columns, heads, causal } = described.kinds[kind];
  const width = arrays.query.shape[1];
  const query = rowOf(arrays.query, token);
  const products = Float32Array.from(columns, (_, column) => (causal && column > token ? -Infinity : dot(query, rowOf(arrays.key, column))));
  const scaled = products.map((product) => product / Math.sqrt(width));
  const weights = softmax(scaled);
  const context = weighted(weights, arrays.value);
  const best = weights.reduce((most, share, place) => (share > weights[most] ? place : most), 0);
  const wide = (/** @type {string} */ name) => rowOf(arrays[name], token);
  // A decoder writes a row's token from the one that it was fed with.
  const fed = kind === "encoder" ? rows[token] : described.kinds.decoder?.columns[token] ?? rows[token];
  const who = html`<${Token} text=${fed} />`;
  const strongest = html`<${Token} text=${columns[best]} />`;
  const looked = kind === "cross" ? "source token" : "token";
  const parts = ["token", "position", "segment"].filter((name) => arrays[`embedding.${name}`]);
  let number = 0;
  const next = () => { number += 1; return number; };
  return html`
    <${Step} number=${next()} title="What it begins with" says=${html`${kind === "encoder" ? "" : html`To write ${html`<${Token} text=${rows[token]} />`} the decoder was fed with the token before, ${who}. `}${who} begins
      as the sum of vectors: which token it is,${" "}where it stands${arrays["embedding.segment"] ? ", and which of two texts it is of" : ""}.`}>
      ${parts.map((name, place) =>
        html`<${Strip} values=${wide(`embedding.${name}`)} label=${`${place ? "+ " : ""}${name}`} step=${`embedding.${name}`} />`)}
      <${Strip} values=${added(parts.map((name) => wide(`embedding.${name}`)))} label="= sum" step="embedding.sum" />
      ${arrays["embedding.embedded"] && html`<${Strip} values=${wide("embedding.embedded")} label="normed: what layer 0 is given" step="embedding.embedded" />`}
    </${Step}>
    <${Step} number=${next()} title="What this layer is given" says=${layer === 0 && kind !== "cross"
      ? html`In layer 0 that is just this vector${normFirst ? ", normed" : ""}.`
      : html`What ${layer > 0 ? `the ${layer} layer${layer > 1 ? "s" : ""} below` : "the sublayer before"} made of it: the vector now depends on the other tokens${normFirst ? "; it is normed before it is read" : ""}.`}>
      <${Strip} values=${wide("before")} label="the token's vector" step="before" />
      ${normFirst && html`<${Strip} values=${wide("inner")} label="normed" step="inner" />`}
    </${Step}>
    <${Step} number=${next()} title="The trained matrices" says=${html`Head ${head} has three matrices that training has found: each makes ${width} numbers
      of a vector's ${arrays.before.shape[1]}.`}>
      <div class="sheets">
        <${Sheet} matrix=${arrays["query.weight"]} label="for queries" />
        <${Sheet} matrix=${arrays["key.weight"]} label="for keys" />
        <${Sheet} matrix=${arrays["value.weight"]} label="for values" />
      </div>
    </${Step}>
    <${Step} number=${next()} title="Its query" says=${html`The vector times the first matrix: what ${who} looks for.`}>
      <${Strip} values=${query} label="query" step="query" />
    </${Step}>
    <${Step} number=${next()} title=${`Every ${looked}'s key`} says=${html`A vector times the second matrix: what each ${looked} offers. A row a token.`}>
      <${Sheet} matrix=${arrays.key} label=${`keys of ${columns.length} tokens`} />
      <${Strip} values=${rowOf(arrays.key, best)} label=${html`key of ${strongest}`} step="key.best" />
    </${Step}>
    <${Step} number=${next()} title="Inner products" says=${html`Query times key, number by number, and summed. The largest is that with ${strongest}: ${digits(products[best])}.`}>
      <${Strip} values=${products} names=${columns} label="query · key" step="products" />
    </${Step}>
    <${Step} number=${next()} title="Divided by the square root" says=${html`By √${width} = ${Math.sqrt(width).toFixed(2)}, so that they do not grow with the width
      and the softmax stays soft: ${digits(products[best])} becomes ${digits(scaled[best])}.`}>
      <${Strip} values=${scaled} names=${columns} label="scores" step="scores" />
    </${Step}>
    <${Step} number=${next()} title="Softmax" says=${html`e to the power of each score, as shares of their sum: ${percent(weights[best])} goes to ${strongest}.
      ${causal ? " Tokens that were not yet written get nothing." : ""}`}>
      <${Strip} values=${weights} names=${columns} label="weights, which sum to 1" step="weights" signed=${false} />
    </${Step}>
    <${Step} number=${next()} title="Values, weighted" says=${html`Each ${looked}'s value, made by the third matrix, times its weight, summed: what ${who} carries away from head ${head}.`}>
      <${Sheet} matrix=${arrays.value} label=${`values of ${columns.length} tokens`} />
      <${Strip} values=${context} label="context" step="context" />
    </${Step}>
    <${Step} number=${next()} title="Heads side by side, and projected" says=${html`The contexts of all ${heads} heads stand side by side; head ${head}'s is framed. One more trained matrix mixes them.`}>
      <${Strip} values=${wide("contexts")} label="contexts of all heads" step="contexts" marked=${[head * width, (head + 1) * width]} />
      <${Strip} values=${wide(`${kind}.said`)} label="projected" step="said" />
    </${Step}>
    <${Step} number=${next()} title="Residual, norm, feed-forward" says=${html`What attention says is added to the vector that was there${normFirst ? "" : ", and the sum is normed"}. Then each token thinks by itself.`}>
      ${after(kind, arrays, token, normFirst).map(([name, words, total]) => html`
        ${name === kind ? "" : html`<${Strip} values=${wide(`${name}.said`)} label=${`${words} says`} step=${`${name}.said`} />`}
        <${Strip} values=${total} label=${`with ${words} added`} step=${`${name}.total`} />
        ${normFirst ? "" : html`<${Strip} values=${wide(`${name}.result`)} label="normed" step=${`${name}.result`} />`}`)}
    </${Step}>
    <${Last} described=${described} kind=${kind} token=${token} number=${next()} layers=${described.kinds[kind].layers} />`;
}

/** The sublayers from this attention on, each with its sum: what it says, added to what it was given.
 * @param {string} kind @param {Record<string, Numbers>} arrays @param {number} token @param {boolean} normFirst @returns {[string, string, Float32Array][]} */
function after(kind, arrays, token, normFirst) {
  const all = [[kind, "attention"], ["cross", "cross attention"], ["feedforward", "the feed-forward part"]];
  let given = rowOf(arrays.before, token);
  return all.filter(([name], place) => arrays[`${name}.said`] && (place === 0 || name !== kind)).map(([name, words]) => {
    const total = added([given, rowOf(arrays[`${name}.said`], token)]);
    given = normFirst ? total : rowOf(arrays[`${name}.result`], token);
    return [name, words, total];
  });
}

/** @param {Float32Array[]} vectors @returns {Float32Array} */
function added(vectors) {
  return vectors[0].map((_, place) => vectors.reduce((sum, vector) => sum + vector[place], 0));
}

/** @param {{ described: Described, kind: string, token: number, number: number, layers: number }} props */
function Last({ described, kind, token, number, layers }) {
  const { answer } = described;
  const words = kind === "encoder" && described.written ? undefined : answer.words[token];
  if (answer.what === "labels") {
    return html`<${Step} number=${number} title="The answer" says=${`Behind the last of ${layers} layers the label is read off.`}>
      <${Bars} words=${answer.labels} label="labels" /></${Step}>`;
  }
  if (!words) {
    return html`<${Step} number=${number} title="And so on" says=${kind === "encoder" && described.written
      ? `Behind the last of ${layers} layers this is what the decoder looks at.`
      : `Behind the last of ${layers} layers stand the states that are pooled to the text's vector.`} />`;
  }
  return html`<${Step} number=${number} title="Probabilities of words" says=${html`Behind the last of ${layers} layers the vector is compared with every
    word's: the likeliest at ${html`<${Token} text=${described.kinds[kind].rows[token]} />`} are these.`}>
    <${Bars} words=${words} label="Likeliest words" chosen=${described.kinds[kind].rows[token]} />
  </${Step}>`;
}
