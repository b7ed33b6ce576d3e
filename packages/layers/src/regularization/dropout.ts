/**
 * Dropout and SpatialDropout1D to 3D.
 */
import { ConfigError, dropout, type Tensor } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { checkRate } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
import { checkDataFormat, type DataFormat } from '../base/spatial.ts';
import { RandomLayer, type RandomLayerOptions } from './random-layer.ts';

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
    this.rate = checkRate(this.label, 'rate', rate);
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

/** Options of {@link SpatialDropout2D} and {@link SpatialDropout3D}. */
export interface SpatialDropoutOptions extends RandomLayerOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

/** Dropout of whole channels, over any number of spatial axes. */
abstract class SpatialDropoutLayer extends RandomLayer {
  static override readonly positional: readonly string[] = ['rate'];
  readonly rate: number;
  readonly dataFormat: DataFormat;

  constructor(rank: number, rate: number, options: SpatialDropoutOptions) {
    super(options);
    this.rate = checkRate(this.label, 'rate', rate);
    this.dataFormat = checkDataFormat(this.label, options.dataFormat);
    this.inputSpec = { rank: rank + 2 };
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    if (!training || this.rate === 0) return inputs;
    const channels = this.dataFormat === 'channels_last' ? inputs.rank - 1 : 1;
    const noiseShape = inputs.shape.map((n, axis) => (axis === 0 || axis === channels ? n : 1));
    return dropout(inputs, this.rate, { noiseShape, generator: this.seedGenerator });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

/**
 * Dropout of whole channels of sequences [batch, steps, channels] (J. Tompson et al., 2014).
 *
 * @example new SpatialDropout1D(0.2).apply(ones([2, 10, 4]), { training: true });
 */
export class SpatialDropout1D extends SpatialDropoutLayer {
  static override readonly className: string = 'SpatialDropout1D';
  static override readonly options: readonly string[] = ['seed'];

  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(1, rate, options);
  }
}

/**
 * Dropout of whole channels of images [batch, rows, columns, channels] (J. Tompson et al., 2014).
 *
 * @example new SpatialDropout2D(0.2).apply(ones([2, 8, 8, 4]), { training: true });
 */
export class SpatialDropout2D extends SpatialDropoutLayer {
  static override readonly className: string = 'SpatialDropout2D';
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];

  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(2, rate, options);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/**
 * Dropout of whole channels of volumes [batch, depth, rows, columns, channels] (J. Tompson et al., 2014).
 *
 * @example new SpatialDropout3D(0.2).apply(ones([2, 4, 4, 4, 8]), { training: true });
 */
export class SpatialDropout3D extends SpatialDropoutLayer {
  static override readonly className: string = 'SpatialDropout3D';
  static override readonly options: readonly string[] = ['seed', 'dataFormat'];

  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(3, rate, options);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}
