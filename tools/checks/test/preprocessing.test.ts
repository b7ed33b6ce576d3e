/**
 * Preprocessing layers on the other backends, compiled, against the reference backend; and inside models.
 */
import { cpu } from '@dl/backend-cpu';
import { webgpu } from '@dl/backend-webgpu';
import { Input, Model, Sequential } from '@dl/keras';
import * as layers from '@dl/layers';
import { jit, tensor, withBackend, type Tensor } from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

const seed = 7;
const make: Readonly<Record<string, () => layers.Layer>> = {
  RandomCrop: () => new layers.RandomCrop(4, 3, { seed }),
  RandomFlip: () => new layers.RandomFlip(undefined, { seed }),
  RandomRotation: () => new layers.RandomRotation(0.2, { seed }),
  RandomZoom: () => new layers.RandomZoom(0.3, 0.2, { seed, fillMode: 'constant' }),
  RandomTranslation: () => new layers.RandomTranslation(0.2, 0.2, { seed, fillMode: 'wrap' }),
  RandomShear: () => new layers.RandomShear(0.3, 0.1, { seed, fillMode: 'nearest' }),
  RandomPerspective: () => new layers.RandomPerspective([1, 1], { scale: 0.5, seed }),
  RandomElasticTransform: () => new layers.RandomElasticTransform([1, 1], { seed }),
  RandomGaussianBlur: () => new layers.RandomGaussianBlur([1, 1], { seed }),
  RandomSharpness: () => new layers.RandomSharpness(1, { seed }),
  RandomColorJitter: () =>
    new layers.RandomColorJitter({
      brightnessFactor: 0.3,
      contrastFactor: 0.3,
      saturationFactor: 0.6,
      hueFactor: 0.2,
      seed,
    }),
  RandomColorDegeneration: () => new layers.RandomColorDegeneration(1, { seed }),
  RandomGrayscale: () => new layers.RandomGrayscale(0.5, { seed }),
  RandomInvert: () => new layers.RandomInvert([0.5, 0.5], { seed }),
  RandomPosterization: () => new layers.RandomPosterization([1, 4], { seed }),
  Solarization: () => new layers.Solarization({ thresholdFactor: 0.9, seed }),
  RandomErasing: () => new layers.RandomErasing([1, 1], { seed }),
  MixUp: () => new layers.MixUp(0.5, { seed }),
  CutMix: () => new layers.CutMix([1, 1], { seed }),
  RandAugment: () => new layers.RandAugment({ numOps: 3, seed }),
  AugMix: () => new layers.AugMix({ seed }),
  AutoContrast: () => new layers.AutoContrast(),
  Equalization: () => new layers.Equalization(),
  ContrastLimitedAdaptiveHistogramEqualization: () =>
    new layers.ContrastLimitedAdaptiveHistogramEqualization({ tileGridSize: [2, 2] }),
  Resizing: () => new layers.Resizing(3, 8, { antialias: true }),
  Discretization: () => new layers.Discretization([50, 100, 200]),
};

const values = Float32Array.from({ length: 3 * 6 * 5 * 3 }, (_, i) =>
  Math.floor(((Math.sin(i * 12.9898) + 1) / 2) * 256),
);

async function runs(backend: Backend, layer: layers.Layer): Promise<number[]> {
  const results = withBackend(backend, () => {
    const f = jit((x: Tensor) => layer.apply(x, { training: true }));
    return [0, 1].map(() => f(tensor(values, 'float32', [3, 6, 5, 3])));
  });
  return (await Promise.all(results.map((t) => t.data()))).flatMap((part) => [...part]);
}

/** Software drivers take seconds for a layer, so there only some of them run. */
const SOME = ['RandomFlip', 'RandomTranslation', 'RandomColorJitter', 'CutMix', 'Equalization', 'Resizing'];
const gpu = await webgpu().then(
  (backend) => backend,
  () => null,
);
const onGpu = gpu !== null || process.env['CI'] ? SOME : [];
const cases = [
  ...Object.keys(make).map((name) => [`${name} on the CPU`, (): Backend => cpu()] as const),
  ...onGpu.map((name) => [`${name} on WebGPU`, (): Backend | Promise<Backend> => gpu ?? webgpu()] as const),
];

describe('preprocessing on other backends', () => {
  test.each(cases)('%s', { timeout: 60_000 }, async (name, backend) => {
    const create = make[name.split(' ')[0]!]!;
    const [got, wanted] = [await runs(await backend(), create()), await runs(reference(), create())];
    expect(got.length).toBe(wanted.length);
    // Where a value lies on an edge, rounding may put single pixels on the other side.
    const far = got.filter((v, i) => !(Math.abs(v - wanted[i]!) <= 0.05)).length;
    expect(far).toBeLessThanOrEqual(got.length / 100);
  });
});

describe('preprocessing inside models', () => {
  const x = tensor(
    Float32Array.from({ length: 32 }, (_, i) => i),
    'float32',
    [2, 4, 4, 1],
  );
  const y = tensor([[0], [1]]);

  test('random layers change images while a model is trained, and leave them otherwise', async () => {
    const model = new Sequential([
      Input({ shape: [4, 4, 1] }),
      new layers.RandomInvert([1, 1], { valueRange: [0, 31], seed: 1 }),
      new layers.Rescaling(1 / 31),
      new layers.Flatten(),
    ]);
    const plain = (await model.predict(x)) as Tensor;
    expect([...plain.dataSync()]).toEqual([
      ...x
        .mul(1 / 31)
        .reshape([2, 16])
        .dataSync(),
    ]);
    const trained = model.apply(x, { training: true }) as Tensor;
    expect(trained.dataSync()[0]).toBeCloseTo(1, 6);
    model.add(new layers.Dense(1));
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(x, y, { epochs: 2, verbose: 0 });
  });

  test('in a functional model too', async () => {
    const input = Input({ shape: [4, 4, 1] });
    const flip = new layers.Pipeline([new layers.RandomInvert([1, 1], { valueRange: [0, 31], seed: 1 })]);
    const model = new Model(input, new layers.CenterCrop(2, 2).apply(flip.apply(input)));
    const inference = (await model.predict(x)) as Tensor;
    expect([...inference.dataSync()]).toEqual([5, 6, 9, 10, 21, 22, 25, 26]);
    const training = model.apply(x, { training: true }) as Tensor;
    expect([...training.dataSync()]).toEqual([26, 25, 22, 21, 10, 9, 6, 5]);
  });

  test('strings are prepared before', () => {
    const lookup = new layers.StringLookup(null, { vocabulary: ['a'], name: 'words' });
    expect(() => lookup.apply(Input({ shape: [1] }))).toThrow(
      'words (StringLookup): works on the host and cannot be part of a model or a compiled function; apply it to the data first',
    );
    expect(() => new layers.Hashing(3).apply(Input({ shape: [1] }))).toThrow('works on the host');
  });
});
