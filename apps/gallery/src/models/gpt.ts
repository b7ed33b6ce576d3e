/**
 * A small GPT (A. Radford and others, 2018): which character comes next? Asked again and again, it writes.
 */
import { losses, optimizers, softmax, tensor } from '@dl/keras';
import { GPT } from '@dl/keras/applications';
import { text } from '../data.ts';
import type { Lesson, Program } from '../lesson.ts';
import { dice } from '../random.ts';

const [LENGTH, STRIDE] = [48, 12];

async function make(): Promise<Lesson> {
  const novel = (await text('melville.txt')).replaceAll('\n', ' ');
  const characters = [...new Set(novel)].sort();
  const ids = Int32Array.from(novel, (character) => characters.indexOf(character));

  // Windows of the text, and the same windows one character later.
  const count = Math.floor((ids.length - LENGTH - 1) / STRIDE);
  const windows = (shift: number): { readonly data: Int32Array; readonly shape: readonly number[] } => {
    const data = new Int32Array(count * LENGTH);
    for (let i = 0; i < count; i++) {
      const from = i * STRIDE + shift;
      data.set(ids.subarray(from, from + LENGTH), i * LENGTH);
    }
    return { data, shape: [count, LENGTH] };
  };

  const model = GPT({
    vocabularySize: characters.length,
    numLayers: 2,
    numHeads: 4,
    hiddenDim: 64,
    maxSequenceLength: LENGTH,
    dropout: 0,
  });
  model.compile({
    optimizer: new optimizers.AdamW(0.001, { weightDecay: 0.01 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });

  /** Draws one character after the other by their chances; low temperatures prefer the likely ones. */
  const write = async (start: string, more: number, temperature: number): Promise<string> => {
    const roll = dice(1);
    let written = start;
    for (let i = 0; i < more; i++) {
      const seen = Array.from(written.slice(-LENGTH), (character) => characters.indexOf(character));
      const scores = await model.predict([seen], { verbose: 0 });
      const chances = await softmax(scores.at(0, -1).div(temperature)).data();
      let left = roll();
      const next = chances.findIndex((chance) => (left -= chance) <= 0);
      written += characters.at(next)!;
    }
    return written.slice(start.length);
  };
  return {
    model,
    sample: tensor(ids.slice(0, 2 * LENGTH), 'int32', [2, LENGTH]),
    fit: (options) => model.fit(windows(0), windows(1), { batchSize: 16, ...options }),
    async show() {
      const start = novel.slice(0, LENGTH);
      const lines = `${start}|${await write(start, 400, 0.6)}`.match(/.{1,100}/g)!;
      return `${lines.join('\n')}\n(what stands after | was written by the model)`;
    },
  };
}

/** Writes like Melville, nearly. */
export const gpt: Program = {
  name: 'gpt',
  title: 'GPT',
  about: 'continues Moby-Dick character by character',
  epochs: 5,
  make,
};
