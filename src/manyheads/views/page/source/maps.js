// The weights: a block for each kind and layer, fetched and unpacked when it is first looked at.

import { inflate, rowOf, SHARES, unpack } from "./numbers.js";

/** @typedef {import("./document.js").Described} Described */
/** @typedef {import("./sources.js").Source} Source */
/** @typedef {{ rows: string[], columns: string[], values: Float32Array, top: number }} Shown */

export class Maps {
  /** @param {Described} described @param {Source} source */
  constructor(described, source) {
    this.described = described;
    this.source = source;
    /** @type {Map<string, Promise<Uint8Array>>} */
    this.blocks = new Map();
    /** @type {Map<string, Promise<Float32Array>>} */
    this.made = new Map();
  }

  /** The bytes of all heads of a layer. @param {string} kind @param {number} layer */
  block(kind, layer) {
    const name = `${kind}.${layer}`;
    let block = this.blocks.get(name);
    if (!block) this.blocks.set(name, (block = this.fetch(kind, layer)));
    return block;
  }

  /** @param {string} kind @param {number} layer @returns {Promise<Uint8Array>} */
  async fetch(kind, layer) {
    const { heads, rows, columns } = this.described.kinds[kind];
    const bytes = await inflate(await this.source.block(kind, layer));
    const count = heads * rows.length * columns.length;
    if (bytes.length !== count) throw new Error(`${bytes.length} weights where ${count} belong`);
    return bytes;
  }

  /**
   * One map, or the mean where layer or head is null.
   * @param {string} kind @param {number | null} layer @param {number | null} head @param {boolean} [byValue]
   * @returns {Promise<Shown>}
   */
  async select(kind, layer, head, byValue = false) {
    return this.shown(kind, await this.remembered(`${kind}.${layer}.${head}.${byValue}`, () =>
      byValue ? this.meanByValue(kind, layer, head) : this.mean(kind, layer, head)));
  }

  /** @param {string} kind @param {Float32Array} values @returns {Shown} */
  shown(kind, values) {
    const { rows, columns } = this.described.kinds[kind];
    return { rows, columns, values, top: values.reduce((most, value) => Math.max(most, value), 1e-9) };
  }

  /** @param {string} name @param {() => Promise<Float32Array>} make */
  remembered(name, make) {
    let made = this.made.get(name);
    if (!made) {
      // A few maps of 512 tokens are enough to go back and forth between.
      if (this.made.size >= 24) this.made.delete(/** @type {string} */ (this.made.keys().next().value));
      this.made.set(name, (made = make()));
    }
    return made;
  }

  /** @param {string} kind @param {number | null} layer @param {number | null} head */
  async mean(kind, layer, head) {
    const { rows, columns, layers, heads } = this.described.kinds[kind];
    const size = rows.length * columns.length;
    const [chosenLayers, chosenHeads] = [numbered(layer, layers), numbered(head, heads)];
    const sum = new Float32Array(size);
    for (const bytes of await Promise.all(chosenLayers.map((number) => this.block(kind, number)))) {
      for (const number of chosenHeads) {
        const start = number * size;
        for (let place = 0; place < size; place++) sum[place] += SHARES[bytes[start + place]];
      }
    }
    const count = chosenLayers.length * chosenHeads.length;
    return count === 1 ? sum : sum.map((value) => value / count);
  }

  /**
   * Weights times the lengths of what is handed over, as shares of each row's sum.
   * @param {string} kind @param {number | null} layer @param {number | null} head
   */
  async meanByValue(kind, layer, head) {
    const { rows, columns, layers, heads } = this.described.kinds[kind];
    const sizes = await unpack(this.described.value_sizes[kind]);
    const sum = new Float32Array(rows.length * columns.length);
    for (const inLayer of numbered(layer, layers)) {
      for (const number of numbered(head, heads)) {
        const lengths = rowOf(sizes, inLayer * heads + number);
        const weights = await this.mean(kind, inLayer, number);
        for (let place = 0; place < sum.length; place++) sum[place] += weights[place] * lengths[place % columns.length];
      }
    }
    return shares(sum, columns.length);
  }

  /** Unpack the other layers of a kind while nobody waits, the next ones first: then they are there when they are looked
   * at. Of a server they are fetched when they are. @param {string} kind @param {number | null} layer */
  ahead(kind, layer) {
    const { layers } = this.described.kinds[kind];
    const order = Array.from({ length: layers }, (_, step) => ((layer ?? 0) + step) % layers);
    const next = order.find((each) => !this.blocks.has(`${kind}.${each}`));
    if (next === undefined || this.source.live) return;
    // What is damaged is told when it is looked at.
    whenIdle(() => this.block(kind, next).then(() => this.ahead(kind, next), () => {}));
  }

  /**
   * Attention rollout: the mean of the heads and the residual in equal parts, layer after layer (Abnar and
   * Zuidema 2020). @param {string} kind @param {number | null} upTo null for the last layer @returns {Promise<Shown>}
   */
  async rollout(kind, upTo) {
    const last = upTo ?? this.described.kinds[kind].layers - 1;
    return this.shown(kind, await this.remembered(`rollout.${kind}.${last}`, async () => {
      const size = this.described.kinds[kind].rows.length;
      let flow = null;
      for (let layer = 0; layer <= last; layer++) {
        const mixed = withResidual(await this.mean(kind, layer, null), size);
        flow = flow === null ? mixed : await product(mixed, flow, size);
      }
      return /** @type {Float32Array} */ (flow);
    }));
  }
}

/** @param {number | null} chosen @param {number} count */
function numbered(chosen, count) {
  return chosen === null ? [...Array(count).keys()] : [chosen];
}

/** @param {Float32Array} sums @param {number} width */
function shares(sums, width) {
  for (let start = 0; start < sums.length; start += width) {
    const row = sums.subarray(start, start + width);
    const total = row.reduce((sum, value) => sum + value, 0) || 1;
    row.forEach((value, place) => { row[place] = value / total; });
  }
  return sums;
}

/** @param {Float32Array} weights @param {number} size */
function withResidual(weights, size) {
  const mixed = weights.map((value) => value / 2);
  for (let place = 0; place < size; place++) mixed[place * (size + 1)] += 0.5;
  return mixed;
}

/** A matrix product that lets the page breathe. @param {Float32Array} left @param {Float32Array} right @param {number} size */
async function product(left, right, size) {
  const made = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    if (row % 64 === 63) await new Promise((resolve) => { setTimeout(resolve); });
    const target = made.subarray(row * size, (row + 1) * size);
    for (let inner = 0; inner < size; inner++) {
      const factor = left[row * size + inner];
      if (factor < 1e-7) continue;
      const source = right.subarray(inner * size, (inner + 1) * size);
      for (let column = 0; column < size; column++) target[column] += factor * source[column];
    }
  }
  return made;
}

/** @param {() => void} task */
function whenIdle(task) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(task);
  else setTimeout(task, 100);
}
