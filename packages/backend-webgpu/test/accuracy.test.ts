/**
 * Relative accuracy where a result is near 0 and the conformance suite's absolute tolerance would accept anything, and
 * exact rounding to float16.
 */
import {
  asin,
  asinh,
  atan,
  atanh,
  cast,
  cos,
  erf,
  exp,
  expm1,
  log,
  log1p,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
  tensor,
  withBackend,
  type Tensor,
} from '@dl/tensor';
import { fromFloat16Bits, reference, type Backend } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { adapter } from './adapter.ts';

type OfOne = (x: Tensor) => Tensor;

const TINY = Array.from({ length: 300 }, (_, i) => Math.fround((i % 2 ? -1 : 1) * 10 ** (-12 + i / 25)));
const SMALL = TINY.filter((x) => Math.abs(x) < 0.99);
const LARGE = Array.from({ length: 200 }, (_, i) => Math.fround(10 ** (-36 + 0.36 * i)));

const CASES: Readonly<Record<string, readonly [OfOne, readonly number[], number]>> = {
  expm1: [expm1, SMALL, 5e-7],
  log1p: [log1p, SMALL, 5e-7],
  sin: [sin, SMALL, 5e-7],
  tan: [tan, SMALL, 1e-6],
  tanh: [tanh, SMALL, 1e-6],
  sinh: [sinh, SMALL, 1e-6],
  asin: [asin, SMALL, 1e-6],
  atan: [atan, SMALL, 5e-7],
  erf: [erf, SMALL, 1e-6],
  asinh: [asinh, SMALL, 1e-6],
  atanh: [atanh, SMALL, 1e-6],
  'log of any size': [log, LARGE.filter((x) => Math.abs(Math.log(x)) > 0.1), 5e-7],
  'sqrt of any size': [sqrt, LARGE, 5e-7],
  'exp far from 0': [(x) => exp(x.mul(-80)), SMALL.map(Math.abs), 1e-5],
  'expm1 of larger numbers': [(x) => expm1(x.mul(60)), SMALL, 1e-5],
};

async function run(f: OfOne, values: readonly number[], backend: Backend): Promise<readonly number[]> {
  return [...(await withBackend(backend, () => f(tensor(values))).data())];
}

describe('accuracy', () => {
  const backend = adapter;
  if (backend instanceof Error) {
    test('without an adapter the error says what to install', () => {
      expect(process.env['CI'], backend.message).toBeUndefined();
      expect(backend.message).toMatch(/driver|adapter|install/);
    });
    return;
  }

  test.each(Object.keys(CASES))('%s', { timeout: 60_000 }, async (name) => {
    const [f, values, tolerance] = CASES[name]!;
    const [actual, expected] = [await run(f, values, backend), await run(f, values, reference())];
    const errors = expected.map((e, i) => Math.abs(actual[i]! - e) / Math.abs(e));
    const worst = errors.reduce((at, error, i) => (error <= errors[at]! ? at : i), 0);
    expect(errors[worst], `at ${values[worst]}: ${actual[worst]}, expected ${expected[worst]}`).toBeLessThan(tolerance);
  });

  test('angles far from 0', async () => {
    const far = [100, 1e3, 1e4, 12345678, 1e10, 3e20, 1e30, 3e38].flatMap((x) => [x, -x]).map(Math.fround);
    for (const f of [sin, cos]) {
      const [actual, expected] = [await run(f, far, backend), await run(f, far, reference())];
      actual.forEach((value, i) => expect(value, String(far[i])).toBeCloseTo(expected[i]!, 5));
    }
  });

  test('numbers round to float16 to the nearest, halves to even, below its normal range too', async () => {
    const halves = Array.from({ length: 0x7c00 / 31 }, (_, i) => fromFloat16Bits(i * 31));
    const between = halves.flatMap((x) => [x, x * 1.0003, x * 0.9997, x + 2 ** -25, x + 2 ** -24 + 2 ** -25]);
    const values = [...between, 65519, 65520, 65536, 2 ** -26, 2 ** -25, 1.5 * 2 ** -25, 0].map(Math.fround);
    const round: OfOne = (x) => cast(cast(x, 'float16'), 'float32');
    const signed = [...values, ...values.map((x) => -x)];
    expect(await run(round, signed, backend)).toEqual(await run(round, signed, reference()));
  });
});
