/**
 * Layers that prepare data.
 */
export { Rescaling, type RescalingOptions } from './rescaling.ts';
export { resize, type Coordinates, type Interpolation, type ResizeOptions } from './resizing.ts';
export * from './image/index.ts';
export { Pipeline } from './pipeline.ts';
export { MelSpectrogram, type MelSpectrogramOptions } from './audio/mel-spectrogram.ts';
export { STFTSpectrogram, type STFTSpectrogramOptions, type SpectrogramMode } from './audio/stft-spectrogram.ts';
export { Normalization, type NormalizationOptions } from './numerical/normalization.ts';
export { Discretization, type DiscretizationOptions } from './numerical/discretization.ts';
export {
  CategoryEncoding,
  type CategoryEncodingCall,
  type CategoryEncodingOptions,
} from './categorical/category-encoding.ts';
export { HashedCrossing, type HashedCrossingOptions } from './categorical/hashed-crossing.ts';
export { Hashing, type HashingOptions } from './categorical/hashing.ts';
export { IntegerLookup, type IntegerLookupOptions } from './categorical/integer-lookup.ts';
export { StringLookup, type StringData, type StringLookupOptions } from './categorical/string-lookup.ts';
export { IndexLookup, type LookupOptions } from './categorical/index-lookup.ts';
export type { OutputMode } from './categorical/encode.ts';
export { TextVectorization, type TextVectorizationOptions } from './text/text-vectorization.ts';
export type { Split, Standardize } from './text/tokens.ts';
export type { AdaptData } from './batches.ts';
export type { Salt } from './hash/buckets.ts';
export type { StringsLike } from './strings.ts';
export {
  FeatureSpace,
  type CategoricalOptions,
  type DiscretizedOptions,
  type FeatureKind,
  type FeatureSpaceOptions,
} from './feature-space/feature-space.ts';
export { Cross, Feature, type FeatureDType, type FeatureOutput } from './feature-space/feature.ts';
