/**
 * A convolutional autoencoder: an image through 32 numbers and back.
 */
import { layers, Sequential, tensor } from '@dl/keras';
import { clothes, rows } from '../data.ts';
import { beside, picture } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';

async function make(): Promise<Lesson> {
  const { train, test } = await clothes(3000, 200);

  const conv = { strides: 2, padding: 'same', activation: 'relu' } as const;
  const encoder = new Sequential([
    new layers.Conv2D(8, 3, { ...conv, inputShape: [28, 28, 1] }),
    new layers.Conv2D(16, 3, conv),
    new layers.Flatten(),
    new layers.Dense(32, { name: 'code' }),
  ]);
  const decoder = new Sequential([
    new layers.Dense(7 * 7 * 16, { activation: 'relu', inputShape: [32] }),
    new layers.Reshape([7, 7, 16]),
    new layers.Conv2DTranspose(8, 3, conv),
    new layers.Conv2DTranspose(1, 3, { ...conv, activation: 'sigmoid' }),
  ]);
  const model = new Sequential([encoder, decoder]);
  model.compile({ optimizer: 'adam', loss: 'binary_crossentropy', metrics: ['mae'] });

  return {
    model,
    sample: tensor(rows(test.x, 0, 2)),
    // The target is the input itself.
    fit: (options) => model.fit(train.x, train.x, { batchSize: 50, ...options }),
    async show() {
      const first = rows(test.x, 0, 4);
      const copies = await (await model.predict(first, { verbose: 0 })).data();
      const draw = (images: ArrayLike<number>): string[][] =>
        [1, 2, 3].map((i) => picture(Array.from(images).slice(i * 784, (i + 1) * 784), 28, 28));
      return `${beside(draw(first.data))}\n784 numbers, through 32, and back:\n${beside(draw(copies))}`;
    },
  };
}

/** Clothing, through a narrow middle. */
export const autoencoder: Program = {
  name: 'autoencoder',
  title: 'Convolutional autoencoder',
  about: 'images of clothing through 32 numbers and back (Fashion-MNIST)',
  epochs: 4,
  make,
};
