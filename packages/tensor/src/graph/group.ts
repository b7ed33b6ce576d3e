/**
 * Groups: the kernels-to-be of a graph. Fusion puts values into groups; emission turns each group into kernels.
 */
import { DlError } from '../errors.ts';
import { isNarrow, computeDType } from '../dtype.ts';
import { binary, cast, constant, index, int, narrow, param, type ScalarExpr } from '../kernel/scalar.ts';
import { layoutOf } from '../layout.ts';
import type { ElementwiseRow, ReduceRow, SourceRow, ViewRow } from '../ops/spec.ts';
import type { OpAttrs } from '../ops/attrs.ts';
import { rowOf } from '../ops/table.ts';
import { contiguousStrides, type Shape } from '../shape.ts';
import { broadcastStep, follow, naturalLayout, viewStep, walksWith, type Chain } from './access.ts';
import type { Value } from './graph.ts';

/** One elementwise kernel with several results. */
export interface MapGroup {
  readonly kind: 'map';
  readonly shape: Shape;
  readonly members: Value[];
}

/** Reductions over one index space, with elementwise values over the kept axes and over all axes. */
export interface ReduceGroup {
  readonly kind: 'reduce';
  readonly full: Shape;
  readonly axes: readonly number[];
  readonly kept: Shape;
  readonly reduced: Shape;
  /** Axis order of the index space: kept axes, then reduced ones. */
  readonly permutation: readonly number[];
  readonly stages: Value[];
  readonly keptMembers: Value[];
  readonly fullMembers: Value[];
}

/** A matmul or conv with its epilogue. */
export interface AnchorGroup {
  readonly kind: 'anchor';
  readonly value: Value;
  readonly members: Value[];
}

/** A node that lowers itself. */
export interface OpaqueGroup {
  readonly kind: 'opaque';
  readonly value: Value;
}

export type Group = MapGroup | ReduceGroup | AnchorGroup | OpaqueGroup;

/** Where an expression is being built: which index space, and what values of the group are at hand there. */
export interface Scope {
  /** The value at the current index, when the group has it and the access walks along with the index space. */
  local(value: Value, chain: Chain): ScalarExpr | null;
  /** A load of a stored value. */
  stored(value: Value, chain: Chain): ScalarExpr;
  /** Whether a value is stored or otherwise not to be recomputed. */
  isStored(value: Value): boolean;
  /** The program's scalar parameter behind a graph input, or undefined. */
  scalar(value: Value): number | undefined;
}

/** Builds expressions by pulling values through views into an index space; shared parts are built once. */
export class Puller {
  readonly #scope: Scope;
  readonly #memo = new Map<string, ScalarExpr>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  pull(value: Value, chain: Chain): ScalarExpr {
    if (value.literal !== undefined) return constant(value.literal, computeDType(value.dtype));
    const view = follow(naturalLayout(value), 0, chain);
    const key = `${value.id}:${view.layout.id}:${view.offset}`;
    const known = this.#memo.get(key);
    if (known) return known;
    const expr = this.#build(value, chain);
    this.#memo.set(key, expr);
    return expr;
  }

  #build(value: Value, chain: Chain): ScalarExpr {
    const slot = this.#scope.scalar(value);
    if (slot !== undefined) return param(slot, computeDType(value.dtype));
    const local = this.#scope.local(value, chain);
    if (local) return local;
    if (value.node === null || this.#scope.isStored(value)) return this.#scope.stored(value, chain);
    return this.define(value, chain);
  }

  /** The expression of a value from its inputs, whether or not it is stored. */
  define(value: Value, chain: Chain): ScalarExpr {
    const { node } = value;
    if (value.literal !== undefined) return constant(value.literal, computeDType(value.dtype));
    if (node === null) return this.#scope.stored(value, chain);
    const row = rowOf(node.op);
    switch (row.kind) {
      case 'view':
        return this.pull(node.inputs[0]!, [viewStep(node, row as ViewRow<never>), ...chain]);
      case 'source':
        return this.#source(value, row as SourceRow<OpAttrs['iota']>, chain);
      case 'elementwise': {
        const args = node.inputs.map((input) =>
          this.pull(input, [...broadcastStep(input.shape, value.shape), ...chain]),
        );
        const expr = (row as ElementwiseRow<never>).expr(args, node.attrs as never, value, node.inputs);
        return isNarrow(value.dtype) ? narrow(expr, value.dtype) : expr;
      }
      default:
        throw new DlError(`lowering: ${node.op} has no expression; it must be stored`);
    }
  }

  #source(value: Value, row: SourceRow<OpAttrs['iota']>, chain: Chain): ScalarExpr {
    const virtual = layoutOf(value.dtype, value.shape, row.strides(value.node!.attrs as OpAttrs['iota']));
    const { layout, offset } = follow(virtual, 0, chain);
    let sum: ScalarExpr | null = null;
    layout.strides.forEach((stride, axis) => {
      if (stride === 0 || layout.shape[axis]! <= 1) return;
      const term = stride === 1 ? index(axis) : binary('mul', index(axis), int(stride));
      sum = sum === null ? term : binary('add', sum, term);
    });
    const start = int(offset);
    const total = sum === null ? start : offset === 0 ? sum : binary('add', sum, start);
    const expr = cast(total, computeDType(value.dtype));
    return isNarrow(value.dtype) ? narrow(expr, value.dtype) : expr;
  }
}

/** The reduce row and attributes of a reduction's value. */
export function reductionOf(value: Value): { row: ReduceRow<never>; input: Value; axes: readonly number[] } | null {
  const { node } = value;
  if (node === null) return null;
  const row = rowOf(node.op);
  if (row.kind !== 'reduce') return null;
  return { row: row as ReduceRow<never>, input: node.inputs[0]!, axes: row.axes(node.attrs as never) };
}

/** A reduce group for a first reduction. */
export function reduceGroup(full: Shape, axes: readonly number[]): ReduceGroup {
  const keptAxes = full.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return {
    kind: 'reduce',
    full,
    axes,
    kept: keptAxes.map((axis) => full[axis]!),
    reduced: axes.map((axis) => full[axis]!),
    permutation: [...keptAxes, ...axes],
    stages: [],
    keptMembers: [],
    fullMembers: [],
  };
}

/** Strides with which a kept value walks the whole index space of its group. */
export function keptStrides(group: ReduceGroup): readonly number[] {
  return [...contiguousStrides(group.kept), ...group.reduced.map(() => 0)];
}

/** Strides with which a full value walks it. */
export function fullStrides(group: ReduceGroup): readonly number[] {
  const natural = contiguousStrides(group.full);
  return group.permutation.map((axis) => natural[axis]!);
}

/** Whether an access to a value of natural layout walks with the given strides. */
export function walks(value: Value, chain: Chain, strides: readonly number[]): boolean {
  return walksWith(follow(naturalLayout(value), 0, chain), strides);
}
