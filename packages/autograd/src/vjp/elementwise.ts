/**
 * Derivatives of elementwise ops, from their partial derivatives.
 */
import { castTo, isFloating, type ElementwiseName } from '@dl/tensor/interpreter';
import { change, fromPartials } from '../partials.ts';
import { unbroadcast, type VjpRule } from './rule.ts';
import type { VjpTable } from './table.ts';

/** Rules of elementwise ops. */
export const ELEMENTWISE_RULES: Pick<VjpTable, ElementwiseName> = /* @__PURE__ */ fromPartials(
  (partials): VjpRule<ElementwiseName> =>
    (dy, { inputs, outputs: [y] }) =>
      partials.map((partial, k) => {
        const input = inputs[k]!;
        if (partial === null || !isFloating(input.dtype)) return null;
        return () => castTo(unbroadcast(change(partial, dy, inputs, y!), input), input.dtype);
      }),
);
