/**
 * The vector functions that programs call from the library.
 */
import { routine, type Linker, type Routine } from '../library/library.ts';
import { useRelaxed } from '../settings.ts';
import type { Code, Local, V128 } from '../wasm/code.ts';
import { exp, expm1, log, log1p, tanh } from './exp-log.ts';
import { integerPower, quotient, remainder, shift } from './integers.ts';
import { pow, rem } from './power.ts';
import { acos, asin, atan, atan2, cos, erf, sin } from './trigonometry.ts';

type Write1 = (f: Code, x: Local<V128>, linker: Linker) => V128;
type Write2 = (f: Code, a: Local<V128>, b: Local<V128>, linker: Linker) => V128;

export type UnaryName = 'exp' | 'expm1' | 'log' | 'log1p' | 'tanh' | 'sin' | 'cos' | 'asin' | 'acos' | 'atan' | 'erf';
type IntegerOp = 'div' | 'rem' | 'pow' | 'shl' | 'shr';
export type BinaryName = 'pow' | 'rem' | 'atan2' | `${'int32' | 'uint32'}.${IntegerOp}`;

const UNARY: { readonly [K in UnaryName]: Write1 } = {
  exp,
  expm1,
  log,
  log1p,
  tanh,
  sin,
  cos,
  asin,
  acos,
  atan,
  erf,
};

const BINARY: { readonly [K in BinaryName]: Write2 } = {
  pow,
  rem,
  atan2,
  'int32.div': (f, a, b) => quotient(f, false, a, b),
  'int32.rem': (f, a, b) => remainder(f, false, a, b),
  'int32.pow': (f, a, b) => integerPower(f, false, a, b),
  'int32.shl': (f, a, b) => shift(f, 'shl', false, a, b),
  'int32.shr': (f, a, b) => shift(f, 'shr', false, a, b),
  'uint32.div': (f, a, b) => quotient(f, true, a, b),
  'uint32.rem': (f, a, b) => remainder(f, true, a, b),
  'uint32.pow': (f, a, b) => integerPower(f, true, a, b),
  'uint32.shl': (f, a, b) => shift(f, 'shl', true, a, b),
  'uint32.shr': (f, a, b) => shift(f, 'shr', true, a, b),
};

/** Functions short and hot enough to be written into loops instead of called. */
export const INLINE: { readonly [name: string]: Write1 } = { exp, log, tanh };

const fusion = (): string => (useRelaxed() ? 'fused' : 'plain');

export function unaryRoutine(name: UnaryName): Routine {
  return routine(`${name}.${fusion()}`, ['v128'], ['v128'], (code, [x], linker) => {
    UNARY[name](code, x, linker);
  });
}

export function binaryRoutine(name: BinaryName): Routine {
  return routine(`${name}.${fusion()}`, ['v128', 'v128'], ['v128'], (code, [a, b], linker) => {
    BINARY[name](code, a, b, linker);
  });
}
