/**
 * One training step of a causal transformer block on a batch of 8 sequences of 64 places, Adam; and its forward pass alone.
 */
import { blockBatch, transformerBlock } from '../networks/transformer.ts';
import { trainingAndForward } from './training-and-forward.ts';
import type { Report } from './report.ts';

/** Runs the workload. */
export function run(report: Report): Promise<void> {
  return trainingAndForward(report, transformerBlock, blockBatch());
}
