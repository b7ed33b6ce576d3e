/**
 * The op table: one row per primitive.
 */
import { traceCall } from '../graph/trace.ts';
import type { OpAttrs, OpName } from './attrs.ts';
import { CONTRACTION } from './contract.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { INDEXING } from './indexing.ts';
import { MOVEMENT } from './movement.ts';
import { RANDOM } from './random.ts';
import { REDUCTION } from './reduce.ts';
import { REGIONS } from './regions.ts';
import type { CallRow, OpRow, OpTable } from './spec.ts';
import { WINDOW } from './windows.ts';

const call: CallRow<OpAttrs['call']> = {
  kind: 'call',
  infer: (inputs, attrs) => traceCall(attrs, inputs).outputs.map(({ shape, dtype }) => ({ shape, dtype })),
};

/** Every primitive op: what it accepts, what it gives, and how it lowers. */
export const OPS: OpTable = {
  ...ELEMENTWISE,
  ...MOVEMENT,
  ...REDUCTION,
  ...CONTRACTION,
  ...WINDOW,
  ...INDEXING,
  ...RANDOM,
  ...REGIONS,
  call,
};

/** A row by name, without tying its attributes to the name at compile time. */
export function rowOf(op: OpName): OpRow<OpName> {
  return OPS[op] as OpRow<OpName>;
}

/** All op names. */
export const OP_NAMES: readonly OpName[] = Object.keys(OPS) as OpName[];
