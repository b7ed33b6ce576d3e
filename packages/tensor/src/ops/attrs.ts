/**
 * The list of primitive ops and their attributes. Every table (rows, VJP, JVP, batching) is a mapped type over it,
 * so that a missing entry is a compile error.
 */
import type { DType } from '../dtype.ts';
import type { Graph } from '../graph/graph.ts';
import type { ScatterOp } from '../kernel/kernel.ts';
import type { Callee } from './callee.ts';
import type { RegionRules } from './regions.ts';
import type { Shape } from '../shape.ts';

/** Ops without attributes. */
type None = Readonly<Record<never, never>>;

interface ReduceAttrs {
  /** Axes to reduce, sorted, non-negative. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

interface ArgReduceAttrs {
  /** The axis to search; it is removed, or kept with size 1. */
  readonly axis: number;
  readonly keepDims: boolean;
}

/** Zeros (low, high) around each spatial axis; negative values crop. */
export type Padding = readonly (readonly [low: number, high: number])[];

export interface ConvAttrs {
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  /** Splits input channels and features into groups that do not meet. */
  readonly featureGroups: number;
  /** Splits the batch and the features into groups; the gradient of a feature-grouped convolution. */
  readonly batchGroups: number;
}

export interface WindowAttrs {
  /** Window size, stride, padding and dilations for every axis of the input. */
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly windowDilation: readonly number[];
}

/** Most iterations of a loop, as the number of one is an int32. */
export const MOST_ITERATIONS: number = 2 ** 31 - 1;

/**
 * A loop. Its inputs are the first values of the carries, the stacked inputs, of which each iteration sees one element of
 * the first axis, and what the body takes from outside; its outputs the last carries, and the stacked outputs.
 */
export interface LoopAttrs {
  /** How often the body runs. */
  readonly trip: number;
  /** Whether the iterations go from the last element of the stacked inputs and outputs to the first. */
  readonly reverse: boolean;
  /** Number of carries. */
  readonly carries: number;
  /** Number of stacked inputs. */
  readonly stacked: number;
  /** Whether the last carry, a bool scalar, says if there is a next iteration; nothing is stacked then. */
  readonly conditional: boolean;
  /** Inputs: carries, elements of the stacked inputs, what comes from outside; outputs: next carries, elements. */
  readonly body: Graph;
  /** The body as text. */
  readonly key: string;
  readonly rules: RegionRules<LoopAttrs>;
}

/** A choice: the first input is the number of the graph that runs on the others. */
export interface SwitchAttrs {
  readonly branches: readonly Graph[];
  /** The branches as text. */
  readonly key: string;
  readonly rules: RegionRules<SwitchAttrs>;
}

/** Elementwise ops with their attributes. */
export interface ElementwiseAttrs {
  // one argument
  neg: None;
  abs: None;
  sign: None;
  floor: None;
  ceil: None;
  round: None;
  trunc: None;
  sqrt: None;
  rsqrt: None;
  exp: None;
  expm1: None;
  log: None;
  log1p: None;
  sin: None;
  cos: None;
  tan: None;
  asin: None;
  acos: None;
  atan: None;
  sinh: None;
  cosh: None;
  tanh: None;
  asinh: None;
  acosh: None;
  atanh: None;
  erf: None;
  erfInv: None;
  logistic: None;
  relu: None;
  not: None;
  isNan: None;
  cast: { readonly dtype: DType };
  bitcast: { readonly dtype: DType };
  stopGradient: None;
  // two arguments (broadcast)
  add: None;
  sub: None;
  mul: None;
  div: None;
  rem: None;
  pow: None;
  atan2: None;
  maximum: None;
  minimum: None;
  and: None;
  or: None;
  xor: None;
  shiftLeft: None;
  shiftRight: None;
  equal: None;
  notEqual: None;
  less: None;
  lessEqual: None;
  greater: None;
  greaterEqual: None;
  // three arguments
  select: None;
}

/** Names of the elementwise ops. */
export type ElementwiseName = keyof ElementwiseAttrs;

/** Every primitive op with its attributes. */
export interface OpAttrs extends ElementwiseAttrs {
  // sources
  iota: { readonly shape: Shape; readonly axis: number; readonly dtype: DType };
  randomBits: { readonly count: number };
  // reductions
  sum: ReduceAttrs;
  prod: ReduceAttrs;
  max: ReduceAttrs;
  min: ReduceAttrs;
  argMax: ArgReduceAttrs;
  argMin: ArgReduceAttrs;
  cumulative: {
    readonly op: 'sum' | 'prod' | 'max' | 'min';
    readonly axis: number;
    readonly reverse: boolean;
    readonly exclusive: boolean;
  };
  // movement
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcastTo: { readonly shape: Shape };
  slice: { readonly start: readonly number[]; readonly size: readonly number[]; readonly step: readonly number[] };
  flip: { readonly axes: readonly number[] };
  pad: { readonly low: readonly number[]; readonly high: readonly number[]; readonly interior: readonly number[] };
  concat: { readonly axis: number };
  barrier: None;
  // contraction
  matmul: None;
  conv: ConvAttrs;
  // windows
  reduceWindow: WindowAttrs & { readonly op: 'sum' | 'max' | 'min'; readonly baseDilation: readonly number[] };
  windowArg: WindowAttrs & { readonly op: 'max' | 'min' };
  windowGather: WindowAttrs;
  windowScatter: WindowAttrs & { readonly shape: Shape };
  // indexing
  gather: { readonly axes: readonly number[] };
  scatter: { readonly axes: readonly number[]; readonly op: ScatterOp };
  /** With `limit`, so many from the front of the order. */
  sort: { readonly axis: number; readonly descending: boolean; readonly limit?: number };
  // ops with graphs inside
  iteration: None;
  loop: LoopAttrs;
  switch: SwitchAttrs;
  // everything else
  call: { readonly callee: Callee; readonly attrs: Readonly<Record<string, unknown>>; readonly key: string };
}

export type OpName = keyof OpAttrs;
