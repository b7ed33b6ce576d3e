/**
 * EinsumDense: a dense layer whose product is written as an equation.
 */
import { add, ConfigError, einsum, type DType, type Shape, type Tensor, type Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import * as activations from '../activations.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';
import { Initializer } from '../initializers/constant.ts';
import { einsumShapes, parseEquation, type EinsumShapes, type Equation } from './einsum-equation.ts';
import { quantizedEinsum, scaleForm } from './einsum-quantized.ts';
import { LORA_OPTIONS, LoraLayer, type LoraLayerOptions } from './lora.ts';

/** Options of {@link EinsumDense}. */
export interface EinsumDenseOptions extends LoraLayerOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'bias'> {
  /** None unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** Letters of the output along which there is a bias; no bias unless given. */
  readonly biasAxes?: string | null | undefined;
}

/** Another initializer, told the numbers of inputs and outputs. */
class WithFans extends Initializer {
  readonly #inner: Initializer;
  readonly #fans: readonly [number, number];

  constructor(inner: Initializer, fans: readonly [number, number]) {
    super();
    this.#inner = inner;
    this.#fans = fans;
  }

  override apply(shape: Shape, dtype?: DType): Tensor {
    return this.#inner.apply(shape, dtype, this.#fans);
  }
}

/**
 * activation(einsum(equation, x, kernel) + bias). The equation has the form `ab,bc->ac`; `...` at the start or at the end of
 * input and output stands for any further axes. Axes of input and kernel that are not in the output are summed over.
 *
 * Weights: kernel, with the axes of the equation ('glorot_uniform', whose numbers of inputs and outputs are those of the
 * equation), and bias if there are `biasAxes` ('zeros'). With `loraRank`, or after `enableLora(rank)`, the kernel is frozen and
 * lora_kernel_a and lora_kernel_b are learnt, as in Dense.
 *
 * @throws ConfigError for an equation that does not fit the shapes.
 * @example new EinsumDense('abc,cd->abd', [null, 64], { biasAxes: 'd' }).apply(zeros([2, 10, 32])); // [2, 10, 64]
 */
export class EinsumDense extends LoraLayer {
  static override readonly className: string = 'EinsumDense';
  static override readonly positional: readonly string[] = ['equation', 'outputShape'];
  static override readonly options: readonly string[] = [
    'activation',
    'biasAxes',
    'kernelInitializer',
    'biasInitializer',
    'kernelRegularizer',
    'biasRegularizer',
    'kernelConstraint',
    'biasConstraint',
    ...LORA_OPTIONS,
  ];
  readonly equation: string;
  readonly outputShape: LayerShape;
  readonly biasAxes: string | null;
  readonly activation: activations.ActivationFunction;
  readonly #terms: Equation;
  readonly #kernelSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #bias: Variable | null = null;

  /**
   * @param outputShape Sizes of the output without the batch and without what `...` stands for; null where the input has
   *   them.
   */
  constructor(equation: string, outputShape: number | LayerShape, options: EinsumDenseOptions = {}) {
    super(options);
    this.equation = equation;
    this.#terms = parseEquation(this.label, equation);
    this.outputShape = typeof outputShape === 'number' ? [outputShape] : outputShape;
    const valid =
      Array.isArray(this.outputShape) && this.outputShape.every((n) => n === null || (Number.isInteger(n) && n > 0));
    if (!valid) {
      throw new ConfigError(`${this.label}: outputShape must be sizes or null, got ${describe(outputShape)}`);
    }
    this.biasAxes = options.biasAxes ?? null;
    this.activation = activations.get(options.activation, this.label);
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.inputSpec = { kind: 'number' };
  }

  /** The kernel without the change by LoRA, or null before the layer is built. */
  get kernel(): Variable | null {
    return this.mainWeight;
  }

  /** Null without bias axes or before the layer is built. */
  get bias(): Variable | null {
    return this.#bias;
  }

  #shapes(inputShape: LayerShape): EinsumShapes {
    return einsumShapes(this.label, this.#terms, inputShape, this.outputShape, this.biasAxes);
  }

  protected override build(inputShape: LayerShape): void {
    const { kernel, bias, fans } = this.#shapes(inputShape);
    const initializer = new WithFans(this.#kernelSettings.initializer, fans);
    this.addMain('kernel', kernel, { ...this.#kernelSettings, initializer }, scaleForm(this.#terms, kernel));
    if (bias !== null) this.#bias = this.addWeight({ name: 'bias', shape: bias, ...this.#biasSettings });
    this.addFactors();
    this.inputSpec = { ...this.inputSpec, rank: inputShape.length };
  }

  override call(inputs: Tensor): Tensor {
    const main = this.quantizedMain;
    const product =
      main === null ? einsum(this.equation, inputs, this.adapted()) : quantizedEinsum(this.#terms, inputs, main);
    return this.activation(this.#bias === null ? product : add(product, this.#bias));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return this.#shapes(inputShape).output;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      output_shape: this.outputShape,
      equation: this.equation,
      activation: activations.serialize(this.activation),
      bias_axes: this.biasAxes,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('bias', this.#biasSettings),
    };
  }
}
