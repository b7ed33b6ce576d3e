/**
 * TernaryDense: a dense layer that computes with −1, 0 and 1.
 */
import { abs, add, ConfigError, greater, matmul, mul, reshape, sign, stopGradient, sub } from '@dl/tensor';
import type { Tensor, Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import * as activations from '../activations.ts';
import { checkCount, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link TernaryDense}. */
export interface TernaryDenseOptions extends LayerOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'bias'> {
  /** Elements of the kernel up to this size count as 0; half of the mean size unless given. */
  readonly threshold?: number | null | undefined;
  /** None unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** true unless given. */
  readonly useBias?: boolean | undefined;
}

/**
 * activation(x · t · β + bias) over the last axis, where t is −1, 0 or 1 by the sign of the kernel, 0 where its size is not
 * above a threshold, and β is the mean size of the kernel, or 1 with a threshold of one's own (S. Ma et al., 2024). Gradients
 * go through t as if it were the kernel.
 *
 * Weights: kernel [in, units] ('glorot_uniform'), bias [units] ('zeros').
 *
 * @example new TernaryDense(64).apply(zeros([32, 10])); // [32, 64]
 */
export class TernaryDense extends Layer {
  static override readonly className: string = 'TernaryDense';
  static override readonly positional: readonly string[] = ['units'];
  static override readonly options: readonly string[] = [
    'threshold',
    'activation',
    'useBias',
    'kernelInitializer',
    'biasInitializer',
    'kernelRegularizer',
    'biasRegularizer',
    'kernelConstraint',
    'biasConstraint',
  ];
  readonly units: number;
  readonly threshold: number | null;
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  readonly #kernelSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #kernel: Variable | null = null;
  #bias: Variable | null = null;

  constructor(units: number, options: TernaryDenseOptions = {}) {
    super(options);
    this.units = checkCount(this.label, 'units', units);
    this.threshold = options.threshold ?? null;
    if (this.threshold !== null && !(this.threshold >= 0)) {
      throw new ConfigError(`${this.label}: threshold must be a number ≥ 0, got ${describe(options.threshold)}`);
    }
    this.activation = activations.get(options.activation, this.label);
    this.useBias = options.useBias ?? true;
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.supportsMasking = true;
    this.inputSpec = { minRank: 2, kind: 'number' };
  }

  protected override build(inputShape: LayerShape): void {
    const inputs = knownSize(this.label, inputShape, -1);
    this.#kernel = this.addWeight({ name: 'kernel', shape: [inputs, this.units], ...this.#kernelSettings });
    if (this.useBias) this.#bias = this.addWeight({ name: 'bias', shape: [this.units], ...this.#biasSettings });
    this.inputSpec = { ...this.inputSpec, axes: { [-1]: inputs } };
  }

  override call(inputs: Tensor): Tensor {
    const kernel = this.#kernel!.read();
    const size = abs(kernel);
    const average = size.mean();
    const ternary = mul(sign(kernel), greater(size, this.threshold ?? average.mul(0.5)).cast(kernel.dtype));
    const straight = add(kernel, stopGradient(sub(ternary, kernel)));
    const flat = inputs.rank === 2 ? inputs : reshape(inputs, [-1, inputs.shape.at(-1)!]);
    const product = matmul(flat, straight);
    const scaled = this.threshold === null ? mul(product, average) : product;
    const sum = this.#bias === null ? scaled : add(scaled, this.#bias);
    return this.activation(inputs.rank === 2 ? sum : reshape(sum, [...inputs.shape.slice(0, -1), this.units]));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [...inputShape.slice(0, -1), this.units];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      units: this.units,
      threshold: this.threshold,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('bias', this.#biasSettings),
    };
  }
}
