/**
 * Forward derivatives of reductions and running reductions.
 */
import { cast, div, equal, flip, mul, sum, type Tensor } from '@dl/tensor';
import { apply, type OpAttrs } from '@dl/tensor/interpreter';
import { alongAxis } from '../vjp/indexing.ts';
import { othersProduct, restore, runningParts, sourceOf } from '../vjp/reduce.ts';
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
  if (reverse) return flip(running(flip(dx, axis), flip(x, axis), { ...attrs, reverse: false }), axis);
  if (op === 'prod') return runningParts(x, axis, exclusive, (parts, line) => sum(mul(parts, line(dx, -1)), -2));
  const at = sourceOf(x, op, axis);
  const taken = apply('gather', [dx, ...alongAxis(at, axis)], { axes: x.shape.map((_, d) => d) });
  if (!exclusive) return taken;
  // Exclusive outputs look one place back; the first looks at nothing.
  const start = x.shape.map(() => 0);
  const size = x.shape.map((n, d) => (d === axis ? n - 1 : n));
  const low = x.shape.map((_, d) => Number(d === axis));
  const kept = apply('slice', [taken], { start, size, step: size.map(() => 1) });
  return apply('pad', [kept, cast(0, dx.dtype)], { low, high: start, interior: start });
}

/** Forward rules of reductions. */
export const REDUCTION_JVP: Pick<JvpTable, 'sum' | 'prod' | 'max' | 'min' | 'argMax' | 'argMin' | 'cumulative'> = {
  sum: /* @__PURE__ */ linear('sum'),
  prod: product,
  max: extremum,
  min: extremum,
  argMax: null,
  argMin: null,
  cumulative: ([dx], { inputs: [x], attrs }) => (x!.shape[attrs.axis] === 0 ? dx! : running(dx!, x!, attrs)),
};
