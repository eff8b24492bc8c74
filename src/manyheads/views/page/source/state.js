// What is chosen, in the address's hash, so that a view can be linked: #view=head&kind=cross&layer=2&head=mean

/**
 * @typedef {{ view: string, kind: string, layer: number | null, head: number | null, token: number, value: boolean }} Chosen
 */

/** @param {import("./document.js").Described} described @param {boolean} live @returns {Chosen} */
export function begin(described, live) {
  // An encoder's first token is its own mark.
  const token = described.start.kind === "encoder" && !described.written ? 1 : 0;
  const start = { ...described.start, token: described.start.token ?? token };
  return { value: false, ...start, ...fromHash(described, live) };
}

/** Keep what is chosen inside what there is: of another text, or another model, there may be no such attention and no such
 * view. @param {import("./document.js").Described} described @param {Chosen} chosen @param {boolean} live @returns {Chosen} */
export function within(described, chosen, live) {
  const view = viewsOf(described, live).some(([name]) => name === chosen.view) ? chosen.view : "head";
  const kind = view === "rollout" ? "encoder" : chosen.kind in described.kinds ? chosen.kind : described.start.kind;
  const { layers, heads, rows } = described.kinds[kind];
  const one = view === "steps";
  return {
    ...chosen,
    view,
    kind,
    layer: number(chosen.layer, layers, one),
    head: number(chosen.head, heads, one),
    token: Math.min(Math.max(chosen.token, 0), rows.length - 1),
    value: chosen.value && kind in described.value_sizes,
  };
}

/** @param {number | null} asked @param {number} count @param {boolean} one whether there is no mean */
function number(asked, count, one) {
  if (count === 1) return 0;
  if (asked === null || asked >= count) return one ? Math.min(asked ?? 0, count - 1) : null;
  return asked;
}

/** @param {import("./document.js").Described} described @param {boolean} live */
function fromHash(described, live) {
  const asked = new URLSearchParams(location.hash.slice(1));
  /** @type {Partial<Chosen>} */
  const found = {};
  const kind = asked.get("kind") ?? "";
  if (Object.hasOwn(described.kinds, kind)) found.kind = kind;
  const view = asked.get("view") ?? "";
  if (viewsOf(described, live).some(([name]) => name === view)) found.view = view;
  const { layers, heads, rows } = described.kinds[found.kind ?? described.start.kind];
  for (const [name, count] of /** @type {["layer" | "head", number][]} */ ([["layer", layers], ["head", heads]])) {
    const text = asked.get(name);
    if (text === "mean") found[name] = null;
    else if (/^\d+$/.test(text ?? "") && Number(text) < count) found[name] = Number(text);
  }
  const token = asked.get("token");
  if (/^\d+$/.test(token ?? "") && Number(token) < rows.length) found.token = Number(token);
  if (asked.has("value")) found.value = asked.get("value") === "1";
  return found;
}

/** @param {Chosen} chosen */
export function toHash(chosen) {
  const parts = [`view=${chosen.view}`, `kind=${chosen.kind}`, `layer=${chosen.layer ?? "mean"}`, `head=${chosen.head ?? "mean"}`];
  if (chosen.view === "steps") parts.push(`token=${chosen.token}`);
  if (chosen.value) parts.push("value=1");
  return parts.join("&");
}

/** The views that a document has. @param {import("./document.js").Described} described @param {boolean} live @returns {[string, string][]} */
export function viewsOf(described, live) {
  /** @type {[string, string][]} */
  const views = [["grid", "All heads"], ["head", "One head"]];
  if (live || described.calculations.length) views.push(["steps", "How it is calculated"]);
  if (described.written) views.push(["translation", "Translation"]);
  if (described.meaning || (live && !described.written)) views.push(["meaning", "Meaning in context"]);
  if ("encoder" in described.kinds) views.push(["rollout", "Rollout"]);
  return views;
}

/** What is shown, in words. @param {import("./document.js").Described} described @param {Chosen} chosen */
export function title(described, chosen) {
  const { layers, heads } = described.kinds[chosen.kind];
  const named = (/** @type {string} */ name, /** @type {number | null} */ number, /** @type {number} */ count) =>
    (number === null ? `mean of ${count} ${name}s` : `${name} ${number}`);
  return `${chosen.kind} attention, ${named("layer", chosen.layer, layers)}, ${named("head", chosen.head, heads)}`;
}
