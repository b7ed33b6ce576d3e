/**
 * The table of forward derivatives: one entry per primitive; null where there is nothing to differentiate.
 */
import { castTo, sameShape, type ElementwiseName, type OpName } from '@dl/tensor/interpreter';
import { add, broadcastTo, type Tensor } from '@dl/tensor';
import { change, fromPartials } from '../partials.ts';
import { INDEXING_JVP } from './indexing.ts';
import { REDUCTION_JVP } from './reduce.ts';
import { bilinear, linear, type JvpRule } from './rule.ts';
import { WINDOW_JVP } from './windows.ts';
import type { Unruled } from '../vjp/table.ts';

export type JvpTable = { readonly [K in Exclude<OpName, Unruled>]: JvpRule<K> | null };

const ELEMENTWISE_JVP: Pick<JvpTable, ElementwiseName> = /* @__PURE__ */ fromPartials(
  (partials): JvpRule<ElementwiseName> =>
    (tangents, { inputs, outputs: [y] }) => {
      let sum: Tensor | null = null;
      partials.forEach((partial, k) => {
        if (partial === null || !tangents[k]) return;
        const part = castTo(change(partial, tangents[k], inputs, y!), y!.dtype);
        sum = sum === null ? part : add(sum, part);
      });
      const total = sum as Tensor | null;
      return total === null || sameShape(total.shape, y!.shape) ? total : broadcastTo(total, y!.shape);
    },
);

/** The forward derivative of every primitive op. */
export const JVP: JvpTable = /* @__PURE__ */ ((): JvpTable => ({
  ...ELEMENTWISE_JVP,
  ...REDUCTION_JVP,
  ...WINDOW_JVP,
  ...INDEXING_JVP,
  reshape: /* @__PURE__ */ linear('reshape'),
  transpose: /* @__PURE__ */ linear('transpose'),
  broadcastTo: /* @__PURE__ */ linear('broadcastTo'),
  slice: /* @__PURE__ */ linear('slice'),
  flip: /* @__PURE__ */ linear('flip'),
  pad: /* @__PURE__ */ linear('pad'),
  concat: /* @__PURE__ */ linear('concat'),
  barrier: /* @__PURE__ */ linear('barrier', 1),
  matmul: /* @__PURE__ */ bilinear('matmul'),
  conv: /* @__PURE__ */ bilinear('conv'),
  iota: null,
  randomBits: null,
  iteration: null,
}))();
