/**
 * One training step of a convolutional network on a batch of 64 images of 28×28, Adam; and its forward pass alone.
 */
import { cnn, cnnBatch } from '../networks/small.ts';
import { inMode, MODES, stepOf } from '../networks/training.ts';
import { measure } from '../stats.ts';
import type { Report } from './report.ts';

const TIMING = { warmup: 5, repeats: 9 };

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  const [x, y] = cnnBatch();
  for (const mode of MODES) {
    const network = cnn();
    const step = inMode(mode, stepOf(network));
    const finish = (): Promise<unknown> => network.variables[0]!.value.data();
    const training = await measure(() => void step(x, y), { ...TIMING, finish });
    report({ case: 'training step', mode, ...training, unit: 'ms' });
    const forward = inMode(mode, network.forward);
    const inference = await measure(() => forward(x).data(), TIMING);
    report({ case: 'forward', mode, ...inference, unit: 'ms' });
  }
}
