/**
 * What SimpleRNNCell, LSTMCell and GRUCell share: weights for all gates side by side, and dropout.
 */
import {
  add,
  expandDims,
  Generator,
  matmul,
  moveAxis,
  mul,
  reshape,
  type Shape,
  type Tensor,
  type Variable,
} from '@dl/tensor';
import * as activations from '../activations.ts';
import { checkCount, checkRate, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext, LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';
import { RNNCell, singleStep, type CellArguments, type CellRun } from './cell.ts';
import { dropFactors } from './drop.ts';

/** Options of {@link SimpleRNNCell}, and of the other cells beside their own. */
export interface RecurrentCellOptions
  extends LayerOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'recurrent'>, WeightOptionsOf<'bias'> {
  /** 'tanh' unless given. */
  readonly activation?: activations.ActivationLike | undefined;
  /** true unless given. */
  readonly useBias?: boolean | undefined;
  /** Part of the inputs to drop in training; 0 unless given. */
  readonly dropout?: number | undefined;
  /** Part of the previous output to drop in training; 0 unless given. */
  readonly recurrentDropout?: number | undefined;
  /** Seed of the dropout masks; drawn at construction unless given. The stream moves on with every call. */
  readonly seed?: number | null | undefined;
}

/** Names of {@link RecurrentCellOptions}. */
export const CELL_OPTIONS: readonly string[] = [
  'activation',
  'useBias',
  'kernelInitializer',
  'recurrentInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'recurrentRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'recurrentConstraint',
  'biasConstraint',
  'dropout',
  'recurrentDropout',
  'seed',
];

/** The product of states and the recurrent kernel, for some of the gates. */
export type RecurrentProduct = (h: Tensor) => Tensor;

/**
 * A cell whose gates are columns of two kernels: kernel [in, gates · units] and recurrent_kernel [units, gates · units].
 */
export abstract class DenseCell extends RNNCell {
  static override readonly positional: readonly string[] = ['units'];

  readonly units: number;
  readonly activation: activations.ActivationFunction;
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  /** The stream of the dropout masks; its state is a Variable. */
  readonly seedGenerator: Generator;
  override readonly outputState: number = 0;
  readonly #gates: number;
  readonly #kernelSettings: WeightSettings;
  readonly #recurrentSettings: WeightSettings;
  readonly #biasSettings: WeightSettings;
  #kernel: Variable | null = null;
  #recurrentKernel: Variable | null = null;
  #bias: Variable | null = null;

  constructor(gates: number, units: number, options: RecurrentCellOptions) {
    super(options);
    const { label } = this;
    this.#gates = gates;
    this.units = checkCount(label, 'units', units);
    this.activation = activations.get(options.activation === undefined ? 'tanh' : options.activation, this.label);
    this.useBias = options.useBias ?? true;
    this.dropout = checkRate(label, 'dropout', options.dropout ?? 0);
    this.recurrentDropout = checkRate(label, 'recurrentDropout', options.recurrentDropout ?? 0);
    this.seed = options.seed ?? null;
    this.seedGenerator = this.seed === null ? new Generator() : new Generator(this.seed);
    this.#kernelSettings = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#recurrentSettings = weightSettings(this.label, options, 'recurrent', 'orthogonal');
    this.#biasSettings = weightSettings(this.label, options, 'bias', 'zeros');
    this.inputSpec = { rank: 2, kind: 'number' };
  }

  /** [in, gates · units], or null before the cell is built. */
  get kernel(): Variable | null {
    return this.#kernel;
  }

  /** [units, gates · units], or null before the cell is built. */
  get recurrentKernel(): Variable | null {
    return this.#recurrentKernel;
  }

  /** Null without a bias or before the cell is built. */
  get bias(): Variable | null {
    return this.#bias;
  }

  /** Shape of the bias: one number per column of the kernels. */
  protected get biasShape(): Shape {
    return [this.#gates * this.units];
  }

  /** How the bias starts; cells whose gates start differently override it. */
  protected biasSettings(settings: WeightSettings): WeightSettings {
    return settings;
  }

  /** The bias that inputs get, or null. */
  protected inputBias(): Tensor | Variable | null {
    return this.#bias;
  }

  /** The bias that the first recurrent product gets, or null. */
  protected recurrentBias(): Tensor | null {
    return null;
  }

  /** Numbers of gates that get their recurrent products together; all unless overridden. */
  protected get products(): readonly number[] {
    return [this.#gates];
  }

  /** The output and the next states, from the projected inputs, the states and a product per entry of {@link products}. */
  protected abstract step(
    z: Tensor,
    states: readonly Tensor[],
    products: readonly RecurrentProduct[],
  ): readonly Tensor[];

  protected override build(inputShape: LayerShape): void {
    const inputs = knownSize(this.label, inputShape, -1);
    const columns = this.#gates * this.units;
    this.#kernel = this.addWeight({ name: 'kernel', shape: [inputs, columns], ...this.#kernelSettings });
    const recurrent = { name: 'recurrent_kernel', shape: [this.units, columns], ...this.#recurrentSettings };
    this.#recurrentKernel = this.addWeight(recurrent);
    if (this.useBias) {
      this.#bias = this.addWeight({ name: 'bias', shape: this.biasShape, ...this.biasSettings(this.#biasSettings) });
    }
    this.inputSpec = { ...this.inputSpec, axes: { [-1]: inputs } };
  }

  override begin(inputShape: Shape, training: boolean): CellRun {
    const { units, dropout, recurrentDropout, seedGenerator, computeDtype: dtype } = this;
    const gates = this.#gates;
    const [batch, inputs] = inputShape as readonly [number, number];
    // With recurrent dropout each gate drops elements of its own.
    const masks = recurrentDropout > 0 ? gates : 1;
    const keepInputs = dropFactors([masks, batch, inputs], dropout, training, seedGenerator, dtype);
    const keepStates = dropFactors([masks, batch, units], recurrentDropout, training, seedGenerator, dtype);
    // The parts of the kernels are taken before the loop, so that its gradient has one product for each.
    const product = gateProduct(this.#kernel!, units, keepInputs, 0, gates);
    let first = 0;
    const products = this.products.map((count) =>
      gateProduct(this.#recurrentKernel!, units, keepStates, (first += count) - count, count),
    );
    products[0] = withBias(products[0]!, this.recurrentBias());
    return {
      project: withBias(product, this.inputBias()),
      step: (z, states) => this.step(z, states, products),
    };
  }

  override call(inputs: Tensor, context: CallContext & CellArguments): readonly Tensor[] {
    return singleStep(this, inputs, context);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...weightConfig('kernel', this.#kernelSettings),
      ...weightConfig('recurrent', this.#recurrentSettings),
      ...weightConfig('bias', this.#biasSettings),
      dropout: this.dropout,
      recurrent_dropout: this.recurrentDropout,
      seed: this.seed,
    };
  }
}

const withBias = (product: RecurrentProduct, bias: Tensor | Variable | null): RecurrentProduct =>
  bias === null ? product : (x) => add(product(x), bias);

/** Products with some of the gates of a kernel; `keep` holds factors of x, [1, batch, in] for all gates or [gates, batch, in]. */
function gateProduct(
  kernel: Variable,
  units: number,
  keep: Tensor | null,
  first: number,
  count: number,
): RecurrentProduct {
  const [inputs, columns] = kernel.shape as readonly [number, number];
  const all = kernel.read();
  const w = count * units === columns ? all : all.slice([0, first * units], [inputs, count * units]);
  if (keep === null) return (x) => matmul(x, w);
  const [masks, batch] = keep.shape as readonly [number, number];
  if (masks === 1) {
    const factors = reshape(keep, [batch, inputs]);
    return (x) => matmul(mul(x, factors), w);
  }
  // One product per gate: [gates, batch, in] × [gates, in, units].
  const perGate = moveAxis(reshape(w, [inputs, count, units]), 1, 0);
  const factors = keep.slice([first, 0, 0], [count, batch, inputs]);
  return (x) => {
    const products = moveAxis(matmul(mul(expandDims(x, -3), factors), perGate), -3, -2);
    return reshape(products, [...x.shape.slice(0, -1), count * units]);
  };
}
