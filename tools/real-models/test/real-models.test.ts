import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearSession, Input, layers, Model, models, ops, Sequential, tensor, type Tensor } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { inputFor, install, MODELS } from '../src/models.ts';
import { loadFiles, loadTfjs } from '../src/tfjs.ts';

interface Expected {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const expected = JSON.parse(readFileSync(new URL('../expected.json', import.meta.url), 'utf8')) as Record<
  string,
  Expected
>;
const full = process.env['FULL'] === '1';

test('there is an expected output for every model', () => {
  expect(Object.keys(expected)).toEqual(MODELS.map(({ name }) => name));
});

/** Suites that need the models run with FULL=1. */
const suite = (name: string, run: () => void): void => {
  if (full) describe(name, run);
};

suite('models of TensorFlow.js compute what they compute there', () => {
  beforeAll(install, 300_000);
  test.each(MODELS)('$name', async (real) => {
    const folder = mkdtempSync(join(tmpdir(), 'real-model-'));
    for (const [name, bytes] of real.files()) writeFileSync(join(folder, name), bytes);
    const model = await models.loadModel(join(folder, 'model.json'));
    const output = await model.predict(tensor(inputFor(real), undefined, real.shape), { verbose: 0 });
    const { shape, values } = expected[real.name]!;
    expect(output.shape).toEqual(shape);
    const actual = await output.data();
    values.forEach((value, i) =>
      expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
    );
  });
});

/** Models to be written, with the shapes of their inputs; ids stand for whole numbers. */
const WRITTEN: Readonly<
  Record<
    string,
    { readonly make: () => Model<never, Tensor>; readonly shapes: readonly (readonly number[])[]; readonly ids?: true }
  >
> = {
  images: {
    shapes: [[2, 8, 8, 3]],
    make: () => {
      const model = new Sequential([
        new layers.Conv2D(4, 3, { inputShape: [8, 8, 3], padding: 'same', activation: 'relu' }),
        new layers.BatchNormalization(),
        new layers.DepthwiseConv2D(3, { name: 'deep' }),
        new layers.LeakyReLU(),
        new layers.SeparableConv2D(3, 2),
        new layers.MaxPooling2D(2),
        new layers.Flatten(),
        new layers.Dense(3, { activation: 'softmax' }),
      ]);
      model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['accuracy'] });
      return model as never;
    },
  },
  sequences: {
    shapes: [[2, 5]],
    ids: true,
    make: () =>
      new Sequential([
        new layers.Embedding(10, 6, { inputShape: [5] }),
        new layers.LSTM(4, { returnSequences: true }),
        new layers.Bidirectional(new layers.LSTM(3, { returnSequences: true })),
        new layers.GRU(3, { resetAfter: false }),
      ] as never) as never,
  },
  'shared layers and models inside, with ops': {
    shapes: [
      [2, 4],
      [2, 4],
    ],
    make: () => {
      const [a, b] = [Input({ shape: [4], name: 'a' }), Input({ shape: [4], name: 'b' })];
      const shared = new layers.Dense(3, { name: 'shared' });
      const inner = new Sequential([new layers.Dense(3, { inputShape: [3] }), new layers.Dense(2, { name: 'second' })]);
      const y = ops.concatenate([inner.apply(shared.apply(a)), inner.apply(shared.apply(b))], -1);
      return new Model([a, b], new layers.Dense(1, { name: 'last' }).apply(ops.add(y, y).relu())) as never;
    },
  },
};

suite('models that are written load in TensorFlow.js and compute the same', () => {
  beforeAll(install, 300_000);
  test.each(Object.entries(WRITTEN))('%s', async (_, { make, shapes, ids }) => {
    clearSession();
    const model = make();
    const folder = `${mkdtempSync(join(tmpdir(), 'written-'))}/`;
    await model.save(folder);
    const tf = await loadTfjs();
    const files = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(folder + name))]));
    const network = await loadFiles(tf, files);
    const data = shapes.map((shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return Float32Array.from({ length: size }, (_, i) => (ids ? i % 10 : Math.sin(0.7 * i)));
    });
    const theirs = data.map((values, i) => tf.tensor(values, shapes[i]!));
    const ours = data.map((values, i) => tensor(values, ids ? 'int32' : 'float32', shapes[i]));
    const expected = await network.predict(theirs.length === 1 ? theirs[0]! : theirs).data();
    const copy = await models.loadModel<never, Tensor>(folder);
    for (const one of [model, copy]) {
      const actual = await one.apply((ours.length === 1 ? ours[0] : ours) as never).data();
      actual.forEach((value: number, i: number) => expect(value).toBeCloseTo(expected[i]!, 5));
    }
  });
});
