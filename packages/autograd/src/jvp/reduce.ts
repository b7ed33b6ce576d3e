/**
 * Forward derivatives of reductions and running reductions.
 */
import { cast, div, equal, flip, mul, sum, type Tensor } from '@dl/tensor';
import { apply, type OpAttrs } from '@dl/tensor/interpreter';
import { alongAxis } from '../vjp/indexing.ts';
import { othersProduct, restore, runningParts, shifted, sourceOf } from '../vjp/reduce.ts';
import { linear, type JvpRule } from './rule.ts';
import type { JvpTable } from './table.ts';

/** The mean over the elements that are the extremum. */
const extremum: JvpRule<'max' | 'min'> = ([dx], { inputs: [x], outputs: [y], attrs: { axes, keepDims } }) => {
  const hit = cast(equal(x!, restore(y!, x!, axes)), dx!.dtype);
  return div(sum(mul(hit, dx!), axes, keepDims), sum(hit, axes, keepDims));
};

const product: JvpRule<'prod'> = ([dx], { inputs: [x], attrs: { axes, keepDims } }) =>
  sum(mul(othersProduct(x!, axes), dx!), axes, keepDims);

function running(dx: Tensor, x: Tensor, attrs: OpAttrs['cumulative']): Tensor {
  const { op, axis, reverse, exclusive } = attrs;
  if (op === 'sum') return apply('cumulative', [dx], attrs);
  if (x.size === 0) return dx;
  if (reverse) return flip(running(flip(dx, axis), flip(x, axis), { ...attrs, reverse: false }), axis);
  if (exclusive) return shifted(running(dx, x, { ...attrs, exclusive: false }), axis, 1);
  if (op === 'prod') return runningParts(x, axis, (parts, line) => sum(mul(parts, line(dx, -1)), -2));
  return apply('gather', [dx, ...alongAxis(sourceOf(x, op, axis), axis)], { axes: x.shape.map((_, d) => d) });
}

/** Forward rules of reductions. */
export const REDUCTION_JVP: Pick<JvpTable, 'sum' | 'prod' | 'max' | 'min' | 'argMax' | 'argMin' | 'cumulative'> = {
  sum: /* @__PURE__ */ linear('sum'),
  prod: product,
  max: extremum,
  min: extremum,
  argMax: null,
  argMin: null,
  cumulative: ([dx], { inputs: [x], attrs }) => running(dx!, x!, attrs),
};
