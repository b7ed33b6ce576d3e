/**
 * Indexing rows: gather, scatter and sort.
 */
import { computeDType } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import { at, binary, compare, constant, index, int, load, select, type ScalarExpr } from '../kernel/scalar.ts';
import { broadcastShapes, contiguousStrides, formatShape, sameShape, type Shape } from '../shape.ts';
import type { OpAttrs } from './attrs.ts';
import { checkClass, sameDType } from './infer.ts';
import type { Aval, OpTable, OpaqueRow, Source } from './spec.ts';

/** How the axes of a gather's result relate to the operand and the index tensors. */
interface GatherShape {
  readonly indexShape: Shape;
  readonly result: Shape;
  /** Where the index axes begin in the result. */
  readonly start: number;
}

/** The axes named are replaced, at the place of the smallest of them, by the broadcast shape of the index tensors. */
function gatherShape(op: string, operand: Aval, indices: readonly Aval[], axes: readonly number[]): GatherShape {
  for (const { dtype } of indices) {
    if (dtype !== 'int32') throw new DTypeError(`${op}: indices must be int32, got ${dtype}; use cast()`);
  }
  if (indices.length !== axes.length || axes.length === 0) {
    throw new ShapeError(`${op}: ${axes.length} axes need as many index tensors, got ${indices.length}`);
  }
  const indexShape = indices.map(({ shape }) => shape).reduce((a, b) => broadcastShapes(a, b, `${op} (indices)`));
  const start = Math.min(...axes);
  const kept = operand.shape.filter((_, axis) => !axes.includes(axis));
  return { indexShape, start, result: [...kept.slice(0, start), ...indexShape, ...kept.slice(start)] };
}

/** The operand coordinate of each axis; index tensors are operands `first`, `first + 1`, … Negative ones count from the end. */
function coordinates(
  operand: Shape,
  axes: readonly number[],
  { start, indexShape }: GatherShape,
  first: number,
): ScalarExpr[] {
  let kept = 0;
  return operand.map((n, axis) => {
    const k = axes.indexOf(axis);
    if (k < 0) {
      const position = kept < start ? kept : kept + indexShape.length;
      kept++;
      return index(position);
    }
    const raw = load(first + k, 'int32');
    return select(compare('lt', raw, constant(0, 'int32')), binary('add', raw, int(n)), raw);
  });
}

/** An index tensor seen over the whole result: its own axes at `start`, stride 0 elsewhere. */
function spread(source: Source, { indexShape, result, start }: GatherShape): Source {
  const lead = indexShape.length - source.shape.length;
  const strides = result.map((_, axis) => {
    const own = axis - start - lead;
    if (axis < start + lead || own >= source.shape.length || source.shape[own] === 1) return 0;
    return source.strides[own]!;
  });
  return { ...source, strides };
}

const gather: OpaqueRow<OpAttrs['gather']> = {
  kind: 'opaque',
  infer: ([operand, ...indices], { axes }) => {
    const { result } = gatherShape('gather', operand!, indices, axes);
    if (axes.some((axis) => operand!.shape[axis] === 0) && !result.includes(0)) {
      throw new ShapeError(`gather: cannot take elements from an empty axis of ${formatShape(operand!.shape)}`);
    }
    return [{ shape: result, dtype: operand!.dtype }];
  },
  lower: (builder, [operand, ...indices], { axes }, [out]) => {
    const shape = gatherShape('gather', operand!, indices, axes);
    const coords = coordinates(operand!.shape, axes, shape, 1).map((e, axis) =>
      axes.includes(axis)
        ? binary(
            'max',
            constant(0, 'int32'),
            binary('min', e, binary('sub', int(operand!.shape[axis]!), constant(1, 'int32'))),
          )
        : e,
    );
    builder.map(
      out!.shape,
      [operand!, ...indices.map((i) => spread(i, shape))],
      [{ target: out!, expr: at(0, computeDType(operand!.dtype), coords) }],
    );
  },
};

/** Inputs: operand, index tensors, updates. Out-of-range indices are dropped. */
const scatter: OpaqueRow<OpAttrs['scatter']> = {
  kind: 'opaque',
  infer: (inputs, { axes, op }) => {
    const [operand, updates] = [inputs[0]!, inputs.at(-1)!];
    sameDType('scatter', [operand, updates]);
    if (op === 'add' || op === 'mul') checkClass(`scatter ${op}`, 'number', operand);
    const { result } = gatherShape('scatter', operand, inputs.slice(1, -1), axes);
    if (!sameShape(result, updates.shape)) {
      throw new ShapeError(
        `scatter: updates must have shape ${formatShape(result)}, got ${formatShape(updates.shape)}`,
      );
    }
    return [operand];
  },
  lower: (builder, inputs, { axes, op }, [out]) => {
    const [operand, updates] = [inputs[0]!, inputs.at(-1)!];
    const indices = inputs.slice(1, -1);
    const dtype = computeDType(operand.dtype);
    const shape = gatherShape('scatter', operand, indices, axes);
    builder.map(operand.shape, [operand], [{ target: out!, expr: load(0, dtype) }]);
    builder.add({
      kind: 'scatter',
      op,
      shape: shape.result,
      operands: [...indices.map((i) => builder.operand(spread(i, shape))), builder.operand(updates)],
      target: builder.operand({ ...out!, strides: contiguousStrides(operand.shape) }),
      dims: operand.shape,
      coords: coordinates(operand.shape, axes, shape, 0),
      value: load(indices.length, dtype),
    });
  },
};

/** Outputs: sorted values, and the int32 positions they had. */
const sort: OpaqueRow<OpAttrs['sort']> = {
  kind: 'opaque',
  infer: ([x], { axis, limit }) => {
    const shape = x!.shape.map((n, i) => (i === axis ? (limit ?? n) : n));
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: 'int32' },
    ];
  },
  lower: (builder, [x], { axis, descending, limit }, [values, indices]) => {
    const last = <T>(list: readonly T[]): T[] => [...list.filter((_, i) => i !== axis), list[axis]!];
    const seen = (source: Source) => builder.operand({ ...source, strides: last(source.strides) });
    builder.add({
      kind: 'sort',
      shape: x!.shape.filter((_, i) => i !== axis),
      length: x!.shape[axis]!,
      descending,
      limit,
      input: seen(x!),
      values: seen(values!),
      indices: seen(indices!),
    });
  },
};

/** All indexing rows. */
export const INDEXING: Pick<OpTable, 'gather' | 'scatter' | 'sort'> = { gather, scatter, sort };
