/**
 * The table of batching rules: one entry per primitive; null for ops without inputs, whose results all examples share.
 */
import { applyAll, type OpName } from '@dl/tensor/interpreter';
import { CONTRACTION_BATCHING } from './contract.ts';
import { ELEMENTWISE_BATCHING } from './elementwise.ts';
import { INDEXING_BATCHING } from './indexing.ts';
import { MOVEMENT_BATCHING } from './movement.ts';
import type { BatchRule } from './rule.ts';
import { WINDOW_BATCHING } from './windows.ts';
import type { Unruled } from '../vjp/table.ts';

/** Ops with bodies are batched by these. */
export type BatchTable = { readonly [K in Exclude<OpName, Unruled>]: BatchRule<K> | null };

const reduction =
  (op: 'sum' | 'prod' | 'max' | 'min'): BatchRule<typeof op> =>
  ({ inputs, attrs }) =>
    applyAll(op, inputs, { ...attrs, axes: attrs.axes.map((axis) => axis + 1) });

/** Ops that work along one axis. */
const along =
  <K extends 'argMax' | 'argMin' | 'cumulative' | 'sort'>(op: K): BatchRule<K> =>
  ({ inputs, attrs }) =>
    applyAll(op, inputs, { ...attrs, axis: attrs.axis + 1 });

/** How every primitive op is applied to many examples at once. */
export const BATCHING: BatchTable = /* @__PURE__ */ ((): BatchTable => ({
  ...ELEMENTWISE_BATCHING,
  ...MOVEMENT_BATCHING,
  ...CONTRACTION_BATCHING,
  ...WINDOW_BATCHING,
  ...INDEXING_BATCHING,
  sum: /* @__PURE__ */ reduction('sum'),
  prod: /* @__PURE__ */ reduction('prod'),
  max: /* @__PURE__ */ reduction('max'),
  min: /* @__PURE__ */ reduction('min'),
  argMax: /* @__PURE__ */ along('argMax'),
  argMin: /* @__PURE__ */ along('argMin'),
  cumulative: /* @__PURE__ */ along('cumulative'),
  sort: /* @__PURE__ */ along('sort'),
  iota: null,
  iteration: null,
  // A state per example; see the interpreter for one that examples share.
  randomBits: ({ inputs, attrs }) => applyAll('randomBits', inputs, attrs),
}))();
