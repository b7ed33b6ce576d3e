/**
 * What a row of the op table says: shapes and dtypes (the only place they are decided) and how the op lowers.
 */
import type { DType } from '../dtype.ts';
import type { AnchorKernel, KernelBuilder } from '../graph/kernel-builder.ts';
import type { ReduceOp } from '../kernel/kernel.ts';
import type { ScalarExpr } from '../kernel/scalar.ts';
import type { Layout, View } from '../layout.ts';
import type { Shape } from '../shape.ts';
import type { OpAttrs, OpName } from './attrs.ts';

/** The abstract value of a tensor: what is known without its elements. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A materialized value that a kernel reads: a buffer with a layout. */
export interface Source extends Aval {
  readonly buffer: number;
  readonly strides: readonly number[];
  readonly offset: number;
  /** Advance per iteration of the loop that its kernels are in. */
  readonly iterationStride?: number;
}

interface Row<A> {
  /** Shapes and dtypes of the results; throws the typed errors for everything that does not fit. */
  infer(inputs: readonly Aval[], attrs: A): readonly Aval[];
}

/** One scalar expression for one output element; inputs broadcast to the output's shape. */
export interface ElementwiseRow<A> extends Row<A> {
  readonly kind: 'elementwise';
  expr(inputs: readonly ScalarExpr[], attrs: A, output: Aval, inputAvals: readonly Aval[]): ScalarExpr;
}

/** The same elements seen differently; null where strides cannot express it and a copy is needed. */
export interface ViewRow<A> extends Row<A> {
  readonly kind: 'view';
  view(input: Layout, attrs: A): View | null;
}

/** Integers that are an affine function of the position, given as a virtual layout. */
export interface SourceRow<A> extends Row<A> {
  readonly kind: 'source';
  /** Strides of the value itself: element at index i is Σ i × stride. */
  strides(attrs: A): readonly number[];
}

export interface ReduceRow<A> extends Row<A> {
  readonly kind: 'reduce';
  readonly op: ReduceOp;
  axes(attrs: A): readonly number[];
}

/** A kernel that keeps an accumulator per output element and takes an elementwise epilogue. */
export interface AnchorRow<A> extends Row<A> {
  readonly kind: 'anchor';
  anchor(inputs: readonly Source[], attrs: A, output: Aval): AnchorKernel;
}

/** Anything else: reads materialized inputs and writes materialized outputs. */
export interface OpaqueRow<A> extends Row<A> {
  readonly kind: 'opaque';
  lower(builder: KernelBuilder, inputs: readonly Source[], attrs: A, outputs: readonly Source[]): void;
}

/** A call; its body is inlined before lowering unless the backend claims its name. */
export interface CallRow<A> extends Row<A> {
  readonly kind: 'call';
}

export type OpRow<K extends OpName> =
  | ElementwiseRow<OpAttrs[K]>
  | ViewRow<OpAttrs[K]>
  | SourceRow<OpAttrs[K]>
  | ReduceRow<OpAttrs[K]>
  | AnchorRow<OpAttrs[K]>
  | OpaqueRow<OpAttrs[K]>
  | CallRow<OpAttrs[K]>;

export type OpTable = { readonly [K in OpName]: OpRow<K> };
