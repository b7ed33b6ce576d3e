/**
 * Layers that change images.
 */
export { ImageLayer, type ImageLayerOptions, type ImageRecord } from './image-layer.ts';
export { RandomImageLayer, type Factor, type RandomImageOptions, type Range } from './random-image-layer.ts';
export { Resizing, type ResizingOptions } from './resizing.ts';
export { CenterCrop, RandomCrop } from './crops.ts';
export {
  RandomFlip,
  RandomRotation,
  RandomShear,
  RandomTranslation,
  RandomZoom,
  type FlipMode,
  type SamplingOptions,
} from './affine-layers.ts';
export {
  RandomElasticTransform,
  RandomPerspective,
  type RandomElasticOptions,
  type RandomPerspectiveOptions,
} from './warp-layers.ts';
export {
  RandomGaussianBlur,
  RandomSharpness,
  type RandomGaussianBlurOptions,
  type RandomSharpnessOptions,
} from './blur.ts';
export {
  RandomBrightness,
  RandomColorJitter,
  RandomContrast,
  RandomHue,
  RandomSaturation,
  type ColorOptions,
  type RandomColorJitterOptions,
} from './color-layers.ts';
export {
  RandomColorDegeneration,
  RandomGrayscale,
  RandomInvert,
  RandomPosterization,
  Solarization,
  type SolarizationOptions,
} from './tone-layers.ts';
export {
  AutoContrast,
  ContrastLimitedAdaptiveHistogramEqualization,
  Equalization,
  type AutoContrastOptions,
  type ClaheOptions,
  type EqualizationOptions,
} from './contrast-layers.ts';
export { CutMix, MixUp, RandomErasing, type RandomErasingOptions } from './mixing-layers.ts';
export { AugMix, RandAugment, type AugMixOptions, type RandAugmentOptions } from './augment-layers.ts';
export { MaxNumBoundingBoxes, type BoxRecord, type MaxNumBoundingBoxesOptions } from './max-num-bounding-boxes.ts';
