/**
 * Shapes: sizes, axes, broadcasting, and how they read in messages.
 */
import { ShapeError } from './errors.ts';

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= Math.max(shape[axis]!, 1);
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2, 3]` as text. */
export function formatShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((n) => (n === null ? 'null' : n)).join(', ')}]`;
}

/** Checks that every size is a non-negative integer. */
export function checkShape(shape: unknown, where: string): Shape {
  if (!Array.isArray(shape)) throw new ShapeError(`${where}: expected a shape such as [2, 3], got ${describe(shape)}`);
  for (const n of shape as unknown[]) {
    if (!Number.isInteger(n) || (n as number) < 0) {
      throw new ShapeError(
        `${where}: sizes must be non-negative integers, got [${(shape as unknown[]).map(String).join(', ')}]`,
      );
    }
  }
  return shape as Shape;
}

/** A short description of any value for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  const name = (value as object).constructor?.name;
  return name === undefined || name === 'Object' ? 'an object' : `a ${name}`;
}

/** Turns a possibly negative axis into 0…rank−1. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new ShapeError(`${where}: axis ${axis} is out of range for rank ${rank} (use ${-rank} to ${rank - 1})`);
  }
  return normal;
}

/** Axes as a sorted list without repeats; `undefined` or `null` means all. */
export function normalizeAxes(
  axes: number | readonly number[] | null | undefined,
  rank: number,
  where: string,
): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : [...axes]).map((axis) => normalizeAxis(axis, rank, where));
  const unique = [...new Set(list)].sort((a, b) => a - b);
  if (unique.length !== list.length) throw new ShapeError(`${where}: axes [${list.join(', ')}] name an axis twice`);
  return unique;
}

/** The shape two shapes broadcast to, by NumPy's rule. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i]! : 1;
    const y = i <= b.length ? b[b.length - i]! : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${where}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: sizes ${x} and ${y} differ and neither ` +
          'is 1; reshape or transpose one of them',
      );
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/** The shape left after reducing `axes` (sorted). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Replaces a single −1 by the size that is left over. */
export function resolveReshape(from: Shape, to: readonly number[], where: string): Shape {
  const holes = to.filter((n) => n === -1).length;
  const size = sizeOf(from);
  if (holes > 1) throw new ShapeError(`${where}: only one size may be -1, got ${formatShape(to)}`);
  const known = to.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const shape = holes === 0 ? to : to.map((n) => (n === -1 ? (known === 0 ? 0 : size / known) : n));
  checkShape(
    shape.map((n) => (Number.isInteger(n) ? n : 0)),
    where,
  );
  if (sizeOf(shape) !== size || shape.some((n) => !Number.isInteger(n))) {
    throw new ShapeError(
      `${where}: cannot reshape ${formatShape(from)} (${size} elements) to ${formatShape(to)} (${known} elements)`,
    );
  }
  return shape;
}
