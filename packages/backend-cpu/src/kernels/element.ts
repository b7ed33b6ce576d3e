/**
 * The element types that matrix products compute with, and how their tiles are written.
 */
import type { ComputeDType } from '@dl/tensor/backend';
import { madd, madd64 } from '../codegen/vec.ts';
import { useRelaxed } from '../settings.ts';
import type { Code, I32, V128 } from '../wasm/code.ts';

/** Bytes of one row of a panel: two vectors. */
export const PANEL_BYTES = 32;

export interface Element {
  readonly name: 'f32' | 'i32' | 'f64';
  readonly dtype: ComputeDType;
  /** Bytes per element. */
  readonly width: 4 | 8;
  /** Columns of a panel. */
  readonly columns: 4 | 8;
  /** One element in all lanes. */
  splat(f: Code, address: I32, offset: number): V128;
  /** a·b + c; `c` is pushed last. */
  accumulate(f: Code, a: () => V128, b: () => V128, c: () => V128): V128;
}

const FLOAT: Element = {
  name: 'f32',
  dtype: 'float32',
  width: 4,
  columns: 8,
  splat: (f, address, offset) => f.v128_load32_splat(address, offset),
  accumulate: (f, a, b, c) => madd(f, useRelaxed(), a, b, c),
};

const INTEGER: Element = {
  ...FLOAT,
  name: 'i32',
  dtype: 'int32',
  accumulate: (f, a, b, c) => f.i32x4_add(f.i32x4_mul(a(), b()), c()),
};

const DOUBLE: Element = {
  name: 'f64',
  dtype: 'float64',
  width: 8,
  columns: 4,
  splat: (f, address, offset) => f.v128_load64_splat(address, offset),
  accumulate: (f, a, b, c) => madd64(f, useRelaxed(), a, b, c),
};

/** How products of a compute type are computed; bool counts as integer. */
export function elementOf(dtype: ComputeDType): Element {
  if (dtype === 'float32') return FLOAT;
  return dtype === 'float64' ? DOUBLE : INTEGER;
}

/**
 * Rows of the register tile. V8 has 15 usable vector registers: 5 × 8 with multiply and add needs 14, 6 × 8 with fused
 * multiply-add 15; one more would spill and halve the speed.
 */
export function tileRows(): number {
  return useRelaxed() ? 6 : 5;
}
