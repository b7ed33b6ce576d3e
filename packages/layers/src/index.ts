/**
 * `@dl/layers`: neural network layers. Losses, metrics, initializers and so on are subpaths of the package.
 */
export * from './base/index.ts';
export * from './core/index.ts';
export * from './attention/index.ts';
export * from './convolution/index.ts';
export * from './pooling/index.ts';
export * from './reshaping/index.ts';
export * from './regularization/index.ts';
export * from './activation/index.ts';
export * from './normalization/index.ts';
export * from './preprocessing/index.ts';
export * from './merging/index.ts';
export * from './rnn/index.ts';
