/**
 * `@dl/tensor/image`: resizing, transforms, filters, colours and patches of images, as in `keras.ops.image`. Images are
 * [height, width, channels] or batches of them.
 */
export { hsvToRgb, rgbToGrayscale, rgbToHsv } from './functions/image/colors.ts';
export { mapCoordinates, type FillMode, type MapCoordinatesOptions } from './functions/image/coordinates.ts';
export { cropImages, padImages, type CropOptions, type PadOptions } from './functions/image/edges.ts';
export {
  gaussianBlur,
  sobelEdges,
  ssim,
  type GaussianBlurOptions,
  type SsimOptions,
} from './functions/image/filters.ts';
export type { ImageOptions } from './functions/image/layout.ts';
export {
  extractPatches,
  extractPatches3d,
  reconstructPatches,
  type ExtractPatchesOptions,
  type ReconstructPatchesOptions,
} from './functions/image/patches.ts';
export {
  resize,
  scaleAndTranslate,
  type ResizeInterpolation,
  type ResizeOptions,
  type ScaleAndTranslateOptions,
} from './functions/image/resize.ts';
export {
  affineTransform,
  computeHomography,
  elasticTransform,
  perspectiveTransform,
  type AffineTransformOptions,
  type ElasticTransformOptions,
  type Interpolation,
  type TransformOptions,
} from './functions/image/transforms.ts';
