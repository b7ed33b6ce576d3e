/**
 * Layout: how a tensor's elements lie in its storage. Layouts are interned, so that one number identifies dtype, shape
 * and strides together; the offset is kept apart because it does not change which kernel runs.
 */
import type { DType } from './dtype.ts';
import { contiguousStrides, sameShape, sizeOf, type Shape } from './shape.ts';

/** Interned dtype, shape and strides (in elements). */
export interface Layout {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly size: number;
  /** Row-major without gaps. */
  readonly contiguous: boolean;
}

/** A layout reached from another one by moving the start. */
export interface View {
  readonly layout: Layout;
  readonly offset: number;
}

const MAX_INTERNED = 20_000;
const interned = new Map<string, Layout>();
let nextId = 0;

/** The interned layout with these properties. */
export function layoutOf(dtype: DType, shape: Shape, strides: readonly number[] = contiguousStrides(shape)): Layout {
  const key = `${dtype}|${shape.join()}|${strides.join()}`;
  const known = interned.get(key);
  if (known) return known;
  // Ids are never reused, so forgetting old layouts only costs recompilation.
  if (interned.size >= MAX_INTERNED) interned.clear();
  const layout: Layout = {
    id: nextId++,
    dtype,
    shape: Object.freeze([...shape]),
    strides: Object.freeze([...strides]),
    size: sizeOf(shape),
    contiguous: isContiguous(shape, strides),
  };
  interned.set(key, layout);
  return layout;
}

function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

/** Reorders axes: axis i of the result is axis `permutation[i]` of the input. */
export function transposeLayout(layout: Layout, permutation: readonly number[]): View {
  return {
    layout: layoutOf(
      layout.dtype,
      permutation.map((axis) => layout.shape[axis]!),
      permutation.map((axis) => layout.strides[axis]!),
    ),
    offset: 0,
  };
}

/** Repeats size-1 and missing leading axes by stride 0. */
export function broadcastLayout(layout: Layout, shape: Shape): View {
  if (sameShape(layout.shape, shape)) return { layout, offset: 0 };
  const lead = shape.length - layout.shape.length;
  const strides = shape.map((n, axis) => {
    if (axis < lead) return 0;
    return layout.shape[axis - lead] === 1 && n !== 1 ? 0 : layout.strides[axis - lead]!;
  });
  return { layout: layoutOf(layout.dtype, shape, strides), offset: 0 };
}

/** Takes `size[axis]` elements from `start[axis]` in steps of `step[axis]` (negative steps run backwards). */
export function sliceLayout(
  layout: Layout,
  start: readonly number[],
  size: readonly number[],
  step: readonly number[],
): View {
  let offset = 0;
  if (sizeOf(size) > 0) start.forEach((from, axis) => (offset += from * layout.strides[axis]!));
  return {
    layout: layoutOf(
      layout.dtype,
      size,
      layout.strides.map((stride, axis) => stride * step[axis]!),
    ),
    offset,
  };
}

/** The same elements in row-major order under another shape, or null where strides cannot express it. */
export function reshapeLayout(layout: Layout, shape: Shape): View | null {
  if (layout.contiguous || layout.size === 0) return { layout: layoutOf(layout.dtype, shape), offset: 0 };
  const from = layout.shape.map((n, axis) => ({ n, stride: layout.strides[axis]! })).filter(({ n }) => n !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let source = from.length - 1;
  let target = shape.length - 1;
  while (source >= 0) {
    // Collect the smallest block of source axes and target axes with equal element counts.
    let inner = source;
    let block = from[source]!.n;
    while (target >= 0 && shape[target] === 1) target--;
    let wanted = shape[target]!;
    let firstTarget = target;
    while (block !== wanted) {
      if (block < wanted) block *= from[--inner]!.n;
      else wanted *= shape[--firstTarget]!;
    }
    for (let axis = inner; axis < source; axis++) {
      if (from[axis]!.stride !== from[axis + 1]!.stride * from[axis + 1]!.n) return null;
    }
    let step = from[source]!.stride;
    for (let axis = target; axis >= firstTarget; axis--) {
      strides[axis] = step;
      step *= shape[axis]!;
    }
    source = inner - 1;
    target = firstTarget - 1;
  }
  return { layout: layoutOf(layout.dtype, shape, strides), offset: 0 };
}
