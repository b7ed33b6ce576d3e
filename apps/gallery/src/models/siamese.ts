/**
 * A siamese network (S. Chopra and others, 2005): two images through one tower; are they the same digit?
 */
import { Input, layers, Model, optimizers, Sequential, tensor, type Tensor } from '@dl/keras';
import type { NDArray } from '@dl/data';
import { share } from '../answers.ts';
import { rows, smallDigits, type Images } from '../data.ts';
import { beside, picture } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { below, dice } from '../random.ts';

interface Pairs {
  readonly x: [NDArray<Float32Array>, NDArray<Float32Array>];
  /** 1 for the same digit, 0 for two. */
  readonly y: Float32Array;
}

/** Pairs of images, half of them of one digit. */
function pairs({ x, y }: Images, count: number, seed: number): Pairs {
  const roll = dice(seed);
  const [left, right, same] = [new Float32Array(count * 64), new Float32Array(count * 64), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    const wanted = i % 2 === 0;
    const a = below(roll, y.length);
    let b = a;
    while (b === a || (y[a] === y[b]) !== wanted) b = below(roll, y.length);
    left.set(x.data.subarray(64 * a, 64 * a + 64), 64 * i);
    right.set(x.data.subarray(64 * b, 64 * b + 64), 64 * i);
    same[i] = Number(wanted);
  }
  const shape = [count, 8, 8, 1];
  return {
    x: [
      { data: left, shape },
      { data: right, shape },
    ],
    y: same,
  };
}

/** Images of one digit should be near each other, others at least 1 apart. */
function contrastive(same: Tensor, distance: Tensor): Tensor {
  const gap = distance.neg().add(1).relu();
  return same.mul(distance.square()).add(same.neg().add(1).mul(gap.square()));
}

async function make(): Promise<Lesson> {
  const digits = await smallDigits();
  const [train, test] = [pairs(digits.train, 4000, 1), pairs(digits.test, 500, 2)];

  const tower = new Sequential([
    new layers.Conv2D(16, 3, { activation: 'relu', padding: 'same', inputShape: [8, 8, 1] }),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dense(32, { activation: 'relu' }),
    new layers.Dense(8),
  ]);
  const [left, right] = [Input({ shape: [8, 8, 1], name: 'left' }), Input({ shape: [8, 8, 1], name: 'right' })];
  const gaps = tower.apply(left).sub(tower.apply(right)).square();
  const distance = gaps.sum(-1, true).add(1e-7).sqrt();
  const model = new Model([left, right], distance);
  model.compile({ optimizer: new optimizers.Adam(0.002), loss: contrastive });

  const distances = async (): Promise<ArrayLike<number>> => (await model.predict(test.x, { verbose: 0 })).data();
  return {
    model,
    sample: test.x.map((part) => tensor(rows(part, 0, 2))),
    fit: (options) => model.fit(train.x, train.y, { batchSize: 50, ...options }),
    score: async () =>
      share(
        Array.from(await distances(), (d) => Number(d < 0.5)),
        test.y,
      ),
    async show() {
      const found = await distances();
      return [0, 1, 2, 3]
        .map((i) => {
          const images = test.x.map((part) => picture(rows(part, i, i + 1).data, 8, 8));
          return `${beside(images)}\n${test.y[i] === 1 ? 'same digit' : 'two digits'}, distance ${found[i]!.toFixed(2)}`;
        })
        .join('\n\n');
    },
  };
}

/** The same digit or not, by distance. */
export const siamese: Program = {
  name: 'siamese',
  title: 'Siamese network',
  about: 'do two images show the same digit? One tower for both',
  measure: 'pairs right',
  epochs: 6,
  make,
};
