/**
 * NumPy-like text of tensors: aligned columns, 4 significant decimals, summarized beyond 1,000 elements.
 */
import type { DType, TypedArray } from './dtype.ts';
import { ConfigError } from './errors.ts';
import { contiguousStrides, formatShape, sizeOf, type Shape } from './shape.ts';

const THRESHOLD = 1000;
const EDGE = 3;

/** The text of a tensor, with shape and dtype in the last line. */
export function formatTensor(values: TypedArray, shape: Shape, dtype: DType): string {
  const summarize = sizeOf(shape) > THRESHOLD;
  const strides = contiguousStrides(shape);
  const shown: number[] = [];
  const positions = (axis: number): (number | null)[] => {
    const n = shape[axis]!;
    if (!summarize || n <= 2 * EDGE) return Array.from({ length: n }, (_, i) => i);
    return [
      ...Array.from({ length: EDGE }, (_, i) => i),
      null,
      ...Array.from({ length: EDGE }, (_, i) => n - EDGE + i),
    ];
  };
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) return void shown.push(values[offset]!);
    for (const i of positions(axis)) if (i !== null) collect(axis + 1, offset + i * strides[axis]!);
  };
  if (sizeOf(shape) > 0) collect(0, 0);
  const format = formatter(shown, dtype);
  const width = Math.max(0, ...shown.map((x) => format(x).length));
  const write = (axis: number, offset: number): string => {
    if (axis === shape.length) return format(values[offset]!).padStart(width);
    const inner = axis === shape.length - 1;
    const gap = inner ? ', ' : `,${'\n'.repeat(shape.length - axis - 1)}${' '.repeat(axis + 1)}`;
    const parts = positions(axis).map((i) => (i === null ? '...' : write(axis + 1, offset + i * strides[axis]!)));
    return `[${parts.join(gap)}]`;
  };
  const text = sizeOf(shape) === 0 ? '[]' : write(0, 0);
  return `${text}\nTensor(${dtype}${formatShape(shape)})`;
}

function formatter(values: readonly number[], dtype: DType): (x: number) => string {
  if (dtype === 'bool') return (x) => (x === 0 ? 'false' : 'true');
  const finite = values.filter((x) => Number.isFinite(x));
  if (finite.every(Number.isInteger)) {
    return dtype.startsWith('float') ? (x) => (Number.isFinite(x) ? `${x}.` : short(x)) : String;
  }
  const largest = Math.max(...finite.map(Math.abs));
  const smallest = Math.min(...finite.filter((x) => x !== 0).map(Math.abs));
  if (largest >= 1e6 || smallest < 1e-4) return (x) => (Number.isFinite(x) ? x.toExponential(4) : short(x));
  return (x) => (Number.isFinite(x) ? x.toFixed(4) : short(x));
}

function short(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  return x > 0 ? 'inf' : '-inf';
}

/** What JS makes of a tensor in expressions: text where text is wanted; arithmetic is an error instead of NaN. */
export function toPrimitive(this: { toString(): string }, hint: string): string {
  if (hint === 'string') return this.toString();
  throw new ConfigError(
    'a tensor is not a number: use its methods, such as x.mul(2), or read it with await x.item() outside jit()',
  );
}
