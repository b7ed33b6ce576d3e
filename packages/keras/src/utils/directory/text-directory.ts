/**
 * textDatasetFromDirectory: texts in folders as a dataset.
 */
import { FormatError } from '@dl/data';
import { readBytes } from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { datasetFromDirectory, type DirectoryDataset, type DirectorySplit } from './directory-dataset.ts';
import type { DirectorySource, ListedFile } from './list-files.ts';
import type { DirectoryOptions, LabelBatch } from './options.ts';

/** Options of {@link textDatasetFromDirectory}. */
export interface TextDirectoryOptions extends DirectoryOptions {
  /** Most letters of a text, the rest is left out; all unless given. */
  readonly maxLength?: number | null | undefined;
}

async function readText({ source, path }: ListedFile): Promise<string> {
  const bytes = await readBytes(source instanceof Blob ? source : (source as { readonly path: string }).path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError('the text is not UTF-8', { file: path }, { cause });
  }
}

/**
 * The .txt files of a folder: batches of strings, with the numbers of their classes. Every folder directly inside is a class.
 * Files are read when they are asked for. Follows `keras.utils.text_dataset_from_directory`.
 *
 * @throws ConfigError for options that do not fit, or when there are no files; FormatError (of `@dl/data`) for a text that is
 *   not UTF-8, when its batch is read.
 * @example const reviews = await textDatasetFromDirectory('reviews', { labelMode: 'binary', seed: 1 });
 */
export function textDatasetFromDirectory(
  directory: DirectorySource,
  options: TextDirectoryOptions & { readonly subset: 'both' },
): Promise<DirectorySplit<[string[], LabelBatch]>>;
export function textDatasetFromDirectory(
  directory: DirectorySource,
  options: TextDirectoryOptions & ({ readonly labels: null } | { readonly labelMode: null }),
): Promise<DirectoryDataset<string[]>>;
export function textDatasetFromDirectory(
  directory: DirectorySource,
  options?: TextDirectoryOptions,
): Promise<DirectoryDataset<[string[], LabelBatch]>>;
export async function textDatasetFromDirectory(
  directory: DirectorySource,
  options: TextDirectoryOptions = {},
): Promise<unknown> {
  const where = 'textDatasetFromDirectory';
  const { maxLength = null } = options;
  if (maxLength !== null && (!Number.isInteger(maxLength) || maxLength < 0)) {
    throw new ConfigError(`${where}: maxLength must be a whole number or null, got ${describe(maxLength)}`);
  }
  return datasetFromDirectory(directory, options, {
    where,
    endings: ['.txt'],
    read: async (file) => {
      const text = await readText(file);
      return maxLength === null ? text : Array.from(text).slice(0, maxLength).join('');
    },
  });
}
