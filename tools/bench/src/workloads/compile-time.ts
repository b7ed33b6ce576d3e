/**
 * From nothing to the first finished run, in a process of its own: weights and data are made, the program is traced and
 * compiled, and its result is waited for. Loading the framework is not counted. A second run follows.
 */
import type { Tensor } from '@dl/keras';
import { lstm, lstmBatch } from '../networks/lstm.ts';
import { image, mobilenet } from '../networks/mobilenet.ts';
import { cnn, cnnBatch, seedBatches, seedNet } from '../networks/small.ts';
import { inMode, stepOf, type Network } from '../networks/training.ts';
import { transformer, transformerBatch } from '../networks/transformer.ts';
import type { Report } from './report.ts';

/** A step, and the network whose weights it leaves behind. */
function training(network: Network, [x, y]: readonly [Tensor, Tensor]): () => Promise<unknown> {
  const step = inMode('compiled', stepOf(network));
  return () => Promise.all([step(x, y).data(), network.variables[0]!.value.data()]);
}

function inference(forward: (x: Tensor) => Tensor, x: Tensor): () => Promise<unknown> {
  const fn = inMode('compiled', forward);
  return () => fn(x).data();
}

const CASES: Record<string, () => () => Promise<unknown>> = {
  'seed net step': () => training(seedNet(), seedBatches()[0]!),
  'cnn step': () => training(cnn(), cnnBatch()),
  'cnn forward': () => inference(cnn().forward, cnnBatch()[0]),
  'mobilenet inference': () => inference(mobilenet(), image()),
  'transformer step': () => training(transformer(), transformerBatch()),
  'lstm step': () => training(lstm(), lstmBatch()),
};

/** Runs one case. */
export async function run(report: Report, name: string): Promise<void> {
  const start = performance.now();
  const once = CASES[name]!();
  await once();
  const first = performance.now();
  await once();
  const times = { 'first run': first - start, 'second run': performance.now() - first };
  for (const [when, time] of Object.entries(times)) {
    report({ case: `${name}, ${when}`, mode: 'compiled', median: time, min: time, unit: 'ms' });
  }
}
