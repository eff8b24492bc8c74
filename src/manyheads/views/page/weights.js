// The weights as they travel: for each kind and layer one block, base64 of deflated bytes
// round(255 * sqrt(weight)), with the axes heads, rows, columns. A block is unpacked when it is first looked at.

const described = JSON.parse(document.getElementById("described").textContent);
const blocks = new Map();

function block(kind, layer) {
  const id = `weights-${kind}-${layer}`;
  if (!blocks.has(id)) blocks.set(id, unpack(document.getElementById(id).textContent));
  return blocks.get(id);
}

async function unpack(base64) {
  const packed = Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// One map, or the mean where layer or head is null.
async function select(kind, layer, head) {
  const { rows, columns, layers, heads } = described.kinds[kind];
  const size = rows.length * columns.length;
  const values = new Float32Array(size);
  const chosenLayers = layer === null ? [...Array(layers).keys()] : [layer];
  const chosenHeads = head === null ? [...Array(heads).keys()] : [head];
  for (const bytes of await Promise.all(chosenLayers.map((number) => block(kind, number)))) {
    if (bytes.length !== heads * size) throw new Error(`${bytes.length} weights where ${heads * size} belong`);
    for (const number of chosenHeads) {
      const start = number * size;
      for (let place = 0; place < size; place++) values[place] += (bytes[start + place] / 255) ** 2;
    }
  }
  const count = chosenLayers.length * chosenHeads.length;
  for (let place = 0; place < size; place++) values[place] /= count;
  return { rows, columns, values, top: values.reduce((most, value) => Math.max(most, value), 0) };
}
