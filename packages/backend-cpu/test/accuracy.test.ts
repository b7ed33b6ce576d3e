/**
 * Accuracy with multiply and add apart, and in float64.
 */
import { configure, features } from '@dl/backend-cpu';
import { binary, load, unary, type UnaryOp } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { accuracyTests, evaluate, samples } from './accuracy-suite.ts';
import { power, UNARY } from './accuracy-table.ts';
import { firstDifference } from './compare.ts';

configure({ relaxedSimd: false });

test('multiply and add are apart', () => expect(features().relaxedSimd).toBe(false));

accuracyTests();

describe('bits do not depend on what else is in a vector', () => {
  test.each(Object.keys(UNARY))('%s', (name) => {
    const { expr, near } = UNARY[name]!;
    const x = samples(near, 5).slice(0, 4096);
    x.set([Infinity, -Infinity, NaN, 65, -65, 100, -100, 1e-30]);
    // Steps of an odd number visit all places of a power of two.
    const mixed = x.map((_, i) => x[(i * 1235) % x.length]!);
    const [straight, other] = [x, mixed].map((input) => evaluate(expr(load(0, 'float32')), input));
    expect(
      firstDifference(
        other!,
        straight!.map((_, i) => straight![(i * 1235) % x.length]!),
        'float32',
      ),
    ).toBe(null);
  });
});

const BITS = 220n;
const ONE = 1n << BITS;

/** A double as a fraction of 2²²⁰, exactly where it is not tiny. */
function fixed(x: number): bigint {
  const scaled = x * 2 ** 100;
  return BigInt(Math.trunc(scaled)) << (BITS - 100n);
}

/** 2/√π in the same scale, its root by Newton's method from π. */
const TWO_OVER_ROOT_PI = ((): bigint => {
  const arctan = (n: bigint): bigint => {
    let [power_, sum] = [ONE / n, 0n];
    for (let k = 1n; power_ !== 0n; k += 2n, power_ /= -(n * n)) sum += power_ / k;
    return sum;
  };
  const pi = 4n * (4n * arctan(5n) - arctan(239n));
  let root = pi;
  for (let i = 0; i < 200; i++) root = (root + (pi << BITS) / root) / 2n;
  return ((2n * ONE) << BITS) / root;
})();

/** erf by its Taylor series in integers: enough digits for every cancellation below 6. */
function exactErf(x: number): number {
  const at = fixed(x);
  const square = (at * at) >> BITS;
  let [term, sum] = [at, 0n];
  for (let n = 0n; term !== 0n; n++) {
    sum += term / (2n * n + 1n);
    term = -((term * square) >> BITS) / (n + 1n);
  }
  const value = (sum * TWO_OVER_ROOT_PI) >> BITS;
  return Number(value >> (BITS - 150n)) / 2 ** 150;
}

describe('float64 functions', () => {
  const random = testRandom(Number(process.env['DL_TEST_SEED'] ?? 1));
  const x = Float64Array.from({ length: 4001 }, (_, i) =>
    i % 2 ? (random.next() - 0.5) * 40 : (random.next() < 0.5 ? -1 : 1) * 2 ** ((random.next() - 0.5) * 2000),
  );
  x.set([0, -0, 1, -1, Infinity, -Infinity, NaN, 5e-324, Number.MAX_VALUE]);

  test.each(['sqrt', 'exp', 'expm1', 'log', 'log1p', 'tanh', 'sin', 'cos', 'asin', 'acos', 'atan'] as const)(
    '%s is that of Math',
    (name: UnaryOp & keyof Math) => {
      const got = evaluate(unary(name, load(0, 'float64')), x);
      expect([...got]).toEqual([...x].map((v) => (Math[name] as (v: number) => number)(v)));
    },
  );

  test.each([
    ['pow', power],
    ['atan2', Math.atan2],
    ['rem', (a: number, b: number) => a % b],
  ] as const)('%s is that of Math', (name, exact) => {
    const y = x.slice().reverse();
    const got = evaluate(binary(name, load(0, 'float64'), load(1, 'float64')), x, y);
    expect([...got]).toEqual([...x].map((v, i) => exact(v, y[i]!)));
  });

  test('erf within 2 ulp', () => {
    const inputs = Float64Array.from({ length: 1200 }, (_, i) =>
      i % 3 === 0 ? 2 ** (random.next() * 40 - 38) : (random.next() - 0.5) * 12,
    );
    const got = evaluate(unary('erf', load(0, 'float64')), inputs);
    inputs.forEach((v, i) => {
      const exact = exactErf(v);
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 52);
      const error = Math.abs(got[i]! - exact) / ulp;
      if (!(error <= 2)) expect.fail(`erf(${v}) = ${got[i]}, exactly ${exact}: ${error.toFixed(2)} ulp`);
    });
  });

  test('special values of erf', () => {
    const got = evaluate(
      unary('erf', load(0, 'float64')),
      Float64Array.of(0, -0, Infinity, -Infinity, NaN, 1e-310, -7),
    );
    expect([...got]).toEqual([0, -0, 1, -1, NaN, 1e-310 * 1.1283791670955126, -1]);
  });
});
