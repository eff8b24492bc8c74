// The page of a server: type a text, and ask what if: a head switched off, a word hidden, another translation.

import { useEffect, useState } from "../vendor/htm-preact.js";
import { read } from "./document.js";
import { Explorer } from "./explorer.js";
import { html } from "./parts.js";
import { fetched, ofAnswer } from "./sources.js";
import { toggled, WhatIf } from "./whatif.js";

/** @typedef {import("./sources.js").Asked} Asked */
/** @typedef {import("./sources.js").Served} Served */
/** @typedef {import("./whatif.js").Answered} Answered */

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
  const served = models.find((each) => each.name === model);
  if (!served) return html`<${Trouble} problem=${problem} />`;
  /** @param {Asked} asked @param {boolean} whatIf */
  const ask = async (asked, whatIf) => {
    setBusy(true);
    setProblem("");
    try {
      const since = whatIf ? first?.described.id : undefined;
      const described = read(await (await fetched("attention", { ...asked, since, model })).json());
      const answered = { asked, described, source: ofAnswer(described, served) };
      if (!whatIf) setFirst(answered);
      setNow(answered);
    } catch (error) {
      failed(/** @type {Error} */ (error));
    } finally {
      setBusy(false);
    }
  };
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
    <label><span>${translates ? "and look at this translation" : "with this second text"} <span class="quiet">(or leave it empty)</span></span>
      <textarea name="other" rows="1" dir="auto"></textarea></label>
    <p><button type="submit" disabled=${busy}>${busy ? "One moment …" : "Look"}</button>
      <span class="quiet">at most ${served.max_tokens} tokens</span></p>
  </form>`;
}
