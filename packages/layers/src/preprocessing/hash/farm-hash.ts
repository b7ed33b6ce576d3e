/**
 * FarmHash's 64-bit fingerprint (G. Pike, 2014), which Keras uses for strings: equal on all machines and in all versions.
 */
import { bytesOf, rotateRight, word } from './bits.ts';

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

const shiftMix = (x: bigint): bigint => x ^ (x >> 47n);

/** Mixes two words into one. */
function mix(u: bigint, v: bigint, factor: bigint): bigint {
  const a = shiftMix(word((u ^ v) * factor));
  return word(shiftMix(word((v ^ a) * factor)) * factor);
}

/** Reads words of the text; a place below 0 counts from the end. */
class Words {
  readonly length: number;
  readonly #bytes: DataView;

  constructor(text: string) {
    this.#bytes = bytesOf(text);
    this.length = this.#bytes.byteLength;
  }

  at(place: number): bigint {
    return this.#bytes.getBigUint64(place < 0 ? this.length + place : place, true);
  }

  half(place: number): bigint {
    return BigInt(this.#bytes.getUint32(place < 0 ? this.length + place : place, true));
  }

  byte(place: number): bigint {
    return BigInt(this.#bytes.getUint8(place));
  }
}

function upTo16(s: Words): bigint {
  const { length } = s;
  const factor = K2 + BigInt(length * 2);
  if (length >= 8) {
    const a = word(s.at(0) + K2);
    const b = s.at(-8);
    const c = word(rotateRight(b, 37n) * factor + a);
    const d = word((rotateRight(a, 25n) + b) * factor);
    return mix(c, d, factor);
  }
  if (length >= 4) return mix(word(BigInt(length) + (s.half(0) << 3n)), s.half(-4), factor);
  if (length === 0) return K2;
  const y = s.byte(0) + (s.byte(length >> 1) << 8n);
  const z = BigInt(length) + (s.byte(length - 1) << 2n);
  return word(shiftMix(word(y * K2) ^ word(z * K0)) * K2);
}

function upTo32(s: Words): bigint {
  const factor = K2 + BigInt(s.length * 2);
  const a = word(s.at(0) * K1);
  const b = s.at(8);
  const c = word(s.at(-8) * factor);
  const d = word(s.at(-16) * K2);
  const first = word(rotateRight(word(a + b), 43n) + rotateRight(c, 30n) + d);
  return mix(first, word(a + rotateRight(word(b + K2), 18n) + c), factor);
}

function upTo64(s: Words): bigint {
  const factor = K2 + BigInt(s.length * 2);
  const a = word(s.at(0) * K2);
  const b = s.at(8);
  const c = word(s.at(-8) * factor);
  const d = word(s.at(-16) * K2);
  const y = word(rotateRight(word(a + b), 43n) + rotateRight(c, 30n) + d);
  const z = mix(y, word(a + rotateRight(word(b + K2), 18n) + c), factor);
  const e = word(s.at(16) * factor);
  const f = s.at(24);
  const g = word((y + s.at(-32)) * factor);
  const h = word((z + s.at(-24)) * factor);
  const first = word(rotateRight(word(e + f), 43n) + rotateRight(g, 30n) + h);
  return mix(first, word(e + rotateRight(word(f + a), 18n) + g), factor);
}

type Pair = readonly [bigint, bigint];

/** Mixes 32 bytes from `place` on into two seeds. */
function mixBlock(s: Words, place: number, a: bigint, b: bigint): Pair {
  const [w, x, y, z] = [0, 8, 16, 24].map((offset) => s.at(place + offset)) as [bigint, bigint, bigint, bigint];
  const start = word(a + w);
  const turned = rotateRight(word(b + start + z), 21n);
  const sum = word(start + x + y);
  return [word(sum + z), word(turned + rotateRight(sum, 44n) + start)];
}

function longer(s: Words): bigint {
  const { length } = s;
  const seed = 81n;
  let y = word(seed * K1 + 113n);
  let z = word(shiftMix(word(y * K2 + 113n)) * K2);
  let v: Pair = [0n, 0n];
  let w: Pair = [0n, 0n];
  let x = word(seed * K2 + s.at(0));
  const end = Math.floor((length - 1) / 64) * 64;
  const rest = (length - 1) & 63;
  const round = (place: number, factor: bigint, weight: bigint): void => {
    x = word(rotateRight(word(x + y + v[0] + s.at(place + 8)), 37n) * factor);
    y = word(rotateRight(word(y + v[1] + s.at(place + 48)), 42n) * factor);
    x ^= word(w[1] * weight);
    y = word(y + v[0] * weight + s.at(place + 40));
    z = word(rotateRight(word(z + w[0]), 33n) * factor);
    v = mixBlock(s, place, word(v[1] * factor), word(x + w[0]));
    w = mixBlock(s, place + 32, word(z + w[1]), word(y + s.at(place + 16)));
    [z, x] = [x, z];
  };
  for (let place = 0; place < end; place += 64) round(place, K1, 1n);
  const factor = word(K1 + ((z & 0xffn) << 1n));
  w = [word(w[0] + BigInt(rest)), w[1]];
  v = [word(v[0] + w[0]), v[1]];
  w = [word(w[0] + v[0]), w[1]];
  round(length - 64, factor, 9n);
  const first = word(mix(v[0], w[0], factor) + shiftMix(y) * K0 + z);
  return mix(first, word(mix(v[1], w[1], factor) + x), factor);
}

/**
 * The 64-bit fingerprint of the UTF-8 bytes of a text.
 *
 * @example farmFingerprint64('') // 0x9ae16a3b2f90404fn
 */
export function farmFingerprint64(text: string): bigint {
  const s = new Words(text);
  if (s.length <= 16) return upTo16(s);
  if (s.length <= 32) return upTo32(s);
  return s.length <= 64 ? upTo64(s) : longer(s);
}

const CAT = 0xc6a4a7935bd1e995n;

/** One fingerprint from two, as TensorFlow combines those of crossed features. */
export function joinFingerprints(first: bigint, second: bigint): bigint {
  const start = first ^ CAT;
  const mixed = word((start ^ word(shiftMix(word(second * CAT)) * CAT)) * CAT);
  return shiftMix(word(shiftMix(mixed) * CAT));
}
