/**
 * Whole networks as users build them: models of layers, compiled with an optimizer and a loss.
 */
import { jit, layers, losses, Model, optimizers, Sequential, tensor, type Tensor } from '@dl/keras';
import { MobileNetV2, ResNet18, type ApplicationOptions } from '@dl/keras/applications';
import type { Program } from '@dl/tensor/backend';
import { oneHotRows, randomFloats } from '../workloads/report.ts';
import { ENCODER, IMAGES, SEQUENCES } from '../workloads/sizes.ts';

/** A compiled model with a batch to train it on. */
export interface Trainable {
  readonly model: Model;
  readonly x: Tensor;
  readonly y: Tensor;
}

const values = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    randomFloats(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    'float32',
    shape,
  );

/** Compiles a model whose outputs are scores of classes, and makes a batch. */
function classifier(model: Model, shape: readonly number[], classes: number): Trainable {
  const rows = shape[0]!;
  model.compile({
    optimizer: new optimizers.Adam(0.001),
    loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
  });
  return { model, x: values(shape, 5), y: tensor(oneHotRows(rows, classes), 'float32', [rows, classes]) };
}

const ofImages = (build: (options: ApplicationOptions & { readonly weights?: null }) => Model): Trainable => {
  const { shape, classes } = IMAGES;
  return classifier(build({ inputShape: shape.slice(1), classes, classifierActivation: null }), shape, classes);
};

const ofSequences = (recurrent: typeof layers.LSTM | typeof layers.GRU): Trainable => {
  const { shape, units, classes } = SEQUENCES;
  const model = new Sequential([
    layers.Input({ shape: shape.slice(1) }),
    new recurrent(units),
    new layers.Dense(classes),
  ]);
  return classifier(model, shape, classes);
};

/** Attention and two dense layers, each added to what it reads and normalized. */
function encoderBlock(x: Tensor): Tensor {
  const { width, heads, hidden } = ENCODER;
  const norm = (a: Tensor, b: Tensor): Tensor => new layers.LayerNormalization().apply(new layers.Add().apply([a, b]));
  const attention = new layers.MultiHeadAttention(heads, width / heads);
  const middle = norm(x, attention.apply([x, x]) as Tensor);
  const inner = new layers.Dense(hidden, { activation: 'gelu' }).apply(middle);
  return norm(middle, new layers.Dense(width).apply(inner));
}

function encoder(): Trainable {
  const { batch, places, width, blocks } = ENCODER;
  const input = layers.Input({ shape: [places, width] });
  let x: Tensor = input;
  for (let i = 0; i < blocks; i++) x = encoderBlock(x);
  const model = new Model(input, x);
  model.compile({ optimizer: new optimizers.Adam(0.001), loss: 'mse' });
  return { model, x: values([batch, places, width], 5), y: values([batch, places, width], 6) };
}

/** The networks by name. */
export const MODELS: Record<string, () => Trainable> = {
  ResNet18: () => ofImages(ResNet18),
  MobileNetV2: () => ofImages(MobileNetV2),
  LSTM: () => ofSequences(layers.LSTM),
  GRU: () => ofSequences(layers.GRU),
  encoder,
};

/** The program of a network's training step, or of its inference. */
export async function programOf(name: string, training: boolean): Promise<Program> {
  const make = MODELS[name];
  if (make === undefined) throw new RangeError(`unknown network '${name}'; known: ${Object.keys(MODELS).join(', ')}`);
  const { model, x, y } = make();
  if (!training) return jit((inputs: Tensor) => model.apply(inputs)).lower(x).program;
  // Weights of the optimizer are there after a first step.
  await model.trainOnBatch(x, y);
  const step = (inputs: Tensor, targets: Tensor): unknown =>
    model.trainStep({ x: inputs, y: targets, sampleWeight: null });
  return jit(step).lower(x, y).program;
}
