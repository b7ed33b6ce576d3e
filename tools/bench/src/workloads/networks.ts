/**
 * Known networks made of layers: the first training step with all that comes before it, later steps by Adam, and the
 * forward pass of inference.
 */
import { jit, type Tensor } from '@dl/keras';
import { MODELS } from '../networks/models.ts';
import { measure } from '../stats.ts';
import type { Report } from './report.ts';

const TIMING = { warmup: 5, repeats: 15 };

/** Runs the case of one network. */
export async function run(report: Report, name: string): Promise<void> {
  const mode = 'compiled';
  const start = performance.now();
  const { model, x, y } = MODELS[name]!();
  await model.trainOnBatch(x, y);
  const first = performance.now() - start;
  report({ case: `${name}, first step`, mode, median: first, min: first, unit: 'ms' });
  const training = await measure(() => model.trainOnBatch(x, y), TIMING);
  report({ case: `${name}, training step`, mode, ...training, unit: 'ms' });
  const forward = jit((inputs: Tensor) => model.apply(inputs));
  const inference = await measure(() => forward(x).data(), TIMING);
  report({ case: `${name}, inference`, mode, ...inference, unit: 'ms' });
}
