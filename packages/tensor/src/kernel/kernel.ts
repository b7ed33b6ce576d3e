/**
 * The kernel IR: what a backend is asked to run. A Program is a list of kernels over numbered buffers; shapes and
 * strides are immediates or run-time parameters. See `docs/backends.md`.
 */
import type { ComputeDType, DType } from '../dtype.ts';
import type { Int, ScalarExpr } from './scalar.ts';

/**
 * A buffer seen through strides. Element `(i0, i1, …)` of the index space lies at
 * `offset + iteration × iterationStride + Σ i × stride`, counted in elements of `dtype`.
 * For operands read by `at`, the strides belong to the coordinates instead of the kernel's axes.
 */
export interface Operand {
  readonly buffer: number;
  readonly dtype: DType;
  readonly offset: Int;
  readonly strides: readonly Int[];
  /** Advance per iteration of the enclosing loop; absent outside loops. */
  readonly iterationStride?: Int;
}

/** One value to store. `expr` has the compute type of `operand.dtype`; the store narrows. */
export interface Output {
  readonly operand: Operand;
  readonly expr: ScalarExpr;
}

/** For every index of `shape`: evaluate each output's expression and store it. Outputs never alias inputs unless equal. */
export interface MapKernel {
  readonly kind: 'map';
  readonly shape: readonly Int[];
  readonly operands: readonly Operand[];
  readonly outputs: readonly Output[];
}

/** How a reduce combines values. `argMax`/`argMin` give the first position (int32, row-major over the reduced axes). */
export type ReduceOp = 'sum' | 'prod' | 'max' | 'min' | 'argMax' | 'argMin';

/** One pass over the reduced axes. `expr` may use `stage` nodes of earlier stages. `and`/`or` on bool are min/max. */
export interface Stage {
  readonly op: ReduceOp;
  readonly dtype: ComputeDType;
  readonly expr: ScalarExpr;
}

/**
 * For every index of `shape` (kept axes): run the stages in order, each over all of `reduced`; then store `outputs`
 * (over the kept axes) and `writes` (over kept and reduced axes). The index space of operands, `stages` and `writes` is
 * `[...shape, ...reduced]`; operands used by `outputs` have stride 0 on the reduced axes. Reducing nothing gives the
 * identity: 0, 1, −∞, ∞ (or the integer limits), position 0.
 */
export interface ReduceKernel {
  readonly kind: 'reduce';
  readonly shape: readonly Int[];
  readonly reduced: readonly Int[];
  readonly operands: readonly Operand[];
  readonly stages: readonly Stage[];
  readonly outputs: readonly Output[];
  readonly writes: readonly Output[];
}

/**
 * Batched matrix product: `stage(0) = Σ_k a[batch, m, k] × b[batch, k, n]`, then `outputs` over `[...batch, m, n]`.
 * Strides of `a` are those of `[...batch, m, k]`, of `b` those of `[...batch, k, n]`; any may be 0 or negative.
 */
export interface MatmulKernel {
  readonly kind: 'matmul';
  readonly batch: readonly Int[];
  readonly m: Int;
  readonly n: Int;
  readonly k: Int;
  readonly dtype: ComputeDType;
  readonly a: Operand;
  readonly b: Operand;
  readonly operands: readonly Operand[];
  readonly outputs: readonly Output[];
}

/** One spatial axis of a convolution. Output position `o` meets kernel position `k` at `o × stride − padLow + k × rhsDilation`. */
export interface ConvAxis {
  /** Size of the input before dilation. */
  readonly input: Int;
  readonly kernel: Int;
  readonly output: Int;
  readonly stride: Int;
  readonly padLow: Int;
  /** Input elements lie this far apart (1 = dense); positions between them are zero. */
  readonly lhsDilation: Int;
  /** Kernel elements lie this far apart (1 = dense). */
  readonly rhsDilation: Int;
}

/**
 * Grouped convolution (cross-correlation) of any spatial rank:
 * `stage(0) = Σ_c Σ_k lhs[g, n, c, …position] × rhs[g, o, c, …k]`, then `outputs` over `[n, …output, g, o]`.
 * Strides of `lhs` are those of `[g, n, c, …spatial]`, of `rhs` those of `[g, o, c, …kernel]`.
 */
export interface ConvKernel {
  readonly kind: 'conv';
  readonly groups: Int;
  readonly batch: Int;
  readonly channels: Int;
  readonly features: Int;
  readonly axes: readonly ConvAxis[];
  readonly dtype: ComputeDType;
  readonly lhs: Operand;
  readonly rhs: Operand;
  readonly operands: readonly Operand[];
  readonly outputs: readonly Output[];
}

/** How a scatter combines with what is there. With `set` the last index in row-major order wins. */
export type ScatterOp = 'set' | 'add' | 'mul' | 'max' | 'min';

/**
 * For every index of `shape`, in row-major order: `target[coords] = op(target[coords], value)`.
 * Indices whose coordinates are out of `dims` are dropped. The target holds its initial values already.
 */
export interface ScatterKernel {
  readonly kind: 'scatter';
  readonly op: ScatterOp;
  readonly shape: readonly Int[];
  readonly operands: readonly Operand[];
  readonly target: Operand;
  readonly dims: readonly Int[];
  readonly coords: readonly ScalarExpr[];
  readonly value: ScalarExpr;
}

/**
 * Running reduction along the last axis of `[...shape, length]`: `output[i] = op(input[0..i])`.
 * `exclusive` leaves element i itself out; `reverse` runs from the end.
 */
export interface CumulativeKernel {
  readonly kind: 'cumulative';
  readonly op: 'sum' | 'prod' | 'max' | 'min';
  readonly shape: readonly Int[];
  readonly length: Int;
  readonly reverse: boolean;
  readonly exclusive: boolean;
  readonly input: Operand;
  readonly output: Operand;
}

/**
 * Stable sort along the last axis of `[...shape, length]`; NaN goes last in either direction.
 * `values` and `indices` (int32 positions before sorting) are each optional, one of them is present. With `limit`, which is
 * no more than `length`, only so many from the front of the order are written.
 */
export interface SortKernel {
  readonly kind: 'sort';
  readonly shape: readonly Int[];
  readonly length: Int;
  readonly descending: boolean;
  readonly limit?: Int | undefined;
  readonly input: Operand;
  readonly values: Operand | null;
  readonly indices: Operand | null;
}

/** A call that a backend claims by name (`capabilities.composites`). */
export interface RoutineKernel {
  readonly kind: 'routine';
  readonly name: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly shapes: readonly (readonly Int[])[];
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/**
 * Runs `body` `trip` times. Operands may advance by `iterationStride` per iteration, counted from the last iteration
 * when `reverse`. A carry is a pair of equally sized buffers: the body reads `current` and writes `next`, and they
 * change places after every iteration, so that the final value is in `current`. With a `condition`, which is the `current`
 * buffer of a bool carry, the loop ends before the first iteration in which its element is false.
 */
export interface LoopKernel {
  readonly kind: 'loop';
  readonly condition?: number | undefined;
  readonly trip: Int;
  readonly reverse: boolean;
  readonly carries: readonly { readonly current: number; readonly next: number }[];
  readonly body: readonly Kernel[];
}

/**
 * Runs one of several lists of kernels: the one whose number `index`, a single int32, holds. All of them write `results`.
 */
export interface SwitchKernel {
  readonly kind: 'switch';
  readonly index: Operand;
  readonly branches: readonly (readonly Kernel[])[];
  /** Buffers that every branch writes completely. */
  readonly results: readonly number[];
}

/** Any kernel. Only `map` and `reduce` must be implemented by a backend; `legalize` rewrites the rest. */
export type Kernel =
  | MapKernel
  | ReduceKernel
  | MatmulKernel
  | ConvKernel
  | ScatterKernel
  | CumulativeKernel
  | SortKernel
  | RoutineKernel
  | LoopKernel
  | SwitchKernel;

export type KernelKind = Kernel['kind'];

/**
 * What a buffer is for:
 * `input` is read only; `output` starts undefined and is written completely; `state` is read and then overwritten in
 * place, and stays resident; `const` is bound once at compile time; `temp` lives inside one run.
 */
export type BufferRole = 'input' | 'output' | 'state' | 'const' | 'temp';

export interface BufferSpec {
  readonly role: BufferRole;
  readonly dtype: DType;
  /** Number of elements. For arguments a lower bound on what the buffer holds. */
  readonly size: Int;
}

/** A run-time parameter: an integer of the shape, or a scalar of the given type. */
export interface ParamSpec {
  readonly dtype: ComputeDType;
}

/**
 * Kernels over buffers, in execution order. `args` lists, in call order, the buffers that `Executable.run` binds
 * (all of role input, output or state). `params` describes the numbers that `run` gets besides.
 */
export interface Program {
  readonly name: string;
  readonly buffers: readonly BufferSpec[];
  readonly args: readonly number[];
  readonly params: readonly ParamSpec[];
  readonly kernels: readonly Kernel[];
}
