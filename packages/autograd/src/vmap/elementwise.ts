/**
 * Batching of elementwise ops: one rule for all.
 */
import { apply, OPS, type ElementwiseName, type OpName } from '@dl/tensor/interpreter';
import { aligned, rankOf, type BatchRule } from './rule.ts';

const rule =
  <K extends OpName>(op: K): BatchRule<K> =>
  (context) => {
    const rank = Math.max(...context.inputs.map((_, k) => rankOf(context, k)));
    return apply(
      op,
      context.inputs.map((_, k) => aligned(context, k, rank)),
      context.attrs,
    );
  };

type ElementwiseBatching = { readonly [K in ElementwiseName]: BatchRule<K> };

function ruleForAll(): ElementwiseBatching {
  const names = (Object.keys(OPS) as OpName[]).filter((op) => OPS[op].kind === 'elementwise');
  return Object.fromEntries(names.map((op) => [op, rule(op)])) as unknown as ElementwiseBatching;
}

/** Rules of elementwise ops. */
export const ELEMENTWISE_BATCHING: ElementwiseBatching = /* @__PURE__ */ ruleForAll();
