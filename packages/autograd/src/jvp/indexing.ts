/**
 * Forward derivatives of gather, scatter and sort.
 */
import { div, mul, zerosLike } from '@dl/tensor';
import { apply } from '@dl/tensor/interpreter';
import { alongAxis, factorsOf, tiesOf } from '../vjp/indexing.ts';
import { linear, type JvpRule } from './rule.ts';
import type { JvpTable } from './table.ts';

const scatter: JvpRule<'scatter'> = (tangents, context) => {
  const { inputs, attrs } = context;
  const [x, updates] = [inputs[0]!, inputs.at(-1)!];
  const indices = inputs.slice(1, -1);
  const dx = tangents[0] ?? zerosLike(x);
  const du = tangents.at(-1) ?? zerosLike(updates);
  if (attrs.op === 'add' || attrs.op === 'set') return apply('scatter', [dx, ...indices, du], attrs);
  if (attrs.op === 'mul') {
    const { ofTarget, ofUpdates } = factorsOf(context);
    return apply('scatter', [mul(dx, ofTarget()), ...indices, mul(du, ofUpdates())], { ...attrs, op: 'add' });
  }
  // The mean over everything equal to the extremum at a place.
  const [own, theirs, ties] = tiesOf(context);
  return div(apply('scatter', [mul(own, dx), ...indices, mul(theirs, du)], { ...attrs, op: 'add' }), ties);
};

const sort: JvpRule<'sort'> = ([dx], { outputs: [, positions], attrs: { axis } }) =>
  apply('gather', [dx!, ...alongAxis(positions!, axis)], { axes: positions!.shape.map((_, d) => d) });

/** Forward rules of indexing ops. */
export const INDEXING_JVP: Pick<JvpTable, 'gather' | 'scatter' | 'sort'> = {
  gather: /* @__PURE__ */ linear('gather', 1),
  scatter,
  sort,
};
