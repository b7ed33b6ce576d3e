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
export { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from './functions.ts';
