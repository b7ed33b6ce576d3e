/**
 * Core, math and segment ops against NumPy, and special functions against many-digit arithmetic.
 */
import { jit, setBackend, tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS, expectNear } from '../cases/support.ts';
import { byOp, runGolden } from './golden.ts';
import core from './golden/core.json' with { type: 'json' };
import special from './golden/special.json' with { type: 'json' };

describe.each(BACKENDS)('%s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each(byOp([core]))('%s', (name, cases) => {
    for (const entry of cases) if (!runGolden(ops, entry)) expect(name).toMatch(/^segment/);
  });

  const numbers = (json: unknown): number[] => (json as { t: (number | string)[] }).t.map(Number);
  test.each(special.map((entry, i) => [`${entry[0] as string} ${i}`, entry] as const))(
    '%s',
    (_name, [op, args, wanted]) => {
      const run = ops[op as 'erfc'] as (...list: unknown[]) => ReturnType<typeof ops.erfc>;
      const lists = (args as unknown[]).map(numbers);
      const result = numbers(wanted);
      const large = op === 'gammainc' && Math.max(...lists[0]!) > 1000;
      const wide = run(...lists.map((list) => tensor(Float64Array.from(list))));
      expectNear(wide.dataSync(), result, {
        relative: large ? 1e-7 : op === 'gammainc' ? 1e-11 : 2e-13,
        floor: large ? 1e-9 : 1e-300,
      });
      // In float32 the arguments are rounded already; those that are not whole are left to float64.
      const whole = lists[0]!.map((_value, i) => lists.every((list) => Math.fround(list[i]!) === list[i]));
      const keep = (list: readonly number[]): number[] => list.filter((_value, i) => whole[i]);
      const single = run(...lists.map((list) => tensor(keep(list), 'float32')));
      const rounded = keep(result).map((value) => (value > 3.4028234e38 ? Infinity : value));
      expectNear(single.dataSync(), rounded, { relative: op === 'erfc' ? 3e-6 : 1e-5, floor: 1e-37 });
    },
  );

  test('special functions at the ends of their domains', () => {
    expect(ops.erfc([Infinity, -Infinity, NaN]).arraySync()).toEqual([0, 2, NaN]);
    expect(ops.gammainc([1, 1, 1, -1, NaN, 0], [0, Infinity, -1, 1, 1, 1]).arraySync()).toEqual([
      0,
      1,
      NaN,
      NaN,
      NaN,
      1,
    ]);
    expect(ops.i0([Infinity, NaN]).arraySync()).toEqual([Infinity, NaN]);
    expect(ops.gammainc(ops.zeros([0]), 1).shape).toEqual([0]);
  });

  test('conversions and questions about tensors', () => {
    const x = tensor([[1, 2, 3]], 'int32');
    expect(ops.convertToNumpy(x)).toEqual({ data: Int32Array.of(1, 2, 3), shape: [1, 3] });
    expect(ops.convertToTensor(ops.convertToNumpy(x)).arraySync()).toEqual([[1, 2, 3]]);
    expect([ops.dtype(x), ops.shape(x), ops.size(x), ops.ndim(x)]).toEqual(['int32', [1, 3], 3, 2]);
    expect([ops.isTensor(x), ops.isTensor([1])]).toEqual([true, false]);
    const compiled = jit((t: typeof x) => t.mul(ops.ndim(t)).add(ops.size(t)));
    expect(compiled(x).arraySync()).toEqual([[5, 7, 9]]);
  });
});
