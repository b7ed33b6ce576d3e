/**
 * Reductions of rows that share a segment id.
 */
import { asTensor, castTo, type TensorLike } from '../create.ts';
import { byteWidth, isFloating, type DType } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import type { OpAttrs } from '../ops/attrs.ts';
import { apply } from '../runtime/interpreter.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { filled, integers, shapeNumber, wholeNumber } from './arguments.ts';
import { checkIndices } from './check-indices.ts';
import { op } from './op.ts';
import { max } from './reduce.ts';

type Segments = (
  data: TensorLike,
  ids: TensorLike,
  count?: number | null,
  options?: { readonly sorted?: boolean },
) => Tensor;

/** The smallest number of a dtype, or the largest. */
function limit(dtype: DType, largest: boolean): number {
  if (isFloating(dtype)) return largest ? Infinity : -Infinity;
  if (dtype === 'bool') return Number(largest);
  const bits = 8 * byteWidth(dtype);
  if (dtype.startsWith('uint')) return largest ? 2 ** bits - 1 : 0;
  return largest ? 2 ** (bits - 1) - 1 : -(2 ** (bits - 1));
}

const segments = (name: string, kind: OpAttrs['scatter']['op'], empty: (dtype: DType) => number): Segments =>
  /* @__PURE__ */ op(name, (data: TensorLike, ids: TensorLike, count: number | null = null) => {
    const raw = asTensor(data, name);
    const t = raw.dtype === 'bool' ? castTo(raw, 'int32') : raw;
    const i = integers(ids, name);
    if (i.rank !== 1 || i.size !== t.shape[0]) {
      throw new ShapeError(
        `${name}: expected one id per row of ${formatShape(t.shape)}, got ids of shape ${formatShape(i.shape)}`,
      );
    }
    const rows = count ?? (i.size === 0 ? 0 : shapeNumber(max(i), name, 'the number of segments') + 1);
    checkIndices(name, i, wholeNumber(rows, 0, `${name}: the number of segments`));
    const blank = filled([rows, ...t.shape.slice(1)], empty(t.dtype), t.dtype);
    return apply('scatter', [blank, i, t], { axes: [0], op: kind });
  });

/**
 * Sums rows of `data` that share a segment id into `count` rows; without a count, as many as the ids ask for. Segments
 * without rows are 0.
 *
 * @throws ConfigError inside jit without a count.
 */
export const segmentSum: Segments = /* @__PURE__ */ segments('segmentSum', 'add', () => 0);
/** Products of rows that share a segment id; segments without rows are 1. See {@link segmentSum}. */
export const segmentProd: Segments = /* @__PURE__ */ segments('segmentProd', 'mul', () => 1);
/** Largest elements of rows that share a segment id; segments without rows hold the smallest number. */
export const segmentMax: Segments = /* @__PURE__ */ segments('segmentMax', 'max', (dtype) => limit(dtype, false));
/** Smallest elements of rows that share a segment id; segments without rows hold the largest number. */
export const segmentMin: Segments = /* @__PURE__ */ segments('segmentMin', 'min', (dtype) => limit(dtype, true));
