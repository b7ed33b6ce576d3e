/**
 * Random kernels against the reference backend: a small sample by default, all with FULL=1.
 */
import { cpu } from '@dl/backend-cpu';
import { fromFloat16Bits, reference, type TypedArray } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { KERNELS } from './random-kernels.ts';
import { runProgram } from './run-program.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const COUNT = Number(process.env['DL_TEST_CASES'] ?? (process.env['FULL'] ? 600 : 60));
const [ours, theirs] = [cpu(), reference()];

/** Equal numbers, or both NaN; zeros of either sign are equal. */
function firstDifference(a: TypedArray, b: TypedArray): number {
  for (let i = 0; i < b.length; i++) if (!(a[i] === b[i] || (a[i] !== a[i] && b[i] !== b[i]))) return i;
  return a.length === b.length ? -1 : b.length;
}

describe.each(Object.keys(KERNELS))('random %s', (kind) => {
  test('as the reference computes it', () => {
    for (let i = 0; i < COUNT; i++) {
      const seed = SEED * 1_000_003 + i;
      const { program, args, params } = KERNELS[kind]!(testRandom(seed));
      const describeCase = (): string => `DL_TEST_SEED=${SEED}, case ${i}: ${JSON.stringify({ ...program, params })}`;
      let results: TypedArray[];
      try {
        results = runProgram(ours, program, args, params);
      } catch (cause) {
        throw new Error(describeCase(), { cause });
      }
      const expected = runProgram(theirs, program, args, params);
      program.args.forEach((buffer, arg) => {
        const half = program.buffers[buffer]!.dtype === 'float16';
        const decoded = (array: TypedArray): TypedArray => (half ? Float32Array.from(array, fromFloat16Bits) : array);
        const [got, wanted] = [decoded(results[arg]!), decoded(expected[arg]!)];
        const at = firstDifference(got, wanted);
        if (at >= 0) expect.fail(`buffer ${buffer} [${at}] is ${got[at]}, expected ${wanted[at]}; ${describeCase()}`);
      });
    }
  });
});
