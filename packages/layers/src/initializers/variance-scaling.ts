/**
 * Initializers whose variance follows from the shape: VarianceScaling, Glorot, He and LeCun.
 */
import { ConfigError, type DType, type Shape, type Tensor } from '@dl/tensor';
import { describe, normalizeAxis } from '@dl/tensor/interpreter';
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

/** Options of initializers whose variance follows from the shape. */
export interface FanOptions extends SeedOptions {
  /** Axes of inputs, where they are not the last but one and those before; both or neither are given. */
  readonly inputAxes?: number | readonly number[] | null | undefined;
  /** Axes of outputs, where they are not the last. */
  readonly outputAxes?: number | readonly number[] | null | undefined;
}

type Axes = readonly number[] | null;

/** Options of {@link VarianceScaling}. */
export interface VarianceScalingOptions extends FanOptions {
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
  readonly inputAxes: Axes;
  readonly outputAxes: Axes;

  constructor({
    scale = 1,
    mode = 'fan_in',
    distribution = 'truncated_normal',
    seed = null,
    inputAxes = null,
    outputAxes = null,
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
    if ((inputAxes === null) !== (outputAxes === null)) {
      throw new ConfigError('VarianceScaling: give inputAxes and outputAxes, or neither');
    }
    const list = (axes: number | readonly number[] | null): Axes => (typeof axes === 'number' ? [axes] : axes);
    this.inputAxes = list(inputAxes);
    this.outputAxes = list(outputAxes);
  }

  #fans(shape: Shape): readonly [fanIn: number, fanOut: number] {
    const { inputAxes, outputAxes } = this;
    if (inputAxes === null || outputAxes === null) return computeFans(shape);
    const product = (axes: readonly number[]): number =>
      axes.reduce((n, axis) => n * shape[normalizeAxis(axis, shape.length, 'VarianceScaling')]!, 1);
    return [product(inputAxes), product(outputAxes)];
  }

  override apply(
    shape: Shape,
    dtype: DType = 'float32',
    fans: readonly [fanIn: number, fanOut: number] = this.#fans(shape),
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
    const { scale, mode, distribution, seed, inputAxes: input_axes, outputAxes: output_axes } = this;
    return { scale, mode, distribution, seed, input_axes, output_axes };
  }

  static override fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new this(toOptions(config) as never);
  }
}

/** Variance scaling under a name of its own, which stands for scale, mode and distribution. */
abstract class NamedScaling extends VarianceScaling {
  override getConfig(): Config {
    const { seed, inputAxes: input_axes, outputAxes: output_axes } = this;
    return { seed, input_axes, output_axes };
  }
}

/** Uniform with variance 1 / mean fan (X. Glorot, Y. Bengio, 2010), the default of kernels. */
export class GlorotUniform extends NamedScaling {
  static override readonly className: string = 'GlorotUniform';

  constructor(options: FanOptions = {}) {
    super({ ...options, scale: 1, mode: 'fan_avg', distribution: 'uniform' });
  }
}

/** Truncated normal with variance 1 / mean fan (X. Glorot, Y. Bengio, 2010). */
export class GlorotNormal extends NamedScaling {
  static override readonly className: string = 'GlorotNormal';

  constructor(options: FanOptions = {}) {
    super({ ...options, scale: 1, mode: 'fan_avg', distribution: 'truncated_normal' });
  }
}

/** Uniform with variance 2 / inputs (K. He et al., 2015), for relu. */
export class HeUniform extends NamedScaling {
  static override readonly className: string = 'HeUniform';

  constructor(options: FanOptions = {}) {
    super({ ...options, scale: 2, mode: 'fan_in', distribution: 'uniform' });
  }
}

/** Truncated normal with variance 2 / inputs (K. He et al., 2015), for relu. */
export class HeNormal extends NamedScaling {
  static override readonly className: string = 'HeNormal';

  constructor(options: FanOptions = {}) {
    super({ ...options, scale: 2, mode: 'fan_in', distribution: 'truncated_normal' });
  }
}

/** Uniform with variance 1 / inputs (Y. LeCun et al., 1998), for selu. */
export class LecunUniform extends NamedScaling {
  static override readonly className: string = 'LecunUniform';

  constructor(options: FanOptions = {}) {
    super({ ...options, scale: 1, mode: 'fan_in', distribution: 'uniform' });
  }
}

/** Truncated normal with variance 1 / inputs (Y. LeCun et al., 1998), for selu. */
export class LecunNormal extends NamedScaling {
  static override readonly className: string = 'LecunNormal';

  constructor(options: FanOptions = {}) {
    super({ ...options, scale: 1, mode: 'fan_in', distribution: 'truncated_normal' });
  }
}
