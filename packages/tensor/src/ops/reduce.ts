/**
 * Reduction rows and running reductions.
 */
import { ShapeError } from '../errors.ts';
import { formatShape, reducedShape } from '../shape.ts';
import type { ReduceOp } from '../kernel/kernel.ts';
import type { OpAttrs } from './attrs.ts';
import { checkClass, type DTypeClass } from './infer.ts';
import type { OpTable, OpaqueRow, ReduceRow } from './spec.ts';

function reduceRow(op: ReduceOp, accepts: DTypeClass): ReduceRow<OpAttrs['sum']> {
  return {
    kind: 'reduce',
    op,
    infer: ([x], { axes, keepDims }) => {
      checkClass(op, accepts, x!);
      if ((op === 'max' || op === 'min') && axes.some((axis) => x!.shape[axis] === 0)) {
        throw new ShapeError(
          `${op}: ${formatShape(x!.shape)} has no elements along axes [${axes.join(', ')}], so there is no ${op}`,
        );
      }
      return [{ shape: reducedShape(x!.shape, axes, keepDims), dtype: x!.dtype }];
    },
    axes: ({ axes }) => axes,
  };
}

function argRow(op: 'argMax' | 'argMin'): ReduceRow<OpAttrs['argMax']> {
  return {
    kind: 'reduce',
    op,
    infer: ([x], { axis, keepDims }) => {
      if (x!.shape[axis] === 0)
        throw new ShapeError(`${op}: ${formatShape(x!.shape)} has no elements along axis ${axis}`);
      return [{ shape: reducedShape(x!.shape, [axis], keepDims), dtype: 'int32' }];
    },
    axes: ({ axis }) => [axis],
  };
}

const cumulative: OpaqueRow<OpAttrs['cumulative']> = {
  kind: 'opaque',
  infer: ([x], { op }) => {
    checkClass(`cumulative ${op}`, 'number', x!);
    return [x!];
  },
  lower: (builder, [x], { op, axis, reverse, exclusive }, [out]) => {
    const last = <T>(list: readonly T[]): T[] => [...list.filter((_, i) => i !== axis), list[axis]!];
    builder.add({
      kind: 'cumulative',
      op,
      reverse,
      exclusive,
      shape: x!.shape.filter((_, i) => i !== axis),
      length: x!.shape[axis]!,
      input: builder.operand({ ...x!, strides: last(x!.strides) }),
      output: builder.operand({ ...out!, strides: last(out!.strides) }),
    });
  },
};

/** All reduction rows. */
export const REDUCTION: Pick<OpTable, 'sum' | 'prod' | 'max' | 'min' | 'argMax' | 'argMin' | 'cumulative'> = {
  sum: reduceRow('sum', 'number'),
  prod: reduceRow('prod', 'number'),
  max: reduceRow('max', 'any'),
  min: reduceRow('min', 'any'),
  argMax: argRow('argMax'),
  argMin: argRow('argMin'),
  cumulative,
};
