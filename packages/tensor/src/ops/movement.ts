/**
 * Movement rows: ops that rename positions. All but concat and pad are views and run no kernel.
 */
import { ShapeError } from '../errors.ts';
import { broadcastLayout, reshapeLayout, sliceLayout, transposeLayout } from '../layout.ts';
import { load } from '../kernel/scalar.ts';
import { computeDType } from '../dtype.ts';
import { contiguousStrides, formatShape, sizeOf } from '../shape.ts';
import type { OpAttrs } from './attrs.ts';
import { sameDType } from './infer.ts';
import type { OpTable, OpaqueRow, SourceRow, ViewRow } from './spec.ts';

const reshape: ViewRow<OpAttrs['reshape']> = {
  kind: 'view',
  infer: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new ShapeError(
        `reshape: cannot reshape ${formatShape(x!.shape)} to ${formatShape(shape)}: element counts differ`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  view: (layout, { shape }) => reshapeLayout(layout, shape),
};

const transpose: ViewRow<OpAttrs['transpose']> = {
  kind: 'view',
  infer: ([x], { permutation }) => {
    const rank = x!.shape.length;
    if (
      permutation.length !== rank ||
      new Set(permutation).size !== rank ||
      permutation.some((axis) => axis < 0 || axis >= rank)
    ) {
      throw new ShapeError(
        `transpose: [${permutation.join(', ')}] is not a permutation of the axes of ${formatShape(x!.shape)}`,
      );
    }
    return [{ shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
  },
  view: (layout, { permutation }) => transposeLayout(layout, permutation),
};

const broadcastTo: ViewRow<OpAttrs['broadcastTo']> = {
  kind: 'view',
  infer: ([x], { shape }) => {
    const lead = shape.length - x!.shape.length;
    if (lead < 0 || x!.shape.some((n, axis) => n !== 1 && n !== shape[axis + lead])) {
      throw new ShapeError(`broadcastTo: ${formatShape(x!.shape)} does not broadcast to ${formatShape(shape)}`);
    }
    return [{ shape, dtype: x!.dtype }];
  },
  view: (layout, { shape }) => broadcastLayout(layout, shape),
};

const slice: ViewRow<OpAttrs['slice']> = {
  kind: 'view',
  infer: ([x], { start, size, step }) => {
    x!.shape.forEach((n, axis) => {
      const last = start[axis]! + (size[axis]! - 1) * step[axis]!;
      const inside = (i: number): boolean => i >= 0 && i < n;
      if (size[axis]! > 0 && !(inside(start[axis]!) && inside(last))) {
        throw new ShapeError(
          `slice: axis ${axis} of ${formatShape(x!.shape)} has no elements ${start[axis]} to ${last}; start and size must stay inside`,
        );
      }
    });
    return [{ shape: size, dtype: x!.dtype }];
  },
  view: (layout, { start, size, step }) => sliceLayout(layout, start, size, step),
};

const flip: ViewRow<OpAttrs['flip']> = {
  kind: 'view',
  infer: ([x]) => [x!],
  view: (layout, { axes }) =>
    sliceLayout(
      layout,
      layout.shape.map((n, axis) => (axes.includes(axis) ? n - 1 : 0)),
      layout.shape,
      layout.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1)),
    ),
};

const iota: SourceRow<OpAttrs['iota']> = {
  kind: 'source',
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
  strides: ({ shape, axis }) => shape.map((_, i) => Number(i === axis)),
};

/** Inputs: operand, fill value (scalar). Fills, then copies the kept part of the operand into place. */
const pad: OpaqueRow<OpAttrs['pad']> = {
  kind: 'opaque',
  infer: (inputs, { low, high, interior }) => {
    const [x, fill] = inputs;
    sameDType('pad', inputs);
    if (fill!.shape.length !== 0)
      throw new ShapeError(`pad: the fill value must be a scalar, got shape ${formatShape(fill!.shape)}`);
    const shape = x!.shape.map((n, axis) => low[axis]! + high[axis]! + n + Math.max(n - 1, 0) * interior[axis]!);
    if (shape.some((n) => n < 0)) {
      throw new ShapeError(
        `pad: padding [${low.join(', ')}], [${high.join(', ')}] crops more than ${formatShape(x!.shape)} has`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  lower: (builder, [x, fill], { low, interior }, [out]) => {
    const dtype = computeDType(x!.dtype);
    builder.map(out!.shape, [{ ...fill!, strides: out!.shape.map(() => 0) }], [{ target: out!, expr: load(0, dtype) }]);
    // Elements that negative padding pushes outside are skipped by starting later and stopping earlier.
    const step = interior.map((gap) => gap + 1);
    const first = low.map((before, axis) => (before < 0 ? Math.ceil(-before / step[axis]!) : 0));
    const kept = x!.shape.map((n, axis) => {
      const last = Math.floor((out!.shape[axis]! - 1 - low[axis]!) / step[axis]!);
      return Math.max(0, Math.min(n - 1, last) - first[axis]! + 1);
    });
    const outStrides = contiguousStrides(out!.shape);
    let from = x!.offset;
    let to = out!.offset;
    first.forEach((i, axis) => {
      from += i * x!.strides[axis]!;
      to += (low[axis]! + i * step[axis]!) * outStrides[axis]!;
    });
    if (sizeOf(kept) === 0) return;
    const target = { ...out!, offset: to, strides: outStrides.map((stride, axis) => stride * step[axis]!) };
    builder.map(kept, [{ ...x!, offset: from }], [{ target, expr: load(0, dtype) }]);
  },
};

const concat: OpaqueRow<OpAttrs['concat']> = {
  kind: 'opaque',
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    const dtype = sameDType('concat', inputs);
    let total = 0;
    for (const { shape } of inputs) {
      if (shape.length !== first!.shape.length || shape.some((n, i) => i !== axis && n !== first!.shape[i])) {
        throw new ShapeError(
          `concat: shapes ${inputs.map((input) => formatShape(input.shape)).join(', ')} must agree except along axis ${axis}`,
        );
      }
      total += shape[axis]!;
    }
    return [{ shape: first!.shape.map((n, i) => (i === axis ? total : n)), dtype }];
  },
  lower: (builder, inputs, { axis }, [out]) => {
    let offset = out!.offset;
    for (const input of inputs) {
      builder.copy(input, { ...out!, offset });
      offset += input.shape[axis]! * out!.strides[axis]!;
    }
  },
};

/** Inputs: a value, and another that is computed before anything that uses the result. Passes see a new value in it. */
const barrier: ViewRow<OpAttrs['barrier']> = {
  kind: 'view',
  infer: ([x]) => [x!],
  view: (layout) => ({ layout, offset: 0 }),
};

/** All movement rows. */
export const MOVEMENT: Pick<
  OpTable,
  'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'flip' | 'iota' | 'pad' | 'concat' | 'barrier'
> = { reshape, transpose, broadcastTo, slice, flip, iota, pad, concat, barrier };
