/**
 * Runs that are stopped anywhere and go on from a backup end bit for bit as runs that were not.
 */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@dl/backend-cpu';
import {
  callbacks,
  clearSession,
  layers,
  metrics,
  optimizers,
  Sequential,
  setBackend,
  setSeed,
  type callbacks as types,
  type FitOptions,
} from '@dl/keras';
import { seededRandom } from '@dl/formats/testing';
import { reference } from '@dl/tensor/backend';
import { beforeEach, describe, expect, test } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resume-'));
});

const ROWS = 22;
const x = Array.from({ length: ROWS }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 5) / 5]);
const y = x.map(([a, b, c]) => [a! * b! - c!]);

interface Case {
  readonly name: string;
  readonly optimizer: () => optimizers.Optimizer;
  readonly callbacks: () => types.Callback[];
  readonly compile?: object;
  readonly fit?: FitOptions;
}

const CASES: readonly Case[] = [
  {
    name: 'Adam with a schedule, EarlyStopping with weights',
    optimizer: () =>
      new optimizers.Adam(
        new optimizers.schedules.ExponentialDecay({ initialLearningRate: 0.05, decaySteps: 3, decayRate: 0.8 }),
      ),
    callbacks: () => [new callbacks.EarlyStopping({ patience: 2, restoreBestWeights: true })],
  },
  {
    name: 'Adam with averages, ReduceLROnPlateau',
    optimizer: () => new optimizers.Adam(0.1, { useEma: true, emaOverwriteFrequency: 5 }),
    callbacks: () => [new callbacks.ReduceLROnPlateau({ patience: 1, factor: 0.5, minDelta: 0.5 })],
  },
  {
    name: 'averages that are swapped in, a schedule by epochs',
    optimizer: () => new optimizers.SGD(0.1, { momentum: 0.9, useEma: true }),
    callbacks: () => [
      new callbacks.SwapEMAWeights({ swapOnEpoch: true }),
      new callbacks.LearningRateScheduler((_, rate) => rate * 0.9),
    ],
  },
  {
    name: 'several steps a call',
    optimizer: () => new optimizers.RMSprop(0.01, { centered: true, momentum: 0.5 }),
    callbacks: () => [new callbacks.ReduceLROnPlateau({ monitor: 'loss', patience: 1, minDelta: 1 })],
    compile: { stepsPerExecution: 2 },
    fit: { shuffle: 'batch' },
  },
  {
    name: 'passes longer than epochs, gradients that add up',
    optimizer: () => new optimizers.Nadam(0.02, { gradientAccumulationSteps: 2 }),
    callbacks: () => [],
    fit: { stepsPerEpoch: 4 },
  },
];

function build({ optimizer, compile }: Case): Sequential {
  clearSession();
  const model = new Sequential([
    new layers.Dense(6, { activation: 'tanh', inputShape: [3] }),
    new layers.BatchNormalization(),
    new layers.Dropout(0.3),
    new layers.GaussianNoise(0.1),
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: optimizer(), loss: 'mse', metrics: ['mae', new metrics.R2Score()], ...compile });
  return model;
}

async function stateOf(model: Sequential): Promise<readonly (readonly number[])[]> {
  const all = [...model.variables, ...model.optimizer.variables];
  return Promise.all(all.map(async (variable) => [...(await variable.read().data())]));
}

const weightsOf = (model: Sequential): Promise<unknown> => Promise.all(model.getWeights().map((w) => w.array()));

/** What a run ends with. */
interface End {
  readonly state: readonly (readonly number[])[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly epoch: readonly number[];
  readonly csv: string;
}

const options = (own: Case): FitOptions => ({
  epochs: 4,
  batchSize: 4,
  validationSplit: 0.2,
  verbose: 0,
  ...own.fit,
});

async function endOf(model: Sequential, csv: string): Promise<End> {
  const { history, epoch } = model.history!;
  return { state: await stateOf(model), history: { ...history }, epoch, csv: readFileSync(csv, 'utf8') };
}

/** Throws, or gives a signal, at the batch with a number, counted from the start of this run. */
function stopAt(
  batch: number,
  how: 'error' | 'signal',
  where: 'begin' | 'end' | 'test',
): [types.Callback, AbortSignal] {
  const controller = new AbortController();
  let seen = 0;
  const stop = (): void => {
    if (++seen !== batch) return;
    if (how === 'error') throw new Error('stopped');
    controller.abort(new Error('stopped'));
  };
  const hook = { begin: 'onTrainBatchBegin', end: 'onTrainBatchEnd', test: 'onTestBatchEnd' }[where];
  return [new callbacks.LambdaCallback({ [hook]: stop }), controller.signal];
}

const seeds = Array.from({ length: 10 }, (_, i) => i + (process.env['FULL'] === '1' ? 100 : 1));

describe.each(CASES)('$name', (own) => {
  test.each(seeds)('goes on bit for bit, seed %i', async (seed) => {
    setBackend(seed % 2 === 0 ? reference() : cpu());
    const random = seededRandom(seed);
    const saveFreq = random() < 0.3 ? 'epoch' : 1 + Math.floor(random() * 4);
    setSeed(seed);
    const whole = build(own);
    const [plain, resumed] = [join(folder, 'plain.csv'), join(folder, 'resumed.csv')];
    const initial = await weightsOf(whole);
    await whole.fit(x, y, { ...options(own), callbacks: [...own.callbacks(), new callbacks.CSVLogger(plain)] });
    const expected = await endOf(whole, plain);

    const dir = join(folder, 'backup');
    let runs = 0;
    for (; ; runs++) {
      // A new process has other seeds and weights; what counts is in the backup, once there is one.
      const saved = existsSync(join(dir, 'training_metadata.json'));
      setSeed(saved ? 1000 + runs : seed);
      const model = build(own);
      if (!saved) expect(await weightsOf(model)).toEqual(initial);
      const where = (['begin', 'end', 'test'] as const)[Math.floor(random() * 3)]!;
      const [stop, signal] = stopAt(1 + Math.floor(random() * 9), random() < 0.5 ? 'error' : 'signal', where);
      const backup = new callbacks.BackupAndRestore(dir, { saveFreq, doubleCheckpoint: random() < 0.5 });
      const list = [backup, ...own.callbacks(), new callbacks.CSVLogger(resumed)];
      const last = runs === 5;
      const run = model.fit(x, y, {
        ...options(own),
        callbacks: last ? list : [stop, ...list],
        ...(last ? {} : { signal }),
      });
      const error = await run.then(
        () => null,
        (reason: Error) => reason,
      );
      if (error !== null) {
        expect(error.message).toBe('stopped');
        continue;
      }
      expect(await endOf(model, resumed)).toEqual(expected);
      break;
    }
    expect(existsSync(dir)).toBe(false);
  });
});
