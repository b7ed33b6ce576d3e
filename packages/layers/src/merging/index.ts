/**
 * Layers of several inputs.
 */
export {
  Add,
  Average,
  Concatenate,
  Dot,
  Maximum,
  Minimum,
  Multiply,
  Subtract,
  type ConcatenateOptions,
  type DotOptions,
} from './merging.ts';
