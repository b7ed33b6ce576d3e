/**
 * A transformer as a classifier (A. Vaswani and others, 2017): did Austen or Melville write the sentence?
 */
import { Input, layers, Model, optimizers, type Tensor } from '@dl/keras';
import { text } from '../data.ts';
import { table } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { shuffled } from '../random.ts';

const LENGTH = 32;

/** Sentences of 8 to 40 words. */
const sentences = (novel: string): string[] =>
  novel
    .replaceAll('"', '')
    .split(/(?<=[.!?;]) +|\n+/)
    .filter((sentence) => {
      const words = sentence.split(' ').length;
      return words >= 8 && words <= 40;
    });

/** Words look at each other, then each is worked on alone; both results are added to what came in. */
function block(x: Tensor, size: number): Tensor {
  const seen = new layers.MultiHeadAttention(4, size / 4, { dropout: 0.2 }).apply([x, x]);
  const joined = new layers.LayerNormalization().apply(new layers.Add().apply([x, seen]));
  const inner = new layers.Dense(2 * size, { activation: 'gelu' }).apply(joined);
  return new layers.LayerNormalization().apply(new layers.Add().apply([joined, new layers.Dense(size).apply(inner)]));
}

async function make(): Promise<Lesson> {
  const [austen, melville] = [sentences(await text('austen.txt')), sentences(await text('melville.txt'))];
  const all = [...austen.map((line) => [line, 0] as const), ...melville.map((line) => [line, 1] as const)];
  const mixed = shuffled(all.length, 1).map((i) => all[i]!);
  const [test, train] = [mixed.slice(0, 200), mixed.slice(200)];

  const words = new layers.TextVectorization(3000, { outputSequenceLength: LENGTH });
  await words.adapt(train.map(([line]) => line));
  const inputs = (part: readonly (readonly [string, number])[]): Tensor => words.apply(part.map(([line]) => line));

  const ids = Input({ shape: [LENGTH], dtype: 'int32' });
  const embedded = new layers.Embedding(words.vocabularySize(), 32, { maskZero: true }).apply(ids);
  const placed = new layers.PositionEmbedding(LENGTH).apply(embedded);
  const whole = new layers.GlobalAveragePooling1D().apply(block(placed, 32));
  const melvilles = new layers.Dense(1, { activation: 'sigmoid' }).apply(new layers.Dropout(0.3).apply(whole));
  const model = new Model(ids, melvilles);
  model.compile({ optimizer: new optimizers.Adam(0.001), loss: 'binary_crossentropy', metrics: ['accuracy'] });

  const chances = async (): Promise<ArrayLike<number>> => (await model.predict(inputs(test), { verbose: 0 })).data();
  return {
    model,
    sample: inputs(test.slice(0, 2)),
    fit: (options) =>
      model.fit(
        inputs(train),
        train.map(([, author]) => author),
        { batchSize: 32, ...options },
      ),
    async score() {
      const found = await chances();
      return test.filter(([, author], i) => Number(found[i]! > 0.5) === author).length / test.length;
    },
    async show() {
      const found = await chances();
      const rows = test.slice(0, 6).map(([line, author], i) => {
        const likely = found[i]! > 0.5 ? `Melville ${found[i]!.toFixed(2)}` : `Austen ${(1 - found[i]!).toFixed(2)}`;
        return [['Austen', 'Melville'][author]!, likely, line.length > 90 ? `${line.slice(0, 87)}...` : line];
      });
      return table([['author', 'answer', 'sentence'], ...rows]);
    },
  };
}

/** Who wrote it? */
export const transformer: Program = {
  name: 'transformer',
  title: 'Transformer classifier',
  about: 'did Austen or Melville write the sentence? (two novels)',
  measure: 'authors right',
  epochs: 4,
  make,
};
