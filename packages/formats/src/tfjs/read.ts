// Reads the weights of TensorFlow.js models: a manifest, and shards of bytes.
import { countOf, decode, halfToNumber, type NamedArray } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { beginning } from '../json.ts';
import { limitsOf } from '../limits.ts';
import { readBytes } from '../files/source.ts';
import { checkManifest, type ShardOptions, type WeightEntry, type WeightsGroup } from './manifest.ts';

/** An array of texts. */
export interface TextArray {
  readonly dtype: 'string';
  readonly shape: readonly number[];
  readonly data: readonly string[];
}

/** A weight, and whether it belongs to the model or its optimizer. */
export type TfjsWeight = (NamedArray | TextArray) & { readonly group?: 'model' | 'optimizer' | undefined };

/** Gives the bytes of a shard by its path; or the address of model.json, which paths of shards are relative to. */
export type Shards = string | URL | ((path: string) => Uint8Array | Promise<Uint8Array>);

/** Bytes of an element. */
const WIDTHS = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/**
 * The weights of a TensorFlow.js model by name. Shards must have exactly the bytes that the manifest says. Quantized weights
 * come back as float32, or rounded as int32.
 *
 * @param manifest `weightsManifest` of a model.json, parsed.
 * @throws FormatError for manifests and shards that are damaged, missing, in the wrong order, or outside the model's folder,
 * and for complex64 weights.
 * @example const weights = await readWeightsManifest(model.weightsManifest, 'https://example.org/model.json');
 */
export async function readWeightsManifest(
  manifest: unknown,
  shards: Shards,
  options: ShardOptions = {},
): Promise<Map<string, TfjsWeight>> {
  const groups = checkManifest(manifest, options);
  const { maxBytes } = limitsOf(options);
  const load = typeof shards === 'function' ? shards : (path: string) => readBytes(besides(shards, path));
  // What the manifest claims is known before anything is loaded.
  const claimed = groups.reduce((sum, group) => sum + sizeOf(group, options).claimed, 0);
  if (claimed > maxBytes) {
    throw new FormatError(`the weights take ${claimed} bytes, more than limits.maxBytes = ${maxBytes}`, {
      file: options.file,
    });
  }
  const weights = new Map<string, TfjsWeight>();
  for (const group of groups) {
    const parts: Uint8Array[] = [];
    for (const path of group.paths) parts.push(await load(path));
    readGroup(group, parts, weights, options);
  }
  return weights;
}

/** The address of a shard: beside the model, with what is asked of the server for it. */
function besides(model: string | URL, path: string): string | URL {
  if (/^[a-z][a-z\d+.-]+:/i.test(String(model))) {
    const address = new URL(path, model);
    if (address.search === '') address.search = new URL(model).search;
    return address;
  }
  return `${String(model).replace(/[^/\\]*$/, '')}${path}`;
}

interface GroupSize {
  /** Bytes in the shards; of texts only their lengths are known. */
  readonly size: number;
  readonly exact: boolean;
  /** Bytes in memory. */
  readonly claimed: number;
}

function sizeOf({ weights }: WeightsGroup, { file }: ShardOptions): GroupSize {
  let [size, claimed, exact] = [0, 0, true];
  for (const { name, dtype, shape, quantization } of weights) {
    const place = { file, field: name };
    const count = countOf(shape, place);
    if (dtype === 'complex64') {
      throw new FormatError('complex64 weights are not supported; save real and imaginary parts as two weights', place);
    }
    if (quantization !== undefined) checkQuantization(dtype, quantization, place);
    exact &&= dtype !== 'string';
    size += count * (dtype === 'string' ? 4 : WIDTHS[quantization?.dtype ?? dtype]);
    claimed += count * (dtype === 'string' ? 4 : WIDTHS[dtype]);
  }
  return { size, exact, claimed };
}

function checkQuantization(
  dtype: WeightEntry['dtype'],
  { dtype: packed, scale, min }: NonNullable<WeightEntry['quantization']>,
  place: { file: string | undefined; field: string },
): void {
  const half = packed === 'float16';
  if (dtype !== 'float32' && (half || dtype !== 'int32')) {
    throw new FormatError(`${dtype} weights cannot be quantized as ${packed}`, place);
  }
  if (!half && (scale === undefined || min === undefined)) {
    throw new FormatError(`quantization as ${packed} needs scale and min`, place);
  }
}

function readGroup(
  group: WeightsGroup,
  parts: readonly Uint8Array[],
  weights: Map<string, TfjsWeight>,
  options: ShardOptions,
): void {
  const { size, exact } = sizeOf(group, options);
  const bytes = new Shelf(parts);
  const mismatch = (wanted: string): FormatError => {
    const list = group.paths.map((path, i) => `${path}: ${parts[i]!.length}`).join(', ');
    const first = beginning(parts[0]!);
    const page = /^\s*<(!doctype|html|\?xml)/i.test(first)
      ? `; ${group.paths[0]} is a page that begins with ${first}`
      : '';
    return new FormatError(`the weights take ${wanted} bytes, the shards have ${bytes.length} (${list})${page}`, {
      file: options.file,
      field: group.paths[0],
    });
  };
  if (exact ? bytes.length !== size : bytes.length < size) throw mismatch(exact ? String(size) : `at least ${size}`);
  for (const entry of group.weights) {
    const place = { file: options.file, field: entry.name };
    const { name, dtype, shape, group: owner } = entry;
    const count = countOf(shape, place);
    const weight: NamedArray | TextArray =
      dtype === 'string'
        ? { dtype, shape, data: readTexts(bytes, count, place) }
        : readNumbers(entry, bytes.take(count * WIDTHS[entry.quantization?.dtype ?? (dtype as 'int32')], place), place);
    weights.set(name, owner === undefined ? weight : { ...weight, group: owner });
  }
  if (bytes.left > 0) throw mismatch(String(bytes.length - bytes.left));
}

function readTexts(bytes: Shelf, count: number, place: { file: string | undefined; field: string }): string[] {
  return Array.from({ length: count }, (_, i) => {
    const head = bytes.take(4, place);
    const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.take(length, place));
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      throw new FormatError(`text ${i} is no UTF-8`, place, { cause });
    }
  });
}

function readNumbers(
  { dtype, shape, quantization }: WeightEntry,
  bytes: Uint8Array,
  place: { file: string | undefined; field: string },
): NamedArray {
  if (quantization === undefined) return decode(bytes, dtype as 'float32' | 'int32' | 'bool', shape, place);
  const { dtype: packed, scale = 1, min = 0 } = quantization;
  if (packed === 'float16') {
    const { data } = decode(bytes, 'uint16', shape, place);
    return { dtype: 'float32', shape, data: Float32Array.from(data, halfToNumber) };
  }
  const { data } = decode(bytes, packed, shape, place);
  return dtype === 'int32'
    ? { dtype, shape, data: Int32Array.from(data, (q) => Math.round(q * scale + min)) }
    : { dtype: 'float32', shape, data: Float32Array.from(data, (q) => q * scale + min) };
}

/** Shards read one after the other; what lies across their borders is put together. */
class Shelf {
  readonly length: number;
  readonly #parts: readonly Uint8Array[];
  #part = 0;
  #at = 0;
  left: number;

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
    this.left = this.length;
  }

  take(size: number, place: { file: string | undefined; field: string }): Uint8Array {
    if (size > this.left) throw new FormatError(`expected ${size} bytes, the shards have ${this.left} left`, place);
    this.left -= size;
    const first = this.#parts[this.#part];
    if (first !== undefined && this.#at + size <= first.length) {
      this.#at += size;
      return first.subarray(this.#at - size, this.#at);
    }
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size;) {
      const part = this.#parts[this.#part]!.subarray(this.#at, this.#at + size - done);
      bytes.set(part, done);
      done += part.length;
      this.#at += part.length;
      if (this.#at === this.#parts[this.#part]!.length) {
        this.#part++;
        this.#at = 0;
      }
    }
    return bytes;
  }
}
