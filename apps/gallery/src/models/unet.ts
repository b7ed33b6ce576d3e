/**
 * U-Net (O. Ronneberger and others, 2015): what does every pixel belong to? Down to see the whole, up again to see the
 * edges, with bridges between images of one size.
 */
import { Input, layers, losses, Model, optimizers, tensor, type Tensor } from '@dl/keras';
import { best, share } from '../answers.ts';
import { rows } from '../data.ts';
import { beside } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { below, dice } from '../random.ts';

const SIZE = 32;
const PIXELS = SIZE * SIZE;

/** Made images: a disc and a box of random brightness on noise, and for every pixel 0 (ground), 1 (disc) or 2 (box). */
function shapes(count: number, seed: number): { readonly x: Float32Array; readonly y: Uint8Array } {
  const roll = dice(seed);
  const [x, y] = [new Float32Array(count * PIXELS), new Uint8Array(count * PIXELS)];
  for (let i = 0; i < count; i++) {
    const [cx, cy, radius] = [below(roll, SIZE), below(roll, SIZE), 4 + below(roll, 5)];
    const [left, top, width, height] = [below(roll, 24), below(roll, 24), 5 + below(roll, 10), 5 + below(roll, 10)];
    const [disc, box] = [0.4 + 0.5 * roll(), 0.4 + 0.5 * roll()];
    for (let p = 0; p < PIXELS; p++) {
      const [px, py] = [p % SIZE, Math.floor(p / SIZE)];
      const inBox = px >= left && px < left + width && py >= top && py < top + height;
      const kind = inBox ? 2 : Math.hypot(px - cx, py - cy) <= radius ? 1 : 0;
      y[i * PIXELS + p] = kind;
      x[i * PIXELS + p] = [0.1, disc, box][kind]! + 0.4 * (roll() - 0.5);
    }
  }
  return { x, y };
}

/** Two convolutions. */
function block(x: Tensor, filters: number): Tensor {
  const conv = { padding: 'same', activation: 'relu', kernelInitializer: 'he_normal' } as const;
  return new layers.Conv2D(filters, 3, conv).apply(new layers.Conv2D(filters, 3, conv).apply(x));
}

/** Twice as large, beside what had that size on the way down. */
function up(x: Tensor, bridge: Tensor, filters: number): Tensor {
  const larger = new layers.Conv2DTranspose(filters, 2, { strides: 2 }).apply(x);
  return block(new layers.Concatenate().apply([larger, bridge]), filters);
}

async function make(): Promise<Lesson> {
  const [train, test] = [shapes(1000, 1), shapes(60, 2)];
  const images = { data: test.x, shape: [60, SIZE, SIZE, 1] };

  const image = Input({ shape: [SIZE, SIZE, 1] });
  const large = block(image, 12);
  const half = block(new layers.MaxPooling2D(2).apply(large), 24);
  const quarter = block(new layers.MaxPooling2D(2).apply(half), 48);
  const scores = new layers.Conv2D(3, 1).apply(up(up(quarter, half, 24), large, 12));
  const model = new Model(image, scores);
  model.compile({
    optimizer: new optimizers.Adam(0.003),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });

  const answers = async (): Promise<number[]> => best(await model.predict(images, { verbose: 0 }));
  return {
    model,
    sample: tensor(rows(images, 0, 2)),
    fit: (options) =>
      model.fit(
        { data: train.x, shape: [1000, SIZE, SIZE, 1] },
        { data: train.y, shape: [1000, SIZE, SIZE] },
        { batchSize: 20, ...options },
      ),
    // Most of an image is ground, so only the shapes count.
    async score() {
      const given = await answers();
      const places = [...test.y.keys()].filter((p) => test.y[p] !== 0);
      return share(
        places.map((p) => given[p]!),
        places.map((p) => test.y[p]!),
      );
    },
    async show() {
      const given = await answers();
      const map = (kinds: ArrayLike<number>, i: number): string[] =>
        Array.from({ length: SIZE / 2 }, (_, y) =>
          Array.from({ length: SIZE }, (_, x) => '·o#'[kinds[i * PIXELS + 2 * y * SIZE + x]!]!).join(''),
        );
      return beside(
        [map(test.y, 0), map(given, 0), map(test.y, 1), map(given, 1)],
        ['truth', 'answer', 'truth', 'answer'],
      );
    },
  };
}

/** Discs and boxes, by a network that labels pixels. */
export const unet: Program = {
  name: 'unet',
  title: 'U-Net',
  about: 'discs and boxes, pixel by pixel (generated images)',
  measure: 'pixels of shapes right',
  epochs: 12,
  make,
};
