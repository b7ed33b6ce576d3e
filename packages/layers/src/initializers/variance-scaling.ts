/**
 * Initializers whose variance follows from the shape: VarianceScaling, Glorot, He and LeCun.
 */
import { ConfigError, type DType, type Shape, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { toOptions, type Config } from '../base/config.ts';
import { RandomInitializer, type SeedOptions } from './random.ts';

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

  override apply(
    shape: Shape,
    dtype: DType = 'float32',
    fans: readonly [fanIn: number, fanOut: number] = computeFans(shape),
  ): Tensor {
    const [fanIn, fanOut] = fans;
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

  static override fromConfig(config: Config): VarianceScaling {
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
