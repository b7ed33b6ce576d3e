/**
 * A generative adversarial network (I. Goodfellow and others, 2014): one network draws digits, another tells them from
 * real ones, each with an optimizer of its own.
 */
import { fromArrays } from '@dl/data';
import {
  full,
  layers,
  losses,
  Model,
  optimizers,
  random,
  Sequential,
  variableGrads,
  zeros,
  type StepData,
  type Tensor,
} from '@dl/keras';
import { rows, smallDigits } from '../data.ts';
import { beside, picture } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';

const NOISE = 16;
const bce = new losses.BinaryCrossentropy({ fromLogits: true });

/** Takes noise, gives images. */
class GAN extends Model {
  static override readonly className: string = 'GAN';
  readonly artist = new Sequential([
    new layers.Dense(64, { inputShape: [NOISE] }),
    new layers.LeakyReLU(0.2),
    new layers.Dense(128),
    new layers.LeakyReLU(0.2),
    new layers.Dense(64, { activation: 'sigmoid' }),
    new layers.Reshape([8, 8, 1]),
  ]);
  readonly critic = new Sequential([
    new layers.Flatten({ inputShape: [8, 8, 1] }),
    new layers.Dense(64),
    new layers.LeakyReLU(0.2),
    new layers.Dropout(0.3),
    new layers.Dense(1),
  ]);
  readonly #criticOptimizer = new optimizers.Adam(0.002, { beta1: 0.5 });
  readonly #noise = new random.SeedGenerator(1);

  override call(noise: Tensor): Tensor {
    return this.artist.apply(noise);
  }

  override trainStep({ x: real }: StepData): Record<string, Tensor> {
    const [count] = real.shape as [number];
    const [yes, no] = [full([count, 1], 0.9), zeros([count, 1])];
    const noise = random.normal([count, NOISE], 0, 1, { seed: this.#noise });

    // The critic learns to say yes to real images and no to drawn ones …
    const drawn = this.artist.apply(noise, { training: true });
    const criticWeights = this.critic.trainableWeights;
    const critic = variableGrads(() => {
      const right = bce.apply(yes, this.critic.apply(real, { training: true }));
      return right.add(bce.apply(no, this.critic.apply(drawn, { training: true }))).mul(0.5);
    }, criticWeights);
    this.#criticOptimizer.apply(critic.grads, criticWeights);

    // … and the artist to make it say yes to its own.
    const artistWeights = this.artist.trainableWeights;
    const artist = variableGrads(
      () => bce.apply(yes, this.critic.apply(this.artist.apply(noise, { training: true }), { training: true })),
      artistWeights,
    );
    this.optimizer.apply(artist.grads, artistWeights);
    return { loss: critic.value.add(artist.value), critic: critic.value, artist: artist.value };
  }
}

async function make(): Promise<Lesson> {
  const { train } = await smallDigits();
  const model = new GAN();
  model.compile({ optimizer: new optimizers.Adam(0.002, { beta1: 0.5 }) });
  const sample = random.normal([2, NOISE], 0, 1, { seed: 7 });
  model.prepare(sample);
  // There are no targets: batches of images come from a dataset.
  const images = fromArrays(train.x).shuffle(1500, 1).batch(50, { dropRemainder: true });

  return {
    model,
    sample,
    fit: (options) => model.fit(images, options),
    async show() {
      const drawn = await model.predict(random.normal([6, NOISE], 0, 1, { seed: 3 }), { verbose: 0 });
      const values = await drawn.data();
      const draw = (data: ArrayLike<number>, i: number): string[] =>
        picture(Array.from(data).slice(64 * i, 64 * i + 64), 8, 8);
      const places = [0, 1, 2, 3, 4, 5];
      const real = rows(train.x, 0, 6).data;
      return `${beside(places.map((i) => draw(values, i)))}\ndrawn by the network; real ones:\n${beside(places.map((i) => draw(real, i)))}`;
    },
  };
}

/** Digits that nobody wrote. */
export const gan: Program = {
  name: 'gan',
  title: 'Generative adversarial network',
  about: 'draws digits of 8 × 8 pixels; two networks, two optimizers',
  epochs: 60,
  make,
};
