/**
 * Layers that add randomness during training: Dropout, SpatialDropout1D, SpatialDropout2D and GaussianNoise.
 */
import { add, ConfigError, dropout, Generator, type Tensor } from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { checkRate } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import { checkDataFormat, type DataFormat } from '../base/spatial.ts';

/** Options of layers that draw random numbers. */
export interface RandomLayerOptions extends LayerOptions {
  /** Drawn at construction unless given. The stream moves on with every call. */
  readonly seed?: number | null | undefined;
}

/** A layer with a stream of random numbers of its own. */
abstract class RandomLayer extends Layer {
  readonly seed: number | null;
  /** The stream; its state is a Variable. */
  readonly seedGenerator: Generator;

  constructor(options: RandomLayerOptions) {
    super(options);
    this.seed = options.seed ?? null;
    this.seedGenerator = this.seed === null ? new Generator() : new Generator(this.seed);
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }
}

/** Options of {@link Dropout}. */
export interface DropoutLayerOptions extends RandomLayerOptions {
  /** Shape of the mask, null for sizes of the input; axes of size 1 are dropped as a whole. */
  readonly noiseShape?: LayerShape | null | undefined;
}

/**
 * During training sets elements to 0 with probability `rate` and divides the others by 1 − rate (N. Srivastava et al.,
 * 2014); otherwise passes the input on.
 *
 * @example new Dropout(0.5, { seed: 1 }).apply(ones([2, 3]), { training: true }); // zeros and twos
 */
export class Dropout extends RandomLayer {
  static override readonly className: string = 'Dropout';
  static override readonly positional: readonly string[] = ['rate'];
  static override readonly options: readonly string[] = ['noiseShape', 'seed'];
  readonly rate: number;
  readonly noiseShape: LayerShape | null;

  constructor(rate: number, options: DropoutLayerOptions = {}) {
    super(options);
    this.rate = checkRate('Dropout', 'rate', rate);
    this.noiseShape = options.noiseShape ?? null;
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    if (!training || this.rate === 0) return inputs;
    const { noiseShape } = this;
    if (noiseShape !== null && noiseShape.length !== inputs.rank) {
      throw new ConfigError(
        `${this.label}: noiseShape ${formatShape(noiseShape)} must have the rank of the input ${formatShape(inputs.shape)}`,
      );
    }
    const shape = inputs.shape.map((n, axis) => noiseShape?.[axis] ?? n);
    return dropout(inputs, this.rate, { noiseShape: shape, generator: this.seedGenerator });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, noise_shape: this.noiseShape };
  }
}

/**
 * Dropout of whole channels of sequences [batch, steps, channels] (J. Tompson et al., 2014).
 *
 * @example new SpatialDropout1D(0.2).apply(ones([2, 10, 4]), { training: true });
 */
export class SpatialDropout1D extends RandomLayer {
  static override readonly className: string = 'SpatialDropout1D';
  static override readonly positional: readonly string[] = ['rate'];
  static override readonly options: readonly string[] = ['seed'];
  readonly rate: number;

  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(options);
    this.rate = checkRate('SpatialDropout1D', 'rate', rate);
    this.inputSpec = { rank: 3 };
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    if (!training || this.rate === 0) return inputs;
    const noiseShape = [inputs.shape[0]!, 1, inputs.shape[2]!];
    return dropout(inputs, this.rate, { noiseShape, generator: this.seedGenerator });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

/** Options of {@link SpatialDropout2D}. */
export interface SpatialDropoutOptions extends RandomLayerOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

/**
 * Dropout of whole channels of images [batch, rows, columns, channels] (J. Tompson et al., 2014).
 *
 * @example new SpatialDropout2D(0.2).apply(ones([2, 8, 8, 4]), { training: true });
 */
export class SpatialDropout2D extends RandomLayer {
  static override readonly className: string = 'SpatialDropout2D';
  static override readonly positional: readonly string[] = ['rate'];
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];
  readonly rate: number;
  readonly dataFormat: DataFormat;

  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(options);
    this.rate = checkRate('SpatialDropout2D', 'rate', rate);
    this.dataFormat = checkDataFormat('SpatialDropout2D', options.dataFormat);
    this.inputSpec = { rank: 4 };
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    if (!training || this.rate === 0) return inputs;
    const channels = this.dataFormat === 'channels_last' ? 3 : 1;
    const noiseShape = inputs.shape.map((n, axis) => (axis === 0 || axis === channels ? n : 1));
    return dropout(inputs, this.rate, { noiseShape, generator: this.seedGenerator });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, data_format: this.dataFormat };
  }
}

/**
 * During training adds normally distributed noise with this standard deviation; otherwise passes the input on.
 *
 * @example new GaussianNoise(0.1).apply(zeros([2, 3]), { training: true });
 */
export class GaussianNoise extends RandomLayer {
  static override readonly className: string = 'GaussianNoise';
  static override readonly positional: readonly string[] = ['stddev'];
  static override readonly options: readonly string[] = ['seed'];
  readonly stddev: number;

  constructor(stddev: number, options: RandomLayerOptions = {}) {
    super(options);
    if (!(typeof stddev === 'number' && stddev >= 0)) {
      throw new ConfigError(`GaussianNoise: stddev must be a number ≥ 0, got ${describe(stddev)}`);
    }
    this.stddev = stddev;
    this.inputSpec = { kind: 'float' };
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    if (!training || this.stddev === 0) return inputs;
    return add(inputs, this.seedGenerator.normal(inputs.shape, 0, this.stddev, inputs.dtype));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), stddev: this.stddev, seed: this.seed };
  }
}
