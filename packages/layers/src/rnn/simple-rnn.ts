/**
 * SimpleRNN and its cell: the previous output is one more input.
 */
import { add, type Tensor } from '@dl/tensor';
import type { Config } from '../base/config.ts';
import { CELL_OPTIONS, DenseCell, type RecurrentCellOptions, type RecurrentProduct } from './dense-cell.ts';
import { cellOptions, flatConfig } from './flat-layer.ts';
import { RNN, RNN_OPTIONS, type RNNOptions } from './rnn.ts';

/**
 * h' = activation(x · kernel + bias + h · recurrent_kernel) (J. Elman, 1990). The output is the new state.
 *
 * Weights: kernel [in, units] ('glorot_uniform'), recurrent_kernel [units, units] ('orthogonal'), bias [units] ('zeros').
 *
 * @example new SimpleRNNCell(4).apply(zeros([2, 3]), { states: [zeros([2, 4])] }); // [output, state], each [2, 4]
 */
export class SimpleRNNCell extends DenseCell {
  static override readonly className: string = 'SimpleRNNCell';
  static override readonly options: readonly string[] = CELL_OPTIONS;
  override readonly stateSize: number;

  constructor(units: number, options: RecurrentCellOptions = {}) {
    super(1, units, options);
    this.stateSize = units;
  }

  protected override step(
    z: Tensor,
    [h]: readonly Tensor[],
    [product]: readonly RecurrentProduct[],
  ): readonly Tensor[] {
    const next = this.activation(add(z, product!(h!)));
    return [next, next];
  }
}

/** Options of {@link SimpleRNN}. */
export type SimpleRNNOptions<S extends boolean = boolean> = RecurrentCellOptions & RNNOptions<S>;

/**
 * The recurrent layer of {@link SimpleRNNCell}: [batch, steps, in] to [batch, units], or with `returnSequences` to
 * [batch, steps, units]. States, masks and lists of results are those of {@link RNN}.
 *
 * @example new SimpleRNN(4).apply(zeros([2, 5, 3])); // [2, 4]
 */
export class SimpleRNN<S extends boolean = false> extends RNN<S> {
  static override readonly className: string = 'SimpleRNN';
  static override readonly positional: readonly string[] = ['units'];
  static override readonly options: readonly string[] = [...CELL_OPTIONS, ...RNN_OPTIONS];
  declare readonly cell: SimpleRNNCell;

  constructor(units: number, options: SimpleRNNOptions<S> = {}) {
    super(new SimpleRNNCell(units, cellOptions('simple_rnn_cell', options, CELL_OPTIONS)), options);
    this.inputSpec = { ...this.inputSpec, rank: 3, kind: 'number' };
  }

  override getConfig(): Config {
    return flatConfig(this.cell, this.layerConfig());
  }
}
