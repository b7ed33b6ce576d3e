/**
 * Which files a dataset has, with which labels, and how they are divided.
 */
import { ConfigError, freshSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { numpyPermutation } from '../../data/numpy-shuffle.ts';
import { listDirectory, type DirectorySource, type ListedFile, type Listing } from './list-files.ts';
import type { DirectoryRules } from './options.ts';

/** A file and the number of its class; −1 without labels. */
export interface LabelledFile extends ListedFile {
  readonly label: number;
}

/** The files of a dataset. */
export interface DirectoryIndex {
  readonly files: readonly LabelledFile[];
  readonly classNames: readonly string[];
}

const hasEnding = (path: string, endings: readonly string[]): boolean =>
  endings.some((ending) => path.toLowerCase().endsWith(ending));

function byFolders(listing: Listing, rules: DirectoryRules, endings: readonly string[], where: string): DirectoryIndex {
  const { folders } = listing;
  const classNames = rules.classNames ?? folders;
  const unknown = classNames.filter((name) => !folders.includes(name));
  if (unknown.length > 0) {
    throw new ConfigError(
      `${where}: classNames has ${unknown.map((name) => describe(name)).join(', ')}, but the folders are ${folders.join(', ') || 'none'}`,
    );
  }
  const files = classNames.flatMap((name, label) =>
    listing.files
      .filter(({ path }) => path.startsWith(`${name}/`) && hasEnding(path, endings))
      .map((file) => ({ ...file, label })),
  );
  return { files, classNames };
}

function byList(listing: Listing, rules: DirectoryRules, endings: readonly string[], where: string): DirectoryIndex {
  const files = listing.files.filter(({ path }) => hasEnding(path, endings));
  if (rules.labels === null) return { files: files.map((file) => ({ ...file, label: -1 })), classNames: [] };
  const labels = rules.labels as readonly number[];
  if (labels.length !== files.length) {
    throw new ConfigError(
      `${where}: expected one label for each of the ${files.length} files, got ${labels.length} labels`,
    );
  }
  const wrong = labels.findIndex((label) => !Number.isInteger(label) || label < 0);
  if (wrong >= 0) {
    throw new ConfigError(
      `${where}: labels must be whole numbers from 0 on, got ${describe(labels[wrong])} at ${wrong}`,
    );
  }
  const classNames = [...new Set(labels)].sort((a, b) => a - b).map(String);
  return { files: files.map((file, i) => ({ ...file, label: labels[i]! })), classNames };
}

/** Finds the files, gives them labels, and mixes them if that is wanted. */
export async function indexDirectory(
  source: DirectorySource,
  rules: DirectoryRules,
  endings: readonly string[],
  where: string,
): Promise<DirectoryIndex> {
  const listing = await listDirectory(source, rules.followLinks, where);
  const find = rules.labels === 'inferred' ? byFolders : byList;
  const { files, classNames } = find(listing, rules, endings, where);
  if (files.length === 0) {
    throw new ConfigError(
      `${where}: found no files ending in ${endings.join(', ')}${rules.labels === 'inferred' ? ' in the folders of classes' : ''}`,
    );
  }
  if (rules.labelMode === 'binary' && classNames.length !== 2) {
    throw new ConfigError(
      `${where}: labelMode 'binary' needs two classes, there are ${classNames.length}: ${classNames.join(', ')}`,
    );
  }
  if (rules.verbose) {
    const classes = rules.labels === null ? '' : ` belonging to ${classNames.length} classes`;
    console.log(`Found ${files.length} files${classes}.`);
  }
  if (!rules.shuffle) return { files, classNames };
  const order = numpyPermutation(files.length, rules.seed ?? freshSeed());
  return { files: Array.from(order, (i) => files[i]!), classNames };
}

/** One part of the files: validation is the end. */
export function partOf(
  index: DirectoryIndex,
  part: 'training' | 'validation',
  rules: DirectoryRules,
  where: string,
): DirectoryIndex {
  const { files, classNames } = index;
  const held = Math.trunc(files.length * rules.validationSplit!);
  const chosen = part === 'training' ? files.slice(0, files.length - held) : files.slice(files.length - held);
  if (chosen.length === 0) {
    throw new ConfigError(
      `${where}: a validationSplit of ${rules.validationSplit} leaves no files of ${files.length} for ${part}`,
    );
  }
  if (rules.verbose) console.log(`Using ${chosen.length} files for ${part}.`);
  return { files: chosen, classNames };
}
