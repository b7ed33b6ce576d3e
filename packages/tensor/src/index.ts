/**
 * `@dl/tensor`: n-dimensional arrays, the ops on them, and the machinery that gives ops their meaning.
 */
export { Tensor } from './tensor.ts';
export { Variable, type VariableKind, type VariableOptions } from './variable.ts';
export type { Tree } from './tree.ts';
export type { DType, TypedArray } from './dtype.ts';
export type { Shape } from './shape.ts';
export type { Nested } from './nested.ts';
export { arange, eye, full, isArrayData, ones, tensor, zeros, type ArrayData, type TensorLike } from './create.ts';
export * from './functions/elementwise.ts';
export * from './functions/reduce.ts';
export * from './functions/movement.ts';
export { pad, type PadMode } from './functions/pad.ts';
export { repeat, roll } from './functions/repeat.ts';
export * from './functions/contract.ts';
export * from './functions/indexing.ts';
export { diag, diagonal, trace } from './functions/numpy/matrices.ts';
export { fullLike, linspace, onesLike, zerosLike, type SpaceOptions } from './functions/numpy/ranges.ts';
export { isClose, allclose, type CloseOptions } from './functions/numpy/elementwise.ts';
export { segmentSum } from './functions/segments.ts';
export { at, range, RangeIndex, type Index } from './functions/at.ts';
export {
  defaultRandom,
  freshSeed,
  Generator,
  type RandomStream,
  normal,
  setSeed,
  truncatedNormal,
  uniform,
} from './functions/random.ts';
export { associativeScan, type AssociativeScanOptions } from './functions/associative-scan.ts';
export { foriLoop } from './functions/loop.ts';
export { map, scan, type ScanOptions } from './functions/scan.ts';
export { cond, switchCase } from './functions/switch.ts';
export { whileLoop, type WhileOptions } from './functions/while.ts';
export * from './functions/nn/activations.ts';
export * from './functions/nn/normalization.ts';
export { normalize, sparsemax } from './functions/nn/keras-norms.ts';
export * from './functions/nn/losses.ts';
export {
  avgPool,
  conv,
  convTranspose,
  depthwiseConv,
  maxPool,
  type ConvOptions,
  type ConvTransposeOptions,
  type PaddingMode,
  type PoolOptions,
} from './functions/nn/convolution.ts';
export { getBackend, hasBackend, setBackend, VERSION, withBackend } from './runtime/context.ts';
export { jit, type Jitted, type JitOptions, type Lowered } from './jit/jit.ts';
export type { JitPassName } from './jit/prelude.ts';
export { memory, type MemoryInfo } from './runtime/storage.ts';
export { scope, Scope, tidy } from './runtime/scope.ts';
export {
  BackendError,
  ConfigError,
  DisposedError,
  DlError,
  DTypeError,
  FormatError,
  nearestNames,
  ShapeError,
  unknownName,
} from './errors.ts';
