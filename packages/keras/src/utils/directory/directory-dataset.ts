/**
 * DirectoryDataset: the files of a folder as a dataset, read when they are asked for.
 */
import { Dataset, fromArrays, type NDArray } from '@dl/data';
import { freshSeed } from '@dl/tensor';
import { indexDirectory, partOf, type DirectoryIndex, type LabelledFile } from './index-directory.ts';
import type { DirectorySource } from './list-files.ts';
import { directoryRules, type DirectoryOptions, type DirectoryRules, type LabelMode } from './options.ts';

/** A dataset that knows its classes and files. */
export class DirectoryDataset<T> extends Dataset<T> {
  /** Names of the classes, by their numbers. */
  readonly classNames: readonly string[];
  /** The files, in the order of the first mixing. */
  readonly filePaths: readonly string[];

  /** @internal */
  constructor(dataset: Dataset<T>, { classNames, files }: DirectoryIndex) {
    super({ size: dataset.size, open: () => dataset });
    this.classNames = classNames;
    this.filePaths = files.map(({ fullPath }) => fullPath);
  }
}

/** One dataset, or with `subset: 'both'` that for training and that for validation. */
export type DirectorySplit<T> = readonly [training: DirectoryDataset<T>, validation: DirectoryDataset<T>];

/** Files that are read at once. */
const CONCURRENCY = 4;

/** The label of one file; a batch of them has the batch as first axis. */
function labelOf(label: number, mode: LabelMode, classes: number): NDArray {
  if (mode === 'int') return { data: Int32Array.of(label), shape: [] };
  if (mode === 'binary') return { data: Float32Array.of(label), shape: [1] };
  return { data: Float32Array.from({ length: classes }, (_, i) => Number(i === label)), shape: [classes] };
}

/** How files become elements. */
export interface FileReader<R> {
  readonly where: string;
  /** Endings of the files, in lower case. */
  readonly endings: readonly string[];
  read(file: LabelledFile): Promise<R>;
  /** Makes files of a batch fit together before they are stacked. */
  align?(rows: readonly R[]): readonly R[];
}

function datasetOf<R>(index: DirectoryIndex, rules: DirectoryRules, reader: FileReader<R>): DirectoryDataset<unknown> {
  const { files, classNames } = index;
  const { batchSize, shuffle, seed, labelMode } = rules;
  const numbers = fromArrays(Int32Array.from(files, (_, i) => i));
  // Only numbers are mixed; files are read after that.
  const ordered = shuffle ? numbers.shuffle(files.length, seed ?? freshSeed()) : numbers;
  const read = (i: number): Promise<R> => reader.read(files[i]!);
  const label = (i: number): NDArray => labelOf(files[i]!.label, labelMode, classNames.length);
  if (batchSize === null) {
    const single = ordered.map(async (i) => (labelMode === null ? read(i) : [await read(i), label(i)]), {
      concurrency: CONCURRENCY,
    });
    return new DirectoryDataset(single.prefetch(CONCURRENCY), index);
  }
  const batches = ordered.batch(batchSize).map(async ({ data }) => {
    const rows = await readSeveral(Array.from(data), read);
    const inputs = stackRows(reader.align?.(rows) ?? rows);
    return labelMode === null ? inputs : [await inputs, await stackRows(Array.from(data, label))];
  });
  return new DirectoryDataset(batches.prefetch(2), index);
}

/** A few at a time, in order. */
async function readSeveral<R>(numbers: readonly number[], read: (i: number) => Promise<R>): Promise<R[]> {
  const rows: R[] = [];
  for (let at = 0; at < numbers.length; at += CONCURRENCY) {
    rows.push(...(await Promise.all(numbers.slice(at, at + CONCURRENCY).map(read))));
  }
  return rows;
}

/** Rows as one batch, by the rules of datasets. */
async function stackRows(rows: readonly unknown[]): Promise<unknown> {
  const all = new Dataset({ size: rows.length, open: () => each(rows) });
  return (await all.batch(rows.length).toArray())[0];
}

async function* each<R>(values: readonly R[]): AsyncGenerator<R> {
  yield* values;
}

/** The dataset or datasets of a folder. */
export async function datasetFromDirectory<R>(
  source: DirectorySource,
  options: DirectoryOptions,
  reader: FileReader<R>,
): Promise<DirectoryDataset<unknown> | DirectorySplit<unknown>> {
  const { where, endings } = reader;
  const rules = directoryRules(options, where);
  const index = await indexDirectory(source, rules, endings, where);
  const made = (part: 'training' | 'validation'): DirectoryDataset<unknown> =>
    datasetOf(partOf(index, part, rules, where), rules, reader);
  if (rules.subset === null) return datasetOf(index, rules, reader);
  return rules.subset === 'both' ? [made('training'), made('validation')] : made(rules.subset);
}
