/**
 * Window rows: sliding reductions, and the gather/scatter pair through which their gradients run.
 */
import { computeDType } from '../dtype.ts';
import { identityOf } from '../backend/reference/kernels.ts';
import { at, binary, compare, constant, index, int, load, select, stage, type ScalarExpr } from '../kernel/scalar.ts';
import { sizeOf, type Shape } from '../shape.ts';
import type { OpAttrs, WindowAttrs } from './attrs.ts';
import { dilatedSize, outputSize } from './contract.ts';
import { checkClass, checkWindow, sameShapes } from './infer.ts';
import type { KernelBuilder } from '../graph/kernel-builder.ts';
import type { OpTable, OpaqueRow, Source } from './spec.ts';

const i32 = (value: number): ScalarExpr => constant(value, 'int32');
const both = (a: ScalarExpr | null, b: ScalarExpr): ScalarExpr => (a === null ? b : binary('and', a, b));
const mul = (a: ScalarExpr, k: number): ScalarExpr => (k === 1 ? a : binary('mul', a, i32(k)));
const shift = (a: ScalarExpr, k: number): ScalarExpr => (k === 0 ? a : binary('add', a, i32(k)));
const clamp = (a: ScalarExpr, size: number): ScalarExpr =>
  binary('max', i32(0), binary('min', a, binary('sub', int(size), i32(1))));

function windowShape(op: string, shape: Shape, attrs: WindowAttrs, baseDilation?: readonly number[]): Shape {
  const { window, strides, padding, windowDilation } = attrs;
  checkWindow(op, shape.length, attrs, ['window', 'strides', 'padding', 'windowDilation']);
  return shape.map((n, axis) =>
    outputSize(
      dilatedSize(n, baseDilation?.[axis] ?? 1),
      dilatedSize(window[axis]!, windowDilation[axis]!),
      strides[axis]!,
      padding[axis]!,
    ),
  );
}

interface Access {
  readonly coords: readonly ScalarExpr[];
  /** Whether the coordinates are inside; null when they always are. Coordinates are clamped where it can be false. */
  readonly inside: ScalarExpr | null;
}

/** Where position `at` of the window over output position `index` lies in the input. */
function inputAccess(
  shape: Shape,
  attrs: WindowAttrs,
  window: readonly (ScalarExpr | null)[],
  base?: readonly number[],
): Access {
  let inside: ScalarExpr | null = null;
  const coords = shape.map((n, axis) => {
    const [low, high] = attrs.padding[axis]!;
    const step = base?.[axis] ?? 1;
    let p = shift(mul(index(axis), attrs.strides[axis]!), -low);
    const k = window[axis];
    if (k) p = binary('add', p, mul(k, attrs.windowDilation[axis]!));
    if (low <= 0 && high <= 0 && step === 1) return p;
    inside = both(inside, compare('ge', p, i32(0)));
    if (step > 1) {
      inside = both(inside, compare('eq', binary('rem', p, i32(step)), i32(0)));
      p = binary('div', p, i32(step));
    }
    inside = both(inside, compare('lt', p, int(n)));
    return clamp(p, n);
  });
  return { coords, inside };
}

/** Axes with a window larger than 1 and where their positions stand among the reduced axes. */
function windowAxes(attrs: WindowAttrs, rank: number): { axes: number[]; position: (ScalarExpr | null)[] } {
  const axes = attrs.window.map((_, axis) => axis).filter((axis) => attrs.window[axis]! > 1);
  return {
    axes,
    position: attrs.window.map((_, axis) => (axes.includes(axis) ? index(rank + axes.indexOf(axis)) : null)),
  };
}

/** Row-major position in the window from the positions along its axes. */
function linear(attrs: WindowAttrs, position: readonly (ScalarExpr | null)[]): ScalarExpr {
  return position.reduce<ScalarExpr>((sum, k, axis) => {
    const scaled = mul(sum, attrs.window[axis]!);
    return k ? binary('add', scaled, k) : scaled;
  }, i32(0));
}

/** Positions along each axis from a row-major position. */
function decode(attrs: WindowAttrs, position: ScalarExpr): (ScalarExpr | null)[] {
  let rest = position;
  const result: (ScalarExpr | null)[] = attrs.window.map(() => null);
  for (let axis = attrs.window.length - 1; axis >= 0; axis--) {
    const n = attrs.window[axis]!;
    if (n === 1) continue;
    result[axis] = binary('rem', rest, i32(n));
    rest = binary('div', rest, i32(n));
  }
  return result;
}

function guarded(inside: ScalarExpr | null, value: ScalarExpr, outside: number): ScalarExpr {
  return inside === null ? value : select(inside, value, constant(outside, value.dtype));
}

const reduceWindow: OpaqueRow<OpAttrs['reduceWindow']> = {
  kind: 'opaque',
  infer: ([x], attrs) => {
    checkClass('reduceWindow', 'number', x!);
    return [{ shape: windowShape('reduceWindow', x!.shape, attrs, attrs.baseDilation), dtype: x!.dtype }];
  },
  lower: (builder, [x], attrs, [out]) => {
    const dtype = computeDType(x!.dtype);
    const { axes, position } = windowAxes(attrs, x!.shape.length);
    const access = inputAccess(x!.shape, attrs, position, attrs.baseDilation);
    const empty = identityOf(attrs.op, dtype);
    if (sizeOf(x!.shape) === 0) {
      builder.map(out!.shape, [], [{ target: out!, expr: constant(empty, dtype) }]);
      return;
    }
    // Without padding the windows are an overlapping view; otherwise positions are computed and guarded.
    const direct = access.inside === null;
    const strides = [
      ...x!.strides.map((s, axis) => s * attrs.strides[axis]!),
      ...axes.map((axis) => x!.strides[axis]! * attrs.windowDilation[axis]!),
    ];
    const start = attrs.padding.reduce((sum, [low], axis) => sum - low * x!.strides[axis]!, x!.offset);
    const source = direct ? { ...x!, strides, offset: start } : x!;
    const value = direct ? load(0, dtype) : guarded(access.inside, at(0, dtype, access.coords), empty);
    builder.reduce({
      shape: out!.shape,
      reduced: axes.map((axis) => attrs.window[axis]!),
      sources: [source],
      stages: [{ op: attrs.op, dtype, expr: value }],
      outputs: [{ target: out!, expr: stage(0, dtype) }],
      writes: [],
    });
  },
};

/** The first position, in row-major order, of the largest (or smallest) element of each window. */
const windowArg: OpaqueRow<OpAttrs['windowArg']> = {
  kind: 'opaque',
  infer: ([x], attrs) => {
    checkClass('windowArg', 'number', x!);
    return [{ shape: windowShape('windowArg', x!.shape, attrs), dtype: 'int32' }];
  },
  lower: (builder, [x], attrs, [out]) => {
    const dtype = computeDType(x!.dtype);
    const { axes, position } = windowAxes(attrs, x!.shape.length);
    const access = inputAccess(x!.shape, attrs, position);
    builder.reduce({
      shape: out!.shape,
      reduced: axes.map((axis) => attrs.window[axis]!),
      sources: [x!],
      stages: [
        {
          op: attrs.op === 'max' ? 'argMax' : 'argMin',
          dtype: 'int32',
          expr: guarded(access.inside, at(0, dtype, access.coords), identityOf(attrs.op, dtype)),
        },
      ],
      outputs: [{ target: out!, expr: stage(0, 'int32') }],
      writes: [],
    });
  },
};

/** Inputs: x, positions. Output: x at that position of each window; 0 where it lies in the padding. */
const windowGather: OpaqueRow<OpAttrs['windowGather']> = {
  kind: 'opaque',
  infer: ([x, positions], attrs) => {
    const shape = windowShape('windowGather', x!.shape, attrs);
    sameShapes('windowGather', shape, positions!.shape, 'positions');
    return [{ shape, dtype: x!.dtype }];
  },
  lower: (builder, [x, positions], attrs, [out]) => {
    const dtype = computeDType(x!.dtype);
    const access = inputAccess(x!.shape, attrs, decode(attrs, load(1, 'int32')));
    builder.map(
      out!.shape,
      [x!, positions!],
      [{ target: out!, expr: guarded(access.inside, at(0, dtype, access.coords), 0) }],
    );
  },
};

/** Windows that lie side by side: every element has one window, and no sum is needed. */
function scatterApart(
  builder: KernelBuilder,
  y: Source,
  positions: Source,
  attrs: OpAttrs['windowScatter'],
  out: Source,
): void {
  const dtype = computeDType(y.dtype);
  let inside: ScalarExpr | null = null;
  const within: (ScalarExpr | null)[] = [];
  const coords = y.shape.map((n, axis) => {
    const size = attrs.window[axis]!;
    const p = shift(index(axis), attrs.padding[axis]![0]);
    if (size === 1 && attrs.padding[axis]!.every((width) => width === 0)) {
      within.push(null);
      return p;
    }
    within.push(size === 1 ? null : binary('rem', p, i32(size)));
    const at = size === 1 ? p : binary('div', p, i32(size));
    inside = both(inside, binary('and', compare('ge', p, i32(0)), compare('lt', at, int(n))));
    return clamp(at, n);
  });
  const chosen = both(inside, compare('eq', at(1, 'int32', coords), linear(attrs, within)));
  const expr = select(chosen, at(0, dtype, coords), constant(0, dtype));
  builder.map(out.shape, [y, positions], [{ target: out, expr }]);
}

/** Inputs: y, positions. Output of the given shape: each y added at its position of its window. */
const windowScatter: OpaqueRow<OpAttrs['windowScatter']> = {
  kind: 'opaque',
  infer: ([y, positions], attrs) => {
    checkClass('windowScatter', 'number', y!);
    const shape = windowShape('windowScatter', attrs.shape, attrs);
    sameShapes('windowScatter', shape, y!.shape, 'the input');
    sameShapes('windowScatter', shape, positions!.shape, 'positions');
    return [{ shape: attrs.shape, dtype: y!.dtype }];
  },
  lower: (builder, [y, positions], attrs, [out]) => {
    const dtype = computeDType(y!.dtype);
    if (sizeOf(y!.shape) === 0) {
      builder.map(out!.shape, [], [{ target: out!, expr: constant(0, dtype) }]);
      return;
    }
    const rank = y!.shape.length;
    const apart = attrs.window.every((size, axis) => size === attrs.strides[axis] && attrs.windowDilation[axis] === 1);
    if (apart) return scatterApart(builder, y!, positions!, attrs, out!);
    const { axes, position } = windowAxes(attrs, rank);
    let inside: ScalarExpr | null = null;
    const within: (ScalarExpr | null)[] = [];
    const counts = [...attrs.window];
    const coords = y!.shape.map((n, axis) => {
      const [low, high] = attrs.padding[axis]!;
      const [size, step] = [attrs.window[axis]!, attrs.strides[axis]!];
      const k = position[axis];
      const far = shift(index(axis), low);
      within.push(k ?? null);
      if (!k && low === 0 && high === 0 && step === 1) return far;
      inside = both(inside, compare('ge', far, i32(0)));
      let p: ScalarExpr;
      if (k && step > 1 && attrs.windowDilation[axis] === 1) {
        // Only windows that can reach the element: the last that begins at it or before it, and some before that one.
        counts[axis] = Math.ceil(size / step);
        p = binary('sub', binary('div', far, i32(step)), k);
        within[axis] = binary('sub', far, mul(p, step));
        inside = both(inside, compare('ge', p, i32(0)));
        inside = both(inside, compare('lt', within[axis], i32(size)));
      } else {
        p = k ? binary('sub', far, mul(k, attrs.windowDilation[axis]!)) : far;
        inside = both(inside, compare('ge', p, i32(0)));
        if (step > 1) {
          inside = both(inside, compare('eq', binary('rem', p, i32(step)), i32(0)));
          p = binary('div', p, i32(step));
        }
      }
      inside = both(inside, compare('lt', p, int(n)));
      return clamp(p, n);
    });
    const chosen = both(inside, compare('eq', at(1, 'int32', coords), linear(attrs, within)));
    builder.reduce({
      shape: out!.shape,
      reduced: axes.map((axis) => counts[axis]!),
      sources: [y!, positions!],
      stages: [{ op: 'sum', dtype, expr: select(chosen, at(0, dtype, coords), constant(0, dtype)) }],
      outputs: [{ target: out!, expr: stage(0, dtype) }],
      writes: [],
    });
  },
};

/** All window rows. */
export const WINDOW: Pick<OpTable, 'reduceWindow' | 'windowArg' | 'windowGather' | 'windowScatter'> = {
  reduceWindow,
  windowArg,
  windowGather,
  windowScatter,
};
