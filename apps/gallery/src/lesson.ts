/**
 * What the programs of the gallery have in common.
 */
import type { AnyModel, callbacks, FitOptions, layers } from '@dl/keras';

/** A model with its data, ready to train. */
export interface Lesson {
  readonly model: AnyModel;
  /** Two inputs of the model, as its `call` takes them. */
  readonly sample: layers.Tensors;
  /** Trains with these options of `fit`. */
  readonly fit: (options: FitOptions) => Promise<callbacks.History>;
  /** How good the model is on data it was not trained on, from 0 to 1. Left out where no one number says it. */
  readonly score?: () => Promise<number>;
  /** What was learned, for the terminal. */
  readonly show: () => Promise<string>;
}

/** What a user may choose. */
export interface Choices {
  /** Path of the ratings of MovieLens, for the recommender. */
  readonly ratings?: string | undefined;
}

/** One program of the gallery. */
export interface Program {
  /** What `npm run gallery -- name` calls it. */
  readonly name: string;
  readonly title: string;
  /** Task and data in a few words. */
  readonly about: string;
  /** What the score of the lesson counts, if it has one. */
  readonly measure?: string;
  /** Epochs of a whole run. */
  readonly epochs: number;
  /** Reads or makes the data and builds the model. */
  readonly make: (choices: Choices) => Promise<Lesson>;
}
