/**
 * RMSNormalization and UnitNormalization.
 */
import { maximum, mul, rmsNorm, rsqrt, square, sum, type Tensor, type Variable } from '@dl/tensor';
import { normalizeAxes } from '@dl/tensor/interpreter';
import { knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';

/** Options of {@link RMSNormalization}. */
export interface RMSNormalizationOptions extends LayerOptions {
  /** The axes whose mean square is taken, the last unless given. */
  readonly axis?: number | readonly number[] | undefined;
  /** Added to the mean square, 1e-6 unless given. */
  readonly epsilon?: number | undefined;
}

/**
 * x / √(mean x² + ε) · scale over the last axis, or over several (B. Zhang, R. Sennrich, 2019). Weight: scale, with the sizes
 * of those axes ('ones').
 *
 * @throws ShapeError when those sizes are not the ones the layer was built for.
 * @example new RMSNormalization().apply(zeros([2, 10, 64]));
 */
export class RMSNormalization extends Layer {
  static override readonly className: string = 'RMSNormalization';
  static override readonly options: readonly string[] = ['axis', 'epsilon'];
  readonly axis: number | readonly number[];
  readonly epsilon: number;
  #scale: Variable | null = null;

  constructor(options: RMSNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.epsilon = options.epsilon ?? 1e-6;
    this.supportsMasking = true;
    this.inputSpec = { minRank: 1, kind: 'float' };
  }

  protected override build(inputShape: LayerShape): void {
    const axes = normalizeAxes(this.axis, inputShape.length, this.label);
    const shape = axes.map((axis) => knownSize(this.label, inputShape, axis));
    this.#scale = this.addWeight({ name: 'scale', shape, initializer: 'ones' });
    const pairs = axes.map((axis, i) => [axis, shape[i]!] as const);
    this.inputSpec = { ...this.inputSpec, rank: inputShape.length, axes: Object.fromEntries(pairs) };
  }

  override call(inputs: Tensor): Tensor {
    const axes = normalizeAxes(this.axis, inputs.rank, this.label);
    const shape = inputs.shape.map((n, axis) => (axes.includes(axis) ? n : 1));
    return rmsNorm(inputs, axes, { scale: this.#scale!.read().reshape(shape), epsilon: this.epsilon });
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis, epsilon: this.epsilon };
  }
}

/** Options of {@link UnitNormalization}. */
export interface UnitNormalizationOptions extends LayerOptions {
  /** The axes of one vector, the last unless given. */
  readonly axis?: number | readonly number[] | undefined;
}

/**
 * Vectors along the last axis, or along several, at length 1; vectors of length 0 stay. No weights.
 *
 * @example new UnitNormalization().apply([[3, 4]]); // [[0.6, 0.8]]
 */
export class UnitNormalization extends Layer {
  static override readonly className: string = 'UnitNormalization';
  static override readonly options: readonly string[] = ['axis'];
  readonly axis: number | readonly number[];

  constructor(options: UnitNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.supportsMasking = true;
    this.inputSpec = { minRank: 1, kind: 'float' };
  }

  override call(inputs: Tensor): Tensor {
    const axes = normalizeAxes(this.axis, inputs.rank, this.label);
    return mul(inputs, rsqrt(maximum(sum(square(inputs), axes, true), 1e-24)));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
