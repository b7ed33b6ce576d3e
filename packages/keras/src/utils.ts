/**
 * `utils` of `@dl/keras`: what people reach for beside `fit`, as in `keras.utils`.
 */
export { Progbar, type Console, type ProgbarOptions } from './callbacks/progbar.ts';
export { modelToDot, plotModel, type PlotOptions } from './plot-model.ts';
export {
  audioDatasetFromDirectory,
  type AudioDirectoryOptions,
  type AudioSample,
} from './utils/directory/audio-directory.ts';
export type { DirectoryDataset, DirectorySplit } from './utils/directory/directory-dataset.ts';
export type { DirectoryOptions, LabelBatch, LabelMode, Labels, Subset } from './utils/directory/options.ts';
export type { DirectorySource } from './utils/directory/list-files.ts';
export { imageDatasetFromDirectory, type ImageDirectoryOptions } from './utils/directory/image-directory.ts';
export { textDatasetFromDirectory, type TextDirectoryOptions } from './utils/directory/text-directory.ts';
export { getFile, type GetFileOptions } from './utils/get-file.ts';
export {
  arrayToImg,
  imgToArray,
  loadImg,
  saveImg,
  smartResize,
  type ArrayToImgOptions,
  type ImageInterpolation,
  type ImageSource,
  type LoadImgOptions,
  type SaveImgOptions,
} from './utils/images.ts';
export { fromPixels, toPixels, type FromPixelsOptions, type PixelCanvas, type PixelSource } from './utils/pixels.ts';
export { normalize, toCategorical } from './utils/numerical.ts';
export { padSequences, type PadSequencesOptions, type SequenceLike } from './utils/pad-sequences.ts';
export { setRandomSeed } from './utils/random-seed.ts';
export { packXYSampleWeight, unpackXYSampleWeight, type SampleTuple } from './utils/sample-tuples.ts';
export { splitDataset, type SplitDatasetOptions } from './utils/split-dataset.ts';
export { timeseriesDatasetFromArray, type TimeseriesOptions } from './utils/timeseries.ts';
