// What if: a head off, a word hidden, another text, another word written; and what moved, beside what was there before.

import { html, submitOnEnter, Token } from "./parts.js";
import { percent } from "./numbers.js";

/** @typedef {import("./document.js").Described} Described */
/** @typedef {import("./sources.js").Asked} Asked */
/** @typedef {{ asked: Asked, described: Described, source: import("./sources.js").Source }} Answered */
/** @typedef {[string, number] | undefined} Said the likeliest word and its probability */
/** @typedef {{ at: unknown, before?: Said, now?: Said, moved: number | null }} Line */

/** @param {{ served: import("./sources.js").Served, first: Answered, now: Answered, busy: boolean, change: (part: Partial<Asked>) => void, back: () => void }} props */
export function WhatIf({ served, first, now, busy, change, back }) {
  const { described, asked } = now;
  const edit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    change({ text: String(form.get("edited")), hidden: [], begin: undefined });
  };
  return html`<section class="card what-if" aria-labelledby="what-if-title" aria-busy=${busy}>
    <h2 id="what-if-title">What if</h2>
    <p class="reads">Change the text, ${served.mask ? "hide a word, " : "take another word in “Translation”, "}or switch a head off in “One head”,
      and see what moves.</p>
    <form class="edit" id="edit" onSubmit=${edit} onKeyDown=${submitOnEnter} key=${asked.text}>
      <textarea name="edited" rows="1" dir="auto" required aria-label="The text, changed" defaultValue=${asked.text}></textarea>
      <button type="submit" disabled=${busy}>See what moves</button>
    </form>
    ${served.mask && html`<${Hiding} described=${described} asked=${asked} change=${change} />`}
    ${asked.begin && asked.begin.length > 0 && html`<p class="tokens">Begun with a word of yours: <button type="button"
      title="let the search choose again" onClick=${() => change({ begin: undefined })}>take it back ×</button></p>`}
    ${asked.off.length > 0 && html`<p class="tokens">Off: ${asked.off.map((head) => html`<button type="button" key=${head.join()}
      title="switch it on again" onClick=${() => change({ off: toggled(asked.off, head) })}>${head[0]} layer ${head[1]}, head ${head[2]} ×</button>`)}</p>`}
    ${now !== first && html`<${Moved} first=${first.described} now=${described} />
      <p class="walk"><button type="button" id="back" onClick=${back}>Back to how it was</button></p>`}
  </section>`;
}

/** @param {[string, number, number][]} off @param {[string, number, number]} head @returns {[string, number, number][]} */
export function toggled(off, head) {
  const rest = off.filter((each) => each.join() !== head.join());
  return rest.length < off.length ? rest : [...off, head];
}

/** @param {{ described: Described, asked: Asked, change: (part: Partial<Asked>) => void }} props */
function Hiding({ described, asked, change }) {
  const { rows, marks } = described.kinds.encoder;
  return html`<p class="tokens" role="group" aria-label="Hide words">${rows.map((text, place) => {
    const hidden = asked.hidden.includes(place);
    return html`<button type="button" key=${place} aria-pressed=${hidden} class=${hidden ? "chosen" : ""} disabled=${marks[place] && !hidden}
      title=${hidden ? "show it again" : "hide it"}
      onClick=${() => change({ hidden: hidden ? asked.hidden.filter((each) => each !== place) : [...asked.hidden, place] })}><${Token} text=${text} /></button>`;
  })}</p>`;
}

/** What was said before, beside what is said now. @param {{ first: Described, now: Described }} props */
function Moved({ first, now }) {
  const moved = now.moved ?? null;
  return html`
    <dl class="notes two-texts">
      <div><dt>before</dt><dd>${first.texts.map((text, place) => html`<bdi key=${place} dir="auto">${text}</bdi>`)}</dd></div>
      <div><dt>now</dt><dd>${now.texts.map((text, place) => html`<bdi key=${place} dir="auto">${text}</bdi>`)}${now.off.length > 0
        && html` <span class="quiet">without ${now.off.map(([kind, layer, head]) => `${kind} layer ${layer}, head ${head}`).join("; ")}</span>`}</dd></div>
    </dl>
    <p>${moved === null ? "No token stands in both, so that none can be compared."
      : html`The result has moved by <b>${moved.toPrecision(3)}</b> <span class="quiet">(${now.effect})</span>.`}</p>
    <${Beside} lines=${linesOf(first, now)} said=${now.answer.what !== "states"} />`;
}

/** @param {Described} first @param {Described} now @returns {Line[]} */
function linesOf(first, now) {
  if (now.answer.what === "labels") {
    const before = new Map(first.answer.labels);
    return now.answer.labels.map(([name, share]) => {
      const was = before.get(name) ?? 0;
      return { at: html`<${Token} text=${name} />`, before: [name, was], now: [name, share], moved: Math.abs(share - was) };
    });
  }
  const [old, fresh] = [tokensOf(first), tokensOf(now)];
  return (now.beside ?? []).filter(([i, j]) => (i ?? 0) < old.length && (j ?? 0) < fresh.length).map(([i, j, moved]) => ({
    at: told(i === null ? null : old[i], j === null ? null : fresh[j]),
    before: i === null ? undefined : first.answer.words[i]?.[0],
    now: j === null ? undefined : now.answer.words[j]?.[0],
    moved,
  }));
}

/** The tokens that the answer's rows stand for. @param {Described} described */
function tokensOf(described) {
  return described.written?.tokens ?? described.kinds.encoder.rows;
}

/** @param {string | null} before @param {string | null} now */
function told(before, now) {
  if (before === now) return html`<${Token} text=${now} />`;
  if (before === null) return html`<${Token} text=${now} /> <span class="quiet">new</span>`;
  if (now === null) return html`<s><${Token} text=${before} /></s> <span class="quiet">gone</span>`;
  return html`<s><${Token} text=${before} /></s> <${Token} text=${now} />`;
}

/** @param {{ lines: Line[], said: boolean }} props `said`: whether the model says words or labels */
function Beside({ lines, said }) {
  const most = Math.max(...lines.map(({ moved }) => moved ?? 0), 1e-9);
  const cells = (/** @type {Said} */ one) => html`<td>${one && html`<${Token} text=${one[0]} />`}</td><td class="number">${one && percent(one[1])}</td>`;
  return html`<div class="table" tabindex="0" role="region" aria-label="Before and now"><table class="moved">
    <thead><tr><th scope="col">at</th>${said && html`<th scope="col" colspan="2">likeliest before</th><th scope="col" colspan="2">and now</th>`}<th scope="col" colspan="2">moved by</th></tr></thead>
    <tbody>${lines.map(({ at, before, now, moved }, place) => html`<tr key=${place} class=${said && before?.[0] !== now?.[0] ? "chosen" : ""}>
      <th scope="row">${at}</th>${said && html`${cells(before)}${cells(now)}`}
      <td class="number">${moved === null ? "" : moved.toFixed(3)}</td>
      <td class="bar-cell">${moved !== null && html`<span class="bar" style=${{ width: `${(moved / most) * 100}%` }}></span>`}</td></tr>`)}</tbody>
  </table></div>`;
}
