// Small parts that several views are made of.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/htm-preact.js";
import { channels, darkTheme, theme } from "./colours.js";
import { canvasPen, paintPixels, prepare, shorten } from "./pens.js";
import { digits, fixed } from "./numbers.js";

export { html };

/** A choice of one of several. @param {{ name: string, title: string, options: [string, string][], value: string, onChoose: (value: string) => void }} props */
export function Choice({ name, title, options, value, onChoose }) {
  return html`<fieldset>
    <legend>${title}</legend>
    ${options.map(([each, text]) => html`<label key=${each}>
      <input type="radio" name=${name} value=${each} checked=${each === value} onChange=${() => onChoose(each)} />
      <span>${text}</span>
    </label>`)}
  </fieldset>`;
}

/** A form whose texts may have several lines is sent with Ctrl or Command and Enter. @param {KeyboardEvent} event */
export function submitOnEnter(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  /** @type {HTMLFormElement} */ (event.currentTarget).requestSubmit();
}

/** A token, whatever it spells and in whichever direction. @param {{ text: string }} props */
export function Token({ text }) {
  return html`<bdi class="token">${text}</bdi>`;
}

/** What a promise gives, once it does; `null` before, and again while another one is asked. @template T @param {() => Promise<T>} ask @param {unknown[]} on @returns {{ found: T | null, problem: Error | null }} */
export function usePromise(ask, on) {
  const [state, setState] = useState(/** @type {{ found: any, problem: Error | null }} */ ({ found: null, problem: null }));
  // Before the next frame: one that is lost here is one that a reader waits for.
  useLayoutEffect(() => {
    let wanted = true;
    ask().then(
      (found) => { if (wanted) setState({ found, problem: null }); },
      (problem) => { if (wanted) setState({ found: null, problem }); },
    );
    return () => { wanted = false; };
  }, on);
  return state;
}

/** Draw again when the theme or the size of an element changes. @param {{ current: Element | null }} ref @param {() => void} draw */
export function useRedraw(ref, draw) {
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => {
    const again = () => latest.current();
    darkTheme.addEventListener("change", again);
    const watch = new ResizeObserver(() => requestAnimationFrame(again));
    if (ref.current) watch.observe(ref.current);
    return () => { darkTheme.removeEventListener("change", again); watch.disconnect(); };
  }, []);
}

/** A row of numbers as coloured cells; pointing at one tells it.
 * @param {{ values: Float32Array, label: string, step?: string, signed?: boolean, names?: string[], marked?: [number, number] }} props
 *   `names`: of each number; `marked`: from where to where a part is framed; `step`: by which tests find it */
export function Strip({ values, label, step, signed = true, names, marked }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const draw = () => {
    if (!box.current) return;
    const canvas = /** @type {HTMLCanvasElement} */ (box.current.querySelector("canvas"));
    const width = box.current.clientWidth;
    const what = { values, signed, names, marked, at };
    drawStrip(canvasPen(prepare(canvas, width, stripHeight(width, what))), theme(), width, what);
    // For those who save the page's figures, and for tests.
    Object.assign(box.current, { values, what });
  };
  useLayoutEffect(draw);
  useRedraw(box, draw);
  const under = (/** @type {PointerEvent} */ event) => {
    const bounds = /** @type {HTMLElement} */ (box.current).getBoundingClientRect();
    const place = Math.floor(((event.clientX - bounds.left) / bounds.width) * values.length);
    setAt(Math.max(0, Math.min(values.length - 1, place)));
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    setAt((before) => Math.max(0, Math.min(values.length - 1, (before ?? -1) + step)));
  };
  const [least, largest] = range(values);
  const told = at === null ? `${values.length} numbers, from ${digits(least)} to ${digits(largest)}`
    : `${names ? names[at] : `number ${at + 1} of ${values.length}`}: ${digits(values[at])}`;
  return html`<div class="strip">
    <div class="strip-label"><span>${label}</span><output aria-live="polite">${told}</output></div>
    <div class="strip-cells" ref=${box} data-step=${step} tabindex="0" role="img" aria-label=${`${label}: ${told}`}
      onPointerMove=${under} onPointerDown=${under} onPointerLeave=${() => setAt(null)} onKeyDown=${keys}><canvas></canvas></div>
  </div>`;
}

/** What has the strongest colour: of many numbers not the largest, for a few that stick out would leave the others
 * pale. @param {Float32Array} values */
function strongest(values) {
  const sizes = values.filter(Number.isFinite).map(Math.abs).sort();
  const place = sizes.length > 64 ? Math.floor(sizes.length * 0.98) : sizes.length - 1;
  return Math.max(sizes[place] ?? 0, 1e-9);
}

/** @param {Float32Array} values */
function range(values) {
  let [least, largest] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  return [least, largest];
}

const HIGH = 28;

/** @typedef {{ values: Float32Array, signed: boolean, names?: string[], marked?: [number, number], at: number | null }} Cells */

/** @param {number} width @param {Cells} what */
export function stripHeight(width, { values, names }) {
  return HIGH + (names !== undefined && width / values.length >= 30 ? 20 : 0);
}

/** @param {import("./pens.js").Pen} pen @param {import("./colours.js").Theme} colours @param {number} width @param {Cells} what */
export function drawStrip(pen, colours, width, { values, signed, names, marked, at }) {
  const wide = width / values.length;
  const named = names !== undefined && wide >= 30;
  const gap = wide >= 6 ? 1 : 0;
  const most = strongest(values);
  values.forEach((value, place) => {
    const share = Number.isFinite(value) ? value / most : 0;
    pen.rect(place * wide, 0, wide - gap, HIGH, signed ? colours.signed(share) : colours.weight(share));
    const middle = (place + 0.5) * wide;
    if (named) pen.text(shorten(pen, names[place], wide - 4, { size: 11 }), middle, HIGH + 11, { size: 11, align: "center", colour: colours.ink });
    if (wide < 34) return;
    const colour = signed ? colours.inkOnSigned(share) : colours.inkOn(share);
    pen.text(digits(value), middle, HIGH / 2, { size: wide < 40 ? 10 : 11, align: "center", colour });
  });
  if (marked) pen.frame(marked[0] * wide + 1, 1, (marked[1] - marked[0]) * wide - 2, HIGH - 2, colours.ink, 2);
  if (at !== null) pen.frame(at * wide, 1, Math.max(wide - gap, 2), HIGH - 2, colours.ink, 2);
}

/** A table of numbers, a row a token, as one picture. @param {{ matrix: import("./numbers.js").Numbers, label: string }} props */
export function Sheet({ matrix, label }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const draw = () => {
    if (!box.current) return;
    paintSheet(/** @type {HTMLCanvasElement} */ (box.current.querySelector("canvas")), theme(), matrix);
    Object.assign(box.current, { matrix, label });
  };
  useLayoutEffect(draw, [matrix]);
  useRedraw(box, draw);
  return html`<figure class="sheet" ref=${box}>
    <canvas role="img" aria-label=${`${label}: ${matrix.shape.join(" by ")} numbers`}></canvas>
    <figcaption>${label} <span class="quiet">${matrix.shape.join(" × ")}</span></figcaption>
  </figure>`;
}

/** @param {HTMLCanvasElement} canvas @param {import("./colours.js").Theme} colours @param {import("./numbers.js").Numbers} matrix */
export function paintSheet(canvas, colours, matrix) {
  const [rows, columns] = matrix.shape;
  const most = strongest(matrix.values);
  // The palette has 256 steps: each is taken apart once, not for every number.
  const table = Array.from({ length: 256 }, (_, step) => channels(colours.signed(step / 127.5 - 1)));
  const step = (/** @type {number} */ value) => Math.round(Math.max(0, Math.min(1, (value / most + 1) / 2)) * 255);
  paintPixels(canvas, columns, rows, (place) => table[step(matrix.values[place])]);
}

/** Words with their probabilities as bars.
 * @param {{ words: [string, number][], label: string, chosen?: string, onTake?: (place: number) => void }} props */
export function Bars({ words, label, chosen, onTake }) {
  const most = Math.max(...words.map(([, share]) => Math.abs(share)), 1e-9);
  return html`<table class="bars" aria-label=${label}><tbody>
    ${words.map(([word, share], place) => html`<tr key=${place} class=${word === chosen ? "chosen" : ""}>
      <th scope="row">${onTake ? html`<button type="button" class="take" title="let the search go on from this one"
        onClick=${() => onTake(place)}><${Token} text=${word} /></button>` : html`<${Token} text=${word} />`}</th>
      <td><span class="bar" style=${{ width: `${(Math.abs(share) / most) * 100}%` }}></span></td>
      <td class="number">${share > 0 && share < 0.0005 ? "< 0.001" : fixed(share)}</td>
    </tr>`)}
  </tbody></table>`;
}
