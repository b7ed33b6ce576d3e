/**
 * Training steps of a small network: 32→64→64→10, batches of 32, softmax cross-entropy, Adam. All of it is overhead.
 */
import { layers, losses, optimizers, Sequential, tensor, type Tensor } from '@dl/keras';
import { SEED_DATA, seedBatches, seedNet } from '../networks/small.ts';
import { inMode, MODES, stepOf } from '../networks/training.ts';
import { measure, summarize } from '../stats.ts';
import { oneHotRows, randomFloats, type Report } from './report.ts';

const EPOCHS = 10;

type Step = (x: Tensor, y: Tensor) => unknown;

async function byHand(
  report: Report,
  mode: string,
  wrap: (step: (x: Tensor, y: Tensor) => Tensor) => Step,
): Promise<void> {
  const network = seedNet();
  const batches = seedBatches();
  const step = wrap(stepOf(network));
  let count = 0;
  const sample = await measure(() => void step(...batches[count++ % batches.length]!), {
    warmup: 2000,
    repeats: 9,
    inner: 320,
    finish: () => network.variables[0]!.value.data(),
  });
  const figures = { median: sample.median * 1000, min: sample.min * 1000 };
  report({ case: 'hand-written loop', mode, ...figures, unit: 'us/step' });
}

async function byFit(report: Report): Promise<void> {
  const { rows, batch } = SEED_DATA;
  const model = new Sequential([
    new layers.Dense(64, { activation: 'relu', inputShape: [32] }),
    new layers.Dense(64, { activation: 'relu' }),
    new layers.Dense(10),
  ]);
  model.compile({
    optimizer: new optimizers.Adam(0.001),
    loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
  });
  const x = tensor(randomFloats(rows * 32, 3), 'float32', [rows, 32]);
  const y = tensor(oneHotRows(rows, 10), 'float32', [rows, 10]);
  const steps = Math.ceil(rows / batch) * EPOCHS;
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    await model.fit(x, y, { epochs: EPOCHS, batchSize: batch, verbose: 0 });
    times.push(((performance.now() - start) * 1000) / steps);
  }
  report({ case: 'second fit', median: times[1]!, min: times[1]!, unit: 'us/step' });
  report({ case: 'later fits', ...summarize(times.slice(2)), unit: 'us/step' });
}

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  await byFit(report);
  for (const mode of MODES) await byHand(report, mode, (step) => inMode(mode, step));
  await byHand(report, 'eager, no tidy', (step) => step);
}
