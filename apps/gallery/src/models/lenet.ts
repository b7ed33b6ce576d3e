/**
 * LeNet-5 (Y. LeCun and others, 1998): convolutions and pooling, then dense layers.
 */
import { layers, losses, optimizers, Sequential, tensor } from '@dl/keras';
import { best, share } from '../answers.ts';
import { clothes, rows } from '../data.ts';
import { beside, picture } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';

async function make(): Promise<Lesson> {
  const { train, test, names } = await clothes(6000, 1000);

  const model = new Sequential([
    new layers.Conv2D(6, 5, { padding: 'same', activation: 'relu', inputShape: [28, 28, 1] }),
    new layers.AveragePooling2D(2),
    new layers.Conv2D(16, 5, { activation: 'relu' }),
    new layers.AveragePooling2D(2),
    new layers.Flatten(),
    new layers.Dense(120, { activation: 'relu' }),
    new layers.Dense(84, { activation: 'relu' }),
    new layers.Dense(10),
  ]);
  model.compile({
    optimizer: new optimizers.Adam(0.003),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });

  const answers = async (): Promise<number[]> => best(await model.predict(test.x, { verbose: 0, batchSize: 100 }));
  return {
    model,
    sample: tensor(rows(test.x, 0, 2)),
    fit: (options) => model.fit(train.x, train.y, { batchSize: 50, ...options }),
    score: async () => share(await answers(), test.y),
    async show() {
      const given = await answers();
      const some = [0, 1, 2];
      return beside(
        some.map((i) => picture(rows(test.x, i, i + 1).data, 28, 28)),
        some.map((i) => `${names[test.y[i]!]} – answer: ${names[given[i]!]}`),
      );
    },
  };
}

/** Clothing, by the classic convolutional network. */
export const lenet: Program = {
  name: 'lenet',
  title: 'LeNet-5',
  about: 'ten kinds of clothing on 28 × 28 images (Fashion-MNIST)',
  measure: 'images right',
  epochs: 4,
  make,
};
