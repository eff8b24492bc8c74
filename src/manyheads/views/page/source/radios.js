// One of several, as buttons in a row: a single stop of the tab key, from which arrows lead to the others.

import { html } from "../vendor/htm-preact.js";

/** @typedef {{ content: unknown, kind?: string, label?: string, title?: string }} Item `kind` is a class of its own */

/** @param {{ label: string, kind: string, items: Item[], value: number, onChoose: (place: number) => void }} props */
export function Radios({ label, kind, items, value, onChoose }) {
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const last = items.length - 1;
    const next = { ArrowLeft: value - 1, ArrowUp: value - 1, ArrowRight: value + 1, ArrowDown: value + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(last, next));
    onChoose(place);
    const buttons = /** @type {Element} */ (event.currentTarget).querySelectorAll("button");
    buttons[place].focus();
  };
  return html`<div class=${kind} role="radiogroup" aria-label=${label} onKeyDown=${keys}>${items.map((item, place) => html`<button key=${place}
    type="button" role="radio" aria-checked=${place === value} aria-label=${item.label} title=${item.title} tabindex=${place === value ? 0 : -1}
    class=${[item.kind ?? "", place === value ? "chosen" : ""].join(" ").trim()} onClick=${() => onChoose(place)}>${item.content}</button>`)}</div>`;
}
