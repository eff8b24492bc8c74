// Numbers as they travel (views/wire.py): base64 of deflated bytes, little-endian.

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const letters = atob(text.trim());
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} packed @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function inflate(packed) {
  if (!("DecompressionStream" in globalThis)) {
    throw new Error("this browser is too old to unpack the weights: one from 2023 or later can");
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** What a byte of a weight stands for: (byte / 255) squared. */
export const SHARES = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255) ** 2);

/** @typedef {{ shape: number[], values: Float32Array }} Numbers */
/** @typedef {{ dtype: "float16" | "float32", shape: number[], data: string }} Packed */

/** @param {Packed} packed @returns {Promise<Numbers>} */
export async function unpack({ dtype, shape, data }) {
  const bytes = woven(await inflate(fromBase64(data)), dtype === "float32" ? 4 : 2);
  const values = dtype === "float32" ? new Float32Array(bytes.buffer) : halves(new Uint16Array(bytes.buffer));
  const count = shape.reduce((product, axis) => product * axis, 1);
  if (values.length !== count) throw new Error(`${values.length} numbers where ${count} belong`);
  return { shape, values };
}

/** Put the bytes of each number together again: first come the lowest of all. @param {Uint8Array<ArrayBuffer>} planes @param {number} width @returns {Uint8Array<ArrayBuffer>} */
function woven(planes, width) {
  const bytes = new Uint8Array(planes.length);
  const count = planes.length / width;
  for (let part = 0; part < width; part++) {
    for (let place = 0; place < count; place++) bytes[place * width + part] = planes[part * count + place];
  }
  return bytes;
}

/** Half precision to single. @param {Uint16Array} bits @returns {Float32Array} */
export function halves(bits) {
  const values = new Float32Array(bits.length);
  for (let place = 0; place < bits.length; place++) {
    const half = bits[place];
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24
      : exponent === 31 ? (fraction ? NaN : Infinity)
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[place] = half & 0x8000 ? -size : size;
  }
  return values;
}

/** Row i of a matrix, as a view. @param {Numbers} numbers @param {number} row @returns {Float32Array} */
export function rowOf({ shape, values }, row) {
  const width = shape[shape.length - 1];
  return values.subarray(row * width, (row + 1) * width);
}

/** @param {ArrayLike<number>} one @param {ArrayLike<number>} other @returns {number} */
export function dot(one, other) {
  let sum = 0;
  for (let place = 0; place < one.length; place++) sum += one[place] * other[place];
  return sum;
}

/** Shares of one; what is -Infinity gets none. @param {ArrayLike<number>} scores @returns {Float32Array} */
export function softmax(scores) {
  const shares = Float32Array.from(scores);
  const top = shares.reduce((most, score) => Math.max(most, score), -Infinity);
  let sum = 0;
  for (let place = 0; place < shares.length; place++) sum += (shares[place] = Math.exp(shares[place] - top));
  return shares.map((share) => share / sum);
}

/** @param {ArrayLike<number>} shares @param {Numbers} values @returns {Float32Array} */
export function weighted(shares, values) {
  const sum = new Float32Array(values.shape[1]);
  for (let row = 0; row < values.shape[0]; row++) {
    const numbers = rowOf(values, row);
    for (let place = 0; place < sum.length; place++) sum[place] += shares[row] * numbers[place];
  }
  return sum;
}

/** A number with about three digits, as short as it can be read. @param {number} value @returns {string} */
export function digits(value) {
  if (!Number.isFinite(value)) return value === -Infinity ? "−∞" : String(value);
  const size = Math.abs(value);
  const text = size >= 100 ? size.toFixed(0) : size >= 10 ? size.toFixed(1) : size.toFixed(2);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** With three decimals, and more where that would be nothing. @param {number} value @returns {string} */
export function fixed(value) {
  const size = Math.abs(value);
  const text = size > 0 && size < 0.0005 ? size.toPrecision(1) : size.toFixed(3);
  return (value < 0 ? "−" : "") + text;
}

/** @param {number} share @returns {string} */
export function percent(share) {
  return share >= 0.9995 ? "100%" : share >= 0.1 ? `${(share * 100).toFixed(0)}%` : `${(share * 100).toFixed(1)}%`;
}
