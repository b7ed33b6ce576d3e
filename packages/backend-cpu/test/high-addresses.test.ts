/**
 * Programs whose memory lies beyond 2 GB of the heap, where addresses are negative as int32.
 */
import { cpu } from '@dl/backend-cpu';
import { reference } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { expect, test } from 'vitest';
import { runtime } from '../src/runtime.ts';
import { firstDifference } from './compare.ts';
import { KERNELS } from './random-kernels.ts';
import { runProgram } from './run-program.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
// Never touched, so it costs addresses only.
const { heap } = runtime();
heap.allocate(2 ** 31);

test.each(Object.keys(KERNELS))('%s', (kind) => {
  for (let i = 0; i < 25; i++) {
    const { program, args, params } = KERNELS[kind]!(testRandom(SEED * 500_009 + i));
    const [got, wanted] = [runProgram(cpu(), program, args, params), runProgram(reference(), program, args, params)];
    wanted.forEach((array, arg) => {
      const dtype = program.buffers[program.args[arg]!]!.dtype;
      const at = firstDifference(got[arg]!, array, dtype);
      if (at) expect.fail(`${kind}, case ${i} (DL_TEST_SEED=${SEED}): ${at}`);
    });
  }
  expect(heap.top).toBeGreaterThan(2 ** 31);
});
