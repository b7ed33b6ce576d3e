/**
 * Random graphs with gradients and updates: eager, compiled, without each pass, and on two threads. A seeded sample; 500
 * with FULL.
 */
import { cpu, setThreads } from '@dl/backend-cpu';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { JIT_PASSES } from '@dl/tensor/interpreter';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { gathered, whenWorth } from '../../../../packages/backend-cpu/test/together.ts';
import { randomTraining, type RandomTraining } from './random-training.ts';
import { expectSame, runTraining, TOLERANCE, toleranceWithout, type Form, type Outcome } from './training.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const FULL = Boolean(process.env['FULL']);

/** Of 500 seeds, those of this run; the last ones once disagreed. */
const seeds = (count: number): number[] => [
  ...Array.from({ length: count }, (_, i) => (FULL ? 1 + i : (SEED * 7919 + i) % 1e6)),
  ...[189, 262],
];

const run = ({ make }: RandomTraining, form: Form): Promise<Outcome[]> => runTraining(make, form);

/** All forms of one program agree. */
async function check(seed: number): Promise<Outcome[]> {
  const training = randomTraining(seed);
  const eager = await run(training, 'eager');
  const compiled = await run(training, 'compiled');
  const where = (form: string): string => `seed ${seed}, ${form}\n${training.text}`;
  expectSame(compiled, eager, TOLERANCE, where('compiled'));
  for (const off of JIT_PASSES) {
    const outcome = await run(training, { off });
    expectSame(outcome, compiled, toleranceWithout(off), where(`without ${off}`));
  }
  return compiled;
}

describe('cpu', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    setBackend(cpu());
    await gathered(2);
  });
  afterAll(() => setThreads(1));

  test.each(seeds(FULL ? 500 : 40))('seed %i', async (seed) => {
    const alone = await check(seed);
    const together = await runTraining(randomTraining(seed).make, 'compiled', (body) => whenWorth(true, body));
    expectSame(together, alone, 0, `seed ${seed}, 2 threads`);
  });
});

describe('reference', { timeout: 600_000 }, () => {
  beforeAll(() => setBackend(reference()));
  test.each(seeds(FULL ? 500 : 20))('seed %i', async (seed) => void (await check(seed)));
});
