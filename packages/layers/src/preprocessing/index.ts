/**
 * Layers that prepare data.
 */
export { Rescaling, type RescalingOptions } from './rescaling.ts';
export {
  resize,
  Resizing,
  type Coordinates,
  type Interpolation,
  type ResizeOptions,
  type ResizingOptions,
} from './resizing.ts';
