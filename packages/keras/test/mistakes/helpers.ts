/**
 * What the tables of mistakes share: small models, and layers as users of JavaScript make them.
 */
import { Input, layers, Model, models, Sequential, type Tensor } from '@dl/keras';

/** A mistake: its name, what the user does, the class of the error, and what its message must hold. */
export type Mistake = readonly [
  name: string,
  act: () => unknown,
  kind: new (message: string) => Error,
  ...said: readonly (string | RegExp)[],
];

// Mistakes that the compiler finds are made by users of JavaScript.
export type Loose = new (...args: unknown[]) => layers.Layer & { apply(inputs: unknown, options?: object): Tensor };
export const make = layers as unknown as Readonly<Record<string, Loose>>;
export type LooseModel = Model & {
  fit(...args: unknown[]): Promise<unknown>;
  evaluate(...args: unknown[]): Promise<unknown>;
  predict(...args: unknown[]): Promise<unknown>;
  compile(options: object): void;
  apply(inputs: unknown): Tensor;
  add(layer: unknown): void;
};
export const NewModel = Model as unknown as new (...args: unknown[]) => LooseModel;
export const NewSequential = Sequential as unknown as new (...args: unknown[]) => LooseModel;
export const loose = models as unknown as Readonly<Record<'fromConfig' | 'cloneModel', (...args: unknown[]) => Model>>;

export const input = (name: string, ...shape: (number | null)[]): Tensor => Input({ shape, name });
export const dense = (units: number, name: string, options = {}): InstanceType<Loose> =>
  new make['Dense']!(units, { name, ...options });
export const quiet = { verbose: 0 } as const;
export const x = [
  [1, 2],
  [3, 4],
];
export const y = [
  [1, 2, 3],
  [4, 5, 6],
];
export const pairOf = { p: [[1], [2]], q: x };

/** Dense 'out' from 2 to 3 numbers. */
export function net(options: object = {}): LooseModel {
  const model = new NewSequential([dense(3, 'out', { inputShape: [2] })], { name: 'net' });
  model.compile({ optimizer: 'sgd', loss: 'mse', ...options });
  return model;
}

/** A model of the inputs 'a' and 'b' with the outputs 'p' and 'q'. */
export function pair(options: object = {}): LooseModel {
  const [a, b] = [input('a', 2), input('b', 3)];
  const both = layers.concatenate([a, b]);
  const model = new NewModel([a, b], [dense(1, 'p').apply(both), dense(2, 'q').apply(both)], { name: 'pair' });
  model.compile({ optimizer: 'sgd', loss: 'mse', ...options });
  return model;
}

/** A layer of the user's own with this `call`. */
export function own(name: string, call: ((this: never, x: Tensor) => unknown) | undefined): InstanceType<Loose> {
  class Own extends make['Layer']! {
    declare call: never;
  }
  (Own.prototype as unknown as { call: unknown }).call = call;
  return new Own({ name });
}

export class Branches extends Model {
  readonly inner = new layers.Dense(2, { name: 'inner' });
  override call(t: Tensor): Tensor {
    return this.inner.apply(t);
  }
}

export const unbuilt = (): LooseModel => new NewSequential([dense(2, 'late')], { name: 'open' });
export const POSITIVE = 'must be a positive integer, got ';
