/**
 * Whole training and evaluation steps read nothing back and keep no state outside Variables, so they can be compiled.
 */
import {
  initializers,
  layers,
  losses,
  metrics,
  optimizers,
  Sequential,
  tensor,
  type Tensor,
  type Variable,
} from '@dl/keras';
import { trace } from '@dl/tensor/interpreter';
import { describe, expect, test } from 'vitest';
import './helpers.ts';

/** Traces `fn`; returns the Variables it assigned. */
function assignedBy(fn: (x: Tensor, y: Tensor) => void, x: Tensor, y: Tensor): Set<Variable> {
  const { variables } = trace(
    ([a, b]) => {
      fn(a!, b!);
      return [];
    },
    [x, y],
  );
  return new Set(variables.flatMap(({ variable, assigned }) => (assigned ? [variable] : [])));
}

describe('steps can be traced', () => {
  const build = (): Sequential =>
    new Sequential([
      layers.Input({ shape: [6] }),
      new layers.Embedding(10, 4, { embeddingsInitializer: new initializers.RandomNormal({ seed: 1 }) }),
      new layers.Conv1D(4, 3, { activation: 'relu', padding: 'same', kernelRegularizer: 'l2' }),
      new layers.BatchNormalization(),
      new layers.SpatialDropout1D(0.2),
      new layers.GlobalAveragePooling1D(),
      new layers.Dropout(0.5),
      new layers.LayerNormalization(),
      new layers.Dense(3, { activation: 'softmax', kernelConstraint: 'max_norm', activityRegularizer: 'l2' }),
    ]);
  const x = tensor(
    [
      [1, 2, 3, 4, 5, 6],
      [9, 8, 7, 6, 5, 0],
    ],
    'int32',
  );

  test('training, with class ids', () => {
    const model = build();
    model.compile({
      optimizer: new optimizers.AdamW(
        new optimizers.schedules.CosineDecay({ initialLearningRate: 0.01, decaySteps: 10 }),
        { globalClipnorm: 1, useEma: true, gradientAccumulationSteps: 2 },
      ),
      loss: new losses.SparseCategoricalCrossentropy({ ignoreClass: 2 }),
      metrics: ['accuracy', new metrics.SparseTopKCategoricalAccuracy({ k: 2 }), 'crossentropy'],
      weightedMetrics: ['acc'],
    });
    const assigned = assignedBy(
      (a, b) => void model.trainStep({ x: a, y: b, sampleWeight: b.cast('float32') }),
      x,
      tensor([0, 1], 'int32'),
    );
    for (const weight of model.trainableWeights) expect(assigned, weight.path).toContain(weight);
    for (const variable of model.optimizer.variables) expect(assigned, variable.name).toContain(variable);
    for (const { name, metric } of model.namedMetrics) {
      for (const variable of metric.variables) expect(assigned, name).toContain(variable);
    }
    const statistics = model.nonTrainableWeights.map((weight) => weight.name);
    expect(statistics).toEqual(['moving_mean', 'moving_variance']);
    for (const weight of model.nonTrainableWeights) expect(assigned).toContain(weight);
    // Both dropout layers move their streams on.
    expect([...assigned].filter((variable) => variable.name === 'seedGeneratorState')).toHaveLength(2);
    // Nothing has changed outside the trace.
    for (const weight of model.weights) expect(weight.version).toBe(0);
  });

  test('evaluation, with one-hot rows', () => {
    const model = build();
    model.compile({
      optimizer: 'sgd',
      loss: 'categorical_crossentropy',
      metrics: ['accuracy', 'auc', 'precision', 'recall', 'cosine_similarity'],
    });
    const y = tensor([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    const assigned = assignedBy((a, b) => void model.testStep({ x: a, y: b, sampleWeight: null }), x, y);
    expect(new Set([...assigned].map((variable) => variable.kind))).toEqual(new Set(['state']));
    for (const weight of model.weights) expect(assigned).not.toContain(weight);
  });
});
