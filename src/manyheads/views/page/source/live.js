// The page of a server: type a text, and ask what if: a head switched off, a word hidden, another translation.

import { useEffect, useState } from "../vendor/htm-preact.js";
import { read } from "./document.js";
import { Explorer } from "./explorer.js";
import { html, Token } from "./parts.js";
import { percent } from "./numbers.js";
import { fetched, ofAnswer } from "./sources.js";

/** @typedef {import("./document.js").Described} Described */
/** @typedef {import("./sources.js").Asked} Asked */
/** @typedef {import("./sources.js").Served} Served */
/** @typedef {{ asked: Asked, described: Described, source: import("./sources.js").Source }} Answered */

export function Live() {
  const [models, setModels] = useState(/** @type {Served[]} */ ([]));
  const [model, setModel] = useState(/** @type {string | null} */ (null));
  const [first, setFirst] = useState(/** @type {Answered | null} */ (null));
  const [now, setNow] = useState(/** @type {Answered | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const failed = (/** @type {Error} */ error) => setProblem(error.message);
  useEffect(() => {
    fetched("models").then((answer) => answer.json()).then(({ models: served }) => {
      setModels(served);
      setModel(served[0].name);
      document.documentElement.dataset.shown = "asking";
    }).catch(failed);
  }, []);
  /** @param {Asked} asked @param {boolean} whatIf */
  const ask = async (asked, whatIf) => {
    setBusy(true);
    setProblem("");
    try {
      const since = whatIf ? first?.described.id : undefined;
      const described = read(await (await fetched("attention", { ...asked, since, model })).json());
      const answered = { asked, described, source: ofAnswer(described) };
      if (!whatIf) setFirst(answered);
      setNow(answered);
    } catch (error) {
      failed(/** @type {Error} */ (error));
    } finally {
      setBusy(false);
    }
  };
  const served = models.find((each) => each.name === model);
  if (!served) return html`<${Trouble} problem=${problem} />`;
  const change = (/** @type {Partial<Asked>} */ part) => now && ask({ ...now.asked, ...part }, true);
  return html`
    <${Asking} models=${models} served=${served} onModel=${(/** @type {string} */ name) => { setModel(name); setFirst(null); setNow(null); }}
      busy=${busy} onAsk=${(/** @type {Asked} */ asked) => ask(asked, false)} />
    <${Trouble} problem=${problem} />
    ${first && now && html`<${WhatIf} served=${served} first=${first} now=${now} busy=${busy} change=${change} back=${() => setNow(first)} />`}
    ${now && html`<${Explorer} described=${now.described} source=${now.source} linked=${true}
      onOff=${(/** @type {[string, number, number]} */ head) => change({ off: toggled(now.asked.off, head) })}
      onBegin=${now.described.written ? (/** @type {number[]} */ ids) => change({ begin: ids, target: undefined }) : undefined} />`}`;
}

/** @param {[string, number, number][]} off @param {[string, number, number]} head @returns {[string, number, number][]} */
function toggled(off, head) {
  const rest = off.filter((each) => each.join() !== head.join());
  return rest.length < off.length ? rest : [...off, head];
}

/** @param {{ problem: string }} props */
function Trouble({ problem }) {
  return html`<p class="problem" id="problem" role="alert" hidden=${!problem}>${problem}</p>`;
}

/** @param {{ models: Served[], served: Served, busy: boolean, onModel: (name: string) => void, onAsk: (asked: Asked) => void }} props */
function Asking({ models, served, busy, onModel, onAsk }) {
  const translates = served.task === "translation";
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const other = String(form.get("other") ?? "").trim();
    const text = String(form.get("text") ?? "");
    onAsk({ text, off: [], hidden: [], ...(other ? { [translates ? "target" : "pair"]: other } : {}) });
  };
  return html`<form class="card asking" id="asking" onSubmit=${submit} aria-label="Text to look at">
    ${models.length > 1 && html`<label class="asking-model">Model <select name="model" onChange=${(/** @type {Event} */ event) =>
      onModel(/** @type {HTMLSelectElement} */ (event.target).value)}>${models.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}</select></label>`}
    <label>${translates ? "Translate" : "Read"} <textarea name="text" rows="2" dir="auto" required placeholder=${served.mask ? `Paris is the ${served.mask} of France.` : "A dog runs."}></textarea></label>
    <label>${translates ? "and look at this translation" : "with this second text"} <span class="quiet">(or leave it empty)</span>
      <textarea name="other" rows="1" dir="auto"></textarea></label>
    <p><button type="submit" disabled=${busy}>${busy ? "One moment …" : "Look"}</button>
      <span class="quiet">at most ${served.max_tokens} tokens</span></p>
  </form>`;
}

/** @param {{ served: Served, first: Answered, now: Answered, busy: boolean, change: (part: Partial<Asked>) => void, back: () => void }} props */
function WhatIf({ served, first, now, busy, change, back }) {
  const { described, asked } = now;
  const changed = now !== first;
  const tokens = described.kinds.encoder?.rows ?? [];
  return html`<section class="card what-if" aria-labelledby="what-if-title" aria-busy=${busy}>
    <h2 id="what-if-title">What if</h2>
    <p class="reads">Switch a head off in “One head”${served.mask ? ", hide a word here" : ", take another word in “Translation”"}, and see what moves.</p>
    ${asked.off.length > 0 && html`<p class="tokens">Off: ${asked.off.map((head) => html`<button type="button" key=${head.join()}
      title="switch it on again" onClick=${() => change({ off: toggled(asked.off, head) })}>${head[0]} layer ${head[1]}, head ${head[2]} ×</button>`)}</p>`}
    ${served.mask && html`<p class="tokens" role="group" aria-label="Hide words">${tokens.map((text, place) => {
      const hidden = asked.hidden.includes(place);
      return html`<button type="button" key=${place} aria-pressed=${hidden} class=${hidden ? "chosen" : ""} disabled=${described.kinds.encoder.marks[place]}
        onClick=${() => change({ hidden: hidden ? asked.hidden.filter((each) => each !== place) : [...asked.hidden, place] })}><${Token} text=${text} /></button>`;
    })}</p>`}
    ${changed && html`<${Moved} first=${first.described} now=${described} /><p class="walk"><button type="button" onClick=${back}>back to the text as it was</button></p>`}
  </section>`;
}

/** What was said before, beside what is said now. @param {{ first: Described, now: Described }} props */
function Moved({ first, now }) {
  const moved = now.moved ?? null;
  const how = moved === null ? "" : html`<p>The result has moved by <b>${moved.toPrecision(3)}</b> <span class="quiet">(${now.effect})</span>.</p>`;
  if (now.answer.what === "labels") {
    const before = Object.fromEntries(first.answer.labels);
    return html`${how}<${Beside} rows=${now.answer.labels.map(([name, share]) => [name, share, name, before[name] ?? 0])} />`;
  }
  if (now.written && first.written) {
    return html`${how}<table class="moved"><tbody>
      <tr><th scope="row">before</th><td><bdi>${first.texts[1]}</bdi></td></tr>
      <tr><th scope="row">now</th><td><bdi>${now.texts[1]}</bdi></td></tr></tbody></table>
      ${now.written.tokens.length === first.written.tokens.length && html`<${Beside} rows=${now.written.choices.map((choices, step) =>
        [choices[0][0], choices[0][1], /** @type {import("./document.js").Written} */ (first.written).choices[step][0][0],
          /** @type {import("./document.js").Written} */ (first.written).choices[step][0][1]])} />`}`;
  }
  if (now.answer.words.length === first.answer.words.length && now.answer.words.length > 0) {
    const rows = now.answer.words.map((words, place) => [...words[0], ...first.answer.words[place][0]]);
    return html`${how}<${Beside} rows=${rows} />`;
  }
  return how;
}

/** @param {{ rows: [string, number, string, number][] }} props */
function Beside({ rows }) {
  return html`<div class="table" tabindex="0" role="region" aria-label="Likeliest, before and now"><table class="moved">
    <thead><tr><th scope="col">before</th><th></th><th scope="col">now</th><th></th></tr></thead>
    <tbody>${rows.map(([word, share, before, was], place) => html`<tr key=${place} class=${word === before ? "" : "chosen"}>
      <td><${Token} text=${before} /></td><td class="number">${percent(was)}</td><td><${Token} text=${word} /></td><td class="number">${percent(share)}</td></tr>`)}</tbody>
  </table></div>`;
}
