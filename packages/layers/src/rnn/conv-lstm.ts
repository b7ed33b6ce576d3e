/**
 * ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: recurrent layers of images.
 */
import type { Config } from '../base/config.ts';
import { CONV_LSTM_CELL_OPTIONS, ConvLSTMCell, type ConvLSTMCellOptions } from './conv-lstm-cell.ts';
import { cellOptions, flatConfig } from './flat-layer.ts';
import { RNN, RNN_OPTIONS, type RNNOptions } from './rnn.ts';

/** Options of {@link ConvLSTM1D}, {@link ConvLSTM2D} and {@link ConvLSTM3D}. */
export type ConvLSTMOptions<S extends boolean = boolean> = ConvLSTMCellOptions & RNNOptions<S>;

const OPTIONS: readonly string[] = [...CONV_LSTM_CELL_OPTIONS, ...RNN_OPTIONS];

/** A recurrent layer of {@link ConvLSTMCell} over any number of spatial axes. */
abstract class ConvLSTM<S extends boolean> extends RNN<S> {
  static override readonly positional: readonly string[] = ['filters', 'kernelSize'];
  declare readonly cell: ConvLSTMCell;

  constructor(rank: number, filters: number, kernelSize: number | readonly number[], options: ConvLSTMOptions<S>) {
    const own = cellOptions('conv_lstm_cell', options, CONV_LSTM_CELL_OPTIONS);
    super(new ConvLSTMCell(rank, filters, kernelSize, own), options);
    this.inputSpec = { ...this.inputSpec, rank: rank + 3, kind: 'number' };
  }

  override getConfig(): Config {
    const { rank: _, ...config } = flatConfig(this.cell, this.layerConfig());
    return config;
  }
}

/**
 * Convolutional long short-term memory of signals: [batch, steps, length, channels] to [batch, length', filters], or with
 * `returnSequences` to [batch, steps, length', filters]. Weights and formulas are those of {@link ConvLSTMCell}, states,
 * masks and lists of results those of {@link RNN}.
 *
 * @example new ConvLSTM1D(4, 3, { padding: 'same' }).apply(zeros([1, 5, 8, 2])); // [1, 8, 4]
 */
export class ConvLSTM1D<S extends boolean = false> extends ConvLSTM<S> {
  static override readonly className: string = 'ConvLSTM1D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLSTMOptions<S> = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * Convolutional long short-term memory of images: [batch, steps, rows, columns, channels] to [batch, rows', columns', filters],
 * or with `returnSequences` to [batch, steps, rows', columns', filters]. Otherwise as {@link ConvLSTM1D}.
 *
 * @example new ConvLSTM2D(4, 3).apply(zeros([1, 5, 8, 8, 2])); // [1, 6, 6, 4]
 */
export class ConvLSTM2D<S extends boolean = false> extends ConvLSTM<S> {
  static override readonly className: string = 'ConvLSTM2D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLSTMOptions<S> = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * Convolutional long short-term memory of volumes: [batch, steps, depth, rows, columns, channels] to
 * [batch, depth', rows', columns', filters]. Otherwise as {@link ConvLSTM1D}.
 *
 * @example new ConvLSTM3D(2, 2).apply(zeros([1, 3, 4, 4, 4, 1])); // [1, 3, 3, 3, 2]
 */
export class ConvLSTM3D<S extends boolean = false> extends ConvLSTM<S> {
  static override readonly className: string = 'ConvLSTM3D';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLSTMOptions<S> = {}) {
    super(3, filters, kernelSize, options);
  }
}
