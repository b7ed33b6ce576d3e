/**
 * A table with numbers and words: the species of a penguin by its measures, island and sex.
 */
import { fromCsv } from '@dl/data';
import { Input, layers, Model, optimizers, tensor, type Tensor } from '@dl/keras';
import { best, share } from '../answers.ts';
import { text } from '../data.ts';
import { table } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { shuffled } from '../random.ts';

const SPECIES = ['Adelie', 'Chinstrap', 'Gentoo'];

async function make(): Promise<Lesson> {
  // Two penguins have no measures and are left out; a sex that is not known is a word like others.
  const rows = await fromCsv(await text('penguins.csv'), {
    columns: {
      species: { type: 'category', values: SPECIES },
      island: 'string',
      sex: 'string',
      beak_length_mm: 'number',
      beak_depth_mm: 'number',
      flipper_length_mm: 'number',
      body_mass_g: 'number',
    },
  })
    .filter((row) => row.body_mass_g > 0)
    .toArray();
  const mixed = shuffled(rows.length, 1).map((i) => rows[i]!);
  const [test, train] = [mixed.slice(0, 80), mixed.slice(80)];
  type Row = (typeof rows)[number];

  // Words become numbers on the way into the model, for text cannot be computed with.
  const islands = new layers.StringLookup();
  const sexes = new layers.StringLookup();
  await islands.adapt(train.map(({ island }) => island));
  await sexes.adapt(train.map(({ sex }) => sex));
  const measures = (part: readonly Row[]): Tensor =>
    tensor(part.map((r) => [r.beak_length_mm, r.beak_depth_mm, r.flipper_length_mm, r.body_mass_g]));
  const inputs = (part: readonly Row[]): { measures: Tensor; island: Tensor; sex: Tensor } => ({
    measures: measures(part),
    island: islands.apply(part.map(({ island }) => island)),
    sex: sexes.apply(part.map(({ sex }) => sex)),
  });
  const species = (part: readonly Row[]): number[] => part.map((row) => row.species);

  // Inside, measures come to one scale and words to one place each.
  const scale = new layers.Normalization();
  await scale.adapt(measures(train));
  const given = {
    measures: Input({ shape: [4], name: 'measures' }),
    island: Input({ shape: [], dtype: 'int32', name: 'island' }),
    sex: Input({ shape: [], dtype: 'int32', name: 'sex' }),
  };
  const all = new layers.Concatenate().apply([
    scale.apply(given.measures),
    new layers.CategoryEncoding(islands.vocabularySize(), { outputMode: 'one_hot' }).apply(given.island),
    new layers.CategoryEncoding(sexes.vocabularySize(), { outputMode: 'one_hot' }).apply(given.sex),
  ]);
  const hidden = new layers.Dense(16, { activation: 'relu' }).apply(all);
  const model = new Model(given, new layers.Dense(3, { activation: 'softmax' }).apply(hidden));
  model.compile({
    optimizer: new optimizers.Adam(0.01),
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
  });

  const answers = async (): Promise<number[]> => best(await model.predict(inputs(test), { verbose: 0 }));
  return {
    model,
    sample: inputs(test.slice(0, 2)),
    fit: (options) => model.fit(inputs(train), species(train), { batchSize: 16, ...options }),
    score: async () => share(await answers(), species(test)),
    async show() {
      const found = await answers();
      const lines = test.slice(0, 6).map((row, i) => {
        const measured = [row.beak_length_mm, row.beak_depth_mm, row.flipper_length_mm, row.body_mass_g];
        return [measured.join(' '), row.island, row.sex.toLowerCase(), SPECIES[row.species]!, SPECIES[found[i]!]!];
      });
      return table([['beak, flipper (mm), mass (g)', 'island', 'sex', 'species', 'answer'], ...lines]);
    },
  };
}

/** Penguins, by a table. */
export const tabular: Program = {
  name: 'tabular',
  title: 'Table with several inputs',
  about: 'species of penguins by measures, island and sex',
  measure: 'species right',
  epochs: 12,
  make,
};
