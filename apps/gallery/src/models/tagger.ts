/**
 * A recurrent tagger: what part of speech is every word? Read from both ends, so that the words around it count.
 */
import { Input, layers, losses, Model, type Tensor } from '@dl/keras';
import { text } from '../data.ts';
import { table } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';

const LENGTH = 20;
type Sentence = readonly (readonly [word: string, tag: string])[];

/** One column of sentences, filled up to one length with ''. */
const column = (sentences: readonly Sentence[], pick: (word: string, tag: string) => string): string[][] =>
  sentences.map((pairs) => Array.from({ length: LENGTH }, (_, i) => (pairs[i] ? pick(...pairs[i]) : '')));

const lower = (word: string): string => word.toLowerCase();
/** The end of a word says much about it, also where the word is new. */
const ending = (word: string): string => `${/^[A-Z]/.test(word) ? '^' : ''}${lower(word).slice(-2)}`;
const tagOf = (_word: string, tag: string): string => tag;

async function make(): Promise<Lesson> {
  const lines = (await text('tagged.txt')).trimEnd().split('\n');
  const sentences = lines.map((line): Sentence =>
    line.split(' ').map((pair) => {
      const at = pair.lastIndexOf('/');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const train = sentences.filter((_, i) => i % 8 !== 0);
  const test = sentences.filter((_, i) => i % 8 === 0);

  // Words, endings and tags as numbers; 0 fills up short sentences.
  const words = new layers.StringLookup(1500, { maskToken: '' });
  const endings = new layers.StringLookup(400, { maskToken: '' });
  const tags = new layers.StringLookup(null, { maskToken: '', numOovIndices: 0 });
  await words.adapt(column(train, lower));
  await endings.adapt(column(train, ending));
  await tags.adapt(column(train, tagOf));
  const inputs = (part: readonly Sentence[]): [Tensor, Tensor] => [
    words.apply(column(part, lower)),
    endings.apply(column(part, ending)),
  ];

  const [word, end] = [Input({ shape: [LENGTH], dtype: 'int32' }), Input({ shape: [LENGTH], dtype: 'int32' })];
  const vectors = new layers.Concatenate().apply([
    new layers.Embedding(words.vocabularySize(), 32, { maskZero: true }).apply(word),
    new layers.Embedding(endings.vocabularySize(), 16, { maskZero: true }).apply(end),
  ]);
  const read = new layers.Bidirectional(new layers.LSTM(32, { returnSequences: true })).apply(vectors);
  const scores = new layers.TimeDistributed(new layers.Dense(tags.vocabularySize())).apply(read);
  const model = new Model([word, end], scores);
  model.compile({
    optimizer: 'adam',
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    weightedMetrics: ['accuracy'],
  });

  const targets = tags.apply(column(train, tagOf));
  // Recurrent layers do not pass masks on: weights of 0 tell the loss where there is no word.
  const weights = targets.notEqual(0).cast('float32');
  /** The tag with the highest score at each place. */
  const answer = async (part: readonly Sentence[]): Promise<string[][]> => {
    const found = (await model.predict(inputs(part), { verbose: 0 })).argMax(-1);
    return tags.toStrings(found) as string[][];
  };
  return {
    model,
    sample: inputs(test.slice(0, 2)),
    fit: (options) => model.fit(inputs(train), targets, { batchSize: 32, sampleWeight: weights, ...options }),
    async score() {
      const answers = await answer(test);
      const right = test.flatMap((pairs, i) => pairs.map(([, tag], k) => Number(answers[i]![k] === tag)));
      return right.reduce((a, b) => a + b, 0) / right.length;
    },
    async show() {
      const answers = (await answer(test)).slice(5, 8);
      return test
        .slice(5, 8)
        .map((pairs, i) => {
          const marked = pairs.map(([, tag], k) => (answers[i]![k] === tag ? tag : `${answers[i]![k]} (${tag})`));
          return table([pairs.map(([name]) => name), marked]);
        })
        .join('\n\n');
    },
  };
}

/** Parts of speech. */
export const tagger: Program = {
  name: 'tagger',
  title: 'LSTM tagger',
  about: 'parts of speech in sentences of two novels (tags made by a program)',
  measure: 'tags right',
  epochs: 8,
  make,
};
