/**
 * MobileNetV2 on one image.
 */
import { image, mobilenet } from '../networks/mobilenet.ts';
import { inMode, MODES } from '../networks/training.ts';
import { measure } from '../stats.ts';
import type { Report } from './report.ts';

/** Runs the workload. */
export async function run(report: Report): Promise<void> {
  const [network, x] = [mobilenet(), image()];
  for (const mode of MODES) {
    const forward = inMode(mode, network);
    const check = [...(await forward(x).data())].slice(0, 4).map(Number);
    const sample = await measure(() => forward(x).data(), { warmup: 5, repeats: 9 });
    report({ case: 'one image', mode, ...sample, unit: 'ms', check });
  }
}
