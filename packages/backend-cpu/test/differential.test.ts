/**
 * Random kernels against the reference backend: a small sample by default, all with FULL=1.
 */
import { cpu } from '@dl/backend-cpu';
import { reference, type TypedArray } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { runtime } from '../src/runtime.ts';
import { firstDifference } from './compare.ts';
import { KERNELS, large } from './random-kernels.ts';
import { runProgram } from './run-program.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const COUNT = Number(process.env['DL_TEST_CASES'] ?? (process.env['FULL'] ? 600 : 60));
const { heap } = runtime();
const BUDGET = heap.budget;
const [ours, theirs] = [cpu(), reference()];

/** Each costs the reference as much as ten small ones. */
const ALL: typeof KERNELS = { ...KERNELS, large };

describe.each(Object.keys(ALL))('random %s', (kind) => {
  test('as the reference computes it', () => {
    for (let i = 0; i < (kind === 'large' ? COUNT / 10 : COUNT); i++) {
      const seed = SEED * 1_000_003 + i;
      const { program, args, params } = ALL[kind]!(testRandom(seed));
      const describeCase = (): string => `DL_TEST_SEED=${SEED}, case ${i}: ${JSON.stringify({ ...program, params })}`;
      let results: TypedArray[];
      // Large arrays in the heap and in host arrays by turns.
      heap.budget = i % 2 === 0 ? BUDGET : 0;
      try {
        results = runProgram(ours, program, args, params);
      } catch (cause) {
        throw new Error(describeCase(), { cause });
      }
      const expected = runProgram(theirs, program, args, params);
      program.args.forEach((buffer, arg) => {
        const difference = firstDifference(results[arg]!, expected[arg]!, program.buffers[buffer]!.dtype);
        if (difference) expect.fail(`buffer ${buffer} ${difference}; ${describeCase()}`);
      });
    }
  }, 600_000);
});
