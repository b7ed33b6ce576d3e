/**
 * A sequence-to-sequence model with attention (D. Bahdanau and others, 2014; M. Luong and others, 2015): dates as people
 * write them to dates as computers do.
 */
import { Input, layers, losses, Model, optimizers } from '@dl/keras';
import { table } from '../draw.ts';
import type { Lesson, Program } from '../lesson.ts';
import { below, dice } from '../random.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const [FROM, TO] = [18, 10];

/** Made pairs: a date in one of four forms, and the same as 2021-03-09. */
function dates(count: number, seed: number): (readonly [text: string, iso: string])[] {
  const roll = dice(seed);
  return Array.from({ length: count }, () => {
    const [year, month, day] = [1950 + below(roll, 100), below(roll, 12), 1 + below(roll, 28)];
    const name = MONTHS[month]!;
    const forms = [
      `${day} ${name} ${year}`,
      `${name} ${day}, ${year}`,
      `${name.slice(0, 3)} ${day} ${year}`,
      `${day}/${month + 1}/${year}`,
    ];
    const two = (n: number): string => String(n).padStart(2, '0');
    return [forms[below(roll, forms.length)]!, `${year}-${two(month + 1)}-${two(day)}`] as const;
  });
}

async function make(): Promise<Lesson> {
  const [train, test] = [dates(4000, 1), dates(200, 2)];

  // Characters as numbers, from 2 on; 0 fills up. '>' starts an answer.
  const characters = { standardize: null, split: 'character' } as const;
  const reader = new layers.TextVectorization(null, { ...characters, outputSequenceLength: FROM });
  const writer = new layers.TextVectorization(null, { ...characters, outputSequenceLength: TO });
  await reader.adapt(train.map(([from]) => from));
  await writer.adapt(train.map(([, to]) => `>${to}`));
  const letters = writer.getVocabulary();

  // The encoder reads from both ends. The decoder starts from what both saw last, and looks back at every place.
  const [source, before] = [Input({ shape: [FROM], dtype: 'int32' }), Input({ shape: [TO], dtype: 'int32' })];
  const read = new layers.Embedding(reader.vocabularySize(), 24, { maskZero: true }).apply(source);
  const encoder = new layers.GRU(32, { returnSequences: true, returnState: true });
  const [memory, forward, backward] = new layers.Bidirectional(encoder).apply(read);
  const seen = new layers.Concatenate().apply([forward!, backward!]);
  const written = new layers.Embedding(letters.length, 24).apply(before);
  const state = new layers.GRU(64, { returnSequences: true }).apply(written, { initialState: seen });
  const found = new layers.Attention().apply([state, memory!], { mask: [null, source.notEqual(0)] });
  const scores = new layers.Dense(letters.length).apply(new layers.Concatenate().apply([state, found]));
  const model = new Model([source, before], scores);
  model.compile({
    optimizer: new optimizers.Adam(0.005),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });

  /** Writes one character after the other, always the likeliest. */
  const translate = async (texts: readonly string[]): Promise<string[]> => {
    let answers = texts.map(() => '');
    for (let i = 0; i < TO; i++) {
      const given = [reader.apply(texts), writer.apply(answers.map((answer) => `>${answer}`))] as const;
      const next = (await model.predict(given, { verbose: 0, batchSize: 200 })).argMax(-1);
      const ids = (await next.array()) as number[][];
      answers = answers.map((answer, row) => answer + letters[ids[row]![i]!]!);
    }
    return answers;
  };
  const x = [reader.apply(train.map(([from]) => from)), writer.apply(train.map(([, to]) => `>${to}`))] as const;
  return {
    model,
    sample: x.map((part) => part.slice([0, 0], [2, part.shape[1]!])),
    // In training the decoder gets the right characters so far.
    fit: (options) => model.fit(x, writer.apply(train.map(([, to]) => to)), { batchSize: 50, ...options }),
    async score() {
      const answers = await translate(test.map(([from]) => from));
      return answers.filter((answer, i) => answer === test[i]![1]).length / test.length;
    },
    async show() {
      const some = test.slice(0, 6);
      const answers = await translate(some.map(([from]) => from));
      return table(some.map(([from, to], i) => [from, '→', answers[i]!, answers[i] === to ? '' : `(${to})`]));
    },
  };
}

/** Dates, character by character. */
export const translator: Program = {
  name: 'translator',
  title: 'Sequence to sequence with attention',
  about: 'dates in words to dates in digits (generated pairs)',
  measure: 'dates right',
  epochs: 8,
  make,
};
