/**
 * NumPy-style indexing.
 */
import { asTensor, castTo, type TensorLike } from '../create.ts';
import { isInteger } from '../dtype.ts';
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import { describe, formatShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';
import { checkIndices } from './check-indices.ts';
import { reshape } from './movement.ts';
import { op } from './op.ts';

/**
 * One index: a number drops the axis, a range (see {@link range}) keeps part of it, null keeps all of it, `'new'`
 * inserts an axis, `'...'` stands for the axes not named, an integer tensor gathers.
 */
export type Index = number | null | 'new' | '...' | RangeIndex | Tensor | Variable;

/** A range made by {@link range}. */
export class RangeIndex {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number;

  constructor(start: number | null, stop: number | null, step: number) {
    if (!Number.isInteger(step) || step === 0)
      throw new ConfigError(`range: the step must be a non-zero integer, got ${step}`);
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

/**
 * A range for `t.at()`: `start:stop:step` of NumPy.
 *
 * @example t.at(range(1, -1), null); // t[1:-1, :]
 */
export function range(start: number | null = null, stop: number | null = null, step = 1): RangeIndex {
  return new RangeIndex(start, stop, step);
}

/** Start, count and step of a range on an axis of `n`, by Python's rules. */
function resolve({ start, stop, step }: RangeIndex, n: number): [number, number] {
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(Math.max(value < 0 ? value + n : value, low), high);
  if (step > 0) {
    const from = start === null ? 0 : clamp(start, 0, n);
    const to = stop === null ? n : clamp(stop, 0, n);
    return [from, Math.max(0, Math.ceil((to - from) / step))];
  }
  const from = start === null ? n - 1 : clamp(start, -1, n - 1);
  const to = stop === null ? -1 : clamp(stop, -1, n - 1);
  return [from, Math.max(0, Math.ceil((from - to) / -step))];
}

/**
 * NumPy-style indexing. Views where no tensor is among the indices. Index tensors broadcast together; their axes stand
 * where the first indexed axis was.
 *
 * @throws ShapeError for too many indices or a number out of range, DTypeError for index tensors that are not integers.
 * @example at(x, 0, range(1, 3), '...', 'new');
 */
export const at: (x: TensorLike, ...index: readonly Index[]) => Tensor = /* @__PURE__ */ op(
  'at',
  (x: TensorLike, ...index: readonly Index[]) => {
    const t = asTensor(x, 'at');
    const named = index.filter((i) => i !== 'new' && i !== '...').length;
    if (named > t.rank)
      throw new ShapeError(`at: ${named} indices for shape ${formatShape(t.shape)} of rank ${t.rank}`);
    const dots = index.indexOf('...');
    if (dots !== index.lastIndexOf('...')) throw new ConfigError("at: only one '...' may be used");
    const rest: Index[] = Array.from({ length: t.rank - named }, () => null);
    const full = dots < 0 ? [...index, ...rest] : [...index.slice(0, dots), ...rest, ...index.slice(dots + 1)];
    const start: number[] = [];
    const size: number[] = [];
    const step: number[] = [];
    const kept: number[] = [];
    const gathers: { axis: number; tensor: Tensor }[] = [];
    for (const item of full) {
      const n = t.shape[start.length]!;
      if (item === 'new') {
        kept.push(1);
        continue;
      }
      if (typeof item === 'number') {
        const i = item < 0 ? item + n : item;
        if (!Number.isInteger(item) || i < 0 || i >= n) {
          throw new ShapeError(
            `at: index ${item} is out of range for axis ${start.length} of ${formatShape(t.shape)} (use ${-n} to ${n - 1})`,
          );
        }
        start.push(i);
        size.push(1);
        step.push(1);
        continue;
      }
      if (item instanceof Tensor || item instanceof Variable) {
        const indices = asTensor(item, 'at');
        if (!isInteger(indices.dtype))
          throw new DTypeError(`at: index tensors must be integers, got ${indices.dtype}; use cast('int32')`);
        gathers.push({ axis: kept.length, tensor: castTo(indices, 'int32') });
      } else if (item !== null && !(item instanceof RangeIndex)) {
        throw new ConfigError(
          `at: cannot index with ${describe(item)}; use a number, range(), null, 'new', '...' or an integer tensor`,
        );
      }
      const [from, count] = item instanceof RangeIndex ? resolve(item, n) : [0, n];
      start.push(from);
      size.push(count);
      step.push(item instanceof RangeIndex ? item.step : 1);
      kept.push(count);
    }
    const whole = start.every((from, axis) => from === 0 && size[axis] === t.shape[axis] && step[axis] === 1);
    const viewed = reshape(whole ? t : apply('slice', [t], { start, size, step }), kept);
    if (gathers.length === 0) return viewed;
    for (const { axis, tensor } of gathers) checkIndices('at', tensor, viewed.shape[axis]!, true);
    return apply('gather', [viewed, ...gathers.map((g) => g.tensor)], { axes: gathers.map((g) => g.axis) });
  },
);
