/**
 * ResNet-18 (K. He and others, 2015): blocks with a way around them, so that deep networks train.
 */
import { Input, layers, losses, Model, optimizers, tensor } from '@dl/keras';
import { ResNet18 } from '@dl/keras/applications';
import { best, share } from '../answers.ts';
import { clothes, rows } from '../data.ts';
import { table } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { withMomentum } from '../norms.ts';

async function make(): Promise<Lesson> {
  const { train, test, names } = await clothes(1200, 400);

  // The network wants three channels and at least 32 × 32 pixels: grey images get a black frame and are repeated.
  const image = Input({ shape: [28, 28, 1] });
  const framed = new layers.ZeroPadding2D(2).apply(image);
  const network = ResNet18({ inputShape: [32, 32, 3], classes: 10, classifierActivation: null });
  const scores = withMomentum(network, 0.8).apply(new layers.Concatenate().apply([framed, framed, framed]));
  const model = new Model(image, scores);
  model.compile({
    optimizer: new optimizers.Adam(0.001),
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
      const lines = names.map((name, k) => {
        const places = [...test.y.keys()].filter((i) => test.y[i] === k);
        const right = places.filter((i) => given[i] === k).length;
        return [
          name,
          '█'.repeat(Math.round((20 * right) / places.length)).padEnd(20, '·'),
          `${right} of ${places.length}`,
        ];
      });
      return table([['class', 'recognized', ''], ...lines]);
    },
  };
}

/** Clothing, by a residual network. */
export const resnet: Program = {
  name: 'resnet',
  title: 'ResNet-18',
  about: 'ten kinds of clothing, framed to 32 × 32 × 3 (Fashion-MNIST)',
  measure: 'images right',
  epochs: 2,
  make,
};
