/**
 * Recurrent layers and their cells.
 */
export { Bidirectional, type BidirectionalOptions, type BidirectionalOutput, type MergeMode } from './bidirectional.ts';
export { RNNCell, type CellArguments, type CellRun } from './cell.ts';
export { ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, type ConvLSTMOptions } from './conv-lstm.ts';
export { ConvLSTMCell, type ConvLSTMCellOptions } from './conv-lstm-cell.ts';
export type { RecurrentCellOptions } from './dense-cell.ts';
export { GRU, GRUCell, type GRUCellOptions, type GRUOptions } from './gru.ts';
export { LSTM, LSTMCell, type LSTMCellOptions, type LSTMOptions } from './lstm.ts';
export { RNN, type RNNArguments, type RNNOptions, type RNNOutput } from './rnn.ts';
export { SimpleRNN, SimpleRNNCell, type SimpleRNNOptions } from './simple-rnn.ts';
export { StackedRNNCells } from './stacked-cells.ts';
export { TimeDistributed } from './time-distributed.ts';
