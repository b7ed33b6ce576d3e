/**
 * Rules of elementwise ops. Left out because of NaN, infinities and −0, for floats: x + 0 (−0 becomes 0), x·0, x − x, 0 − x,
 * −(a − b) = b − a, x^½ = √x (differ at −0 and −∞), x = x; and, because they round differently, all reassociation.
 */
import { isFloating, isInteger, type DType } from '../../dtype.ts';
import type { ElementwiseName } from '../../ops/attrs.ts';
import type { OpName } from '../../ops/attrs.ts';
import { literalOf } from './rewrite.ts';
import { firstOf, is, number, pass, plain, under, type Plain, type Rule, type Rules } from './rule.ts';
import { sumOfParts } from './tile-rules.ts';

const float = (dtype: DType): boolean => isFloating(dtype);
const integer = (dtype: DType): boolean => isInteger(dtype);
const exact = (dtype: DType): boolean => !isFloating(dtype);

/** op(x, literal) = x, and op(literal, x) = x where `side` is 'both'. */
const neutral =
  (literal: number, when: (dtype: DType) => boolean, side: 'right' | 'both' = 'right'): Rule<Plain> =>
  (context) => {
    const [a, b] = context.inputs;
    if (!when(a!.dtype)) return null;
    if (is(b!, literal)) return pass(a!, context);
    return side === 'both' && is(a!, literal) ? pass(b!, context) : null;
  };

/** op(x, literal) = op(literal, x) = literal. */
const absorbing =
  (literal: number, when: (dtype: DType) => boolean): Rule<Plain> =>
  (context) =>
    when(context.inputs[0]!.dtype) && context.inputs.some((input) => is(input, literal))
      ? number(literal, context)
      : null;

/** op(x, x) = x. */
const idempotent: Rule<Plain> = (context) =>
  context.inputs[0] === context.inputs[1] ? pass(context.inputs[0]!, context) : null;

/** op(x, x) is one number, for dtypes without NaN. */
const selfGives =
  (literal: number): Rule<Plain> =>
  (context) => {
    const [a, b] = context.inputs;
    return a === b && exact(a!.dtype) ? number(literal, context) : null;
  };

/** op(op(x)) = x. */
const involution =
  (op: Plain): Rule<Plain> =>
  ({ inputs: [x] }) =>
    under(op, x!);

/** op(x) = x where x comes from one of the given ops. */
const fixedBy =
  (...ops: readonly OpName[]): Rule<Plain> =>
  ({ inputs: [x] }) =>
    ops.some((op) => x!.node?.op === op) ? x! : null;

const ROUNDINGS = ['floor', 'ceil', 'round', 'trunc'] as const;

/** x·(−1) and x/(−1), for all dtypes: integers wrap alike. */
const byMinusOne: Rule<'mul' | 'div'> = (context) => {
  const [a, b] = context.inputs;
  return is(b!, -1) ? plain('neg', [a!], context) : null;
};

/** a + (−b) = a − b and a − (−b) = a + b. */
const addNegative: Rule<'add'> = (context) => {
  const [a, b] = context.inputs;
  const [x, y] = [under('neg', a!), under('neg', b!)];
  if (y !== null) return plain('sub', [a!, y], context);
  return x === null ? null : plain('sub', [b!, x], context);
};
const subNegative: Rule<'sub'> = (context) => {
  const y = under('neg', context.inputs[1]!);
  return y === null ? null : plain('add', [context.inputs[0]!, y], context);
};

/** (−a)·(−b) = a·b, likewise for quotients of floats. */
const signsCancel =
  (op: 'mul' | 'div'): Rule<'mul' | 'div'> =>
  (context) => {
    const [a, b] = context.inputs;
    const [x, y] = [under('neg', a!), under('neg', b!)];
    return x === null || y === null || (op === 'div' && !float(a!.dtype)) ? null : plain(op, [x, y], context);
  };

/** x/2^k = x·2^−k: both are the same real number before it is rounded. */
const byPowerOfTwo: Rule<'div'> = (context) => {
  const [a, b] = context.inputs;
  const divisor = Math.abs(literalOf(b!) ?? 0);
  const exponent = Math.log2(divisor);
  // Within these bounds the reciprocal is a normal number of every floating dtype.
  if (!float(a!.dtype) || !Number.isInteger(exponent) || Math.abs(exponent) > 14) return null;
  return plain('mul', [a!, number(1 / literalOf(b!)!, { ...context, output: b! })], context);
};

/** Exponents whose power is a plainer op; so are pow(1, x) = 1 and pow(x, 0) = 1, of NaN too. */
const power: Rule<'pow'> = (context) => {
  const [x, exponent] = context.inputs;
  if (is(x!, 1)) return number(1, context);
  switch (literalOf(exponent!)) {
    case 0:
      return number(1, context);
    case 1:
      return pass(x!, context);
    case 2:
      return plain('mul', [x!, x!], context);
    case -1:
      return float(x!.dtype) ? plain('div', [number(1, { ...context, output: x! }), x!], context) : null;
    default:
      return null;
  }
};

const select: Rule<'select'> = (context) => {
  const [condition, a, b] = context.inputs;
  const chosen = literalOf(condition!);
  if (chosen !== undefined) return pass(chosen === 0 ? b! : a!, context);
  const literal = literalOf(a!);
  if (a === b || (literal !== undefined && is(b!, literal))) return pass(a!, context);
  const opposite = under('not', condition!);
  return opposite === null ? null : plain('select', [opposite, b!, a!], context);
};

/** Dtypes that hold every value of a dtype. */
const HELD_BY: { readonly [D in DType]: readonly DType[] } = {
  bool: ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float16', 'float32', 'float64'],
  uint8: ['uint16', 'int16', 'uint32', 'int32', 'float16', 'float32', 'float64'],
  int8: ['int16', 'int32', 'float16', 'float32', 'float64'],
  uint16: ['uint32', 'int32', 'float32', 'float64'],
  int16: ['int32', 'float32', 'float64'],
  uint32: ['float64'],
  int32: ['float64'],
  float16: ['float32', 'float64'],
  float32: ['float64'],
  float64: [],
};

/** Casts to the own dtype, and a cast of a lossless cast. Integers wrap where floats saturate, so the kind must stay. */
const cast: Rule<'cast'> = ({ inputs: [x], attrs: { dtype }, make }) => {
  if (x!.dtype === dtype) return x!;
  const inner = under('cast', x!);
  if (inner === null || !HELD_BY[inner.dtype].includes(x!.dtype)) return null;
  const sameKind = inner.dtype === 'bool' || float(inner.dtype) === float(x!.dtype);
  if (!sameKind && integer(dtype) && dtype !== inner.dtype) return null;
  return inner.dtype === dtype ? inner : make('cast', [inner], { dtype });
};

/** Rules of elementwise ops. */
export const ARITHMETIC_RULES: Pick<Rules, ElementwiseName> = {
  neg: involution('neg'),
  not: involution('not'),
  abs: (context) => {
    const [x] = context.inputs;
    const inner = under('neg', x!);
    // Unsigned integers have no signs to lose: their negative wraps.
    const unsigned = x!.dtype.startsWith('uint');
    return inner === null || unsigned ? fixedBy('abs')(context) : plain('abs', [inner], context);
  },
  sign: fixedBy('sign'),
  relu: fixedBy('relu'),
  floor: fixedBy(...ROUNDINGS),
  ceil: fixedBy(...ROUNDINGS),
  round: fixedBy(...ROUNDINGS),
  trunc: fixedBy(...ROUNDINGS),
  stopGradient: ({ inputs: [x] }) => x!,
  cast,
  // Integers between floats and back may pass through bits of NaN, so only the own dtype is dropped.
  bitcast: ({ inputs: [x], attrs: { dtype } }) => (x!.dtype === dtype ? x! : null),
  add: firstOf<'add'>(neutral(-0, float, 'both'), neutral(0, integer, 'both'), addNegative, sumOfParts),
  sub: firstOf<'sub'>(
    neutral(0, () => true),
    selfGives(0),
    subNegative,
  ),
  mul: firstOf<'mul'>(
    neutral(1, () => true, 'both'),
    absorbing(0, integer),
    byMinusOne,
    signsCancel('mul'),
  ),
  div: firstOf<'div'>(
    neutral(1, () => true),
    byMinusOne,
    byPowerOfTwo,
    signsCancel('div'),
  ),
  pow: power,
  maximum: firstOf<'maximum'>(idempotent, neutral(-Infinity, float, 'both')),
  minimum: firstOf<'minimum'>(idempotent, neutral(Infinity, float, 'both')),
  and: firstOf<'and'>(
    idempotent,
    absorbing(0, exact),
    neutral(1, (dtype) => dtype === 'bool', 'both'),
  ),
  or: firstOf<'or'>(
    idempotent,
    neutral(0, exact, 'both'),
    absorbing(1, (dtype) => dtype === 'bool'),
  ),
  xor: firstOf<'xor'>(selfGives(0), neutral(0, exact, 'both')),
  shiftLeft: neutral(0, integer),
  shiftRight: neutral(0, integer),
  equal: selfGives(1),
  notEqual: selfGives(0),
  less: selfGives(0),
  lessEqual: selfGives(1),
  greater: selfGives(0),
  greaterEqual: selfGives(1),
  select,
};
