/**
 * A variational autoencoder (D. Kingma and M. Welling, 2013): digits as points of a plane, and points as digits.
 */
import { exp, layers, Model, ops, random, Sequential, tensor, type Tensor } from '@dl/keras';
import { rows, smallDigits } from '../data.ts';
import { beside, picture } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';

/** Encodes images as normal distributions over the plane, draws a point from each, and decodes it. */
class VAE extends Model {
  static override readonly className: string = 'VAE';
  readonly encoder = new Sequential([
    new layers.Flatten(),
    new layers.Dense(64, { activation: 'relu' }),
    new layers.Dense(4),
  ]);
  readonly decoder = new Sequential([
    new layers.Dense(64, { activation: 'relu' }),
    new layers.Dense(64, { activation: 'sigmoid' }),
    new layers.Reshape([8, 8, 1]),
  ]);
  readonly #noise = new random.SeedGenerator(1);

  override call(images: Tensor, { training }: layers.CallContext): Tensor {
    const [mean, logVariance] = ops.split(this.encoder.apply(images), 2, -1) as [Tensor, Tensor];
    // The distance of the distributions from a normal one, added to the loss of the decoded image.
    const distance = mean.square().add(exp(logVariance)).sub(logVariance).sub(1).sum(-1).mul(0.5);
    this.addLoss(distance.mean());
    // A draw is mean + deviation · noise, so that gradients reach mean and deviation.
    const point = training
      ? mean.add(exp(logVariance.mul(0.5)).mul(random.normal(mean.shape, 0, 1, { seed: this.#noise })))
      : mean;
    return this.decoder.apply(point);
  }
}

/** How unlikely the pixels are, summed over the image. */
function pixelLoss(images: Tensor, decoded: Tensor): Tensor {
  const likely = ops.clip(decoded, 1e-6, 1 - 1e-6);
  const bits = images.mul(likely.log()).add(images.neg().add(1).mul(likely.neg().add(1).log()));
  return bits.sum([1, 2, 3]).neg();
}

async function make(): Promise<Lesson> {
  const { train, test } = await smallDigits();
  const model = new VAE();
  model.compile({ optimizer: 'adam', loss: pixelLoss });
  const sample = tensor(rows(test.x, 0, 2));
  model.prepare(sample);

  return {
    model,
    sample,
    fit: (options) => model.fit(train.x, train.x, { batchSize: 25, ...options }),
    async show() {
      const places = [-1.5, -0.75, 0, 0.75, 1.5];
      const points = places.flatMap((y) => places.map((x) => [x, y]));
      const images = await model.decoder.apply(points).data();
      const blocks = points.map((_, i) => picture(images.slice(64 * i, 64 * i + 64), 8, 8));
      return places.map((_, row) => beside(blocks.slice(5 * row, 5 * row + 5))).join('\n\n');
    },
  };
}

/** Digits on a plane. */
export const vae: Program = {
  name: 'vae',
  title: 'Variational autoencoder',
  about: 'handwritten digits of 8 × 8 pixels as points of a plane',
  epochs: 40,
  make,
};
