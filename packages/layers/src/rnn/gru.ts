/**
 * GRU and its cell: gated recurrent unit.
 */
import { add, mul, split, sub, type Shape, type Tensor, type Variable } from '@dl/tensor';
import * as activations from '../activations.ts';
import type { Config } from '../base/config.ts';
import { CELL_OPTIONS, DenseCell, type RecurrentCellOptions, type RecurrentProduct } from './dense-cell.ts';
import { cellOptions, flatConfig } from './flat-layer.ts';
import { RNN, RNN_OPTIONS, type RNNOptions } from './rnn.ts';

/** Options of {@link GRUCell}. */
export interface GRUCellOptions extends RecurrentCellOptions {
  /** 'sigmoid' unless given. */
  readonly recurrentActivation?: activations.ActivationLike | undefined;
  /** Whether the reset gate acts on the product with the recurrent kernel, or on the state before it; true unless given. */
  readonly resetAfter?: boolean | undefined;
}

const GRU_CELL_OPTIONS: readonly string[] = [...CELL_OPTIONS, 'recurrentActivation', 'resetAfter'];

/**
 * Gated recurrent unit (K. Cho et al., 2014). Gates in the order z (update), r (reset), h (candidate); g is
 * recurrentActivation, W, U and b are the columns of kernel, recurrent_kernel and bias:
 * z = g(x · W_z + h · U_z + b_z), r = g(x · W_r + h · U_r + b_r), h' = z · h + (1 − z) · candidate.
 * With `resetAfter` the candidate is activation(x · W_h + b_h + r · (h · U_h + b'_h)), and the bias has two rows: for inputs
 * and, b', for states. Without it, it is activation(x · W_h + (r · h) · U_h + b_h). The output is the new state.
 *
 * Weights: kernel [in, 3 · units] ('glorot_uniform'), recurrent_kernel [units, 3 · units] ('orthogonal'), bias
 * [2, 3 · units], or [3 · units] without `resetAfter` ('zeros').
 *
 * @example new GRUCell(4).apply(zeros([2, 3]), { states: [zeros([2, 4])] }); // [output, state], each [2, 4]
 */
export class GRUCell extends DenseCell {
  static override readonly className: string = 'GRUCell';
  static override readonly options: readonly string[] = GRU_CELL_OPTIONS;
  readonly recurrentActivation: activations.ActivationFunction;
  readonly resetAfter: boolean;
  override readonly stateSize: number;

  constructor(units: number, options: GRUCellOptions = {}) {
    super(3, units, options);
    this.recurrentActivation = activations.get(
      options.recurrentActivation === undefined ? 'sigmoid' : options.recurrentActivation,
      this.label,
    );
    this.resetAfter = options.resetAfter ?? true;
    this.stateSize = units;
  }

  protected override get biasShape(): Shape {
    return this.resetAfter ? [2, 3 * this.units] : [3 * this.units];
  }

  protected override inputBias(): Tensor | Variable | null {
    return this.resetAfter && this.bias !== null ? this.bias.read().at(0) : this.bias;
  }

  protected override recurrentBias(): Tensor | null {
    return this.resetAfter && this.bias !== null ? this.bias.read().at(1) : null;
  }

  protected override get products(): readonly number[] {
    return this.resetAfter ? [3] : [2, 1];
  }

  protected override step(x: Tensor, [h]: readonly Tensor[], products: readonly RecurrentProduct[]): readonly Tensor[] {
    const { activation, recurrentActivation: gate, resetAfter } = this;
    const [xz, xr, xh] = split(x, 3, -1) as [Tensor, Tensor, Tensor];
    const [hz, hr, hh] = split(products[0]!(h!), resetAfter ? 3 : 2, -1) as [Tensor, Tensor, Tensor?];
    const z = gate(add(xz, hz));
    const r = gate(add(xr, hr));
    const candidate = activation(add(xh, resetAfter ? mul(r, hh!) : products[1]!(mul(r, h!))));
    const next = add(mul(z, h!), mul(sub(1, z), candidate));
    return [next, next];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      recurrent_activation: activations.serialize(this.recurrentActivation),
      reset_after: this.resetAfter,
    };
  }
}

/** Options of {@link GRU}. */
export type GRUOptions<S extends boolean = boolean> = GRUCellOptions & RNNOptions<S>;

/**
 * The recurrent layer of {@link GRUCell}: [batch, steps, in] to [batch, units], or with `returnSequences` to
 * [batch, steps, units]. States, masks and lists of results are those of {@link RNN}.
 *
 * @example new GRU(4).apply(zeros([2, 5, 3])); // [2, 4]
 */
export class GRU<S extends boolean = false> extends RNN<S> {
  static override readonly className: string = 'GRU';
  static override readonly positional: readonly string[] = ['units'];
  static override readonly options: readonly string[] = [...GRU_CELL_OPTIONS, ...RNN_OPTIONS];
  declare readonly cell: GRUCell;

  constructor(units: number, options: GRUOptions<S> = {}) {
    super(new GRUCell(units, cellOptions('gru_cell', options, GRU_CELL_OPTIONS)), options);
    this.inputSpec = { ...this.inputSpec, rank: 3, kind: 'number' };
  }

  override getConfig(): Config {
    return flatConfig(this.cell, this.layerConfig());
  }
}
