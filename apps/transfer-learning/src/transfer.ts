/**
 * Transfer learning in three steps: features of the frozen backbone, a new head that learns from them, and fine-tuning of the
 * backbone's last block together with the head.
 */
import { Input, layers, losses, Model, optimizers, Sequential, type Tensor } from '@dl/keras';
import type { Pictures, Task } from './photos.ts';

/** How well something does, and how it came to it. */
export interface Result {
  /** Share of the test pictures that are named rightly. */
  readonly accuracy: number;
  readonly seconds: number;
  /** Loss and accuracy of every epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Numbers in rows. */
interface Rows {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

const BATCH = 25;
/** The first layer that learns in fine-tuning, with all after it. */
const UNFROZEN = 'block_16_expand';

const crossentropy = (): losses.Loss => new losses.SparseCategoricalCrossentropy({ fromLogits: true });

/** Runs and times. */
async function timed<T>(run: () => Promise<T>): Promise<readonly [T, number]> {
  const start = performance.now();
  const value = await run();
  return [value, (performance.now() - start) / 1000];
}

async function accuracyOf(model: Model, x: Rows, y: Int32Array): Promise<number> {
  const [, accuracy] = (await model.evaluate(x, y, { batchSize: BATCH, verbose: 0 })) as number[];
  return accuracy!;
}

/** The mean over the picture of what the backbone sees: one row of numbers for each picture. */
export async function features(backbone: Model, { x }: Pictures): Promise<Rows> {
  const pooled = new Sequential([backbone as never, new layers.GlobalAveragePooling2D()]);
  const rows = await pooled.predict(x, { batchSize: BATCH, verbose: 0 });
  return { data: (await rows.data()) as Float32Array, shape: rows.shape };
}

/** A layer of scores for new classes. */
const scores = (classes: number): layers.Dense => new layers.Dense(classes, { name: 'scores' });

/** Teaches a new head on features. */
export async function trainHead(
  train: Rows,
  test: Rows,
  task: Task,
): Promise<Result & { readonly head: layers.Dense }> {
  const head = scores(task.names.length);
  const model = new Sequential([
    layers.Input({ shape: [train.shape[1]!] }),
    new layers.Dropout(0.5),
    head,
  ] as never) as unknown as Model;
  model.compile({ optimizer: new optimizers.Adam(0.003), loss: crossentropy(), metrics: ['accuracy'] });
  const [history, seconds] = await timed(() =>
    model.fit(train, task.train.y, {
      epochs: 60,
      batchSize: BATCH,
      validationData: [test, task.test.y] as never,
      verbose: 0,
    }),
  );
  return { head, seconds, history: history.history, accuracy: await accuracyOf(model, test, task.test.y) };
}

/** The backbone with a head on it; only the last block and the head learn. */
export async function fineTune(
  backbone: Model,
  head: layers.Dense,
  task: Task,
  epochs: number,
): Promise<Result & { readonly model: Model }> {
  let frozen = true;
  for (const layer of backbone.layers) {
    if (layer.name === UNFROZEN) frozen = false;
    // Batch statistics of a few pictures would spoil what the backbone knows of many.
    layer.trainable = !frozen && !(layer instanceof layers.BatchNormalization);
  }
  const pictures = Input({ shape: task.train.x.shape.slice(1) });
  const mirrored = new layers.RandomFlip('horizontal').apply(pictures);
  const seen = new layers.GlobalAveragePooling2D().apply(backbone.apply(mirrored) as Tensor);
  const again = scores(task.names.length);
  const model = new Model(pictures, again.apply(new layers.Dropout(0.3).apply(seen)));
  again.setWeights(head.getWeights());
  model.compile({ optimizer: new optimizers.Adam(1e-4), loss: crossentropy(), metrics: ['accuracy'] });
  const [history, seconds] = await timed(() =>
    model.fit(task.train.x, task.train.y, {
      epochs,
      batchSize: BATCH,
      validationData: [task.test.x, task.test.y] as never,
    }),
  );
  const tuned = model as unknown as Model;
  const accuracy = await accuracyOf(tuned, task.test.x, task.test.y);
  return { accuracy, seconds, history: history.history, model: tuned };
}

/** The same head on nothing but the pixels, for comparison. */
export async function trainOnPixels(task: Task): Promise<Result> {
  const model = new Sequential([
    layers.Input({ shape: task.train.x.shape.slice(1) }),
    new layers.AveragePooling2D(4),
    new layers.Flatten(),
    scores(task.names.length),
  ] as never) as unknown as Model;
  model.compile({ optimizer: new optimizers.Adam(0.003), loss: crossentropy(), metrics: ['accuracy'] });
  const [history, seconds] = await timed(() =>
    model.fit(task.train.x, task.train.y, { epochs: 60, batchSize: BATCH, verbose: 0 }),
  );
  return { accuracy: await accuracyOf(model, task.test.x, task.test.y), seconds, history: history.history };
}
