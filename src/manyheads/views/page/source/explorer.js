// The page: what is chosen, and the view of it.

import { render, useEffect, useMemo, useState } from "../vendor/htm-preact.js";
import { read } from "./document.js";
import { saved } from "./figures.js";
import { Grid } from "./grid.js";
import { MapView } from "./head.js";
import { Maps } from "./maps.js";
import { Meanings } from "./meaning.js";
import { Choice, html, usePromise } from "./parts.js";
import { Live } from "./live.js";
import { begin, title, toHash, viewsOf, within } from "./state.js";
import { ofFile, ofNotebook } from "./sources.js";
import { Steps } from "./steps.js";
import { Translation } from "./translation.js";

/** @typedef {import("./document.js").Described} Described */
/** @typedef {import("./state.js").Chosen} Chosen */
/** @typedef {import("./sources.js").Source} Source */

/** @param {{ source: Source, linked: boolean }} props `linked` says whether the address's hash is ours to use */
function Page({ source, linked }) {
  const { found: described, problem } = usePromise(async () => read(await source.describe()), [source]);
  if (problem) return html`<${Problem} error=${problem} />`;
  if (!described) return "";
  return html`<${Explorer} described=${described} source=${source} linked=${linked} />`;
}

/** @param {{ described: Described, source: Source, linked: boolean, onOff?: (head: [string, number, number]) => void,
 *   onBegin?: (ids: number[]) => void }} props */
export function Explorer({ described: told, source, linked, onOff, onBegin }) {
  // What a server was asked of a word stands beside every text, until another word is asked for.
  const [meaning, setMeaning] = useState(told.meaning);
  const described = useMemo(() => ({ ...told, meaning }), [told, meaning]);
  const maps = useMemo(() => new Maps(described, source), [told, source]);
  // What was asked for stays, whether or not this text and this view have it: another one may.
  const [asked, setAsked] = useState(() => begin(described, source.live));
  const chosen = within(described, asked, source.live);
  const choose = (/** @type {Partial<Chosen>} */ change) => setAsked((before) => ({ ...before, ...change }));
  const hash = toHash(chosen);
  useEffect(() => {
    if (!linked) return undefined;
    const follow = () => { if (location.hash.slice(1) !== hash) setAsked(begin(described, source.live)); };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [hash]);
  useEffect(() => {
    if (!linked || location.hash.slice(1) === hash) return;
    // A step back leads to the view before, not through every layer that was looked at.
    const another = location.hash && !location.hash.startsWith(`#view=${chosen.view}&`);
    history[another ? "pushState" : "replaceState"](null, "", `#${hash}`);
  }, [hash]);
  const views = viewsOf(described, source.live);
  // A file has the steps of some heads only: where they are not those of the chosen one, go to one that has them.
  const known = (/** @type {string} */ view) => {
    const found = described.calculations;
    const has = found.some(({ kind, layer, head }) => kind === chosen.kind && layer === chosen.layer && head === chosen.head);
    if (view !== "steps" || source.live || has || !found.length) return {};
    const [{ kind, layer, head }] = found;
    return { kind, layer, head };
  };
  return html`
    <${Heading} described=${described} />
    <nav class="views" aria-label="Views">${views.map(([name, text]) => html`<button key=${name} type="button"
      aria-current=${name === chosen.view ? "page" : undefined} onClick=${() => choose({ view: name, ...known(name), ...(name === "rollout" ? { layer: null } : {}) })}>${text}</button>`)}</nav>
    <${Choices} described=${described} chosen=${chosen} choose=${choose} />
    <main><${View} described=${described} source=${source} maps=${maps} chosen=${chosen} choose=${choose} onOff=${onOff} onBegin=${onBegin} onMeaning=${setMeaning} /></main>
    <${Footer} described=${described} view=${chosen.view} />`;
}

/** @param {{ described: Described }} props */
function Heading({ described }) {
  const long = described.texts.join("").length > 240;
  return html`<header>
    <p class="eyebrow">manyheads <span aria-hidden="true">·</span> <bdi>${described.model}</bdi></p>
    <h1 class=${long ? "long" : ""}>${described.texts.map((text, place) => html`<bdi key=${place} dir="auto">${text}</bdi>`)}</h1>
    <dl class="notes">${Object.entries(described.notes).map(([name, note]) => html`<div key=${name}><dt>${name}</dt><dd>${note}</dd></div>`)}</dl>
  </header>`;
}

/** @param {{ described: Described, chosen: Chosen, choose: (change: Partial<Chosen>) => void }} props */
function Choices({ described, chosen, choose }) {
  const { view, kind } = chosen;
  if (view === "meaning") return "";
  const { layers, heads } = described.kinds[kind];
  const mean = view !== "steps";
  const numbered = (/** @type {number} */ count) => {
    const each = Array.from({ length: count }, (_, number) => /** @type {[string, string]} */ ([String(number), String(number)]));
    return count > 1 && mean ? [/** @type {[string, string]} */ (["mean", "mean"]), ...each] : each;
  };
  const kinds = Object.keys(described.kinds).filter((name) => view !== "rollout" || name === "encoder");
  const number = (/** @type {string} */ value) => (value === "mean" ? null : Number(value));
  return html`<form class="choices" id="choices" aria-label="Which map" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    ${view !== "translation" && html`<${Choice} name="kind" title="Attention" value=${kind} options=${kinds.map((name) => [name, name])}
      onChoose=${(/** @type {string} */ value) => choose({ kind: value })} />`}
    ${view !== "grid" && html`<${Choice} name="layer" title=${view === "rollout" ? "Up to layer" : "Layer"}
      value=${String(chosen.layer ?? (view === "rollout" ? layers - 1 : "mean"))}
      options=${view === "rollout" ? numbered(layers).slice(layers > 1 ? 1 : 0) : numbered(layers)}
      onChoose=${(/** @type {string} */ value) => choose({ layer: number(value) })} />`}
    ${(view === "head" || view === "steps") && html`<${Choice} name="head" title="Head" value=${String(chosen.head ?? "mean")} options=${numbered(heads)}
      onChoose=${(/** @type {string} */ value) => choose({ head: number(value) })} />`}
    ${view === "head" && kind in described.value_sizes && html`<${Choice} name="value" title="Shown" value=${chosen.value ? "1" : "0"}
      options=${[["0", "weights"], ["1", "weights × size of values"]]} onChoose=${(/** @type {string} */ value) => choose({ value: value === "1" })} />`}
  </form>`;
}

/** @param {{ described: Described, source: Source, maps: Maps, chosen: Chosen, choose: (change: Partial<Chosen>) => void,
 *   onOff?: (head: [string, number, number]) => void, onBegin?: (ids: number[]) => void,
 *   onMeaning: (meaning: import("./document.js").Meaning) => void }} props */
function View({ described, source, maps, chosen, choose, onOff, onBegin, onMeaning }) {
  const { view, kind, layer, head, token } = chosen;
  const shown = toHash(chosen);
  useEffect(() => {
    if (view !== "head" && view !== "rollout") document.documentElement.dataset.shown = shown;
  }, [shown]);
  switch (view) {
    case "grid":
      return html`<${Grid} maps=${maps} kind=${kind} onOpen=${(/** @type {number} */ inLayer, /** @type {number} */ number) =>
        choose({ view: "head", layer: inLayer, head: number })} />
        <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
    case "steps":
      return html`<${Steps} described=${described} source=${source} kind=${kind} layer=${layer} head=${head} token=${token}
        onToken=${(/** @type {number} */ place) => choose({ token: place })}
        onHead=${(/** @type {string} */ other, /** @type {number} */ inLayer, /** @type {number} */ number) =>
          choose({ kind: other, layer: inLayer, head: number })} />
        <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
    case "translation":
      return html`<${Translation} described=${described} maps=${maps} token=${token} layer=${layer} onToken=${(/** @type {number} */ place) => choose({ token: place })} onBegin=${onBegin} />
        <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
    case "meaning":
      return html`<${Meanings} meaning=${described.meaning} text=${described.texts[0]} compare=${source.compare} onFound=${onMeaning} />
        ${described.meaning && html`<${Saving} described=${described} maps=${maps} chosen=${chosen} />`}`;
    default:
      return html`${view === "head" && onOff && layer !== null && head !== null && html`<${Switch} described=${described} head=${[kind, layer, head]} onOff=${onOff} />`}
        <${Shown} described=${described} maps=${maps} chosen=${chosen} />`;
  }
}

/** @param {{ described: Described, head: [string, number, number], onOff: (head: [string, number, number]) => void }} props */
function Switch({ described, head, onOff }) {
  const off = described.off.some((each) => each.join() === head.join());
  const seeWhere = () => document.querySelector(".what-if")?.scrollIntoView({ behavior: "smooth" });
  return html`<p class="saving switch"><button type="button" id="switch" onClick=${() => onOff(head)}>Switch this head ${off ? "on again" : "off"}</button>
    ${off && html` This head is off: what it says is left out.${typeof described.moved === "number"
      ? html` The result has moved by <b>${described.moved.toPrecision(3)}</b>; <button type="button" class="take" onClick=${seeWhere}>see where</button>` : ""}`}</p>`;
}

/** A map, when it is there. @param {{ described: Described, maps: Maps, chosen: Chosen }} props */
function Shown({ described, maps, chosen }) {
  const { view, kind, layer, head, value } = chosen;
  const rolling = view === "rollout";
  const wanted = toHash(chosen);
  const { found, problem } = usePromise(async () => {
    const map = rolling ? maps.rollout(kind, layer) : maps.select(kind, layer, head, value);
    return { map: await map, wanted };
  }, [maps, wanted]);
  useEffect(() => {
    if (problem) document.documentElement.dataset.shown = "problem";
    else if (found?.wanted === wanted) {
      document.documentElement.dataset.shown = wanted;
      maps.ahead(kind, layer);
    }
  }, [found, problem]);
  if (problem) return html`<${Problem} error=${problem} live=${maps.source.live} />`;
  if (!found) return html`<p class="card quiet">One moment …</p>`;
  const { layers } = described.kinds[kind];
  const name = rolling ? `Attention rollout over layers 0 to ${layer ?? layers - 1}` : title(described, chosen);
  const reads = rolling
    ? "The mean of the heads and the residual in equal parts, multiplied layer by layer: how much of each token could have flowed into a row's token."
    : described.kinds[kind].reads;
  return html`<${MapView} map=${found.map} title=${name} reads=${reads} of=${rolling ? "rollout" : value ? "share of what is carried" : "attention weight"} />
    <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
}

/** The view as a file, for a paper. @param {{ described: Described, maps: Maps, chosen: Chosen }} props */
function Saving({ described, maps, chosen }) {
  const save = async (/** @type {"svg" | "png"} */ format, /** @type {MouseEvent} */ event) => {
    const root = /** @type {ParentNode} */ (/** @type {unknown} */ (/** @type {Element} */ (event.target).getRootNode()));
    const { blob, name } = await saved(described, maps, chosen, format, root);
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return html`<p class="saving">For a paper:${" "}
    <button type="button" onClick=${(/** @type {MouseEvent} */ event) => save("svg", event)}>SVG</button>${" "}
    <button type="button" onClick=${(/** @type {MouseEvent} */ event) => save("png", event)}>PNG</button></p>`;
}

/** @param {{ error: Error, live?: boolean }} props */
function Problem({ error, live = false }) {
  useEffect(() => { document.documentElement.dataset.shown = "problem"; }, []);
  if (live) return html`<p class="problem" role="alert">This map cannot be had: ${error.message}.</p>`;
  return html`<p class="problem" id="problem" role="alert">This page is damaged, or was made by another version: ${error.message}. Write it again with manyheads look.</p>`;
}

/** @param {{ described: Described, view: string }} props */
function Footer({ described, view }) {
  const spelt = Object.values(described.kinds).flatMap(({ rows, columns }) => [...rows, ...columns]).join("");
  return html`<footer>
    <p>A row of weights sums to one; they are stored here to within 0.004. ${view === "rollout"
      ? "Rollout (Abnar and Zuidema 2020) follows weights alone and treats all heads alike. " : ""}A weight says where a head took its input from.
      By itself it does not prove why the model decided as it did: other weights can give the same answer (Jain and Wallace 2019), though
      not any weights would do (Wiegreffe and Pinter 2019). Switching a head off, or a word, is the stronger test.</p>
    ${/[␣∅]/.test(spelt) && html`<p>␣ is a token that is a space; ∅ one that shows no letter of its own, for several tokens spell one together.</p>`}
  </footer>`;
}

/** Show an explorer inside an element. @param {Element} element @param {Source} source @param {{ linked?: boolean }} [how] */
export function mount(element, source, { linked = false } = {}) {
  element.replaceChildren();
  render(html`<${Page} source=${source} linked=${linked} />`, element);
}

/** In a notebook's cell (anywidget): a tree of its own, so that neither style reaches the other's elements.
 * @param {{ model: { get: (name: string) => any }, el: HTMLElement }} cell */
function inNotebook({ model, el }) {
  const root = el.attachShadow({ mode: "open" });
  const style = root.appendChild(document.createElement("style"));
  style.textContent = model.get("style");
  const body = root.appendChild(document.createElement("div"));
  body.className = "body";
  mount(body, ofNotebook(model.get("document"), model.get("blocks")));
}

export default { render: inNotebook };

const own = document.getElementById("manyheads-explorer");
if (own && document.getElementById("manyheads-document")?.textContent === "null") {
  own.replaceChildren();
  render(html`<${Live} />`, own);
} else if (own) {
  mount(own, ofFile(document), { linked: true });
}
