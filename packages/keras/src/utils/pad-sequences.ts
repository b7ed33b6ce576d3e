/**
 * padSequences: lists of different lengths as one array.
 */
import { ConfigError, ShapeError, type DType, type TypedArray } from '@dl/tensor';
import { describe, formatShape, sameShape, sizeOf } from '@dl/tensor/interpreter';
import { hostArray, type HostArray } from '../data/host-array.ts';

/** One sequence: numbers, or steps of one shape. */
export type SequenceLike = readonly number[] | TypedArray | readonly (readonly number[])[];

/** Options of {@link padSequences}. */
export interface PadSequencesOptions {
  /** Steps of the result; the longest sequence's unless given. */
  readonly maxlen?: number | null | undefined;
  /** 'int32' unless given. */
  readonly dtype?: 'int32' | 'float32' | undefined;
  /** Whether missing steps are added before ('pre', the default) or after ('post') the others. */
  readonly padding?: 'pre' | 'post' | undefined;
  /** Whether steps beyond `maxlen` are left out at the beginning ('pre', the default) or at the end ('post'). */
  readonly truncating?: 'pre' | 'post' | undefined;
  /** What added steps hold; 0 unless given. */
  readonly value?: number | undefined;
}

function side(name: string, value: unknown): 'pre' | 'post' {
  if (value === 'pre' || value === 'post') return value;
  throw new ConfigError(`padSequences: ${name} must be 'pre' or 'post', got ${describe(value)}`);
}

/** The sequences, and the shape that all their steps have. */
function readAll(sequences: readonly SequenceLike[]): { readonly all: readonly HostArray[]; readonly step: number[] } {
  if (!Array.isArray(sequences)) {
    throw new ConfigError(`padSequences: expected a list of sequences, got ${describe(sequences)}`);
  }
  const all = (sequences as readonly SequenceLike[]).map((one, i) => {
    const isList = Array.isArray(one) || ArrayBuffer.isView(one);
    if (!isList) throw new ConfigError(`padSequences: sequence ${i} must be a list, got ${describe(one)}`);
    return hostArray(one, `padSequences: sequence ${i}`);
  });
  const step = [...(all.find(({ shape }) => shape[0]! > 0)?.shape.slice(1) ?? [])];
  all.forEach(({ shape }, i) => {
    if (shape[0] === 0 || sameShape(shape.slice(1), step)) return;
    throw new ShapeError(
      `padSequences: steps of sequence ${i} have shape ${formatShape(shape.slice(1))}, expected ${formatShape(step)} as in the first`,
    );
  });
  return { all, step };
}

const arrays: Readonly<Record<string, new (length: number) => Int32Array | Float32Array>> = {
  int32: Int32Array,
  float32: Float32Array,
};

/**
 * Sequences brought to one length by leaving steps out or adding some: an array [sequences, maxlen, …]. Follows
 * `keras.utils.pad_sequences`.
 *
 * @throws ConfigError for an option that is not known, ShapeError for steps of different shapes.
 * @example console.log(padSequences([[1], [2, 3]]).data); // Int32Array [0, 1, 2, 3]
 */
export function padSequences(
  sequences: readonly SequenceLike[],
  options: PadSequencesOptions = {},
): { data: Int32Array | Float32Array; shape: number[] } {
  const { dtype = 'int32' satisfies DType, value = 0 } = options;
  const padding = side('padding', options.padding ?? 'pre');
  const truncating = side('truncating', options.truncating ?? 'pre');
  const Values = Object.hasOwn(arrays, dtype) ? arrays[dtype] : undefined;
  if (Values === undefined) {
    throw new ConfigError(`padSequences: dtype must be 'int32' or 'float32', got ${describe(dtype)}`);
  }
  const { all, step } = readAll(sequences);
  const maxlen = options.maxlen ?? all.reduce((longest, { shape }) => Math.max(longest, shape[0]!), 0);
  if (!Number.isInteger(maxlen) || maxlen < 0) {
    throw new ConfigError(`padSequences: maxlen must be a whole number, got ${describe(maxlen)}`);
  }
  const width = sizeOf(step);
  const data = new Values(all.length * maxlen * width).fill(value);
  all.forEach(({ data: steps, shape }, i) => {
    const count = Math.min(shape[0]!, maxlen);
    const from = truncating === 'pre' ? shape[0]! - count : 0;
    const to = i * maxlen + (padding === 'pre' ? maxlen - count : 0);
    data.set(steps.subarray(from * width, (from + count) * width), to * width);
  });
  return { data, shape: [all.length, maxlen, ...step] };
}
