/**
 * Random programs on a backend that has nothing but map and reduce. A seeded sample; more with FULL.
 */
import { fuzzCases, fuzzProgram, reference } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { minimal } from './minimal-backend.ts';

const seed = Number(process.env['DL_TEST_SEED'] ?? 1) % 1e6;

describe('random programs', () => {
  for (const { name, run } of fuzzCases({ seed, count: process.env['FULL'] ? 1000 : 60 }))
    test(name, () => run(minimal()));

  test('a seed gives the same program each time', () => {
    const [a, b, other] = [fuzzProgram(7), fuzzProgram(7), fuzzProgram(8)];
    expect(a.text).toBe(b.text);
    expect(a.inputs).toEqual(b.inputs);
    expect(a.text).not.toBe(other.text);
  });

  test('a wrong backend is caught, with the seed and the program', async () => {
    const right = reference();
    const wrong = {
      ...right,
      read: async (...args: Parameters<typeof right.read>) => {
        const bytes = await right.read(...args);
        new Float32Array(bytes).fill(0.123);
        return bytes;
      },
    };
    const [first] = fuzzCases({ seed: 3, count: 1 });
    await expect(first!.run(wrong)).rejects.toThrow(/fuzz seed 3, op by op: output 0.*%0: input/s);
  });
});
