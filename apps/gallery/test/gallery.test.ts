// Every program of the gallery: it builds, trains, and can be made again from its configuration; some reach an accuracy.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layers, models, setSeed, type AnyModel, type Tensor } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { beside, picture, table } from '../src/draw.ts';
import { programs } from '../src/gallery.ts';
import type { Program } from '../src/lesson.ts';
import { dice, shuffled } from '../src/random.ts';

/** All outputs of a model, in inference. */
const outputs = (model: AnyModel, inputs: layers.Tensors): number[][] =>
  layers.asList(model.apply(inputs)).map((output: Tensor) => [...output.dataSync()]);

/** The model made again: from its stored form, with its own class where it has one. */
function remade(model: AnyModel): AnyModel {
  const { className } = model.constructor as typeof layers.Layer;
  const own = !['Model', 'Sequential'].includes(className);
  const stored = JSON.parse(JSON.stringify(models.serialize(model))) as models.StoredLayer;
  return models.fromConfig(
    stored,
    own ? { customLayers: { [className]: model.constructor as never } } : {},
  ) as AnyModel;
}

/** The configuration, without the sizes of the batches that layers were built with. */
const configOf = (model: AnyModel): unknown =>
  JSON.parse(JSON.stringify(model.getConfig(), (key, value: unknown) => (key === 'build_config' ? undefined : value)));

test('there are fifteen programs, each under its name', () => {
  expect(programs.length).toBe(15);
  expect(new Set(programs.map(({ name }) => name)).size).toBe(15);
});

describe.each(programs)('$name', ({ make, measure }) => {
  test('trains, and is made again from its configuration', async () => {
    setSeed(1);
    const { model, sample, fit, score } = await make({});
    expect(score === undefined).toBe(measure === undefined);
    const before = model.countParams();
    const { history } = await fit({ epochs: 3, stepsPerEpoch: 1, verbose: 0 });
    const losses = history['loss']!;
    expect(losses.length).toBe(3);
    for (const loss of losses) {
      expect(Number.isFinite(loss)).toBe(true);
      expect(loss).toBeLessThan(1.5 * losses[0]!);
    }
    expect(model.countParams()).toBe(before);

    const copy = remade(model);
    copy.apply(sample);
    copy.setWeights(model.getWeights());
    expect(configOf(copy)).toEqual(configOf(model));
    const [wanted, given] = [outputs(model, sample), outputs(copy, sample)];
    expect(given).toEqual(wanted);
    expect(wanted.flat().every(Number.isFinite)).toBe(true);
  });
});

/** Programs that learn within seconds: how long to train, and what is the least they must reach. */
const reach: readonly (readonly [name: string, epochs: number, least: number])[] = [
  ['mlp', 40, 0.9],
  ['lenet', 1, 0.65],
  ['siamese', 3, 0.8],
  ['tagger', 8, 0.85],
  ['recommender', 8, 0.6],
  ['tabular', 8, 0.95],
];

test.each(reach)('%s learns', async (name, epochs, least) => {
  setSeed(1);
  const { make } = find(name);
  const { fit, score, show } = await make({});
  await fit({ epochs, verbose: 0 });
  expect(await score!()).toBeGreaterThan(least);
  expect((await show()).split('\n').length).toBeGreaterThan(3);
});

const find = (name: string): Program => programs.find((program) => program.name === name)!;

describe('the recommender', () => {
  test('reads ratings of MovieLens in both of its formats', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ratings-'));
    try {
      const rows = Array.from({ length: 40 }, (_, i) => [i % 7, i % 5, 1 + (i % 9) / 2, 964_982_703 + i]);
      const files = {
        'ratings.csv': ['userId,movieId,rating,timestamp', ...rows.map((row) => row.join(','))].join('\r\n'),
        'u.data': rows.map((row) => row.join('\t')).join('\n'),
      };
      const sizes: number[] = [];
      for (const [name, content] of Object.entries(files)) {
        await writeFile(join(folder, name), content);
        const { model } = await find('recommender').make({ ratings: join(folder, name) });
        sizes.push(model.countParams());
      }
      expect(sizes[0]).toBe(sizes[1]);
      // Seven users and five items, each with a place for the unknown.
      expect(sizes[0]).toBe((8 + 6) * 16 + 4 * (16 * 16 + 16));
      await writeFile(join(folder, 'empty.csv'), 'no ratings\n');
      await expect(find('recommender').make({ ratings: join(folder, 'empty.csv') })).rejects.toThrow(
        'expected lines such as',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('helpers', () => {
  test('dice repeat for a seed and stay in [0, 1)', () => {
    const [a, b, c] = [dice(1), dice(1), dice(2)];
    const rolls = Array.from({ length: 5000 }, a);
    expect(rolls.every((roll) => roll >= 0 && roll < 1)).toBe(true);
    expect(Array.from({ length: 5000 }, b)).toEqual(rolls);
    expect(c()).not.toBe(rolls[0]);
    expect(shuffled(100, 1).sort((x, y) => x - y)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(shuffled(100, 1)).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('pictures, blocks side by side and tables', () => {
    expect(picture([0, 1, 0.4, 2], 2, 2)).toEqual(['  @@', '==@@']);
    expect(picture(new Float32Array(80).fill(1), 4, 20)).toEqual(['@'.repeat(20), '@'.repeat(20)]);
    expect(beside([['a', 'b'], ['c']], ['one', 'two'])).toBe('one  two\na    c\nb');
    expect(
      table([
        ['a', 'long'],
        ['longer', 'b'],
      ]),
    ).toBe('a       long\nlonger  b');
  });
});
