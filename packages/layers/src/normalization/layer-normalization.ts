/**
 * LayerNormalization and GroupNormalization.
 */
import { add, ConfigError, layerNorm, mul, type Tensor, type Variable } from '@dl/tensor';
import { normalizeAxes, normalizeAxis } from '@dl/tensor/interpreter';
import { knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options that normalizations of single samples share. */
interface SharedOptions extends LayerOptions, WeightOptionsOf<'beta'>, WeightOptionsOf<'gamma'> {
  /** Added to the variance, 0.001 unless given. */
  readonly epsilon?: number | undefined;
  /** Whether there is an offset beta; true unless given. */
  readonly center?: boolean | undefined;
  /** Whether there is a factor gamma; true unless given. */
  readonly scale?: boolean | undefined;
}

/** Options of {@link LayerNormalization}. */
export interface LayerNormalizationOptions extends SharedOptions {
  /** The axes that are standardized together, the last unless given. */
  readonly axis?: number | readonly number[] | undefined;
}

/** Options of {@link GroupNormalization}. */
export interface GroupNormalizationOptions extends SharedOptions {
  /** The axis of the channels, the last unless given. */
  readonly axis?: number | undefined;
}

/** gamma, beta and ε. */
abstract class NormalizationLayer extends Layer {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #beta: WeightSettings;
  readonly #gamma: WeightSettings;
  protected gamma: Variable | null = null;
  protected beta: Variable | null = null;

  constructor(options: SharedOptions) {
    super(options);
    this.epsilon = options.epsilon ?? 1e-3;
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.#beta = weightSettings(this.label, options, 'beta', 'zeros');
    this.#gamma = weightSettings(this.label, options, 'gamma', 'ones');
    this.supportsMasking = true;
    this.inputSpec = { minRank: 2, kind: 'float' };
  }

  protected addScale(shape: readonly number[]): void {
    if (this.scale) this.gamma = this.addWeight({ name: 'gamma', shape, ...this.#gamma });
    if (this.center) this.beta = this.addWeight({ name: 'beta', shape, ...this.#beta });
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      ...weightConfig('gamma', this.#gamma),
      ...weightConfig('beta', this.#beta),
    };
  }
}

/**
 * Standardizes each sample over its last axis, or over several (J. Ba et al., 2016). Weights: gamma and beta, with the
 * sizes of those axes. ε is 0.001 as in Keras; PyTorch has 1e-5.
 *
 * @example new LayerNormalization().apply(zeros([2, 10, 64]));
 */
export class LayerNormalization extends NormalizationLayer {
  static override readonly className: string = 'LayerNormalization';
  static override readonly options: readonly string[] = [
    'axis',
    'epsilon',
    'center',
    'scale',
    'betaInitializer',
    'gammaInitializer',
    'betaRegularizer',
    'gammaRegularizer',
    'betaConstraint',
    'gammaConstraint',
  ];
  readonly axis: number | readonly number[];

  constructor(options: LayerNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }

  protected override build(inputShape: LayerShape): void {
    const axes = normalizeAxes(this.axis, inputShape.length, this.label);
    const sizes = axes.map((axis) => knownSize(this.label, inputShape, axis));
    this.addScale(sizes);
    const pairs = axes.map((axis, i) => [axis, sizes[i]!] as const);
    this.inputSpec = { ...this.inputSpec, rank: inputShape.length, axes: Object.fromEntries(pairs) };
  }

  override call(inputs: Tensor): Tensor {
    const axes = normalizeAxes(this.axis, inputs.rank, this.label);
    const last = axes[0] === inputs.rank - axes.length;
    const shape = inputs.shape.map((n, axis) => (axes.includes(axis) ? n : 1));
    const spread = (v: Variable | null): Tensor | null =>
      v === null ? null : last ? v.read() : v.read().reshape(shape);
    return layerNorm(inputs, axes, { scale: spread(this.gamma), offset: spread(this.beta), epsilon: this.epsilon });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/**
 * Standardizes groups of channels of each sample (Y. Wu, K. He, 2018); 32 groups unless given, −1 for one per channel.
 * Weights: gamma and beta, one per channel.
 *
 * @example new GroupNormalization(4).apply(zeros([2, 8, 8, 16]));
 */
export class GroupNormalization extends NormalizationLayer {
  static override readonly className: string = 'GroupNormalization';
  static override readonly positional: readonly string[] = ['groups'];
  static override readonly options: readonly string[] = LayerNormalization.options;
  readonly groups: number;
  readonly axis: number;

  constructor(groups = 32, options: GroupNormalizationOptions = {}) {
    super(options);
    if (!Number.isInteger(groups) || (groups < 1 && groups !== -1)) {
      throw new ConfigError(`GroupNormalization: groups must be a positive integer or -1, got ${String(groups)}`);
    }
    this.groups = groups;
    this.axis = options.axis ?? -1;
  }

  protected override build(inputShape: LayerShape): void {
    const channels = knownSize(this.label, inputShape, this.axis);
    if (this.groups > channels || channels % this.#count(channels) !== 0) {
      throw new ConfigError(`${this.label}: ${channels} channels cannot be split into ${this.groups} groups`);
    }
    this.addScale([channels]);
    this.inputSpec = { ...this.inputSpec, rank: inputShape.length, axes: { [this.axis]: channels } };
  }

  #count(channels: number): number {
    return this.groups === -1 ? channels : this.groups;
  }

  override call(inputs: Tensor): Tensor {
    const axis = normalizeAxis(this.axis, inputs.rank, this.label);
    const channels = inputs.shape[axis]!;
    const groups = this.#count(channels);
    const apart = inputs.shape.flatMap((n, d) => (d === axis ? [groups, n / groups] : [n]));
    // All axes but the batch and the groups.
    const axes = apart.map((_, d) => d).filter((d) => d !== 0 && d !== axis);
    const y = layerNorm(inputs.reshape(apart), axes, { epsilon: this.epsilon }).reshape(inputs.shape);
    const shape = inputs.shape.map((n, d) => (d === axis ? n : 1));
    const scaled = this.gamma === null ? y : mul(y, this.gamma.read().reshape(shape));
    return this.beta === null ? scaled : add(scaled, this.beta.read().reshape(shape));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), groups: this.groups, axis: this.axis };
  }
}
