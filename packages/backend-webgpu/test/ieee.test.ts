/**
 * NaN, infinities and signed zeros inside fused kernels, where constants and common values invite a shader compiler to
 * simplify as if they did not exist. Results equal the reference's to the bit.
 */
import {
  abs,
  add,
  argMax,
  argMin,
  asin,
  atan,
  cast,
  clip,
  cos,
  div,
  equal,
  erf,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isInf,
  isNan,
  less,
  lessEqual,
  log1p,
  logicalNot,
  max,
  maximum,
  min,
  minimum,
  mul,
  neg,
  notEqual,
  relu,
  round,
  sign,
  sin,
  sqrt,
  sub,
  sum,
  tanh,
  tensor,
  trunc,
  where,
  withBackend,
  type Tensor,
} from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import { composite } from '@dl/tensor/interpreter';
import { describe, expect, test } from 'vitest';
import { adapter } from './adapter.ts';

const SPECIALS = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2.5, -2.5, 1e18, -1e18, 1e-18, 0.5, -0.5];
const LEFT = SPECIALS.flatMap((x) => SPECIALS.map(() => x));
const RIGHT = SPECIALS.flatMap(() => SPECIALS);

type OfTwo = (a: Tensor, b: Tensor) => Tensor;

/** All run as one traced program, so that JS numbers in them are constants of the shader. */
const CASES: Readonly<Record<string, OfTwo>> = {
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
  maximum,
  minimum,
  'equal to itself': (x) => equal(x, x),
  'not equal to itself': (x) => notEqual(x, x),
  'not less': (a, b) => logicalNot(less(a, b)),
  'not greater or equal': (a, b) => logicalNot(greaterEqual(a, b)),
  'where less': (a, b) => where(less(a, b), a, b),
  'where not equal': (a, b) => where(notEqual(a, b), a, b),
  'absolute value by where': (x) => where(less(x, 0), neg(x), x),
  'absolute value is not negative': (x) => greaterEqual(abs(x), 0),
  'at most the largest number': (x) => lessEqual(x, 3.4028234663852886e38),
  'below infinity': (x) => less(x, Infinity),
  'above minus infinity': (x) => greater(x, -Infinity),
  'square root is not negative': (x) => greaterEqual(sqrt(x), 0),
  isNan,
  isInf,
  isFinite,
  'isNan of a sum': (a, b) => isNan(add(a, b)),
  'isNan of a product': (a, b) => isNan(mul(a, b)),
  'isFinite of a quotient': (a, b) => isFinite(div(a, b)),
  sign,
  relu,
  'relu by maximum': (x) => maximum(x, 0),
  'clip to the unit interval': (x) => clip(x, 0, 1),
  'minimum before maximum': (x) => maximum(minimum(x, 1), 0),
  'maximum of the negated': (a, b) => neg(maximum(neg(a), neg(b))),
  'as bool': (x) => cast(x, 'bool'),
  'as int32': (x) => cast(x, 'int32'),
  'as uint32': (x) => cast(x, 'uint32'),
  'as float16': (x) => cast(cast(x, 'float16'), 'float32'),
  'times 0': (x) => mul(x, 0),
  'times 1': (x) => mul(x, 1),
  'times −1': (x) => mul(x, -1),
  'plus 0': (x) => add(x, 0),
  'minus 0': (x) => sub(x, 0),
  '0 minus': (x) => sub(0, x),
  '0 over': (x) => div(0, x),
  'over 0': (x) => div(x, 0),
  'over itself': (x) => isNan(div(x, x)),
  'minus itself': (x) => sub(x, x),
  'plus its negative': (x) => add(x, neg(x)),
  'added and taken away': (a, b) => isNan(sub(add(a, b), a)),
  'masked by a product': (a, b) => mul(a, cast(less(b, 1), 'float32')),
  'masked by a quotient': (a, b) => div(cast(less(b, 1), 'float32'), a),
  'product minus itself': (a, b) => sub(mul(a, b), mul(a, b)),
  'product with what may be 0': (a, b) => mul(where(less(b, 1), 0, a), a),
  floor,
  round: (x) => round(x),
  trunc,
  sqrt,
  'signed zero of sin': (x) => div(1, sin(where(equal(x, 0), x, 0))),
  'signed zero of tanh': (x) => div(1, tanh(where(equal(x, 0), x, 0))),
  'signed zero of asin': (x) => div(1, asin(where(equal(x, 0), x, 0))),
  'signed zero of atan': (x) => div(1, atan(where(equal(x, 0), x, 0))),
  'signed zero of erf': (x) => div(1, erf(where(equal(x, 0), x, 0))),
  'signed zero of expm1': (x) => div(1, expm1(where(equal(x, 0), x, 0))),
  'signed zero of log1p': (x) => div(1, log1p(where(equal(x, 0), x, 0))),
  'signed zero of sqrt': (x) => div(1, sqrt(where(equal(x, 0), x, 0))),
  'signed zero of round': (x) => div(1, round(where(less(abs(x), 1), x, 0))),
  'isNan of sin and cos': (x) => isNan(add(sin(x), cos(x))),
};

const rows = (x: Tensor): Tensor => x.reshape([SPECIALS.length, SPECIALS.length]);
const REDUCTIONS: Readonly<Record<string, OfTwo>> = {
  max: (a, b) => max(rows(a.mul(b)), 1),
  min: (a, b) => min(rows(a.mul(b)), 1),
  argMax: (a, b) => argMax(rows(a.mul(b)), 1),
  argMin: (a, b) => argMin(rows(a.mul(b)), 1),
  'max of the finite': (_, b) => max(rows(where(isFinite(b), b, -Infinity)), 1),
  'sum of comparisons': (a, b) => sum(rows(cast(lessEqual(a, b), 'int32')), 1),
  'sum of the finite': (a) => sum(rows(where(isFinite(a), sign(a), 0)), 0),
};

async function run(f: OfTwo, name: string, backend: Backend): Promise<number[]> {
  const result = withBackend(backend, () =>
    composite<object>(name, ([a, b]) => f(a!, b!))([tensor(LEFT), tensor(RIGHT)], {}),
  );
  return [...(await result.data())];
}

describe('IEEE 754 in fused kernels', () => {
  const backend = adapter;
  if (backend instanceof Error) {
    test('without an adapter the error says what to install', () => {
      expect(process.env['CI'], backend.message).toBeUndefined();
      expect(backend.message).toMatch(/driver|adapter|install/);
    });
    return;
  }
  const all = { ...CASES, ...REDUCTIONS };
  test.each(Object.keys(all))('%s', { timeout: 60_000 }, async (name) => {
    const f: OfTwo = all[name]!;
    expect(await run(f, name, backend)).toEqual(await run(f, name, reference()));
  });
});
