/**
 * imdb and reuters: texts as numbers of words.
 */
import { loadArrays, readBytes, readJson, type ByteSource, type NamedArray } from '@dl/formats';
import { ConfigError, FormatError } from '@dl/tensor';
import { numpyPermutation } from '../data/numpy-shuffle.ts';
import { checkShare, needSource } from './arrays.ts';

/** Options of `imdb.loadData`, as in Keras. */
export interface TextOptions {
  /** Only words with a number below this stay; all unless given. */
  readonly numWords?: number | null | undefined;
  /** Words with a number below this go, too; 0 unless given. */
  readonly skipTop?: number | undefined;
  /** Texts of this length or more are left out; none unless given. */
  readonly maxlen?: number | null | undefined;
  /** Of the mixing; 113 unless given. */
  readonly seed?: number | undefined;
  /** The number at the start of each text; 1 unless given, null for none. */
  readonly startChar?: number | null | undefined;
  /** The number in place of words that go; 2 unless given, null to leave them out. */
  readonly oovChar?: number | null | undefined;
  /** Added to the numbers of words; 3 unless given. */
  readonly indexFrom?: number | undefined;
}

/** Options of `reuters.loadData`. */
export interface ReutersOptions extends TextOptions {
  /** Share of the texts for testing; 0.2 unless given. */
  readonly testSplit?: number | undefined;
}

/** Texts as lists of numbers, and their labels. */
export type TextData = readonly [
  train: readonly [x: number[][], y: Int32Array],
  test: readonly [x: number[][], y: Int32Array],
];

interface Texts {
  readonly x: readonly number[][];
  readonly y: readonly number[];
}

/** How to store texts without pickles, for messages. */
const SAFE = 'store the words of all texts one after the other, and the lengths of the texts, as plain numbers';

/** The texts `<x>_words` with `<x>_lengths` and labels of an npz file. */
function textsOf(arrays: ReadonlyMap<string, NamedArray>, x: string, y: string, where: string): Texts {
  const [words, lengths, labels] = [`${x}_words`, `${x}_lengths`, y].map((name) => {
    const found = arrays.get(name);
    if (found !== undefined) return found.data;
    throw new FormatError(`${where}: the file has no array '${name}'; ${SAFE}`);
  });
  const total = Array.from(lengths!).reduce((a, b) => a + b, 0);
  const valid = Array.from(lengths!).every((length) => Number.isInteger(length) && length >= 0);
  if (!valid || total !== words!.length || lengths!.length !== labels!.length) {
    throw new FormatError(
      `${where}: ${lengths!.length} texts of ${total} words with ${labels!.length} labels do not fit the ${words!.length} words of '${x}_words'`,
    );
  }
  const all = Array.from(words!);
  let at = 0;
  return { x: Array.from(lengths!, (length) => all.slice(at, (at += length))), y: Array.from(labels!) };
}

async function readTexts(source: ByteSource, where: string): Promise<ReadonlyMap<string, NamedArray>> {
  needSource(source, where, 'an .npz file with plain arrays');
  try {
    return await loadArrays(source);
  } catch (cause) {
    // Reading '|O' would mean running what a pickle says.
    if (!(cause instanceof Error) || !cause.message.includes("dtype '|O'")) throw cause;
    throw new FormatError(
      `${where}: the file holds pickled Python lists, which are not read since they can run code; ${SAFE}`,
      {
        cause,
      },
    );
  }
}

/** Mixes texts with their labels as Keras does for the same seed. */
function mix({ x, y }: Texts, seed: number): Texts {
  const order = Array.from(numpyPermutation(x.length, seed));
  return { x: order.map((i) => x[i]!), y: order.map((i) => y[i]!) };
}

function begin({ x, y }: Texts, { startChar = 1, indexFrom = 3, maxlen = null }: TextOptions): Texts {
  const start = startChar === null ? [] : [startChar];
  const shifted = x.map((text) => [...start, ...text.map((word) => word + indexFrom)]);
  if (maxlen === null) return { x: shifted, y };
  const kept = shifted.map((text) => text.length < maxlen);
  return { x: shifted.filter((_, i) => kept[i]), y: y.filter((_, i) => kept[i]) };
}

/** Leaves out, or replaces, words that are too frequent or too rare. */
function limit(texts: readonly number[][], { numWords = null, skipTop = 0, oovChar = 2 }: TextOptions): number[][] {
  // As in Keras, without numWords the largest number counts as too rare itself.
  const end = numWords ?? texts.reduce((max, text) => text.reduce((a, b) => Math.max(a, b), max), 0);
  const stays = (word: number): boolean => word >= skipTop && word < end;
  return texts.map((text) =>
    oovChar === null ? text.filter(stays) : text.map((word) => (stays(word) ? word : oovChar)),
  );
}

async function wordIndex(source: ByteSource, where: string): Promise<Record<string, number>> {
  needSource(source, where, 'the .json file with the words');
  const index = readJson(await readBytes(source));
  const valid =
    typeof index === 'object' && index !== null && Object.values(index).every((value) => Number.isInteger(value));
  if (!valid) throw new FormatError(`${where}: expected a JSON object with a whole number for every word`);
  return index as Record<string, number>;
}

function checkSome(train: Texts, test: Texts, { maxlen }: TextOptions, where: string): void {
  if (train.x.length > 0 && test.x.length > 0) return;
  throw new ConfigError(`${where}: maxlen ${maxlen} leaves no texts for training or testing; raise it`);
}

/**
 * 25,000 and 25,000 reviews of films with 0 for bad and 1 for good, as `keras.datasets.imdb`. Keras's own file holds pickles,
 * which are not read; give an npz file with x_train_words, x_train_lengths, y_train, and the same for test.
 *
 * @example const [[xTrain, yTrain]] = await imdb.loadData('imdb-plain.npz', { numWords: 10000 });
 */
export const imdb: {
  /**
   * Texts as lists of numbers and labels, for training and for testing.
   *
   * @throws ConfigError without a source, FormatError for files with pickles and for other files.
   */
  loadData(source: ByteSource, options?: TextOptions): Promise<TextData>;
  /** The number of every word, from the JSON file that Keras uses; texts have `indexFrom` added to it. */
  getWordIndex(source: ByteSource): Promise<Record<string, number>>;
} = {
  loadData: async (source, options = {}) => {
    const where = 'imdb.loadData';
    const { seed = 113 } = options;
    const arrays = await readTexts(source, where);
    const prepared = (part: string): Texts =>
      begin(mix(textsOf(arrays, `x_${part}`, `y_${part}`, where), seed), options);
    const [train, test] = [prepared('train'), prepared('test')];
    checkSome(train, test, options, where);
    const all = limit([...train.x, ...test.x], options);
    return [
      [all.slice(0, train.x.length), Int32Array.from(train.y)],
      [all.slice(train.x.length), Int32Array.from(test.y)],
    ];
  },
  getWordIndex: (source) => wordIndex(source, 'imdb.getWordIndex'),
};

const topics =
  'cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude ' +
  'nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel ' +
  'rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead';

/**
 * 11,228 news in 46 topics, as `keras.datasets.reuters`. Keras's own file holds pickles, which are not read; give an npz file
 * with x_words, x_lengths and y.
 *
 * @example const [[xTrain, yTrain]] = await reuters.loadData('reuters-plain.npz', { numWords: 10000 });
 */
export const reuters: {
  /**
   * Texts as lists of numbers and labels, for training and for testing.
   *
   * @throws ConfigError without a source, FormatError for files with pickles and for other files.
   */
  loadData(source: ByteSource, options?: ReutersOptions): Promise<TextData>;
  /** The number of every word, from the JSON file that Keras uses; texts have `indexFrom` added to it. */
  getWordIndex(source: ByteSource): Promise<Record<string, number>>;
  /** The topics, by their labels. */
  getLabelNames(): readonly string[];
} = {
  loadData: async (source, options = {}) => {
    const where = 'reuters.loadData';
    const { seed = 113, testSplit = 0.2 } = options;
    const share = checkShare(testSplit, where);
    const { x, y } = begin(mix(textsOf(await readTexts(source, where), 'x', 'y', where), seed), options);
    const texts = limit(x, options);
    const train = Math.trunc(texts.length * (1 - share));
    return [
      [texts.slice(0, train), Int32Array.from(y.slice(0, train))],
      [texts.slice(train), Int32Array.from(y.slice(train))],
    ];
  },
  getWordIndex: (source) => wordIndex(source, 'reuters.getWordIndex'),
  getLabelNames: () => topics.split(' '),
};
