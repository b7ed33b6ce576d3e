/**
 * What the datasets of folders have in common: labels, parts and order.
 */
import type { NDArray } from '@dl/data';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** 'inferred' from the names of folders, one number for each file in the order of their paths, or null for none. */
export type Labels = 'inferred' | readonly number[] | null;

/** 'int': int32 numbers; 'categorical': one-hot rows; 'binary': float32 0 or 1 [batch, 1]; null: no labels. */
export type LabelMode = 'int' | 'categorical' | 'binary' | null;

/** Which part of the files. */
export type Subset = 'training' | 'validation' | 'both' | null;

/** The labels of a batch. */
export type LabelBatch = NDArray<Int32Array> | NDArray<Float32Array>;

/** Options of all datasets of folders, with Keras's names and rules. */
export interface DirectoryOptions {
  /** 'inferred' unless given: every folder directly inside is a class. */
  readonly labels?: Labels | undefined;
  /** 'int' unless given. */
  readonly labelMode?: LabelMode | undefined;
  /** The folders to use, in the order of their numbers; all, by name, unless given. */
  readonly classNames?: readonly string[] | null | undefined;
  /** 32 unless given; null for a dataset of single files. */
  readonly batchSize?: number | null | undefined;
  /** Whether files are mixed, and in another order each pass; true unless given. */
  readonly shuffle?: boolean | undefined;
  /** Of the mixing; drawn unless given. Needed to mix with `validationSplit`. */
  readonly seed?: number | null | undefined;
  /** Share of the files, from the end, that are for validation. */
  readonly validationSplit?: number | null | undefined;
  /** With `validationSplit`: 'training', 'validation', or 'both' for two datasets. */
  readonly subset?: Subset | undefined;
  /** Whether folders that are links are read; false unless given. */
  readonly followLinks?: boolean | undefined;
  /** Whether what was found is printed; true unless given. */
  readonly verbose?: boolean | undefined;
}

/** The options, checked, with their defaults. */
export interface DirectoryRules {
  readonly labels: Labels;
  readonly labelMode: LabelMode;
  readonly classNames: readonly string[] | null;
  readonly batchSize: number | null;
  readonly shuffle: boolean;
  readonly seed: number | null;
  readonly validationSplit: number | null;
  readonly subset: Subset;
  readonly followLinks: boolean;
  readonly verbose: boolean;
}

const MODES: readonly unknown[] = ['int', 'categorical', 'binary', null];
const SUBSETS: readonly unknown[] = ['training', 'validation', 'both', null];

function checkLabels(
  { labels = 'inferred', labelMode = 'int', classNames = null }: DirectoryOptions,
  where: string,
): void {
  if (labels !== 'inferred' && labels !== null && !Array.isArray(labels)) {
    throw new ConfigError(`${where}: labels must be 'inferred', a list of numbers or null, got ${describe(labels)}`);
  }
  if (!MODES.includes(labelMode)) {
    throw new ConfigError(
      `${where}: labelMode must be 'int', 'categorical', 'binary' or null, got ${describe(labelMode)}`,
    );
  }
  if (classNames !== null && labels !== 'inferred') {
    throw new ConfigError(
      `${where}: classNames goes with labels: 'inferred' only; with ${labels === null ? 'no labels' : 'labels of your own'} leave it out`,
    );
  }
}

function checkParts(options: DirectoryOptions, shuffle: boolean, where: string): void {
  const { validationSplit = null, subset = null, seed = null } = options;
  if (!SUBSETS.includes(subset)) {
    throw new ConfigError(`${where}: subset must be 'training', 'validation' or 'both', got ${describe(subset)}`);
  }
  if (validationSplit !== null && !(validationSplit > 0 && validationSplit < 1)) {
    throw new ConfigError(`${where}: validationSplit must be between 0 and 1, got ${describe(validationSplit)}`);
  }
  if ((validationSplit === null) !== (subset === null)) {
    throw new ConfigError(`${where}: validationSplit and subset go together; give both or none`);
  }
  if (validationSplit !== null && shuffle && seed === null) {
    throw new ConfigError(
      `${where}: with validationSplit and shuffle give a seed, so that the training and validation parts do not overlap`,
    );
  }
}

/** Checks the options as Keras does. */
export function directoryRules(options: DirectoryOptions, where: string): DirectoryRules {
  const { shuffle = true, batchSize = 32, seed = null } = options;
  checkLabels(options, where);
  checkParts(options, shuffle, where);
  if (batchSize !== null && (!Number.isInteger(batchSize) || batchSize < 1)) {
    throw new ConfigError(`${where}: batchSize must be a whole number ≥ 1 or null, got ${describe(batchSize)}`);
  }
  if (seed !== null && !Number.isSafeInteger(seed)) {
    throw new ConfigError(`${where}: seed must be an integer, got ${describe(seed)}`);
  }
  const { labels = 'inferred', labelMode = 'int' } = options;
  const none = labels === null || labelMode === null;
  return {
    labels,
    labelMode: none ? null : labelMode,
    classNames: options.classNames ?? null,
    batchSize,
    shuffle,
    seed,
    validationSplit: options.validationSplit ?? null,
    subset: options.subset ?? null,
    followLinks: options.followLinks ?? false,
    verbose: options.verbose ?? true,
  };
}
