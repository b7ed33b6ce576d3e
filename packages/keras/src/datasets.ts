/**
 * `@dl/keras/datasets`: the data sets of Keras's examples, read from files of yours. Nothing is downloaded: pass a path, a
 * URL or bytes.
 */
export type { LabelledData, RegressionData } from './datasets/arrays.ts';
export { cifar10, cifar100, type Cifar100Options, type CifarSource } from './datasets/cifar.ts';
export { bostonHousing, californiaHousing, type CaliforniaOptions, type HousingOptions } from './datasets/housing.ts';
export { fashionMnist, mnist, type MnistSource } from './datasets/mnist.ts';
export { imdb, reuters, type ReutersOptions, type TextData, type TextOptions } from './datasets/texts.ts';
