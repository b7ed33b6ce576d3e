/**
 * A two-tower recommender: users and items as vectors in one space; what fits a user is near.
 */
import { readFile } from 'node:fs/promises';
import { Input, layers, Model, optimizers, regularizers, type Tensor } from '@dl/keras';
import { table } from '../draw.ts';
import type { Choices, Lesson, Program } from '../lesson.ts';
import { below, dice, shuffled } from '../random.ts';

/** Who gave what how many stars. */
type Rating = readonly [user: string, item: string, stars: number];

/** Made ratings: users and items have three hidden traits each, and stars follow from how well they agree. */
function madeRatings(): Rating[] {
  const roll = dice(1);
  const traits = (count: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: 3 }, () => 2 * roll() - 1));
  const [users, items] = [traits(200), traits(120)];
  return shuffled(200 * 120, 2)
    .slice(0, 8000)
    .map((pair) => {
      const [user, item] = [pair % 200, Math.floor(pair / 200)];
      const agreement = users[user]!.reduce((sum, trait, i) => sum + trait * items[item]![i]!, 0);
      const stars = Math.round(3 + 2 * agreement + 0.5 * (below(roll, 3) - 1));
      return [`user ${user}`, `item ${item}`, Math.min(Math.max(stars, 1), 5)];
    });
}

/** Ratings of MovieLens: lines `user,item,stars,time` or with tabs or '::' between; a line with names is skipped. */
async function readRatings(path: string): Promise<Rating[]> {
  const lines = (await readFile(path, 'utf8')).trim().split(/\r?\n/);
  const fields = lines.map((line) => line.split(/\t|::|,/));
  const found = fields.flatMap(([user, item, stars]): Rating[] =>
    Number(stars) > 0 ? [[`user ${user}`, `item ${item}`, Number(stars)]] : [],
  );
  if (found.length < 10) throw new Error(`${path}: expected lines such as 1,31,2.5,1260759144`);
  return shuffled(found.length, 2).map((i) => found[i]!);
}

async function make({ ratings }: Choices): Promise<Lesson> {
  const all = ratings === undefined ? madeRatings() : await readRatings(ratings);
  const held = Math.floor(all.length / 8);
  const [test, train] = [all.slice(0, held), all.slice(held)];
  const mean = train.reduce((sum, [, , stars]) => sum + stars, 0) / train.length;

  const users = new layers.StringLookup();
  const items = new layers.StringLookup();
  await users.adapt(train.map(([user]) => user));
  await items.adapt(train.map(([, item]) => item));

  const [user, item] = [
    Input({ shape: [], dtype: 'int32', name: 'user' }),
    Input({ shape: [], dtype: 'int32', name: 'item' }),
  ];
  const tower = (id: Tensor, size: number): Tensor => {
    const vector = new layers.Embedding(size, 16, { embeddingsRegularizer: new regularizers.L2(1e-5) }).apply(id);
    return new layers.Dense(16).apply(new layers.Dense(16, { activation: 'relu' }).apply(vector));
  };
  const nearness = new layers.Dot(1).apply([tower(user, users.vocabularySize()), tower(item, items.vocabularySize())]);
  const stars = nearness.add(mean);
  const model = new Model({ user, item }, stars);
  model.compile({ optimizer: new optimizers.Adam(0.005), loss: 'mse', metrics: ['mae'] });

  const inputs = (part: readonly Rating[]): { user: Tensor; item: Tensor } => ({
    user: users.apply(part.map(([name]) => name)),
    item: items.apply(part.map(([, name]) => name)),
  });
  const squares = (guess: (i: number) => number): number =>
    test.reduce((sum, [, , given], i) => sum + (given - guess(i)) ** 2, 0) / test.length;
  return {
    model,
    sample: inputs(test.slice(0, 2)),
    fit: (options) =>
      model.fit(
        inputs(train),
        train.map(([, , given]) => given),
        { batchSize: 64, ...options },
      ),
    // The part of the differences between ratings that is explained.
    async score() {
      const found = await (await model.predict(inputs(test), { verbose: 0, batchSize: 1000 })).data();
      return 1 - squares((i) => found[i]!) / squares(() => mean);
    },
    async show() {
      const [name] = test[0]!;
      const names = items.getVocabulary(false);
      const asked = inputs(names.map((one) => [name, one, 0]));
      const found = await (await model.predict(asked, { verbose: 0, batchSize: 1000 })).data();
      const order = [...names.keys()].sort((a, b) => found[b]! - found[a]!);
      const given = new Map(all.filter(([who]) => who === name).map(([, what, value]) => [what, value]));
      const row = (i: number): string[] => [
        names[i]!,
        found[i]!.toFixed(1),
        String(given.get(names[i]!) ?? 'not rated'),
      ];
      return table([
        [`for ${name}`, 'stars', 'gave'],
        ...order.slice(0, 5).map(row),
        ['...', '', ''],
        ...order.slice(-3).map(row),
      ]);
    },
  };
}

/** Stars of users for items. */
export const recommender: Program = {
  name: 'recommender',
  title: 'Two-tower recommender',
  about: 'stars that users give to items (generated, or MovieLens with --ratings)',
  measure: 'of the differences between ratings explained',
  epochs: 12,
  make,
};
