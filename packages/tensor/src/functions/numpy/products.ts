/**
 * Products of tensors: tensordot, inner, vdot, cross, kron.
 */
import { promotePair, type TensorLike } from '../../create.ts';
import { ShapeError } from '../../errors.ts';
import { formatShape, normalizeAxis, sizeOf } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { matmul } from '../contract.ts';
import { mul, sub } from '../elementwise.ts';
import { broadcastTo, moveAxis, reshape, stack, transpose, unstack } from '../movement.ts';
import { broadcastShapes } from '../../shape.ts';
import { op } from '../op.ts';
import { sum } from '../reduce.ts';

type Binary = (a: TensorLike, b: TensorLike) => Tensor;
type Axes = number | readonly [number | readonly number[], number | readonly number[]];

/**
 * Sums of products over axes of both: the last n of `a` against the first n of `b` for a number n (default 2), or the two
 * lists of axes that are given. As one matrix product.
 *
 * @throws ShapeError for axes of different sizes.
 */
export const tensordot: (a: TensorLike, b: TensorLike, axes?: Axes) => Tensor = /* @__PURE__ */ op(
  'tensordot',
  (a: TensorLike, b: TensorLike, axes: Axes = 2) => {
    const [x, y] = promotePair(a, b, 'tensordot');
    const list = (value: number | readonly number[]): readonly number[] =>
      typeof value === 'number' ? [value] : value;
    const count = typeof axes === 'number' ? axes : 0;
    const given =
      typeof axes === 'number'
        ? [Array.from({ length: count }, (_, i) => x.rank - count + i), Array.from({ length: count }, (_, i) => i)]
        : axes.map(list);
    const [left, right] = [
      given[0]!.map((axis) => normalizeAxis(axis, x.rank, 'tensordot')),
      given[1]!.map((axis) => normalizeAxis(axis, y.rank, 'tensordot')),
    ];
    if (left.length !== right.length || left.some((axis, i) => x.shape[axis] !== y.shape[right[i]!])) {
      throw new ShapeError(
        `tensordot: axes [${left.join(', ')}] of ${formatShape(x.shape)} do not fit axes [${right.join(', ')}] of ${formatShape(y.shape)}`,
      );
    }
    const rest = (t: Tensor, used: readonly number[]): number[] =>
      t.shape.map((_, d) => d).filter((d) => !used.includes(d));
    const [keepLeft, keepRight] = [rest(x, left), rest(y, right)];
    const sizes = (t: Tensor, list_: readonly number[]): number[] => list_.map((d) => t.shape[d]!);
    const inner = sizeOf(sizes(x, left));
    const product = matmul(
      reshape(transpose(x, [...keepLeft, ...left]), [sizeOf(sizes(x, keepLeft)), inner]),
      reshape(transpose(y, [...right, ...keepRight]), [inner, sizeOf(sizes(y, keepRight))]),
    );
    return reshape(product, [...sizes(x, keepLeft), ...sizes(y, keepRight)]);
  },
);

/** Sums of products over the last axis of both; the product where one is a scalar. */
export const inner: Binary = /* @__PURE__ */ op('inner', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'inner');
  return x.rank === 0 || y.rank === 0 ? mul(x, y) : tensordot(x, y, [-1, -1]);
});

/** Sum of all products of elements at one place of the flattened tensors. */
export const vdot: Binary = /* @__PURE__ */ op('vdot', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'vdot');
  if (x.size !== y.size) {
    throw new ShapeError(`vdot: expected as many elements, got ${formatShape(x.shape)} and ${formatShape(y.shape)}`);
  }
  return sum(mul(reshape(x, [-1]), reshape(y, [-1])));
});

/** Options of {@link cross}. */
export interface CrossOptions {
  /** The axis of the vectors in all three; wins over the others. */
  readonly axis?: number | null;
  readonly axisA?: number;
  readonly axisB?: number;
  /** Where the vectors of the result lie. All default to the last axis. */
  readonly axisC?: number;
}

/**
 * Cross product of vectors of 2 or 3 elements; of two flat ones, only the component across, without an axis.
 *
 * @throws ShapeError for vectors of another length.
 */
export const cross: (a: TensorLike, b: TensorLike, options?: CrossOptions) => Tensor = /* @__PURE__ */ op(
  'cross',
  (a: TensorLike, b: TensorLike, { axis = null, axisA = -1, axisB = -1, axisC = -1 }: CrossOptions = {}) => {
    const [x, y] = promotePair(a, b, 'cross');
    const parts = (t: Tensor, place: number): Tensor[] => unstack(t, normalizeAxis(place, t.rank, 'cross'));
    const [p, q] = [parts(x, axis ?? axisA), parts(y, axis ?? axisB)];
    if (![2, 3].includes(p.length) || ![2, 3].includes(q.length)) {
      throw new ShapeError(`cross: vectors must have 2 or 3 elements, got ${p.length} and ${q.length}`);
    }
    const shape = broadcastShapes(p[0]!.shape, q[0]!.shape, 'cross');
    const product = (i: number, j: number): Tensor => {
      const term = (m: number, n: number): Tensor | null => (m < p.length && n < q.length ? mul(p[m]!, q[n]!) : null);
      const [plus, minus] = [term(i, j), term(j, i)];
      const value =
        plus === null
          ? minus === null
            ? mul(mul(p[0]!, q[0]!), 0)
            : sub(0, minus)
          : minus === null
            ? plus
            : sub(plus, minus);
      return broadcastTo(value, shape);
    };
    if (p.length === 2 && q.length === 2) return product(0, 1);
    return moveAxis(stack([product(1, 2), product(2, 0), product(0, 1)], -1), -1, axis ?? axisC);
  },
);

/** Kronecker product: every element of `a` times the whole of `b`. */
export const kron: Binary = /* @__PURE__ */ op('kron', (a: TensorLike, b: TensorLike) => {
  const [x, y] = promotePair(a, b, 'kron');
  const rank = Math.max(x.rank, y.rank);
  const sizes = (t: Tensor): number[] => [...Array.from({ length: rank - t.rank }, () => 1), ...t.shape];
  const [m, n] = [sizes(x), sizes(y)];
  const apart = mul(
    reshape(
      x,
      m.flatMap((size) => [size, 1]),
    ),
    reshape(
      y,
      n.flatMap((size) => [1, size]),
    ),
  );
  return reshape(
    apart,
    m.map((size, d) => size * n[d]!),
  );
});
