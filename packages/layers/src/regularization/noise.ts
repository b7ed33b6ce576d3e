/**
 * Layers that add noise during training: GaussianNoise, GaussianDropout and AlphaDropout.
 */
import { add, ConfigError, greaterEqual, mul, where, type Tensor } from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { checkRate } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
import { RandomLayer, type RandomLayerOptions } from './random-layer.ts';

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

/** A rate in [0, 1), where 1 would leave nothing. */
function checkPartialRate(where: string, rate: number): number {
  if (checkRate(where, 'rate', rate) < 1) return rate;
  throw new ConfigError(`${where}: rate must be below 1, got ${rate}`);
}

/**
 * During training multiplies by normally distributed noise with mean 1 and standard deviation √(rate / (1 − rate)); otherwise
 * passes the input on (N. Srivastava et al., 2014).
 *
 * @example new GaussianDropout(0.2).apply(ones([2, 3]), { training: true });
 */
export class GaussianDropout extends RandomLayer {
  static override readonly className: string = 'GaussianDropout';
  static override readonly positional: readonly string[] = ['rate'];
  static override readonly options: readonly string[] = ['seed'];
  readonly rate: number;

  /** @param rate As of Dropout; below 1. */
  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(options);
    this.rate = checkPartialRate(this.label, rate);
    this.inputSpec = { kind: 'float' };
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    if (!training || this.rate === 0) return inputs;
    const deviation = Math.sqrt(this.rate / (1 - this.rate));
    return mul(inputs, this.seedGenerator.normal(inputs.shape, 1, deviation, inputs.dtype));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

/** Options of {@link AlphaDropout}. */
export interface AlphaDropoutOptions extends RandomLayerOptions {
  /** Shape of what is drawn, null for sizes of the input; axes of size 1 are dropped as a whole. */
  readonly noiseShape?: LayerShape | null | undefined;
}

/** What SELU gives far below 0: −scale·α. */
const LOWEST = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout for networks with SELU: during training sets elements to the lowest value of SELU with probability `rate`, then
 * scales and shifts so that a mean of 0 and a variance of 1 stay (G. Klambauer et al., 2017).
 *
 * @throws ConfigError when the rank of noiseShape is not the input's.
 * @example new AlphaDropout(0.1).apply(zeros([2, 3]), { training: true });
 */
export class AlphaDropout extends RandomLayer {
  static override readonly className: string = 'AlphaDropout';
  static override readonly positional: readonly string[] = ['rate'];
  static override readonly options: readonly string[] = ['noiseShape', 'seed'];
  readonly rate: number;
  readonly noiseShape: LayerShape | null;

  /** @param rate Probability to drop; below 1. */
  constructor(rate: number, options: AlphaDropoutOptions = {}) {
    super(options);
    this.rate = checkPartialRate(this.label, rate);
    this.noiseShape = options.noiseShape ?? null;
    this.inputSpec = { kind: 'float' };
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    const { rate, noiseShape } = this;
    if (!training || rate === 0) return inputs;
    if (noiseShape !== null && noiseShape.length !== inputs.rank) {
      throw new ConfigError(
        `${this.label}: noiseShape ${formatShape(noiseShape)} must have the rank of the input ${formatShape(inputs.shape)}`,
      );
    }
    const shape = inputs.shape.map((n, axis) => noiseShape?.[axis] ?? n);
    const kept = greaterEqual(this.seedGenerator.uniform(shape, 0, 1, inputs.dtype), rate);
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * LOWEST * LOWEST));
    return add(mul(where(kept, inputs, LOWEST), scale), -scale * LOWEST * rate);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, noise_shape: this.noiseShape };
  }
}
