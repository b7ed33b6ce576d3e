/**
 * Pools whose windows follow from the size of the result.
 */
import { castTo, type TensorLike } from '../../create.ts';
import { toFloating } from '../../dtype.ts';
import { ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { formatShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { div, where } from '../elementwise.ts';
import { op } from '../op.ts';
import { max, sum } from '../reduce.ts';
import { perAxis } from './convolution.ts';
import { withChannelsLast, type FormatOptions } from './data-format.ts';

type Pool = (x: TensorLike, outputSize: number | readonly number[], options?: FormatOptions) => Tensor;

/** Window i of an axis of n is ⌊i·n/out⌋ to before ⌈(i + 1)·n/out⌉. */
interface Windows {
  /** Elements of every window, side by side, after the axis of windows; short windows repeat their last element. */
  readonly elements: Tensor;
  /** Which of them count. */
  readonly counts: Tensor;
  /** How many count, per window. */
  readonly sizes: Tensor;
}

function windowsOf(t: Tensor, axis: number, out: number): Windows {
  const n = t.shape[axis]!;
  const starts = Array.from({ length: out }, (_, i) => Math.floor((i * n) / out));
  const sizes = starts.map((start, i) => Math.ceil(((i + 1) * n) / out) - start);
  const width = Math.max(...sizes);
  const places = starts.flatMap((start, i) =>
    Array.from({ length: width }, (_, k) => start + Math.min(k, sizes[i]! - 1)),
  );
  const inside = sizes.flatMap((size) => Array.from({ length: width }, (_, k) => Number(k < size)));
  const after = t.shape.slice(axis + 1).map(() => 1);
  const made = (values: readonly number[], shape: readonly number[], dtype: 'int32' | 'bool'): Tensor =>
    Tensor.fromValues(values, shape, dtype);
  return {
    elements: apply('gather', [t, made(places, [out, width], 'int32')], { axes: [axis] }),
    counts: made(inside, [out, width, ...after], 'bool'),
    sizes: castTo(made(sizes, [out, ...after], 'int32'), toFloating(t.dtype)),
  };
}

/** Pools one spatial axis after the other. */
const adaptive = (name: string, reduce: (windows: Windows, axis: number) => Tensor): Pool =>
  /* @__PURE__ */ op(
    name,
    (x: TensorLike, outputSize: number | readonly number[], { dataFormat }: FormatOptions = {}) =>
      withChannelsLast(x, dataFormat, name, (t) => {
        const rank = t.rank - 2;
        if (rank < 1 || t.shape.slice(1, -1).includes(0)) {
          throw new ShapeError(
            `${name}: expected an input [batch, …spatial, channels] with elements, got shape ${formatShape(t.shape)}`,
          );
        }
        const sizes = perAxis(outputSize, rank, `${name}: output size`);
        const start = castTo(t, toFloating(t.dtype));
        return sizes.reduce((y, out, i) => reduce(windowsOf(y, i + 1, out), i + 2), start);
      }),
  );

/** Mean of windows that divide each spatial axis into `outputSize` parts, which may share elements at their ends. */
export const adaptiveAveragePool: Pool = /* @__PURE__ */ adaptive(
  'adaptiveAveragePool',
  ({ elements, counts, sizes }, axis) => div(sum(where(counts, elements, 0), axis), sizes),
);
/** Largest element of windows that divide each spatial axis into `outputSize` parts. */
export const adaptiveMaxPool: Pool = /* @__PURE__ */ adaptive('adaptiveMaxPool', ({ elements }, axis) =>
  max(elements, axis),
);
