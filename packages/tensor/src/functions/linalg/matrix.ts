/**
 * What the functions of linear algebra share: checks of arguments, batches as one leading axis, triangles and diagonals.
 */
import { asTensor, castTo, eye, type TensorLike } from '../../create.ts';
import { toFloating } from '../../dtype.ts';
import { ShapeError } from '../../errors.ts';
import type { CallAttrs, CalleeVmap } from '../../ops/callee.ts';
import { apply } from '../../runtime/interpreter.ts';
import { broadcastShapes, formatShape, sizeOf, type Shape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { add, mul, sub, where } from '../elementwise.ts';
import { tril, triu } from '../indexing.ts';
import { matmul } from '../contract.ts';
import { expandDims, reshape, slice, swapAxes } from '../movement.ts';

/** A tensor of matrices of real numbers: float64 stays, everything else becomes float32. */
export function matrices(x: TensorLike, where: string): Tensor {
  const t = asTensor(x, where);
  if (t.rank < 2) {
    throw new ShapeError(
      `${where}: expected matrices in the last two axes, got shape ${formatShape(t.shape)}; use reshape()`,
    );
  }
  return real(t);
}

/** In float64 or float32. */
export function real(t: Tensor): Tensor {
  const dtype = toFloating(t.dtype);
  return castTo(t, dtype === 'float16' ? 'float32' : dtype);
}

/** As {@link matrices}, square ones only. */
export function squareMatrices(x: TensorLike, where: string): Tensor {
  const t = matrices(x, where);
  const [m, n] = t.shape.slice(-2);
  if (m !== n) {
    throw new ShapeError(`${where}: expected square matrices in the last two axes, got shape ${formatShape(t.shape)}`);
  }
  return t;
}

/** Runs `body` with all leading axes of matrices as one, and gives the results their leading axes back. */
export function batched(inputs: readonly Tensor[], body: (...flat: Tensor[]) => readonly Tensor[]): Tensor[] {
  const lead = inputs[0]!.shape.slice(0, -2);
  const batch = sizeOf(lead);
  const flat = inputs.map((t) => reshape(t, [batch, ...t.shape.slice(-2)]));
  return body(...flat).map((t) => reshape(t, [...lead, ...t.shape.slice(1)]));
}

/**
 * The rule for many examples of a function whose inputs share their leading axes: examples are one more of them. `run` calls
 * the function.
 */
export const examplesLead =
  (run: (inputs: readonly Tensor[], attrs: CallAttrs) => Tensor | readonly Tensor[]): CalleeVmap =>
  (inputs, batched, attrs, size) => {
    const all = inputs.map((t, k) => (batched[k] ? t : apply('broadcastTo', [t], { shape: [size, ...t.shape] })));
    const results = run(all, attrs);
    return results instanceof Tensor ? [results] : results;
  };

/** Gives both the same leading axes. */
export function broadcastBatch(a: Tensor, b: Tensor, where: string): [Tensor, Tensor] {
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), `${where} (batch axes)`);
  const wide = (t: Tensor): Tensor => apply('broadcastTo', [t], { shape: [...lead, ...t.shape.slice(-2)] });
  return [wide(a), wide(b)];
}

/** The transposes of matrices. */
export const transposed = (x: Tensor): Tensor => swapAxes(x, -1, -2);

/** Positions along one of the last two axes of a shape, for comparisons that broadcast. */
export function positions(shape: Shape, axis: -1 | -2): Tensor {
  const sizes = axis === -2 ? [shape.at(-2)!, 1] : [1, shape.at(-1)!];
  return apply('iota', [], { shape: sizes, axis: axis + 2, dtype: 'int32' });
}

/** Row `k` of [batch, rows, columns] as [batch, 1, columns]. */
export const rowOf = (x: Tensor, k: Tensor): Tensor => expandDims(apply('gather', [x, k], { axes: [1] }), 1);

/** Column `k` of [batch, rows, columns] as [batch, rows, 1]. */
export const columnOf = (x: Tensor, k: Tensor): Tensor => expandDims(apply('gather', [x, k], { axes: [2] }), 2);

/** Element (i, j) of each of [batch, rows, columns], as [batch, 1, 1]. */
export const elementOf = (x: Tensor, i: Tensor, j: Tensor = i): Tensor =>
  expandDims(apply('gather', [x, i, j], { axes: [1, 2] }), [1, 2]);

/** `count` columns of matrices from `start` on. */
export function firstColumns(x: Tensor, count: number, start = 0): Tensor {
  const lead = x.shape.slice(0, -1);
  return slice(x, [...lead.map(() => 0), start], [...lead, count]);
}

/** `count` rows of matrices from `start` on. */
export const firstRows = (x: Tensor, count: number, start = 0): Tensor =>
  transposed(firstColumns(transposed(x), count, start));

/** Rows of matrices in another order, given as int32 [..., rows, 1]; it is not checked. */
export function rowsInOrder(x: Tensor, order: Tensor): Tensor {
  const place = x.rank - 2;
  const coordinates = x.shape.map((_, axis) =>
    axis === place
      ? order
      : apply('iota', [], { shape: x.shape.map((n, i) => (i === axis ? n : 1)), axis, dtype: 'int32' }),
  );
  return apply('gather', [x, ...coordinates], { axes: x.shape.map((_, axis) => axis) });
}

/** Main diagonals, as vectors in the last axis. */
export function diagonals(x: Tensor): Tensor {
  const n = Math.min(x.shape.at(-2)!, x.shape.at(-1)!);
  const i = apply('iota', [], { shape: [n], axis: 0, dtype: 'int32' });
  return apply('gather', [x, i, i], { axes: [x.rank - 2, x.rank - 1] });
}

/** Square matrices with these vectors on the diagonal. */
export function fromDiagonals(x: Tensor): Tensor {
  const n = x.shape.at(-1)!;
  return where(eye(n, n, 0, 'bool'), expandDims(x, -1), Tensor.scalar(0, x.dtype));
}

/** The identity matrix for every matrix of a batch. */
export function identities(batch: Shape, n: number, like: Tensor): Tensor {
  return apply('broadcastTo', [eye(n, n, 0, like.dtype)], { shape: [...batch, n, n] });
}

/** The sum of two tangents, of which one may be null, for 0. */
export const sumOf = (x: Tensor | null | undefined, y: Tensor | null | undefined): Tensor =>
  x && y ? add(x, y) : (x ?? y)!;

/** (x + xᵀ)/2. */
export const symmetrized = (x: Tensor): Tensor => mul(add(x, transposed(x)), 0.5);

/** The symmetric matrices with these lower triangles. */
export const mirrored = (x: Tensor): Tensor => add(tril(x), transposed(tril(x, -1)));

/** Triangular matrices from the lower triangle of square ones, with half of the diagonal. */
export const halfTriangle = (x: Tensor): Tensor => sub(tril(x), mul(fromDiagonals(diagonals(x)), 0.5));

/** Products of several matrices, from the left. */
export const chain = (...list: readonly Tensor[]): Tensor => list.reduce((a, b) => matmul(a, b));

export { tril, triu };

/** The spacing of numbers near 1. */
export const epsilonOf = (x: Tensor): number => (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
