/**
 * Shape and dtype inference shared by op rows.
 */
import { isFloating, isInteger, type DType } from '../dtype.ts';
import { ConfigError, DTypeError, ShapeError } from '../errors.ts';
import { broadcastShapes, formatShape, sameShape, type Shape } from '../shape.ts';
import type { Aval } from './spec.ts';

/** Which dtypes an op takes. */
export type DTypeClass = 'any' | 'number' | 'float' | 'integer' | 'logical' | 'bool';

const CLASS_TEXT: { readonly [C in DTypeClass]: string } = {
  any: 'any dtype',
  number: 'a number dtype (not bool)',
  float: 'a floating dtype',
  integer: 'an integer dtype',
  logical: 'bool or an integer dtype',
  bool: 'bool',
};

const CLASS_TEST: { readonly [C in DTypeClass]: (dtype: DType) => boolean } = {
  any: () => true,
  number: (dtype) => dtype !== 'bool',
  float: isFloating,
  integer: isInteger,
  logical: (dtype) => dtype === 'bool' || isInteger(dtype),
  bool: (dtype) => dtype === 'bool',
};

export function checkClass(op: string, wanted: DTypeClass, { dtype }: Aval): void {
  if (CLASS_TEST[wanted](dtype)) return;
  throw new DTypeError(`${op}: expected ${CLASS_TEXT[wanted]}, got ${dtype}; use cast()`);
}

/** The dtype all inputs share; a mismatch names both. */
export function sameDType(op: string, inputs: readonly Aval[]): DType {
  const { dtype } = inputs[0]!;
  for (const input of inputs) {
    if (input.dtype !== dtype) throw new DTypeError(`${op}: dtypes ${dtype} and ${input.dtype} differ; use cast()`);
  }
  return dtype;
}

/** The common shape of all inputs after broadcasting. */
export function broadcastAll(op: string, inputs: readonly Aval[]): Shape {
  return inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(a, b, op));
}

export function sameShapes(op: string, a: Shape, b: Shape, what: string): void {
  if (!sameShape(a, b)) throw new ShapeError(`${op}: ${what} must be ${formatShape(a)}, got ${formatShape(b)}`);
}

export function checkRank(op: string, { shape }: Aval, rank: number, what: string): void {
  if (shape.length !== rank) {
    throw new ShapeError(`${op}: ${what} must have rank ${rank}, got shape ${formatShape(shape)}`);
  }
}

/** Checks what windows are described by: a list per name, with an entry per axis; all but the padding count something. */
export function checkWindow<K extends string>(
  op: string,
  rank: number,
  attrs: { readonly [name in K]: readonly unknown[] },
  names: readonly K[],
): void {
  for (const name of names) {
    const list = attrs[name];
    if (list.length !== rank) throw new ShapeError(`${op}: ${name} needs ${rank} entries, got ${list.length}`);
    if (name !== 'padding' && !list.every((n) => Number.isInteger(n) && Number(n) > 0))
      throw new ConfigError(`${op}: ${name} must be positive integers, got [${list.join(', ')}]`);
  }
}
