/**
 * Convolutions.
 */
export { Conv1D, Conv2D, Conv3D, type ConvLayerOptions } from './conv.ts';
export { Conv2DTranspose, type ConvTransposeLayerOptions } from './conv-transpose.ts';
export {
  DepthwiseConv2D,
  SeparableConv2D,
  type DepthwiseConvOptions,
  type SeparableConvOptions,
} from './depthwise-conv.ts';
