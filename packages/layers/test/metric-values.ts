/**
 * Values of metrics for tests.
 */
import type * as metrics from '@dl/layers/metrics';
import { jit, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { expect } from 'vitest';

/** Targets, predictions and perhaps weights. */
export type Batch = readonly [yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike];

/** The result after some batches, eagerly and compiled. */
export function value(make: () => metrics.Metric, ...batches: readonly Batch[]): number | number[] {
  const [eager, compiled] = [make(), make()];
  const step = jit((t: Tensor, p: Tensor, w: Tensor | null) => compiled.updateState(t, p, { sampleWeight: w }));
  for (const [yTrue, yPred, sampleWeight = null] of batches) {
    eager.updateState(yTrue, yPred, { sampleWeight });
    step(tensor(yTrue), tensor(yPred), sampleWeight === null ? null : tensor(sampleWeight));
  }
  const [a, b] = [eager.result().dataSync(), compiled.result().dataSync()];
  a.forEach((x, i) => expect(b[i]).toBeCloseTo(x, 6));
  eager.resetState();
  for (const variable of eager.variables) expect([...variable.value.dataSync()].every((x) => x === 0)).toBe(true);
  return a.length === 1 && eager.result().rank === 0 ? a[0]! : [...a];
}

/** Compares numbers or lists of them. */
export const close = (got: number | number[], wanted: number | number[], digits = 5): void => {
  [got].flat().forEach((x, i) => expect(x).toBeCloseTo([wanted].flat()[i]!, digits));
  expect([got].flat().length).toBe([wanted].flat().length);
};
