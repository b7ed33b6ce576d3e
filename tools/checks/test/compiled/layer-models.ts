/**
 * Trainings made of layers, losses, metrics and optimizers.
 */
import {
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  Model,
  optimizers,
  regularizers,
  Sequential,
  tensor,
  type Tensor,
} from '@dl/keras';
import { ids, rows, steps, trainingOf, values, type MakeTraining } from './training.ts';

/** A block with a way around it. */
class Residual extends Model {
  readonly inner = new layers.Dense(12, { activation: 'tanh' });
  readonly more = [new layers.Dense(12, { useBias: false }), new layers.BatchNormalization(), new layers.ReLU()];
  readonly outer = new layers.Dense(3);
  override call(x: Tensor): Tensor {
    const h = this.inner.apply(x);
    return this.outer.apply(this.more.reduce((a: Tensor, layer) => layer.apply(a) as Tensor, h).add(h));
  }
}

const images = (seed: number, channels = 2): Tensor => values(seed, [6, 8, 8, channels]);
const logits = (): losses.Loss => new losses.CategoricalCrossentropy({ fromLogits: true });

/** Trainings by name. */
export const LAYER_MODELS: Readonly<Record<string, MakeTraining>> = {
  'multilayer perceptron, Adam': () => {
    const model = new Sequential([
      new layers.Dense(16, { activation: 'relu', inputShape: [12] }),
      new layers.Dense(16, { activation: 'relu' }),
      new layers.Dense(5),
    ]);
    model.compile({ optimizer: new optimizers.Adam(0.01), loss: logits(), metrics: ['accuracy'] });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [8, 12]), rows(seed + 1, 8, 5)]),
    );
  },

  'convolutions, batch normalization, pooling and dropout; momentum': () => {
    const model = new Sequential([
      new layers.Conv2D(4, 3, { padding: 'same', useBias: false, inputShape: [8, 8, 2] }),
      new layers.BatchNormalization(),
      new layers.ReLU(),
      new layers.MaxPooling2D(2),
      new layers.Dropout(0.3, { seed: 3 }),
      new layers.Conv2D(6, 3, { strides: 1, activation: 'elu' }),
      new layers.Flatten(),
      new layers.Dense(3, { activation: 'softmax' }),
    ]);
    model.compile({
      optimizer: new optimizers.SGD(0.05, { momentum: 0.9, nesterov: true }),
      loss: 'sparse_categorical_crossentropy',
      metrics: ['accuracy'],
    });
    return trainingOf(
      model,
      steps((seed) => [images(seed), ids(seed + 1, [6], 3)]),
    );
  },

  'embedding and pooling, RMSprop': () => {
    const model = new Sequential([
      layers.Input({ shape: [7] }),
      new layers.Embedding(20, 6, { maskZero: true }),
      new layers.GlobalAveragePooling1D(),
      new layers.Dense(8, { activation: 'silu' }),
      new layers.Dense(1, { activation: 'sigmoid' }),
    ]);
    model.compile({
      optimizer: new optimizers.RMSprop(0.01, { momentum: 0.5, centered: true, epsilon: 1e-3 }),
      loss: 'binary_crossentropy',
      metrics: ['accuracy', new metrics.AUC({ numThresholds: 20 }), 'precision'],
    });
    return trainingOf(
      model,
      steps((seed) => [ids(seed, [6, 7], 20), ids(seed + 1, [6, 1], 2).cast('float32')]),
    );
  },

  'residual block': () => {
    const model = new Residual();
    model.compile({ optimizer: new optimizers.SGD(0.1), loss: 'mse', metrics: ['mae', 'cosine_similarity'] });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [8, 6]), values(seed + 1, [8, 3])]),
    );
  },

  'layer normalization and gelu, Nadam': () => {
    const model = new Sequential([
      new layers.Dense(12, { inputShape: [5, 6] }),
      new layers.LayerNormalization(),
      new layers.Activation('gelu'),
      new layers.Dense(4),
      new layers.GlobalMaxPooling1D(),
    ]);
    model.compile({ optimizer: new optimizers.Nadam(0.01, { epsilon: 1e-3 }), loss: 'huber', metrics: ['mae'] });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [4, 5, 6]), values(seed + 1, [4, 4])]),
    );
  },

  'depthwise-separable convolutions and global pooling': () => {
    const model = new Sequential([
      new layers.SeparableConv2D(6, 3, { padding: 'same', activation: 'relu', inputShape: [8, 8, 2] }),
      new layers.DepthwiseConv2D(3, { strides: 2, depthMultiplier: 2, useBias: false }),
      new layers.BatchNormalization(),
      new layers.GlobalAveragePooling2D(),
      new layers.Dense(4),
    ]);
    model.compile({ optimizer: new optimizers.SGD(0.1, { clipvalue: 0.05 }), loss: logits() });
    return trainingOf(
      model,
      steps((seed) => [images(seed), rows(seed + 1, 6, 4)]),
    );
  },

  'class ids with class weights': () => {
    const model = new Sequential([
      new layers.Dense(10, { activation: 'leaky_relu', inputShape: [6] }),
      new layers.Dense(4),
    ]);
    model.compile({
      optimizer: new optimizers.Adagrad(0.1),
      loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 3 }),
      metrics: ['accuracy', new metrics.SparseTopKCategoricalAccuracy({ k: 2 })],
      weightedMetrics: ['accuracy'],
    });
    return trainingOf(
      model,
      steps((seed) => {
        const y = ids(seed + 1, [8], 4);
        return [values(seed, [8, 6]), y, y.equal(1).cast('float32').mul(2).add(0.5)];
      }),
    );
  },

  'weight decay, clipping by the global norm, moving averages': () => {
    const model = new Sequential([new layers.Dense(10, { activation: 'tanh', inputShape: [6] }), new layers.Dense(2)]);
    const optimizer = new optimizers.AdamW(0.01, {
      weightDecay: 0.1,
      globalClipnorm: 0.5,
      useEma: true,
      emaMomentum: 0.7,
      emaOverwriteFrequency: 2,
      amsgrad: true,
    });
    optimizer.excludeFromWeightDecay({ names: ['bias'] });
    model.compile({ optimizer, loss: 'log_cosh' });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [8, 6]), values(seed + 1, [8, 2])]),
    );
  },

  'gradient accumulation, a schedule and a loss scale': () => {
    const model = new Sequential([new layers.Dense(7, { activation: 'mish', inputShape: [5] }), new layers.Dense(2)]);
    const schedule = new optimizers.schedules.CosineDecay({ initialLearningRate: 0.1, decaySteps: 4, warmupSteps: 2, warmupTarget: 0.2 }); // prettier-ignore
    model.compile({
      optimizer: new optimizers.SGD(schedule, { momentum: 0.8, gradientAccumulationSteps: 2, lossScaleFactor: 128 }),
      loss: 'mse',
    });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [8, 5]), values(seed + 1, [8, 2])]),
    );
  },

  'transfer learning: frozen layers below a new head': () => {
    const base = new Sequential([
      new layers.Conv2D(4, 3, { inputShape: [8, 8, 2] }),
      new layers.BatchNormalization({ movingVarianceInitializer: new initializers.Constant(0.3) }),
      new layers.ReLU(),
      new layers.Conv2D(4, 3, { activation: 'relu' }),
      new layers.GlobalAveragePooling2D(),
    ]);
    base.trainable = false;
    const model = new Sequential([base, new layers.Dense(3)]);
    model.compile({ optimizer: new optimizers.Adamax(0.05), loss: logits(), metrics: ['accuracy'] });
    return trainingOf(
      model,
      steps((seed) => [images(seed), rows(seed + 1, 6, 3)]),
    );
  },

  'regularizers and constraints': () => {
    const model = new Sequential([
      new layers.Dense(8, {
        kernelRegularizer: new regularizers.L1L2({ l1: 0.01, l2: 0.02 }),
        kernelConstraint: new constraints.MaxNorm(0.8),
        biasConstraint: new constraints.NonNeg(),
        inputShape: [6],
      }),
      new layers.Dense(6, {
        activation: 'softplus',
        activityRegularizer: new regularizers.L2(0.1),
        kernelConstraint: new constraints.UnitNorm(),
      }),
      new layers.Dense(3, {
        kernelRegularizer: new regularizers.OrthogonalRegularizer(0.01),
        kernelConstraint: new constraints.MinMaxNorm({ minValue: 0.5, maxValue: 1, rate: 0.7 }),
      }),
    ]);
    model.compile({ optimizer: new optimizers.SGD(0.1), loss: 'mse' });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [8, 6]), values(seed + 1, [8, 3])]),
    );
  },

  'noise, dropout of channels and learnt slopes': () => {
    const model = new Sequential([
      new layers.GaussianNoise(0.2, { seed: 5, inputShape: [6, 4] }),
      new layers.Conv1D(8, 3, { padding: 'causal', dilationRate: 2 }),
      new layers.PReLU({ alphaInitializer: new initializers.Constant(0.2), sharedAxes: [1] }),
      new layers.SpatialDropout1D(0.4, { seed: 6 }),
      new layers.Flatten(),
      new layers.Dropout(0.2, { seed: 7 }),
      new layers.Dense(2),
    ]);
    model.compile({ optimizer: new optimizers.Adadelta(1, { epsilon: 1e-3 }), loss: 'mae' });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [5, 6, 4]), values(seed + 1, [5, 2])]),
    );
  },

  'autoencoder of transposed convolutions': () => {
    const model = new Sequential([
      new layers.ZeroPadding2D(1),
      new layers.Conv2D(4, 3, { strides: 2, activation: 'swish' }),
      new layers.AveragePooling2D(2),
      new layers.UpSampling2D(2),
      new layers.Conv2DTranspose(3, 3, { strides: 2, padding: 'same', activation: 'sigmoid' }),
    ]);
    model.compile({ optimizer: new optimizers.Lamb(0.02, { epsilon: 1e-3 }), loss: 'binary_crossentropy' });
    return trainingOf(
      model,
      steps((seed) => {
        const x = values(seed, [3, 8, 8, 3], 0, 1);
        return [x, x];
      }),
    );
  },

  'groups, hinges and a factored second moment': () => {
    const model = new Sequential([
      new layers.Dense(8, { inputShape: [4, 6] }),
      new layers.GroupNormalization(4),
      new layers.Permute([2, 1]),
      new layers.Dense(5, { activation: 'hard_swish' }),
      new layers.Flatten(),
      new layers.Dense(3),
    ]);
    model.compile({ optimizer: new optimizers.Adafactor(0.05, { clipnorm: 1 }), loss: 'categorical_hinge' });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [6, 4, 6]), rows(seed + 1, 6, 3)]),
    );
  },

  'a last batch that is smaller': () => {
    const model = new Sequential([new layers.Dense(6, { activation: 'relu', inputShape: [5] }), new layers.Dense(1)]);
    model.compile({
      optimizer: new optimizers.Ftrl(0.1, { l1RegularizationStrength: 0.01 }),
      loss: 'mse',
      metrics: ['mae', 'root_mean_squared_error'],
    });
    return trainingOf(
      model,
      [8, 8, 3, 8, 3, 1].map((n, i) => [values(i, [n, 5]), tensor(values(i + 1, [n, 1]))]),
    );
  },

  'words through a masked LSTM, Adam': () => {
    const model = new Sequential([
      layers.Input({ shape: [7] }),
      new layers.Embedding(20, 6, { maskZero: true }),
      new layers.LSTM(5, { dropout: 0.2, recurrentDropout: 0.2, seed: 4, kernelRegularizer: 'l2' }),
      new layers.Dense(1, { activation: 'sigmoid' }),
    ]);
    model.compile({ optimizer: new optimizers.Adam(0.01), loss: 'binary_crossentropy', metrics: ['accuracy'] });
    return trainingOf(
      model,
      steps((seed) => [ids(seed, [6, 7], 20), ids(seed + 1, [6, 1], 2).cast('float32')]),
    );
  },

  'steps of a GRU in both directions, clipped': () => {
    const model = new Sequential([
      new layers.Bidirectional(new layers.GRU(4, { returnSequences: true }), { inputShape: [5, 3] }),
      new layers.TimeDistributed(new layers.BatchNormalization()),
      new layers.TimeDistributed(new layers.Dense(4, { activation: 'softmax' })),
    ]);
    model.compile({
      optimizer: new optimizers.SGD(0.1, { clipnorm: 1 }),
      loss: 'sparse_categorical_crossentropy',
      metrics: ['accuracy'],
    });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [4, 5, 3]), ids(seed + 1, [4, 5], 4)]),
    );
  },

  'states that go on from batch to batch': () => {
    const cells = [new layers.GRUCell(4, { resetAfter: false }), new layers.SimpleRNNCell(3)];
    const model = new Sequential([
      new layers.RNN(cells, { stateful: true, goBackwards: true, batchInputShape: [4, 6, 2] }),
      new layers.Dense(2),
    ]);
    model.compile({ optimizer: new optimizers.RMSprop(0.01, { epsilon: 1e-3 }), loss: 'mse', metrics: ['mae'] });
    return trainingOf(
      model,
      steps((seed) => [values(seed, [4, 6, 2]), values(seed + 1, [4, 2])]),
    );
  },
};
