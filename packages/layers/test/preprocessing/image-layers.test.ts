/**
 * What all image layers have in common, and wrong use of them.
 */
import * as layers from '@dl/layers';
import { ones, tensor, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';
import { numbers, photo } from './images.ts';

describe('all image layers', () => {
  const every = (seed: number): readonly layers.ImageLayer<unknown>[] => [
    new layers.RandomFlip(undefined, { seed }),
    new layers.RandomRotation(0.2, { seed }),
    new layers.RandomZoom(0.3, 0.2, { seed }),
    new layers.RandomTranslation(0.2, 0.2, { seed }),
    new layers.RandomShear(0.3, 0.1, { seed }),
    new layers.RandomPerspective([1, 1], { scale: 0.5, seed }),
    new layers.RandomElasticTransform([1, 1], { seed }),
    new layers.RandomContrast(0.5, { seed }),
    new layers.RandomBrightness(0.5, { seed }),
    new layers.RandomHue(0.5, { seed }),
    new layers.RandomSaturation(0.9, { seed }),
    new layers.RandomErasing([1, 1], { seed, fillValue: 0 }),
    new layers.RandomColorJitter({ brightnessFactor: 0.3, hueFactor: 0.2, seed }),
    new layers.RandomColorDegeneration(1, { seed }),
    new layers.RandomGrayscale(0.5, { seed }),
    new layers.RandomInvert([0.5, 0.5], { seed }),
    new layers.RandomPosterization([1, 4], { seed }),
    new layers.RandomSharpness(1, { seed }),
    new layers.RandomGaussianBlur([1, 1], { seed }),
    new layers.Solarization({ thresholdFactor: 0.9, seed }),
  ];
  const names = every(1).map((layer, k) => [(layer.constructor as typeof layers.Layer).className, k] as const);
  test.each(names)('%s: the seed decides, calls differ, inference changes nothing', (_name, k) => {
    const x = photo(6);
    const [a, b, other] = [every(1)[k]!, every(1)[k]!, every(2)[k]!];
    const first = numbers(a.apply(x));
    expect(numbers(b.apply(x))).toEqual(first);
    expect(numbers(a.apply(x))).not.toEqual(first);
    expect(numbers(other.apply(x))).not.toEqual(first);
    expect(numbers(a.apply(x, { training: false }))).toEqual(numbers(x.cast('float32')));
  });
  test.each(names)('%s: one image, integers, channels first', (_name, k) => {
    const x = photo(1);
    const wanted = numbers(every(1)[k]!.apply(x));
    const single = every(1)[k]!.apply(x.squeeze(0).cast('uint8'));
    expect([single.shape, single.dtype]).toEqual([[6, 5, 3], 'float32']);
    expectClose(numbers(single), wanted, 'one image', 1e-5);
    const { constructor } = every(1)[k]! as unknown as {
      constructor: { fromConfig(config: object): layers.ImageLayer<unknown> };
    };
    const firstFormat = constructor.fromConfig({ ...every(1)[k]!.getConfig(), data_format: 'channels_first' });
    const y = firstFormat.apply(x.transpose([0, 3, 1, 2]));
    expect(y.shape).toEqual([1, 3, 6, 5]);
    expectClose(numbers(y.transpose([0, 2, 3, 1])), wanted, 'channels first', 1e-5);
  });
  test.each(names)('%s: half precision', (_name, k) => {
    const { constructor } = every(1)[k]! as unknown as {
      constructor: { fromConfig(config: object): layers.ImageLayer<unknown> };
    };
    const half = constructor.fromConfig({ ...every(1)[k]!.getConfig(), dtype: 'mixed_float16' });
    const y = half.apply(photo(2).cast('float32'));
    expect([y.dtype, y.shape]).toEqual(['float16', [2, 6, 5, 3]]);
    for (const v of numbers(y)) expect(v >= -1 && v <= 256).toBe(true);
  });
  test('inside a model, training is that of the model', () => {
    class Net extends layers.Layer {
      readonly flip = new layers.RandomInvert([1, 1], { seed: 1 });
      override call(x: Tensor): Tensor {
        return this.flip.apply(x);
      }
    }
    const net = new Net();
    expect(numbers(net.apply(ones([1, 1, 1, 1])))).toEqual([1]);
    expect(numbers(net.apply(ones([1, 1, 1, 1]), { training: true }))).toEqual([254]);
  });
  test('Resizing keeps integers, and what lies around', () => {
    const x = tensor(Uint8Array.of(0, 255, 10, 20), 'uint8', [2, 2, 1]);
    const y = new layers.Resizing(2, 4).apply(x);
    expect([y.dtype, numbers(y)]).toEqual(['uint8', [0, 64, 191, 255, 10, 12, 18, 20]]);
    const sharp = new layers.Resizing(1, 7, { interpolation: 'bicubic' }).apply(x);
    expect(Math.max(...numbers(sharp))).toBeLessThanOrEqual(255);
    const padded = new layers.Resizing(2, 4, { padToAspectRatio: true, fillValue: 9, interpolation: 'nearest' }).apply(
      x,
    );
    expect(numbers(padded)).toEqual([9, 0, 255, 9, 9, 10, 20, 9]);
    const cut = new layers.Resizing(1, 2, { cropToAspectRatio: true, interpolation: 'nearest' }).apply(x);
    expect(numbers(cut)).toEqual([0, 255]);
  });
  test.each([
    [() => new layers.RandomRotation(1.5), 'factor must be a number in [-1, 1] or two of them, got 1.5'],
    [() => new layers.RandomZoom([0, 2]), 'heightFactor must be a number in [-1, 1] or two of them, got [0, 2]'],
    [() => new layers.RandomTranslation(0.1, 'a' as never), 'widthFactor must be a number'],
    [() => new layers.RandomShear(-0.1), 'xFactor must be a number in [0, 1]'],
    [() => new layers.RandomFlip('both' as never), "mode must be 'horizontal'"],
    [() => new layers.RandomRotation(0.1, { fillMode: 'mirror' as never }), 'fillMode must be'],
    [() => new layers.RandomRotation(0.1, { interpolation: 'bicubic' as never }), 'interpolation must be'],
    [() => new layers.RandomRotation(0.1, { angle: 3 } as never), "'angle'"],
    [() => new layers.RandomContrast([0.1, 1.5]), 'factor must be a number in [0, 1]'],
    [() => new layers.RandomBrightness(0.1, { valueRange: [1, 1] }), 'valueRange must be [low, high]'],
    [() => new layers.RandomBrightness(0.1, { valueRange: 255 as never }), 'valueRange must be [low, high]'],
    [() => new layers.RandomPosterization(9), 'factor must be a number in [1, 8]'],
    [() => new layers.RandomGaussianBlur(1, { kernelSize: 4 }), 'kernelSize must be an odd number'],
    [
      () => new layers.RandomErasing(1, { fillValue: [1, 2] as never }),
      'fillValue must be a number, three numbers or null',
    ],
    [() => new layers.MixUp(0), 'alpha must be a positive number, got 0'],
    [() => new layers.AugMix({ alpha: -1 }), 'alpha must be positive'],
    [() => new layers.Resizing(0, 2), 'height must be a positive integer'],
    [() => new layers.Resizing(2, 2, { cropToAspectRatio: true, padToAspectRatio: true }), 'only one of'],
    [() => new layers.Resizing(2, 2, { fillMode: 'edge' as never }), 'fillMode must be'],
    [
      () => new layers.RandomFlip().apply(ones([2, 2])),
      'expected an image of rank 3 or a batch of rank 4, got shape [2, 2]',
    ],
    [() => new layers.RandomFlip().apply({ image: ones([2, 2, 3]) }), 'expected images or a record { images, labels }'],
    [() => new layers.RandomGrayscale().apply(ones([2, 2, 1])), 'expected 3 channels'],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
