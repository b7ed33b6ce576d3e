/**
 * Initializers: first values of weights, as `keras.initializers`.
 */
import {
  ConfigError,
  eye,
  freshSeed,
  Generator,
  ShapeError,
  tensor,
  type DType,
  type Shape,
  type Tensor,
} from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import {
  resolveObject,
  serializeObject,
  toOptions,
  type Config,
  type ConfigurableClass,
  type Serialized,
} from './config.ts';
import { filled } from './filled.ts';
import { orthogonalMatrix } from './orthogonal.ts';

/**
 * Base class: `apply` gives a tensor of the shape and dtype.
 *
 * @example
 * class Sevens extends Initializer {
 *   apply(shape: Shape, dtype: DType = 'float32'): Tensor {
 *     return full(shape, 7, dtype);
 *   }
 * }
 */
export abstract class Initializer {
  abstract apply(shape: Shape, dtype?: DType): Tensor;

  getConfig(): Config {
    return {};
  }
}

/** All 0. */
export class Zeros extends Initializer {
  static readonly className: string = 'Zeros';

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return filled(shape, 0, dtype);
  }

  static fromConfig(): Zeros {
    return new Zeros();
  }
}

/** All 1. */
export class Ones extends Initializer {
  static readonly className: string = 'Ones';

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return filled(shape, 1, dtype);
  }

  static fromConfig(): Ones {
    return new Ones();
  }
}

/** All the same value, 0 unless given. */
export class Constant extends Initializer {
  static readonly className: string = 'Constant';
  readonly value: number;

  constructor(value = 0) {
    super();
    this.value = value;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return filled(shape, this.value, dtype);
  }

  override getConfig(): Config {
    return { value: this.value };
  }

  static fromConfig(config: Config): Constant {
    return new Constant(config['value'] as number | undefined);
  }
}

/** `gain` on the diagonal of a matrix, 0 elsewhere; gain 1 unless given. */
export class Identity extends Initializer {
  static readonly className: string = 'Identity';
  readonly gain: number;

  constructor(gain = 1) {
    super();
    this.gain = gain;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    if (shape.length !== 2) throw new ShapeError(`Identity: expected the shape of a matrix, got ${formatShape(shape)}`);
    return eye(shape[0]!, shape[1]!, 0, dtype).mul(this.gain);
  }

  override getConfig(): Config {
    return { gain: this.gain };
  }

  static fromConfig(config: Config): Identity {
    return new Identity(config['gain'] as number | undefined);
  }
}

/** Options of random initializers. */
export interface SeedOptions {
  /** Draws a seed at construction unless given; one object gives the same values for the same shape each time. */
  readonly seed?: number | null;
}

/** Base class of random initializers: each call starts anew from the seed. */
export abstract class RandomInitializer extends Initializer {
  /** The seed as it was given. */
  readonly seed: number | null;
  readonly #seed: number;

  constructor(seed: number | null = null) {
    super();
    this.seed = seed;
    this.#seed = seed ?? freshSeed();
  }

  /** A generator at its start. */
  protected generator(): Generator {
    return new Generator(this.#seed);
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }
}

/** Options of {@link RandomNormal} and {@link TruncatedNormal}. */
export interface NormalOptions extends SeedOptions {
  readonly mean?: number;
  /** Standard deviation, 0.05 unless given. */
  readonly stddev?: number;
}

/** Normally distributed; mean 0, standard deviation 0.05 unless given. */
export class RandomNormal extends RandomInitializer {
  static readonly className: string = 'RandomNormal';
  readonly mean: number;
  readonly stddev: number;

  constructor({ mean = 0, stddev = 0.05, seed = null }: NormalOptions = {}) {
    super(seed);
    this.mean = mean;
    this.stddev = stddev;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return this.generator().normal(shape, this.mean, this.stddev, dtype);
  }

  override getConfig(): Config {
    return { mean: this.mean, stddev: this.stddev, ...super.getConfig() };
  }

  static fromConfig(config: Config): RandomNormal {
    return new RandomNormal(toOptions(config) as NormalOptions);
  }
}

/** Normally distributed within two standard deviations; mean 0, standard deviation 0.05 unless given. */
export class TruncatedNormal extends RandomInitializer {
  static readonly className: string = 'TruncatedNormal';
  readonly mean: number;
  readonly stddev: number;

  constructor({ mean = 0, stddev = 0.05, seed = null }: NormalOptions = {}) {
    super(seed);
    this.mean = mean;
    this.stddev = stddev;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return this.generator().truncatedNormal(shape, this.mean, this.stddev, dtype);
  }

  override getConfig(): Config {
    return { mean: this.mean, stddev: this.stddev, ...super.getConfig() };
  }

  static fromConfig(config: Config): TruncatedNormal {
    return new TruncatedNormal(toOptions(config) as NormalOptions);
  }
}

/** Options of {@link RandomUniform}. */
export interface UniformOptions extends SeedOptions {
  /** −0.05 unless given. */
  readonly minval?: number;
  /** 0.05 unless given. */
  readonly maxval?: number;
}

/** Evenly distributed in [minval, maxval), ±0.05 unless given. */
export class RandomUniform extends RandomInitializer {
  static readonly className: string = 'RandomUniform';
  readonly minval: number;
  readonly maxval: number;

  constructor({ minval = -0.05, maxval = 0.05, seed = null }: UniformOptions = {}) {
    super(seed);
    this.minval = minval;
    this.maxval = maxval;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return this.generator().uniform(shape, this.minval, this.maxval, dtype);
  }

  override getConfig(): Config {
    return { minval: this.minval, maxval: this.maxval, ...super.getConfig() };
  }

  static fromConfig(config: Config): RandomUniform {
    return new RandomUniform(toOptions(config) as UniformOptions);
  }
}

/**
 * Numbers of inputs and outputs of one unit, by Keras's rule: kernels are [...receptive field, inputs, outputs].
 *
 * @example computeFans([3, 3, 16, 32]); // [144, 288]
 */
export function computeFans(shape: Shape): readonly [fanIn: number, fanOut: number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0]!, shape[0]!];
  const field = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  return [shape.at(-2)! * field, shape.at(-1)! * field];
}

/** Options of {@link VarianceScaling}. */
export interface VarianceScalingOptions extends SeedOptions {
  /** Factor of the variance, 1 unless given. */
  readonly scale?: number;
  /** What the variance is divided by: 'fan_in' unless given. */
  readonly mode?: 'fan_in' | 'fan_out' | 'fan_avg';
  /** 'truncated_normal' unless given; 'normal' means the same. */
  readonly distribution?: 'truncated_normal' | 'untruncated_normal' | 'normal' | 'uniform';
}

/** Standard deviation of a normal distribution cut at two standard deviations. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

/** Random values whose variance is scale / fan, so that signals keep their size from layer to layer. */
export class VarianceScaling extends RandomInitializer {
  static readonly className: string = 'VarianceScaling';
  readonly scale: number;
  readonly mode: 'fan_in' | 'fan_out' | 'fan_avg';
  readonly distribution: 'truncated_normal' | 'untruncated_normal' | 'normal' | 'uniform';

  constructor({
    scale = 1,
    mode = 'fan_in',
    distribution = 'truncated_normal',
    seed = null,
  }: VarianceScalingOptions = {}) {
    super(seed);
    if (!(scale > 0)) throw new ConfigError(`VarianceScaling: scale must be positive, got ${String(scale)}`);
    if (!['fan_in', 'fan_out', 'fan_avg'].includes(mode)) {
      throw new ConfigError(`VarianceScaling: mode must be 'fan_in', 'fan_out' or 'fan_avg', got ${describe(mode)}`);
    }
    if (!['truncated_normal', 'untruncated_normal', 'normal', 'uniform'].includes(distribution)) {
      throw new ConfigError(
        `VarianceScaling: distribution must be 'truncated_normal', 'untruncated_normal' or 'uniform', got ${describe(distribution)}`,
      );
    }
    this.scale = scale;
    this.mode = mode;
    this.distribution = distribution;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    const [fanIn, fanOut] = computeFans(shape);
    const fan = this.mode === 'fan_in' ? fanIn : this.mode === 'fan_out' ? fanOut : (fanIn + fanOut) / 2;
    const variance = this.scale / Math.max(1, fan);
    const generator = this.generator();
    switch (this.distribution) {
      case 'uniform': {
        const limit = Math.sqrt(3 * variance);
        return generator.uniform(shape, -limit, limit, dtype);
      }
      case 'untruncated_normal':
        return generator.normal(shape, 0, Math.sqrt(variance), dtype);
      case 'normal':
      case 'truncated_normal':
        return generator.truncatedNormal(shape, 0, Math.sqrt(variance) / TRUNCATED_DEVIATION, dtype);
    }
  }

  override getConfig(): Config {
    return { scale: this.scale, mode: this.mode, distribution: this.distribution, ...super.getConfig() };
  }

  static fromConfig(config: Config): VarianceScaling {
    return new VarianceScaling(toOptions(config) as VarianceScalingOptions);
  }
}

/** Uniform with variance 1 / mean fan (X. Glorot, Y. Bengio, 2010), the default of kernels. */
export class GlorotUniform extends VarianceScaling {
  static override readonly className: string = 'GlorotUniform';

  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 1, mode: 'fan_avg', distribution: 'uniform', seed });
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }

  static override fromConfig(config: Config): GlorotUniform {
    return new GlorotUniform(toOptions(config) as SeedOptions);
  }
}

/** Truncated normal with variance 1 / mean fan (X. Glorot, Y. Bengio, 2010). */
export class GlorotNormal extends VarianceScaling {
  static override readonly className: string = 'GlorotNormal';

  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 1, mode: 'fan_avg', distribution: 'truncated_normal', seed });
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }

  static override fromConfig(config: Config): GlorotNormal {
    return new GlorotNormal(toOptions(config) as SeedOptions);
  }
}

/** Uniform with variance 2 / inputs (K. He et al., 2015), for relu. */
export class HeUniform extends VarianceScaling {
  static override readonly className: string = 'HeUniform';

  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 2, mode: 'fan_in', distribution: 'uniform', seed });
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }

  static override fromConfig(config: Config): HeUniform {
    return new HeUniform(toOptions(config) as SeedOptions);
  }
}

/** Truncated normal with variance 2 / inputs (K. He et al., 2015), for relu. */
export class HeNormal extends VarianceScaling {
  static override readonly className: string = 'HeNormal';

  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 2, mode: 'fan_in', distribution: 'truncated_normal', seed });
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }

  static override fromConfig(config: Config): HeNormal {
    return new HeNormal(toOptions(config) as SeedOptions);
  }
}

/** Uniform with variance 1 / inputs (Y. LeCun et al., 1998), for selu. */
export class LecunUniform extends VarianceScaling {
  static override readonly className: string = 'LecunUniform';

  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 1, mode: 'fan_in', distribution: 'uniform', seed });
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }

  static override fromConfig(config: Config): LecunUniform {
    return new LecunUniform(toOptions(config) as SeedOptions);
  }
}

/** Truncated normal with variance 1 / inputs (Y. LeCun et al., 1998), for selu. */
export class LecunNormal extends VarianceScaling {
  static override readonly className: string = 'LecunNormal';

  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 1, mode: 'fan_in', distribution: 'truncated_normal', seed });
  }

  override getConfig(): Config {
    return { seed: this.seed };
  }

  static override fromConfig(config: Config): LecunNormal {
    return new LecunNormal(toOptions(config) as SeedOptions);
  }
}

/** Options of {@link Orthogonal}. */
export interface OrthogonalOptions extends SeedOptions {
  /** Factor of the matrix, 1 unless given. */
  readonly gain?: number;
}

/**
 * A random orthogonal matrix times `gain` (A. Saxe et al., 2013). Shapes of higher rank are flattened to
 * [product of all but the last, last].
 */
export class Orthogonal extends RandomInitializer {
  static readonly className: string = 'Orthogonal';
  readonly gain: number;

  constructor({ gain = 1, seed = null }: OrthogonalOptions = {}) {
    super(seed);
    this.gain = gain;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    if (shape.length < 2) throw new ShapeError(`Orthogonal: expected rank ≥ 2, got shape ${formatShape(shape)}`);
    const columns = shape.at(-1)!;
    const rows = shape.slice(0, -1).reduce((product, n) => product * n, 1);
    return tensor(orthogonalMatrix(this.generator().seed, rows, columns, this.gain), dtype, shape);
  }

  override getConfig(): Config {
    return { gain: this.gain, ...super.getConfig() };
  }

  static fromConfig(config: Config): Orthogonal {
    return new Orthogonal(toOptions(config) as OrthogonalOptions);
  }
}

const CLASSES: Readonly<Record<string, ConfigurableClass<Initializer>>> = {
  zeros: Zeros,
  zero: Zeros,
  ones: Ones,
  one: Ones,
  constant: Constant,
  identity: Identity,
  random_normal: RandomNormal,
  normal: RandomNormal,
  random_uniform: RandomUniform,
  uniform: RandomUniform,
  truncated_normal: TruncatedNormal,
  variance_scaling: VarianceScaling,
  glorot_uniform: GlorotUniform,
  glorot_normal: GlorotNormal,
  he_uniform: HeUniform,
  he_normal: HeNormal,
  lecun_uniform: LecunUniform,
  lecun_normal: LecunNormal,
  orthogonal: Orthogonal,
  IdentityInitializer: Identity,
  OrthogonalInitializer: Orthogonal,
};

/** An initializer, its name, or its stored configuration. */
export type InitializerLike = Initializer | string | Serialized;

/**
 * Resolves an initializer.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('he_normal');
 */
export function get(identifier: InitializerLike): Initializer {
  const found = resolveObject(identifier, Initializer, CLASSES, 'initializers', 'initializer');
  if (found === null) throw new ConfigError('initializers: expected a name or an initializer, got null');
  return found;
}

/** The stored form of an initializer. */
export function serialize(initializer: Initializer): Serialized {
  return serializeObject(initializer, 'keras.initializers');
}
