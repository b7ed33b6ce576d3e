/**
 * Dense: the fully connected layer.
 */
import { add, cast, div, matmul, mul, reshape, type Tensor, type Variable } from '@dl/tensor';
import * as activations from '../activations.ts';
import { checkCount, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { LORA_OPTIONS, LoraLayer, type LoraLayerOptions } from './lora.ts';
import { roundedByAbsMax } from '../quantizers/abs-max.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link Dense}. */
export interface DenseOptions extends LoraLayerOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'bias'> {
  /** None unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** true unless given. */
  readonly useBias?: boolean | undefined;
}

/**
 * activation(x · kernel + bias) over the last axis: [batch, …, in] to [batch, …, units].
 *
 * Weights: kernel [in, units] ('glorot_uniform'), bias [units] ('zeros'). With `loraRank`, or after `enableLora(rank)`, the
 * kernel is frozen and lora_kernel_a [in, rank] and lora_kernel_b [rank, units] are learnt: kernel + a·b·(loraAlpha / rank).
 * After `quantize('int8')` the kernel is int8, with kernel_scale [units].
 *
 * @throws ShapeError when the last axis is not the one the layer was built for.
 * @example new Dense(64, { activation: 'relu' }).apply(zeros([32, 10])); // [32, 64]
 */
export class Dense extends LoraLayer {
  static override readonly className: string = 'Dense';
  static override readonly positional: readonly string[] = ['units'];
  static override readonly options: readonly string[] = [
    'activation',
    'useBias',
    'kernelInitializer',
    'biasInitializer',
    'kernelRegularizer',
    'biasRegularizer',
    'kernelConstraint',
    'biasConstraint',
    ...LORA_OPTIONS,
  ];

  readonly units: number;
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  readonly #kernelSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #bias: Variable | null = null;

  constructor(units: number, options: DenseOptions = {}) {
    super(options);
    this.units = checkCount(this.label, 'units', units);
    this.activation = activations.get(options.activation, this.label);
    this.useBias = options.useBias ?? true;
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.supportsMasking = true;
    this.inputSpec = { minRank: 2, kind: 'number' };
  }

  /** [in, units] without the change by LoRA, or null before the layer is built. */
  get kernel(): Variable | null {
    return this.mainWeight;
  }

  /** [units], or null without a bias or before the layer is built. */
  get bias(): Variable | null {
    return this.#bias;
  }

  protected override build(inputShape: LayerShape): void {
    const inputs = knownSize(this.label, inputShape, -1);
    const form = { axes: [0], shape: [this.units], spread: (scale: Tensor): Tensor => scale };
    this.addMain('kernel', [inputs, this.units], this.#kernelSettings, form);
    if (this.useBias) this.#bias = this.addWeight({ name: 'bias', shape: [this.units], ...this.#biasSettings });
    this.addFactors();
    this.inputSpec = { ...this.inputSpec, axes: { [-1]: inputs } };
  }

  override call(inputs: Tensor): Tensor {
    // One matrix product for any rank: more rows, not a batch of products.
    const flat = inputs.rank === 2 ? inputs : reshape(inputs, [-1, inputs.shape.at(-1)!]);
    const product = this.#product(flat);
    const sum = this.#bias === null ? product : add(product, this.#bias);
    return this.activation(inputs.rank === 2 ? sum : reshape(sum, [...inputs.shape.slice(0, -1), this.units]));
  }

  #product(rows: Tensor): Tensor {
    const main = this.quantizedMain;
    if (main === null) return matmul(rows, this.adapted());
    const [values, scale] = roundedByAbsMax(cast(rows, 'float32'), [-1]);
    return cast(div(matmul(values, main.values), mul(scale, main.scale)), rows.dtype);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [...inputShape.slice(0, -1), this.units];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('bias', this.#biasSettings),
    };
  }
}
