/**
 * Padding by a constant, or by what lies inside.
 */
import { asTensor, type TensorLike } from '../create.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import { formatShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { oneOf } from './arguments.ts';
import { op } from './op.ts';

/**
 * What padding holds: a constant; the outermost element ('edge'); the inside mirrored without ('reflect') or with
 * ('symmetric') the outermost element; or the other end ('wrap').
 */
export type PadMode = 'constant' | 'edge' | 'reflect' | 'symmetric' | 'wrap';
const MODES: readonly PadMode[] = ['constant', 'edge', 'reflect', 'symmetric', 'wrap'];
type Width = number | readonly (number | readonly [number, number])[];

const wrapped = (i: number, n: number): number => ((i % n) + n) % n;
/** Which element of an axis of n stands at place i, which may lie outside. */
const SOURCE: { readonly [M in Exclude<PadMode, 'constant'>]: (i: number, n: number) => number } = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i, n) => {
    const place = wrapped(i, Math.max(2 * n - 2, 1));
    return place < n ? place : 2 * n - 2 - place;
  },
  symmetric: (i, n) => {
    const place = wrapped(i, 2 * n);
    return place < n ? place : 2 * n - 1 - place;
  },
  wrap: wrapped,
};

/**
 * Adds `[low, high]` elements at the ends of each axis; a single number serves all axes. They hold a constant (0), or with
 * a mode what lies inside.
 *
 * @throws ShapeError for widths that do not fit the rank, and for an empty axis that cannot be mirrored.
 * @example pad([1, 2, 3], 1, 'reflect'); // [2, 1, 2, 3, 2]
 */
export const pad: (x: TensorLike, width: Width, mode?: PadMode | number, value?: number) => Tensor = /* @__PURE__ */ op(
  'pad',
  (x: TensorLike, width: Width, mode: PadMode | number = 'constant', value = 0) => {
    const t = asTensor(x, 'pad');
    const pairs = t.shape.map((_, axis): readonly [number, number] => {
      const w = typeof width === 'number' ? width : width[axis];
      if (w === undefined)
        throw new ShapeError(`pad: ${(width as unknown[]).length} widths do not fit shape ${formatShape(t.shape)}`);
      return typeof w === 'number' ? [w, w] : w;
    });
    if (pairs.flat().some((n) => !Number.isInteger(n) || n < 0))
      throw new ConfigError('pad: widths must be non-negative integers');
    const kind = typeof mode === 'number' ? 'constant' : oneOf(mode, MODES, 'pad: mode');
    if (kind !== 'constant') return mirrored(t, pairs, SOURCE[kind], kind);
    return apply('pad', [t, Tensor.scalar(typeof mode === 'number' ? mode : value, t.dtype)], {
      low: pairs.map(([low]) => low),
      high: pairs.map(([, high]) => high),
      interior: pairs.map(() => 0),
    });
  },
);

function mirrored(
  t: Tensor,
  pairs: readonly (readonly [number, number])[],
  source: (i: number, n: number) => number,
  mode: string,
): Tensor {
  return pairs.reduce((x, [low, high], axis) => {
    const n = x.shape[axis]!;
    if (low + high === 0) return x;
    if (n === 0)
      throw new ShapeError(`pad: axis ${axis} of ${formatShape(t.shape)} is empty, '${mode}' has nothing to repeat`);
    const places = Int32Array.from({ length: low + n + high }, (_, i) => source(i - low, n));
    return apply('gather', [x, Tensor.fromValues(places, [places.length], 'int32')], { axes: [axis] });
  }, t);
}
