/**
 * One training step of a recurrent network on a batch of 32 sequences of 50 steps, Adam; and its forward pass alone.
 */
import { lstm, lstmBatch } from '../networks/lstm.ts';
import { trainingAndForward } from './training-and-forward.ts';
import type { Report } from './report.ts';

/** Runs the workload. */
export function run(report: Report): Promise<void> {
  return trainingAndForward(report, lstm, lstmBatch());
}
