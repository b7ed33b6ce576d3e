/**
 * Activations as layers: Activation, ReLU, LeakyReLU, ELU, PReLU and Softmax.
 */
import {
  ConfigError,
  elu,
  leakyRelu,
  mul,
  relu as plainRelu,
  softmax,
  sub,
  Tensor,
  where,
  type Variable,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import * as activations from '../activations.ts';
import { knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** A layer that keeps the shape and passes masks on. */
abstract class ShapedLayer extends Layer {
  constructor(options: LayerOptions) {
    super(options);
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }
}

function checkNumber(where: string, name: string, value: number, smallest = -Infinity): number {
  if (typeof value === 'number' && value >= smallest) return value;
  const range = smallest === -Infinity ? 'a number' : `a number ≥ ${smallest}`;
  throw new ConfigError(`${where}: ${name} must be ${range}, got ${describe(value)}`);
}

/**
 * An activation by name, or any function of one tensor.
 *
 * @example new Activation('tanh').apply([[0.5]]);
 */
export class Activation extends ShapedLayer {
  static override readonly className: string = 'Activation';
  static override readonly positional: readonly string[] = ['activation'];
  static override readonly options: readonly string[] = [];
  readonly activation: activations.ActivationFunction;

  constructor(activation: activations.ActivationLike, options: LayerOptions = {}) {
    super(options);
    this.activation = activations.get(activation, this.label);
  }

  override call(inputs: Tensor): Tensor {
    return this.activation(inputs);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), activation: activations.serialize(this.activation) };
  }
}

/** Options of {@link ReLU}. */
export interface ReLUOptions extends LayerOptions {
  /** Upper limit, none unless given. */
  readonly maxValue?: number | null | undefined;
  /** Slope below the threshold, 0 unless given. */
  readonly negativeSlope?: number | undefined;
  /** Where the upper branch begins, 0 unless given. */
  readonly threshold?: number | undefined;
}

/**
 * max(x, 0), or bent as the options say.
 *
 * @example new ReLU({ maxValue: 6 }).apply([-1, 3, 8]); // [0, 3, 6]
 */
export class ReLU extends ShapedLayer {
  static override readonly className: string = 'ReLU';
  static override readonly options: readonly string[] = ['maxValue', 'negativeSlope', 'threshold'];
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;

  constructor(options: ReLUOptions = {}) {
    super(options);
    const { maxValue = null, negativeSlope = 0, threshold = 0 } = options;
    this.maxValue = maxValue === null ? null : checkNumber('ReLU', 'maxValue', maxValue, 0);
    this.negativeSlope = checkNumber('ReLU', 'negativeSlope', negativeSlope, 0);
    this.threshold = checkNumber('ReLU', 'threshold', threshold, 0);
  }

  override call(inputs: Tensor): Tensor {
    return activations.relu(inputs, this);
  }

  override getConfig(): Config {
    const { maxValue: max_value, negativeSlope: negative_slope, threshold } = this;
    return { ...super.getConfig(), max_value, negative_slope, threshold };
  }
}

/**
 * x above 0, slope·x below; the slope is 0.3 unless given (the function `leakyRelu` has 0.2, as in Keras).
 *
 * @example new LeakyReLU(0.1).apply([-1, 3]); // [-0.1, 3]
 */
export class LeakyReLU extends ShapedLayer {
  static override readonly className: string = 'LeakyReLU';
  static override readonly positional: readonly string[] = ['negativeSlope'];
  static override readonly options: readonly string[] = [];
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.3, options: LayerOptions = {}) {
    super(options);
    this.negativeSlope = checkNumber('LeakyReLU', 'negativeSlope', negativeSlope);
  }

  override call(inputs: Tensor): Tensor {
    return leakyRelu(inputs, this.negativeSlope);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), negative_slope: this.negativeSlope };
  }
}

/**
 * x above 0, α(e^x − 1) below (D. Clevert et al., 2015); α is 1 unless given.
 *
 * @example new ELU().apply([-1, 3]); // [-0.632, 3]
 */
export class ELU extends ShapedLayer {
  static override readonly className: string = 'ELU';
  static override readonly positional: readonly string[] = ['alpha'];
  static override readonly options: readonly string[] = [];
  readonly alpha: number;

  constructor(alpha = 1, options: LayerOptions = {}) {
    super(options);
    this.alpha = checkNumber('ELU', 'alpha', alpha);
  }

  override call(inputs: Tensor): Tensor {
    return elu(inputs, this.alpha);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

/** Options of {@link PReLU}. */
export interface PReLUOptions extends LayerOptions, WeightOptionsOf<'alpha'> {
  /** Axes (batch 0) along which one slope is shared; none unless given. */
  readonly sharedAxes?: readonly number[] | null | undefined;
}

/**
 * x above 0, learnt slope·x below (K. He et al., 2015). Weight: alpha, the shape of a sample with shared axes 1 ('zeros').
 *
 * @example new PReLU({ sharedAxes: [1, 2] }).apply(zeros([1, 8, 8, 4])); // one slope per channel
 */
export class PReLU extends ShapedLayer {
  static override readonly className: string = 'PReLU';
  static override readonly options: readonly string[] = [
    'alphaInitializer',
    'alphaRegularizer',
    'alphaConstraint',
    'sharedAxes',
  ];
  readonly sharedAxes: readonly number[] | null;
  readonly #settings: WeightSettings;
  #alpha: Variable | null = null;

  constructor(options: PReLUOptions = {}) {
    super(options);
    this.sharedAxes = options.sharedAxes ?? null;
    this.#settings = weightSettings(this.label, options, 'alpha', 'zeros');
    this.inputSpec = { minRank: 2, kind: 'float' };
  }

  protected override build(inputShape: LayerShape): void {
    const axes = inputShape.map((_, axis) => axis).slice(1);
    const shared = (axis: number): boolean => this.sharedAxes?.includes(axis) ?? false;
    const shape = axes.map((axis) => (shared(axis) ? 1 : knownSize(this.label, inputShape, axis)));
    this.#alpha = this.addWeight({ name: 'alpha', shape, ...this.#settings });
    const sizes = axes.filter((axis) => !shared(axis)).map((axis) => [axis, inputShape[axis]!] as const);
    this.inputSpec = { rank: inputShape.length, kind: 'float', axes: Object.fromEntries(sizes) };
  }

  override call(inputs: Tensor): Tensor {
    return sub(plainRelu(inputs), mul(plainRelu(inputs.neg()), this.#alpha!));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...weightConfig('alpha', this.#settings), shared_axes: this.sharedAxes };
  }
}

/** Options of {@link Softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** The last axis unless given. */
  readonly axis?: number | readonly number[] | undefined;
}

/**
 * e^x / Σ e^x over an axis. Where a mask is false the result is exactly 0, also in rows without any true entry.
 *
 * @example new Softmax().apply([[1, 1]]); // [[0.5, 0.5]]
 */
export class Softmax extends ShapedLayer {
  static override readonly className: string = 'Softmax';
  static override readonly options: readonly string[] = ['axis'];
  readonly axis: number | readonly number[];

  constructor(options: SoftmaxOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }

  override call(inputs: Tensor, { mask }: CallContext): Tensor {
    if (!(mask instanceof Tensor)) return softmax(inputs, this.axis);
    const masked = where(mask, inputs, inputs.dtype === 'float16' ? -3e4 : -1e9);
    return where(mask, softmax(masked, this.axis), 0);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
