// The page of a server: type a text, and ask what if: a head switched off, a word hidden, another translation.

import { useEffect, useState } from "../vendor/htm-preact.js";
import { read } from "./document.js";
import { Explorer } from "./explorer.js";
import { html, submitOnEnter } from "./parts.js";
import { fetched, ofAnswer } from "./sources.js";
import { toggled, WhatIf } from "./whatif.js";

/** @typedef {import("./sources.js").Asked} Asked */
/** @typedef {import("./sources.js").Served} Served */
/** @typedef {import("./whatif.js").Answered} Answered */

/** What was last asked, in this tab: a page that is loaded again shows it again. */
const KEPT = "manyheads.asked";

/** @param {Served[]} models @returns {{ of: Served, asked: Asked } | null} */
function remembered(models) {
  try {
    const { model, asked } = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    const of = models.find(({ name }) => name === model);
    return of && typeof asked.text === "string" ? { of, asked } : null;
  } catch {
    return null;
  }
}

export function Live() {
  const [models, setModels] = useState(/** @type {Served[]} */ ([]));
  const [model, setModel] = useState(/** @type {string | null} */ (null));
  const [first, setFirst] = useState(/** @type {Answered | null} */ (null));
  const [now, setNow] = useState(/** @type {Answered | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const failed = (/** @type {Error} */ error) => setProblem(error.message);
  /** @param {Asked} asked @param {Served} of @param {string} [since] what it is compared with, if it is a what-if */
  const ask = async (asked, of, since) => {
    setBusy(true);
    setProblem("");
    try {
      const described = read(await (await fetched("attention", { ...asked, since, model: of.name })).json());
      const answered = { asked, described, source: ofAnswer(described, of) };
      if (!since) setFirst(answered);
      if (!since) sessionStorage.setItem(KEPT, JSON.stringify({ model: of.name, asked }));
      setNow(answered);
    } catch (error) {
      failed(/** @type {Error} */ (error));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    fetched("models").then((answer) => answer.json()).then(({ models: all }) => {
      setModels(all);
      const before = remembered(all);
      setModel(before?.of.name ?? all[0].name);
      document.documentElement.dataset.shown = "asking";
      if (before) ask(before.asked, before.of);
    }).catch(failed);
  }, []);
  const served = models.find((each) => each.name === model);
  if (!served) return html`<${Trouble} problem=${problem} />`;
  const change = (/** @type {Partial<Asked>} */ part) => now && ask({ ...now.asked, ...part }, served, first?.described.id);
  return html`
    <${Asking} models=${models} served=${served} onModel=${(/** @type {string} */ name) => { setModel(name); setFirst(null); setNow(null); }}
      busy=${busy} onAsk=${(/** @type {Asked} */ asked) => ask(asked, served)} />
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
  const before = remembered(models);
  const start = before?.of.name === served.name ? before.asked : null;
  return html`<form class="card asking" id="asking" key=${served.name} onSubmit=${submit} onKeyDown=${submitOnEnter} aria-label="Text to look at">
    <p class="about">${models.length > 1 ? html`<label class="asking-model">Model <select name="model" onChange=${(/** @type {Event} */ event) =>
      onModel(/** @type {HTMLSelectElement} */ (event.target).value)}>${models.map(({ name }) =>
        html`<option key=${name} value=${name} selected=${name === served.name}>${name}</option>`)}</select></label>` : html`<b><bdi>${served.name}</bdi></b>`}
      <span class="quiet">Type a text, and see where each head of the model looks while it ${translates ? "translates" : "reads"} it.</span></p>
    <label>${translates ? "Translate" : "Read"} <textarea name="text" rows="2" dir="auto" required
      placeholder=${served.task === "masked" ? `Paris is the ${served.mask} of France.` : ""} defaultValue=${start?.text ?? ""}></textarea></label>
    <label><span>${translates ? "and look at this translation" : "with this second text"} <span class="quiet">(or leave it empty)</span></span>
      <textarea name="other" rows="2" dir="auto" defaultValue=${start?.target ?? start?.pair ?? ""}></textarea></label>
    <p><button type="submit" disabled=${busy}>${busy ? "One moment …" : "Look"}</button>
      <span class="quiet">or Ctrl+Enter; at most ${served.max_tokens} tokens</span></p>
  </form>`;
}
