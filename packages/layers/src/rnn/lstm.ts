/**
 * LSTM and its cell: long short-term memory.
 */
import { add, concat, mul, ones, split, type DType, type Shape, type Tensor } from '@dl/tensor';
import * as activations from '../activations.ts';
import type { Config } from '../base/config.ts';
import type { WeightSettings } from '../base/weight-settings.ts';
import { Initializer } from '../initializers/constant.ts';
import { CELL_OPTIONS, DenseCell, type RecurrentCellOptions, type RecurrentProduct } from './dense-cell.ts';
import { cellOptions, flatConfig } from './flat-layer.ts';
import { RNN, RNN_OPTIONS, type RNNOptions } from './rnn.ts';

/** Starts a bias of four gates: ones for the second, which decides what to forget, the given initializer for the others. */
export class ForgetBias extends Initializer {
  readonly #others: Initializer;

  constructor(others: Initializer) {
    super();
    this.#others = others;
  }

  override apply([columns]: Shape, dtype?: DType): Tensor {
    const units = columns! / 4;
    const others = this.#others;
    return concat([others.apply([units], dtype), ones([units], dtype), others.apply([2 * units], dtype)]);
  }
}

/** Options that LSTM cells have beside those of all cells. */
export interface GateOptions {
  /** 'sigmoid' unless given. */
  readonly recurrentActivation?: activations.ActivationLike | undefined;
  /** Whether the bias of the forget gate starts at 1; true unless given. */
  readonly unitForgetBias?: boolean | undefined;
}

/** The new output and memory from the sums of four gates, which stand side by side on the last axis, and the old memory. */
export function lstmStep(
  sums: Tensor,
  memory: Tensor,
  activation: activations.ActivationFunction,
  gate: activations.ActivationFunction,
): readonly [h: Tensor, c: Tensor] {
  const [i, f, c, o] = split(sums, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  const next = add(mul(gate(f), memory), mul(gate(i), activation(c)));
  return [mul(gate(o), activation(next)), next];
}

/** Options of {@link LSTMCell}. */
export type LSTMCellOptions = RecurrentCellOptions & GateOptions;

const LSTM_CELL_OPTIONS: readonly string[] = [...CELL_OPTIONS, 'recurrentActivation', 'unitForgetBias'];

/**
 * Long short-term memory (S. Hochreiter and J. Schmidhuber, 1997; forget gate: F. Gers et al., 2000). With the sums
 * z = x · kernel + bias + h · recurrent_kernel, split into the gates i, f, c, o in this order, and g = recurrentActivation:
 * c' = g(z_f) · c + g(z_i) · activation(z_c), h' = g(z_o) · activation(c'). States: h, c; the output is the new h.
 *
 * Weights: kernel [in, 4 · units] ('glorot_uniform'), recurrent_kernel [units, 4 · units] ('orthogonal'), bias [4 · units]
 * ('zeros', and ones for f).
 *
 * @example new LSTMCell(4).apply(zeros([2, 3]), { states: [zeros([2, 4]), zeros([2, 4])] }); // [output, h, c]
 */
export class LSTMCell extends DenseCell {
  static override readonly className: string = 'LSTMCell';
  static override readonly options: readonly string[] = LSTM_CELL_OPTIONS;
  readonly recurrentActivation: activations.ActivationFunction;
  readonly unitForgetBias: boolean;
  override readonly stateSize: readonly number[];

  constructor(units: number, options: LSTMCellOptions = {}) {
    super(4, units, options);
    const { recurrentActivation = 'sigmoid', unitForgetBias = true } = options;
    this.recurrentActivation = activations.get(recurrentActivation, this.label);
    this.unitForgetBias = unitForgetBias;
    this.stateSize = [units, units];
  }

  protected override biasSettings(settings: WeightSettings): WeightSettings {
    return this.unitForgetBias ? { ...settings, initializer: new ForgetBias(settings.initializer) } : settings;
  }

  protected override step(
    z: Tensor,
    [h, c]: readonly Tensor[],
    [product]: readonly RecurrentProduct[],
  ): readonly Tensor[] {
    const next = lstmStep(add(z, product!(h!)), c!, this.activation, this.recurrentActivation);
    return [next[0], ...next];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      recurrent_activation: activations.serialize(this.recurrentActivation),
      unit_forget_bias: this.unitForgetBias,
    };
  }
}

/** Options of {@link LSTM}. */
export type LSTMOptions<S extends boolean = boolean> = LSTMCellOptions & RNNOptions<S>;

/**
 * The recurrent layer of {@link LSTMCell}: [batch, steps, in] to [batch, units], or with `returnSequences` to
 * [batch, steps, units]. With `returnState` it gives [output, h, c]. Masks and states are those of {@link RNN}.
 *
 * @example
 * new LSTM(4).apply(zeros([2, 5, 3])); // [2, 4]
 * const [y, h, c] = new LSTM(4, { returnSequences: true, returnState: true }).apply(zeros([2, 5, 3]));
 */
export class LSTM<S extends boolean = false> extends RNN<S> {
  static override readonly className: string = 'LSTM';
  static override readonly positional: readonly string[] = ['units'];
  static override readonly options: readonly string[] = [...LSTM_CELL_OPTIONS, ...RNN_OPTIONS];
  declare readonly cell: LSTMCell;

  constructor(units: number, options: LSTMOptions<S> = {}) {
    super(new LSTMCell(units, cellOptions('lstm_cell', options, LSTM_CELL_OPTIONS)), options);
    this.inputSpec = { ...this.inputSpec, rank: 3, kind: 'number' };
  }

  override getConfig(): Config {
    return flatConfig(this.cell, this.layerConfig());
  }
}
