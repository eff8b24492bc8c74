// Where a page gets what it shows: its own file, a server, or a notebook. All offer the same four questions.

import { fromBase64 } from "./numbers.js";

/**
 * @typedef {{
 *   live: boolean,
 *   describe: () => Promise<any>,
 *   block: (kind: string, layer: number) => Promise<Uint8Array<ArrayBuffer>>,
 *   steps: (kind: string, layer: number, head: number) => Promise<import("./document.js").Steps | null>,
 *   compare?: (word: string, texts: string[]) => Promise<import("./document.js").Meaning>,
 * }} Source
 */

/** A page that holds everything. @param {Document} page @returns {Source} */
export function ofFile(page) {
  const content = (/** @type {string} */ id) => {
    const element = page.getElementById(id);
    if (!element) throw new Error(`${id} is missing`);
    return element.textContent ?? "";
  };
  /** @type {any} */
  let described;
  return held(() => (described ??= JSON.parse(content("manyheads-document"))), (kind, layer) => content(`weights-${kind}-${layer}`));
}

/** All is there already. @param {() => any} described @param {(kind: string, layer: number) => string} block @returns {Source} */
function held(described, block) {
  return {
    live: false,
    describe: async () => described(),
    block: async (kind, layer) => fromBase64(block(kind, layer)),
    steps: async (kind, layer, head) => described().calculations?.find(
      (/** @type {import("./document.js").Steps} */ each) =>
        each.kind === kind && each.layer === layer && each.head === head) ?? null,
  };
}

/**
 * @typedef {{ text: string, pair?: string, target?: string, begin?: number[], off: [string, number, number][], hidden: number[], since?: string }} Asked
 * @typedef {{ name: string, task: string, max_tokens: number, mask: string | null }} Served
 */

/** What a server has answered; `compare` where its model reads. @param {any} described @param {Served} served @returns {Source} */
export function ofAnswer(described, { name, task }) {
  const { id } = described;
  return {
    live: true,
    describe: async () => described,
    block: async (kind, layer) => new Uint8Array(await (await fetched(`attention/${id}/${kind}/${layer}`)).arrayBuffer()),
    steps: async (kind, layer, head) => (await fetched(`attention/${id}/${kind}/${layer}/${head}`)).json(),
    compare: task === "translation" ? undefined : async (word, texts) => (await fetched("meaning", { model: name, word, texts })).json(),
  };
}

/** Ask the server that the page came from. @param {string} path @param {unknown} [asked] @returns {Promise<Response>} */
export async function fetched(path, asked) {
  const how = asked === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) };
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Error("the server does not answer: it has ended, or cannot be reached. What is shown stays; start manyheads serve again and ask once more");
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: `the server answered with ${answer.status}` }));
  throw new Error(error);
}

/** What a notebook hands over. @param {any} described @param {Record<string, string>} blocks @returns {Source} */
export function ofNotebook(described, blocks) {
  return held(() => described, (kind, layer) => blocks[`${kind}.${layer}`]);
}
