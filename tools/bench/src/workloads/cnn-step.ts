/**
 * One training step of a convolutional network on a batch of 64 images of 28×28, Adam; and its forward pass alone.
 */
import { cnn, cnnBatch } from '../networks/small.ts';
import { trainingAndForward } from './training-and-forward.ts';
import type { Report } from './report.ts';

/** Runs the workload. */
export function run(report: Report): Promise<void> {
  return trainingAndForward(report, cnn, cnnBatch());
}
