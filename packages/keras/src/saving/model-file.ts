/**
 * A file with a model, weights or both, once it is read and before anything is made of it.
 */
import type { Optimizer } from '@dl/optim';
import type { AnyModel } from '../model.ts';
import type { StoredArray, WeightPlan } from './weight-plan.ts';

/** How weights of a file are matched with those of a model. */
export interface MatchOptions {
  /** Whether layers are matched by their names rather than by their places; false unless given. */
  readonly byName?: boolean | undefined;
  /** Names in the file for names in the model: a function of the path of a weight, or a table of patterns. */
  readonly rename?: Rename | undefined;
  /** 'torch' for files with weights in the names and layouts of PyTorch. */
  readonly from?: 'keras' | 'torch' | undefined;
}

/** Turns the path of a weight of the model into its name in a file. */
export type Rename = ((path: string) => string) | readonly (readonly [RegExp | string, string])[];

/** The weights of a file. */
export interface StoredWeights {
  /** All arrays of the file. */
  list(): readonly StoredArray[];
  /** Which array goes into which weight of a built model. */
  plan(model: AnyModel, optimizer: Optimizer | null, options: MatchOptions): WeightPlan;
}

/** What a file holds. */
export interface ModelFile {
  /** The name of the format, for messages. */
  readonly format: string;
  /** The file and its format, for messages. */
  readonly where: string;
  /** The record of the model in the form of Keras 3; undefined for weights alone. */
  readonly model?: unknown;
  /** The arguments of `compile` in the form of Keras 3. */
  readonly compile?: unknown;
  readonly weights: StoredWeights | null;
  /** Lets go of the bytes. */
  close(): void;
}
