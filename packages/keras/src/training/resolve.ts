/**
 * What the words 'accuracy' and 'crossentropy' mean for given shapes.
 */
import * as losses from '@dl/layers/losses';
import * as metrics from '@dl/layers/metrics';
import type { Tensor } from '@dl/tensor';

type Kind = 'binary' | 'sparse' | 'categorical';

/** By the last sizes and the ranks, as Keras decides; the loss is not looked at. */
function kindOf(yTrue: Tensor, yPred: Tensor): Kind {
  const classes = yPred.shape.at(-1) ?? 1;
  if (classes === 1) return 'binary';
  return yTrue.rank < yPred.rank || yTrue.shape.at(-1) === 1 ? 'sparse' : 'categorical';
}

const isWord = (identifier: unknown, words: readonly string[]): identifier is string =>
  typeof identifier === 'string' && words.includes(identifier.toLowerCase());

/** A metric for the first batch; strings keep their spelling as name. */
export function resolveMetric(
  identifier: metrics.MetricLike,
  yTrue: Tensor,
  yPred: Tensor,
): { readonly name: string; readonly metric: metrics.Metric } {
  if (isWord(identifier, ['accuracy', 'acc'])) {
    const classes = {
      binary: metrics.BinaryAccuracy,
      sparse: metrics.SparseCategoricalAccuracy,
      categorical: metrics.CategoricalAccuracy,
    };
    return { name: identifier, metric: new classes[kindOf(yTrue, yPred)]({ name: identifier }) };
  }
  if (isWord(identifier, ['crossentropy', 'ce'])) {
    const classes = {
      binary: metrics.BinaryCrossentropy,
      sparse: metrics.SparseCategoricalCrossentropy,
      categorical: metrics.CategoricalCrossentropy,
    };
    return { name: identifier, metric: new classes[kindOf(yTrue, yPred)]({ name: identifier }) };
  }
  const metric = metrics.get(identifier);
  return { name: typeof identifier === 'string' ? identifier : metric.name, metric };
}

/** Whether a metric's name is known, before any data is seen. */
export function checkMetric(identifier: metrics.MetricLike): void {
  if (typeof identifier === 'string' && !isWord(identifier, ['accuracy', 'acc', 'crossentropy', 'ce'])) {
    metrics.get(identifier).dispose();
  }
}

/** The loss 'crossentropy' stands for. */
export function resolveCrossentropy(yTrue: Tensor, yPred: Tensor): losses.Loss {
  const classes = {
    binary: losses.BinaryCrossentropy,
    sparse: losses.SparseCategoricalCrossentropy,
    categorical: losses.CategoricalCrossentropy,
  };
  return new classes[kindOf(yTrue, yPred)]();
}

/** Whether a loss is the word that is decided by shapes. */
export const isCrossentropy = (identifier: unknown): boolean => isWord(identifier, ['crossentropy', 'ce']);
