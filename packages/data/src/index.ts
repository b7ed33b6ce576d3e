// Datasets and input pipelines for machine learning; usable with any framework.
export { isNDArray, isTypedArray, ndarray, type NDArray, type NestedNumbers, type TypedArray } from './arrays.ts';
export { decodeWav, type DecodeWavOptions, type Sound } from './audio/decode-wav.ts';
export { resampleSound } from './audio/resample-sound.ts';
export type { ByteSource, PathSource } from './bytes.ts';
export { fromArrays, fromGenerator, fromIterable, zip, type GeneratorOptions, type Zipped } from './create.ts';
export { fromCsv, type CsvAuto, type CsvOptions, type CsvRow } from './csv.ts';
export type {
  BooleanColumn,
  CategoryColumn,
  ColumnRules,
  CsvColumn,
  CsvValue,
  NumberColumn,
  StringColumn,
} from './csv-columns.ts';
export { Dataset, type BatchOptions, type DatasetSource, type IndexedRows, type MapOptions } from './dataset.ts';
export { ConfigError, DataError, FormatError, ShapeError, type FormatPlace } from './errors.ts';
export {
  fashionMnist,
  type FashionMnist,
  type FashionMnistOptions,
  type LabelledImages,
  type MnistFiles,
} from './fashion-mnist.ts';
export { decodeImage, type DecodeImageOptions, type ImageDecoder } from './image/decode-image.ts';
export { encodeImage, type EncodeImageOptions } from './image/encode-image.ts';
export { encodeIdx, readIdx, type IdxOptions } from './idx.ts';
export type { FillIndices } from './indices.ts';
export { iris, type Iris } from './iris.ts';
export { fromJsonLines, type JsonLinesOptions } from './json-lines.ts';
export { setDefaultSeed } from './random.ts';
export { trainTestSplit, type PartOf, type Split, type SplitOptions } from './split.ts';
export type { Table } from './table.ts';
export { readTar, type TarFile, type TarOptions } from './tar.ts';
export type { Batched, Column, Columns, RowOf, RowsOf } from './types.ts';
