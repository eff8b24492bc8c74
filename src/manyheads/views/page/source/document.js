// What a page is told (views/document.py); the types alone.

/**
 * @typedef {{ rows: string[], columns: string[], marks: boolean[], layers: number, heads: number, reads: string, causal: boolean }} Kind
 * @typedef {{ words: string, entropy: number, spread: number, offset: number | null, at_offset: number, marks: number }} Pattern
 * @typedef {[string, number][]} Words
 * @typedef {{ what: "words" | "labels" | "states", words: Words[], labels: Words }} Answer
 * @typedef {{ what: "words" | "pieces", src: string[], tgt: string[], links: [number, number][], layer: number }} Linked
 * @typedef {{ token_ids: number[], text: string, log_prob: number, ends: boolean, won: boolean }} Kept
 * @typedef {{ tokens: string[], probabilities: number[], choices: Words[], token_ids: number[], choice_ids: number[][], beam: Kept[][], hypotheses: [string, number][], linked: Linked }} Written
 * @typedef {{ kind: string, layer: number, head: number, norm_first: boolean,
 *   arrays: Record<string, import("./numbers.js").Packed> }} Steps
 * @typedef {{ word: string, texts: { text: string, start: number, end: number }[], names: string[],
 *   cosines: number[][][] }} Meaning
 */

/**
 * @typedef {{
 *   format: string, format_version: number, model: string, texts: string[], notes: Record<string, string>,
 *   kinds: Record<string, Kind>, heads: Record<string, Pattern[][]>,
 *   start: { view: string, kind: string, layer: number | null, head: number | null, token?: number | null },
 *   value_sizes: Record<string, import("./numbers.js").Packed>,
 *   effects: Record<string, number[][]> | null, effect: string, answer: Answer, calculations: Steps[],
 *   off: [string, number, number][], written: Written | null, meaning: Meaning | null, id?: string, moved?: number | null,
 *   beside?: [number | null, number | null, number | null][] | null,
 * }} Described
 */

export const FORMAT_VERSION = 2;

/** Fill in what maps of any origin lack. @param {any} told @returns {Described} */
export function read(told) {
  if (told?.format !== "manyheads.explorer" || told.format_version !== FORMAT_VERSION) {
    throw new Error(`this page reads documents of version ${FORMAT_VERSION}, not ${told?.format_version}`);
  }
  return {
    value_sizes: {}, effects: null, effect: "", calculations: [], off: [], written: null, meaning: null,
    answer: { what: "states", words: [], labels: [] }, ...told,
  };
}
