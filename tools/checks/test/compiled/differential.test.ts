/**
 * The same training eager, compiled, with each graph pass switched off, and on several threads.
 */
import { cpu, setThreads } from '@dl/backend-cpu';
import { setBackend } from '@dl/tensor';
import { JIT_PASSES } from '@dl/tensor/interpreter';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gathered, jobs, whenWorth } from '../../../../packages/backend-cpu/test/together.ts';
import { BACKENDS } from '../cases/support.ts';
import { LAYER_MODELS } from './layer-models.ts';
import { OP_MODELS } from './op-models.ts';
import { expectSame, runTraining, TOLERANCE, toleranceWithout, type Form, type Outcome } from './training.ts';

const MODELS = Object.entries({ ...LAYER_MODELS, ...OP_MODELS });

describe.each(BACKENDS)('%s', { timeout: 300_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each(MODELS)('%s', async (_name, training) => {
    const eager = await runTraining(training, 'eager');
    for (const { name, values } of eager) expect(values.every(Number.isFinite), name).toBe(true);
    const compiled = await runTraining(training, 'compiled');
    expectSame(compiled, eager, TOLERANCE, 'compiled');
    for (const off of JIT_PASSES) {
      const outcome = await runTraining(training, { off });
      expectSame(outcome, compiled, toleranceWithout(off), `without ${off}`);
    }
  });

  test.each(Object.entries(LAYER_MODELS))('fit: %s', async (_name, training) => {
    const run = (form: Form): Promise<Outcome[]> => runTraining(training, form);
    expectSame(await run('fit'), await run('fit, op by op'), TOLERANCE, 'fit');
  });
});

describe('threads', { timeout: 300_000 }, () => {
  const alone: Outcome[][] = [];

  beforeAll(async () => {
    setBackend(cpu());
    setThreads(1);
    for (const [, training] of MODELS) alone.push(await runTraining(training, 'compiled'));
  });
  afterAll(() => setThreads(1));

  test.each([2, 3, 4])('%i threads give the bits of one', async (threads) => {
    await gathered(threads);
    for (const [i, [name, training]] of MODELS.entries()) {
      const before = jobs();
      const outcome = await runTraining(training, 'compiled', (body) => whenWorth(true, body));
      expect(jobs(), name).toBeGreaterThan(before);
      expectSame(outcome, alone[i]!, 0, `${name}, ${threads} threads`);
    }
  });
});
