/**
 * The table of derivative rules: one entry per primitive; null where there is nothing to differentiate.
 */
import type { OpName } from '@dl/tensor/interpreter';
import { CONTRACTION_RULES } from './contract.ts';
import { ELEMENTWISE_RULES } from './elementwise.ts';
import { INDEXING_RULES } from './indexing.ts';
import { MOVEMENT_RULES } from './movement.ts';
import { REDUCTION_RULES } from './reduce.ts';
import type { VjpRule } from './rule.ts';
import { WINDOW_RULES } from './windows.ts';

/** Ops that bring their own derivatives; see the tape. */
export type Unruled = 'call' | 'loop' | 'switch';

export type VjpTable = { readonly [K in Exclude<OpName, Unruled>]: VjpRule<K> | null };

/** The derivative of every primitive op. */
export const VJP: VjpTable = {
  ...ELEMENTWISE_RULES,
  ...MOVEMENT_RULES,
  ...REDUCTION_RULES,
  ...CONTRACTION_RULES,
  ...WINDOW_RULES,
  ...INDEXING_RULES,
  randomBits: null,
  iteration: null,
};
