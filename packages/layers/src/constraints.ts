/**
 * Constraints: what optimizers do to a weight after each update.
 */
import { add, clip, mul, sqrt, square, type Tensor } from '@dl/tensor';
import {
  resolveObject,
  serializeObject,
  toOptions,
  type Config,
  type ConfigurableClass,
  type Serialized,
} from './base/config.ts';

/** ε of Keras's `config.epsilon()`. */
const EPSILON = 1e-7;

/** Axes along which norms are taken. */
type Axes = number | readonly number[];

/**
 * Base class. `apply` must be made of ops only: optimizers run it inside their compiled update.
 *
 * @example
 * class Halve extends Constraint {
 *   apply(weight: Tensor): Tensor {
 *     return weight.mul(0.5);
 *   }
 * }
 */
export abstract class Constraint {
  /** The constrained weight. */
  abstract apply(weight: Tensor): Tensor;

  getConfig(): Config {
    return {};
  }

  /** A constraint from what `getConfig` gave: its entries are the options of the constructor, unless a class says otherwise. */
  static fromConfig(config: Config): Constraint {
    return new (this as unknown as new (options: object) => Constraint)(toOptions(config));
  }
}

const norms = (weight: Tensor, axis: Axes): Tensor => sqrt(square(weight).sum(axis, true));
/** Scales a weight so that its norms become the wanted ones. */
const rescale = (weight: Tensor, wanted: Tensor, present: Tensor): Tensor =>
  mul(weight, wanted.div(add(present, EPSILON)));

/** Options of constraints on norms. */
export interface NormOptions {
  /** Axes along which norms are taken; 0 unless given: the incoming weights of each unit of a Dense layer. */
  readonly axis?: Axes;
}

/** Norms at most `maxValue` (2 unless given). */
export class MaxNorm extends Constraint {
  static readonly className: string = 'MaxNorm';
  readonly maxValue: number;
  readonly axis: Axes;

  constructor(maxValue = 2, { axis = 0 }: NormOptions = {}) {
    super();
    this.maxValue = maxValue;
    this.axis = axis;
  }

  override apply(weight: Tensor): Tensor {
    const present = norms(weight, this.axis);
    return rescale(weight, clip(present, 0, this.maxValue), present);
  }

  override getConfig(): Config {
    return { max_value: this.maxValue, axis: this.axis };
  }

  static override fromConfig(config: Config): MaxNorm {
    const { maxValue, ...rest } = toOptions(config);
    return new MaxNorm(maxValue as number, rest as NormOptions);
  }
}

/** Norms of 1. */
export class UnitNorm extends Constraint {
  static readonly className: string = 'UnitNorm';
  readonly axis: Axes;

  constructor({ axis = 0 }: NormOptions = {}) {
    super();
    this.axis = axis;
  }

  override apply(weight: Tensor): Tensor {
    return weight.div(add(norms(weight, this.axis), EPSILON));
  }

  override getConfig(): Config {
    return { axis: this.axis };
  }

  static override fromConfig(config: Config): UnitNorm {
    return new UnitNorm(toOptions(config) as NormOptions);
  }
}

/** No negative elements: they become 0. */
export class NonNeg extends Constraint {
  static readonly className: string = 'NonNeg';

  override apply(weight: Tensor): Tensor {
    return weight.mul(weight.greaterEqual(0));
  }

  static override fromConfig(): NonNeg {
    return new NonNeg();
  }
}

/** Options of {@link MinMaxNorm}. */
export interface MinMaxNormOptions extends NormOptions {
  /** Smallest norm, 0 unless given. */
  readonly minValue?: number;
  /** Largest norm, 1 unless given. */
  readonly maxValue?: number;
  /** How far one update goes towards the range: 1 (the default) all the way. */
  readonly rate?: number;
}

/** Norms between two bounds. */
export class MinMaxNorm extends Constraint {
  static readonly className: string = 'MinMaxNorm';
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;
  readonly axis: Axes;

  constructor({ minValue = 0, maxValue = 1, rate = 1, axis = 0 }: MinMaxNormOptions = {}) {
    super();
    this.minValue = minValue;
    this.maxValue = maxValue;
    this.rate = rate;
    this.axis = axis;
  }

  override apply(weight: Tensor): Tensor {
    const present = norms(weight, this.axis);
    const limited = clip(present, this.minValue, this.maxValue);
    return rescale(weight, add(limited.mul(this.rate), present.mul(1 - this.rate)), present);
  }

  override getConfig(): Config {
    return { min_value: this.minValue, max_value: this.maxValue, rate: this.rate, axis: this.axis };
  }

  static override fromConfig(config: Config): MinMaxNorm {
    return new MinMaxNorm(toOptions(config) as MinMaxNormOptions);
  }
}

const CLASSES: Readonly<Record<string, ConfigurableClass<Constraint>>> = {
  max_norm: MaxNorm,
  unit_norm: UnitNorm,
  non_neg: NonNeg,
  min_max_norm: MinMaxNorm,
};

/** A constraint, its name, its stored configuration, or null for none. */
export type ConstraintLike = Constraint | string | Serialized | null;

/**
 * Resolves a constraint.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('non_neg');
 */
export function get(identifier: ConstraintLike | undefined): Constraint | null {
  return resolveObject(identifier, Constraint, CLASSES, 'constraints', 'constraint');
}

/** The stored form of a constraint. */
export function serialize(constraint: Constraint | null): Serialized | null {
  return constraint === null ? null : serializeObject(constraint, 'keras.constraints');
}

export { get as deserialize };
