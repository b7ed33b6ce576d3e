// Writes weights in the form of TensorFlow.js.
import { bytesOf, countOf, numberToHalf, type NamedArray } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { join } from '../zip/write.ts';
import type { WeightEntry, WeightsGroup } from './manifest.ts';
import type { TfjsWeight } from './read.ts';

/** How float32 weights are made smaller. */
export type Quantization = 'uint8' | 'uint16' | 'float16';

/** Options of `writeWeightsManifest`. */
export interface WriteWeightsOptions {
  /** Most bytes of a shard: 4 MiB unless given, as TensorFlow's converter; Infinity makes one shard. */
  readonly shardBytes?: number | undefined;
  /** Number of the group in names of shards, 1 unless given. */
  readonly groupIndex?: number | undefined;
  /** Name of the only shard, for `shardBytes: Infinity`; `group1-shard1of1.bin` unless given. */
  readonly path?: string | undefined;
  /** Quantization of float32 weights: of all, or as a function says by name. None unless given. */
  readonly quantize?: Quantization | ((name: string) => Quantization | undefined) | undefined;
}

/** A group of a manifest, and the bytes of its shards by path. */
export interface WrittenWeights {
  readonly manifest: readonly WeightsGroup[];
  readonly shards: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * Weights as TensorFlow.js keeps them: a manifest for model.json, and shards named `group1-shard1of2.bin`.
 *
 * float32, int32, bool and texts are kept as they are; float16 is marked as quantized, which loses nothing. Quantization by
 * uint8 and uint16 maps the range of a weight to all numbers, so that 0 stays 0, as TensorFlow's converter does.
 *
 * @throws FormatError for other dtypes, and for values that cannot be quantized.
 * @example const { manifest, shards } = writeWeightsManifest(weights, { quantize: 'float16' });
 */
export function writeWeightsManifest(
  weights: ReadonlyMap<string, TfjsWeight>,
  { shardBytes = 4 * 2 ** 20, groupIndex = 1, path, quantize }: WriteWeightsOptions = {},
): WrittenWeights {
  if (!(shardBytes >= 1)) throw new FormatError(`shardBytes must be at least 1, got ${shardBytes}`);
  if (path !== undefined && shardBytes !== Infinity)
    throw new FormatError('path names the only shard; pass shardBytes: Infinity');
  const entries: WeightEntry[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, weight] of weights) {
    const how = typeof quantize === 'function' ? quantize(name) : quantize;
    const { bytes, ...entry } = writeOne(name, weight, how);
    entries.push({ name, ...entry, ...(weight.group === undefined ? {} : { group: weight.group }) });
    parts.push(bytes);
  }
  const all = join(parts);
  const count = shardBytes === Infinity ? 1 : Math.max(1, Math.ceil(all.length / shardBytes));
  const size = Math.min(shardBytes, all.length);
  const paths = Array.from({ length: count }, (_, i) => path ?? `group${groupIndex}-shard${i + 1}of${count}.bin`);
  const shards = new Map(paths.map((shard, i) => [shard, all.subarray(i * size, (i + 1) * size)]));
  return { manifest: [{ paths, weights: entries }], shards };
}

type Written = Pick<WeightEntry, 'shape' | 'dtype' | 'quantization'> & { readonly bytes: Uint8Array };

function writeOne(name: string, weight: TfjsWeight, how: Quantization | undefined): Written {
  const shape = [...weight.shape];
  const count = countOf(shape, { field: name });
  if (count !== weight.data.length) {
    throw new FormatError(`shape [${shape.join(', ')}] holds ${count} elements, got ${weight.data.length}`, {
      field: name,
    });
  }
  if (weight.dtype === 'string') return { shape, dtype: 'string', bytes: textBytes(weight.data) };
  switch (weight.dtype) {
    case 'float32':
      return how === undefined ? { shape, dtype: 'float32', bytes: bytesOf(weight) } : quantized(name, weight, how);
    case 'float16':
      return quantized(name, weight, 'float16');
    case 'int32':
    case 'bool':
      return { shape, dtype: weight.dtype, bytes: bytesOf(weight) };
    default:
      throw new FormatError(
        `TensorFlow.js keeps float32, int32, bool and texts, got ${weight.dtype}; convert it to one of them`,
        { field: name },
      );
  }
}

function textBytes(texts: readonly string[]): Uint8Array {
  return join(
    texts.flatMap((text) => {
      const bytes = new TextEncoder().encode(text);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length, true);
      return [length, bytes];
    }),
  );
}

function quantized(name: string, { shape, data }: NamedArray, how: Quantization): Written {
  const dtype = 'float32';
  if (how === 'float16') {
    const bytes = bytesOf({ dtype: 'uint16', shape, data: Uint16Array.from(data, numberToHalf) });
    return { shape: [...shape], dtype, quantization: { dtype: how, original_dtype: dtype }, bytes };
  }
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value))
      throw new FormatError(`${value} at position ${i} cannot be quantized`, { field: name });
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const most = how === 'uint8' ? 255 : 65535;
  const [scale, min] = data.length === 0 ? [1, 0] : range(low, high, most);
  const Kind = how === 'uint8' ? Uint8Array : Uint16Array;
  const [bottom, top] = [min, min + scale * most];
  const values = new Kind(data.length);
  for (let i = 0; i < values.length; i++)
    values[i] = low === high ? 0 : roundEven((Math.min(Math.max(data[i]!, bottom), top) - min) / scale);
  const bytes = bytesOf({ dtype: how, shape, data: values });
  return { shape: [...shape], dtype, quantization: { dtype: how, scale, min, original_dtype: dtype }, bytes };
}

/** Scale and least value, moved so that 0 is one of the numbers if it lies in the range. */
function range(low: number, high: number, most: number): readonly [scale: number, min: number] {
  if (low === high) return [1, low];
  const scale = (high - low) / most;
  return low <= 0 && high >= 0 ? [scale, -roundEven(-low / scale) * scale] : [scale, low];
}

/** To the nearest whole number, halves to the even one, as NumPy. */
function roundEven(x: number): number {
  const below = Math.floor(x);
  return x - below > 0.5 || (x - below === 0.5 && below % 2 !== 0) ? below + 1 : below;
}
