/**
 * What the workloads of networks measure: a training step and the forward pass, in every mode.
 */
import type { Tensor } from '@dl/keras';
import { inMode, MODES, stepOf, type Network } from '../networks/training.ts';
import { measure } from '../stats.ts';
import type { Report } from './report.ts';

const TIMING = { warmup: 5, repeats: 9 };

/** Measures a network on a batch; each mode starts with new weights. */
export async function trainingAndForward(
  report: Report,
  make: () => Network,
  [x, y]: readonly [x: Tensor, y: Tensor],
): Promise<void> {
  for (const mode of MODES) {
    const network = make();
    const step = inMode(mode, stepOf(network));
    const finish = (): Promise<unknown> => network.variables[0]!.value.data();
    const training = await measure(() => void step(x, y), { ...TIMING, finish });
    report({ case: 'training step', mode, ...training, unit: 'ms' });
    const forward = inMode(mode, network.forward);
    const inference = await measure(() => forward(x).data(), TIMING);
    report({ case: 'forward', mode, ...inference, unit: 'ms' });
  }
}
