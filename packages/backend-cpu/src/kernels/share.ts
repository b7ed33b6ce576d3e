/**
 * How threads share a kernel: each takes a part of one axis, and nobody changes the order of a sum.
 */
import type { Int, Operand } from '@dl/tensor/backend';
import type { I32, Local } from '../wasm/code.ts';
import { tileRows, type Element } from './element.ts';
import type { KernelWriter } from './writer.ts';

/** The part of an axis that one thread takes. */
export interface Share {
  readonly from: Local<I32>;
  readonly count: Local<I32>;
}

/** An axis this long is divided well enough among threads. */
const LONG = 64;

/** The outermost of the axes that is long or unknown, or the longest; null where nothing can be divided. */
export function dividedAxis(
  shape: readonly Int[],
  axes: readonly number[],
  outputs: readonly Operand[],
): number | null {
  // Where an output stands still, threads would meet.
  const able = axes.filter((axis) => shape[axis] !== 1 && outputs.every(({ strides }) => strides[axis] !== 0));
  const length = (axis: number): number => (typeof shape[axis] === 'number' ? shape[axis] : Infinity);
  const long = able.find((axis) => length(axis) >= LONG);
  return long ?? able.toSorted((a, b) => length(b) - length(a))[0] ?? null;
}

/** The part of a product that one thread computes. */
export interface ProductShare {
  readonly rows: Share;
  readonly columns: Share;
}

/** With this many columns threads divide them even where there are more rows, so that nobody packs B twice. */
const MANY_COLUMNS = 512;

/** Most columns that one of the threads which divide a product packs. */
export function packedColumns(m: number, n: number, { columns }: Element, threads: number): number {
  if (n < m && n < MANY_COLUMNS) return n;
  return Math.ceil(Math.ceil(n / columns) / threads) * columns;
}

/**
 * Divides a product by columns, each thread packing its own part of B, or by rows where there are few columns and so
 * little to pack: either way nobody waits for others in the middle.
 */
export function shareProduct(w: KernelWriter, m: Local<I32>, n: Local<I32>, { columns }: Element): ProductShare | null {
  if (!w.shares) return null;
  const { f } = w;
  const wide = f.local('i32');
  f.set(wide, f.i32_ge_s(f.get(n), f.get(m)));
  f.set(wide, f.i32_or(f.get(wide), f.i32_ge_s(f.get(n), f.i32(MANY_COLUMNS))));
  const own = w.share(
    () => f.get(n),
    columns,
    () => f.get(wide),
  )!;
  const rows = w.share(
    () => f.get(m),
    tileRows(),
    () => f.i32_eqz(f.get(wide)),
  )!;
  return { rows, columns: own };
}
