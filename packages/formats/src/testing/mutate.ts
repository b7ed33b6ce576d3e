// Damages files in seeded ways, as disks, networks and attackers do.

/** Numbers from 0 up to 1, the same ones for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A way to damage bytes; gives new ones. */
type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array;

const below = (random: () => number, n: number): number => Math.floor(random() * n);

/** Numbers at which sizes, offsets and counts go wrong. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x1fffffffffffffn,
  0x7fffffffffffffffn,
  0xffffffffffffffffn,
];

const flipBits: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  for (let n = 1 + below(random, 8); n > 0; n--) copy[below(random, copy.length)]! ^= 1 << below(random, 8);
  return copy;
};

const setBytes: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  for (let n = 1 + below(random, 4); n > 0; n--) copy[below(random, copy.length)] = below(random, 256);
  return copy;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, below(random, bytes.length));

const extend: Mutation = (bytes, random) =>
  splice(bytes, bytes.length, bytes.length, bytes.slice(0, below(random, 64)));

/** Puts an edge where a length or an offset may stand. */
const setNumber: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  const width = [1, 2, 4, 8][below(random, 4)]!;
  const at = below(random, Math.max(1, copy.length - width));
  // Numbers in files lie at multiples of their width more often than not.
  const start = random() < 0.5 ? at - (at % width) : at;
  let value = random() < 0.7 ? EDGES[below(random, EDGES.length)]! : BigInt(below(random, 2 * copy.length));
  for (let i = 0; i < width && start + i < copy.length; i++, value >>= 8n) copy[start + i] = Number(value & 255n);
  return copy;
};

const splice = (bytes: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array => {
  const result = new Uint8Array(from + middle.length + bytes.length - to);
  result.set(bytes.subarray(0, from));
  result.set(middle, from);
  result.set(bytes.subarray(to), from + middle.length);
  return result;
};

/** Copies a piece of the file over another place of it, between others, or takes one out. */
const moveChunk: Mutation = (bytes, random) => {
  const length = 1 + below(random, Math.min(512, bytes.length));
  const from = below(random, bytes.length - length + 1);
  const to = below(random, bytes.length - length + 1);
  const piece = bytes.slice(from, from + length);
  const how = random();
  if (how < 0.5) return splice(bytes, to, to + length, piece);
  return how < 0.75 ? splice(bytes, to, to, piece) : splice(bytes, from, from + length, new Uint8Array(0));
};

/** Values that JSON may have where others are expected; some texts are names of JavaScript's own. */
const ODD = [
  'null',
  'true',
  '-1',
  '1.5',
  '1e400',
  '9007199254740993',
  '""',
  '"__proto__"',
  '"constructor"',
  '[]',
  '{}',
  '[[[]]]',
  '{"__proto__":{"polluted":true}}',
  '"\\ud800"',
  '"../../etc/passwd"',
  '"https://example.org/x"',
  '4294967296',
];

/** Changes a key or a value of a JSON text in the file; other files stay as they are but for a bit. */
const changeJson: Mutation = (bytes, random) => {
  const text = new TextDecoder('latin1').decode(bytes);
  const tokens = [...text.slice(0, 2 ** 16).matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[[\]{},:]/g)];
  if (tokens.length === 0) return flipBits(bytes, random);
  const { index, 0: token } = tokens[below(random, tokens.length)]!;
  const other = tokens[below(random, tokens.length)]![0];
  const odd = ODD[below(random, ODD.length)]!;
  const choice = random();
  const middle = choice < 0.5 ? odd : choice < 0.8 ? other : choice < 0.9 ? '' : `${token},${token}`;
  const latin = Uint8Array.from(middle, (letter) => letter.charCodeAt(0));
  // A text of the same length leaves the lengths around it right.
  if (random() < 0.5 && latin.length <= token.length) {
    return splice(
      bytes,
      index,
      index + token.length,
      Uint8Array.from(middle.padEnd(token.length), (c) => c.charCodeAt(0)),
    );
  }
  return splice(bytes, index, index + token.length, latin);
};

const MUTATIONS: readonly Mutation[] = [
  flipBits,
  setBytes,
  truncate,
  extend,
  setNumber,
  setNumber,
  moveChunk,
  changeJson,
];

/**
 * A damaged copy of a file: flipped bits, other bytes, a cut or longer end, edges in place of lengths, moved pieces, other keys
 * and values in JSON; one to three of them.
 *
 * @param random Numbers from 0 up to 1, see {@link seededRandom}.
 * @example const damaged = mutate(bytes, seededRandom(1));
 */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let result = bytes;
  for (let n = random() < 0.6 ? 1 : 1 + below(random, 3); n > 0 && result.length > 0; n--) {
    result = MUTATIONS[below(random, MUTATIONS.length)]!(result, random);
  }
  return result;
}
