/**
 * How matrix products are cut into blocks that stay in the caches.
 */
import type { I32, Local } from '../wasm/code.ts';
import { PANEL_BYTES, type Element } from './element.ts';
import type { KernelWriter } from './writer.ts';

/** Most k of one pass over a tile: a panel of B and the rows of A stay in the first-level cache. */
export const BLOCK_K = 320;
/** Most k of a pass where k is made of units that are not cut: blocks are as even as units allow. */
export function evenBlock(k: number, unit: number): number {
  const units = Math.ceil(k / unit);
  const most = Math.max(1, Math.floor(BLOCK_K / unit));
  const blocks = Math.max(1, Math.ceil(units / most));
  return Math.max(1, Math.ceil(units / blocks)) * unit;
}

/** The same at run time. */
export function keepEvenBlock({ f }: KernelWriter, k: Local<I32>, unit: Local<I32>): Local<I32> {
  const above = (a: Local<I32>, b: Local<I32>): I32 =>
    f.i32_div_u(f.i32_sub(f.i32_add(f.get(a), f.get(b)), f.i32(1)), f.get(b));
  const atLeastOne = (local: Local<I32>): void => f.if(f.i32_eqz(f.get(local)), () => f.set(local, f.i32(1)));
  const units = f.keep(above(k, unit));
  const blocks = f.keep(f.i32_div_u(f.i32(BLOCK_K), f.get(unit)));
  atLeastOne(blocks);
  f.set(blocks, above(units, blocks));
  atLeastOne(blocks);
  f.set(units, above(units, blocks));
  atLeastOne(units);
  return f.keep(f.i32_mul(f.get(units), f.get(unit)));
}

/** Most rows of a block of A, a multiple of the heights of all tiles: they stay in the second-level cache. */
export const BLOCK_ROWS = 120;

/** Unfinished sums of all rows take at most so many bytes, a part of the second-level cache. */
const MOST_SUMS = 256 * 1024;
/** B with fewer bytes than this stays in the cache as a whole. */
const MUCH = 512 * 1024;

/**
 * Whether blocks of k come outermost: where sums are few and B is large, each block of B is packed when its turn comes,
 * so that packed panels never leave the cache.
 */
export function isDeep(m: number, n: number, k: number, element: Element): boolean {
  return k > BLOCK_K && m * n * element.width <= MOST_SUMS && n * k * element.width > MUCH;
}

/** Bytes that `sums` needs for the rows whose sums are unfinished at a time. */
export function sumBytes(n: number, severalBlocks: boolean, element: Element, rows: number = BLOCK_ROWS): number {
  if (!severalBlocks) return BLOCK_ROWS * PANEL_BYTES;
  return Math.ceil(n / element.columns) * rows * PANEL_BYTES;
}
