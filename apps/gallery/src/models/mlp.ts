/**
 * A multilayer perceptron: which iris is it, by the size of its leaves?
 */
import { iris, trainTestSplit } from '@dl/data';
import { layers, optimizers, Sequential, tensor } from '@dl/keras';
import { best, share } from '../answers.ts';
import { table } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';

async function make(): Promise<Lesson> {
  // Data: 150 flowers, four measurements each; a fifth of them is kept for the test.
  const { data, labels, classNames } = await iris.load();
  const { train, test } = trainTestSplit({ x: data, y: labels }, { testSize: 0.2, seed: 1, stratify: 'y' });

  // Model: one hidden layer between measurements and scores of the three species.
  const model = new Sequential([
    new layers.Dense(16, { activation: 'tanh', inputShape: [4] }),
    new layers.Dense(3, { activation: 'softmax' }),
  ]);
  model.compile({
    optimizer: new optimizers.Adam(0.02),
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
  });

  const answers = async (): Promise<number[]> => best(await model.predict(test.x, { verbose: 0 }));
  return {
    model,
    sample: tensor(test.x).slice([0, 0], [2, 4]),
    fit: (options) => model.fit(train.x, train.y, { batchSize: 16, ...options }),
    score: async () => share(await answers(), test.y.data),
    async show() {
      const given = await answers();
      const rows = given.slice(0, 8).map((answer, i) => {
        const measures = test.x.data.slice(4 * i, 4 * i + 4);
        return [[...measures].map((v) => v.toFixed(1)).join(' '), classNames[test.y.data[i]!]!, classNames[answer]!];
      });
      return table([['centimetres', 'species', 'answer'], ...rows]);
    },
  };
}

/** Iris, by a network with one hidden layer. */
export const mlp: Program = {
  name: 'mlp',
  title: 'Multilayer perceptron',
  about: 'species of irises by four measurements',
  measure: 'species right',
  epochs: 40,
  make,
};
