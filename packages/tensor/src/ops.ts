/**
 * `@dl/tensor/ops`: every op of `keras.ops` and `keras.random` under its Keras name in camelCase, aliases included.
 * Where the functions of `@dl/tensor` go by another name or order of arguments, these follow Keras.
 */
export * from './functions/elementwise.ts';
export {
  abs as absolute,
  acos as arccos,
  acosh as arccosh,
  asin as arcsin,
  asinh as arcsinh,
  atan as arctan,
  atan2 as arctan2,
  atanh as arctanh,
  bitwiseNot as bitwiseInvert,
  div as divide,
  div as trueDivide,
  floorDiv as floorDivide,
  leftShift as bitwiseLeftShift,
  mul as multiply,
  neg as negative,
  pow as power,
  rightShift as bitwiseRightShift,
  sub as subtract,
} from './functions/elementwise.ts';
export {
  all,
  any,
  argMax,
  argMin,
  countNonzero,
  cummax,
  cummin,
  cumprod,
  cumsum,
  logSumExp,
  max,
  max as amax,
  mean,
  min,
  min as amin,
  moments,
  prod,
  std,
  sum,
  variance,
  variance as var,
  type CumulativeOptions,
} from './functions/reduce.ts';
export {
  broadcastTo,
  concat,
  concat as concatenate,
  expandDims,
  flip,
  moveAxis,
  reshape,
  squeeze,
  stack,
  swapAxes,
  tile,
  transpose,
} from './functions/movement.ts';
export { pad, type PadMode } from './functions/pad.ts';
export { repeat, roll } from './functions/repeat.ts';
export { foriLoop } from './functions/loop.ts';
export { dot, einsum, matmul, outer } from './functions/contract.ts';
export { argsort, gather, gatherNd, sort, takeAlongAxis, tril, triu } from './functions/indexing.ts';
export { arange, eye, full, ones, zeros } from './create.ts';
export {
  allclose,
  angle,
  cbrt,
  conj,
  conj as conjugate,
  deg2rad,
  divideNoNan,
  exp2,
  fabs,
  fmax,
  fmin,
  fmod,
  heaviside,
  hypot,
  imag,
  isClose,
  isNegInf,
  isPosInf,
  isReal,
  ldexp,
  logAddExp,
  logAddExp2,
  nanToNum,
  rad2deg,
  realPart as real,
  signbit,
  sinc,
  type CloseOptions,
} from './functions/numpy/elementwise.ts';
export { gcd, lcm, nextafter, saturateCast, view } from './functions/numpy/bits.ts';
export {
  average,
  bincount,
  corrcoef,
  correlate,
  diff,
  digitize,
  histogram,
  ptp,
  trapezoid,
  type AverageOptions,
  type BincountOptions,
  type HistogramOptions,
  type TrapezoidOptions,
} from './functions/numpy/statistics.ts';
export { diag, diagflat, diagonal, trace, tri, vander } from './functions/numpy/matrices.ts';
export {
  argpartition,
  isIn,
  nonzero,
  searchSorted,
  unique,
  unravelIndex,
  type SizeOptions,
  type UniqueOptions,
  type UniqueResult,
} from './functions/numpy/search.ts';
export {
  median,
  nanMedian,
  nanPercentile,
  nanQuantile,
  percentile,
  quantile,
  type QuantileMethod,
  type QuantileOptions,
} from './functions/numpy/quantile.ts';
export * from './functions/numpy/nan.ts';
export {
  empty,
  emptyLike,
  fullLike,
  geomspace,
  identity,
  linspace,
  logspace,
  meshgrid,
  onesLike,
  zerosLike,
  type SpaceOptions,
} from './functions/numpy/ranges.ts';
export { cross, inner, kron, tensordot, vdot, type CrossOptions } from './functions/numpy/products.ts';
export {
  append,
  arraySplit,
  columnStack,
  dsplit,
  dstack,
  hsplit,
  hstack,
  splitAt as split,
  vsplit,
  vstack,
} from './functions/numpy/sections.ts';
export {
  array,
  copy,
  fliplr,
  flipud,
  getItem,
  ravel,
  rot90,
  select,
  take,
  vectorize,
  where,
} from './functions/numpy/arrangement.ts';
export {
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSilu as hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu6,
  selu,
  silu,
  silu as swish,
  softmax,
  softplus,
  softShrink,
  softsign,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  threshold,
} from './functions/nn/activations.ts';
export {
  avgPool as averagePool,
  conv,
  convTranspose,
  depthwiseConv,
  maxPool,
  separableConv,
  type ConvOptions,
  type ConvTransposeOptions,
  type PaddingMode,
  type PoolOptions,
} from './functions/nn/convolution.ts';
export type { DataFormat, FormatOptions } from './functions/nn/data-format.ts';
export { adaptiveAveragePool, adaptiveMaxPool } from './functions/nn/pooling.ts';
export { depthToSpace, fold, spaceToDepth, unfold, type PatchOptions } from './functions/nn/patches.ts';
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  psnr,
  sparseCategoricalCrossentropy,
  type CrossEntropyOptions,
} from './functions/nn/keras-losses.ts';
export {
  batchNormalization,
  layerNormalization,
  multiHot,
  normalize,
  polar,
  rmsNormalization,
  sparsemax,
  type BatchNormalizationOptions,
  type LayerNormalizationOptions,
  type RmsNormalizationOptions,
} from './functions/nn/keras-norms.ts';
export { dotProductAttention, type AttentionOptions } from './functions/nn/attention.ts';
export { ctcLoss, type CtcOptions } from './functions/nn/ctc.ts';
export { ctcDecode, type CtcDecodeOptions } from './functions/nn/ctc-decode.ts';
export { rearrange } from './functions/nn/rearrange.ts';
export { inTopK, oneHot, scatterNd, topK, type ScatterMode } from './functions/indexing.ts';
export { erfc, gammainc, i0 } from './functions/special.ts';
export {
  cdist,
  convertToNumpy,
  convertToTensor,
  dtype,
  isTensor,
  ndim,
  scatter,
  scatterUpdate,
  shape,
  size,
  slice,
  sliceUpdate,
  unstack,
} from './functions/core.ts';
export { segmentMax, segmentMin, segmentProd, segmentSum } from './functions/segments.ts';
/** `keras.random`: random tensors with Keras's names. */
export * as random from './random.ts';
export * from './signal.ts';
export * from './linalg.ts';
export { map, scan, type ScanOptions } from './functions/scan.ts';
export { associativeScan, type AssociativeScanOptions } from './functions/associative-scan.ts';
export { cond, switchCase, switchCase as switch } from './functions/switch.ts';
export { whileLoop, type WhileOptions } from './functions/while.ts';
/** `keras.ops.image`: functions on images. */
export * as image from './image.ts';
/** `keras.ops.linalg`: linear algebra. */
export * as linalg from './linalg.ts';
