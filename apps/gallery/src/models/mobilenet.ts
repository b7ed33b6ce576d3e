/**
 * MobileNetV2 (M. Sandler and others, 2018): convolutions channel by channel, and narrow layers between wide ones.
 */
import { Input, layers, losses, Model, optimizers, tensor } from '@dl/keras';
import { MobileNetV2 } from '@dl/keras/applications';
import { best, share } from '../answers.ts';
import { clothes, rows } from '../data.ts';
import { beside, picture } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { withMomentum } from '../norms.ts';

async function make(): Promise<Lesson> {
  const { train, test, names } = await clothes(3200, 400);

  // A backbone a third as wide as usual, without its top, under a classifier of our own.
  const backbone = MobileNetV2({ inputShape: [32, 32, 3], alpha: 0.35, includeTop: false, pooling: 'avg' });
  const image = Input({ shape: [28, 28, 1] });
  const scaled = new layers.Rescaling(2, { offset: -1 }).apply(image);
  const framed = new layers.ZeroPadding2D(2).apply(scaled);
  const features = withMomentum(backbone, 0.8).apply(new layers.Concatenate().apply([framed, framed, framed]));
  const model = new Model(image, new layers.Dense(10).apply(features));
  model.compile({
    optimizer: new optimizers.Adam(0.002),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });

  const answers = async (): Promise<number[]> => best(await model.predict(test.x, { verbose: 0, batchSize: 100 }));
  return {
    model,
    sample: tensor(rows(test.x, 0, 2)),
    fit: (options) => model.fit(train.x, train.y, { batchSize: 32, ...options }),
    score: async () => share(await answers(), test.y),
    async show() {
      const given = await answers();
      const wrong = given.flatMap((answer, i) => (answer === test.y[i] ? [] : [i])).slice(0, 3);
      const titles = wrong.map((i) => `${names[test.y[i]!]} – answer: ${names[given[i]!]}`);
      return `Mistakes among ${given.length} test images: ${given.length - Math.round(share(given, test.y) * given.length)}, such as\n${beside(
        wrong.map((i) => picture(rows(test.x, i, i + 1).data, 28, 28)),
        titles,
      )}`;
    },
  };
}

/** Clothing, by a network made for phones. */
export const mobilenet: Program = {
  name: 'mobilenet',
  title: 'MobileNetV2',
  about: 'ten kinds of clothing, framed to 32 × 32 × 3 (Fashion-MNIST)',
  measure: 'images right',
  epochs: 5,
  make,
};
