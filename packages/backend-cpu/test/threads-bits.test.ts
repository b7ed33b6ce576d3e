/**
 * The same bits for any number of threads: random kernels, random programs and conformance, each run on one thread and
 * on several. A seeded sample; more with FULL.
 */
import { cpu, setThreads } from '@dl/backend-cpu';
import { conformanceCases, fuzzCases, testRandom } from '@dl/tensor/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chain } from './random-chains.ts';
import { KERNELS, large } from './random-kernels.ts';
import { runProgram } from './run-program.ts';
import { checked, gathered, jobs } from './together.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const FULL = Boolean(process.env['FULL']);
const COUNT = FULL ? 100 : 8;
const backend = checked(cpu());
const ALL: typeof KERNELS = { ...KERNELS, large, chain };

afterAll(() => setThreads(1));

describe.each([2, 3, 4])('%i threads', (threads) => {
  beforeAll(() => gathered(threads));

  test.each(Object.keys(ALL))(
    'random %s',
    (kind) => {
      // Not all of them can be divided; so many are.
      const wanted = jobs() + Math.ceil(kind === 'large' ? COUNT / 5 : COUNT);
      for (let i = 0; jobs() < wanted && i < 20 * COUNT; i++) {
        const { program, args, params } = ALL[kind]!(testRandom(SEED * 700_001 + i));
        runProgram(backend, program, args, params);
      }
      expect(jobs()).toBeGreaterThanOrEqual(wanted);
    },
    600_000,
  );

  const programs = fuzzCases({ seed: (SEED * 10 + threads) % 1e6, count: FULL ? 300 : 20 });
  test.each(programs.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(backend));
});

describe('conformance with 2 threads', () => {
  beforeAll(() => gathered(2));
  const sampled = conformanceCases().filter((_, i) => FULL || (i + SEED) % 8 === 0);
  test.each(sampled.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(backend));
});
