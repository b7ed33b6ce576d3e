/**
 * Initializers with a fixed distribution, and Orthogonal.
 */
import { freshSeed, Generator, ShapeError, tensor, type DType, type Shape, type Tensor } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { toOptions, type Config } from '../base/config.ts';
import { orthogonalMatrix } from './orthogonal-matrix.ts';
import { Initializer } from './constant.ts';

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

  static override fromConfig(config: Config): RandomNormal {
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

  static override fromConfig(config: Config): TruncatedNormal {
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

  static override fromConfig(config: Config): RandomUniform {
    return new RandomUniform(toOptions(config) as UniformOptions);
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

  static override fromConfig(config: Config): Orthogonal {
    return new Orthogonal(toOptions(config) as OrthogonalOptions);
  }
}
