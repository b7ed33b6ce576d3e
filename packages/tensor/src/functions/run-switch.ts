/**
 * runSwitch: functions become the branches of a `switch` op. Variables that one of them assigns are assigned afterwards.
 */
import { trace } from '../graph/trace.ts';
import { applyAll } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';
import { mergeBranches } from './merge-branches.ts';
import { switchRules } from './region-rules.ts';

/** Runs the branch whose number `index`, an int32 scalar, holds; results of all branches must be alike. */
export function runSwitch(
  index: Tensor,
  branches: readonly ((operands: readonly Tensor[]) => readonly Tensor[])[],
  operands: readonly Tensor[],
): Tensor[] {
  const traces = branches.map((branch) => trace(branch, operands));
  const { variables, captures, assigned, ...rest } = mergeBranches(traces, operands.length);
  const read = variables.map((variable) => variable.read());
  const values = applyAll('switch', [index, ...operands, ...read, ...captures], { ...rest, rules: switchRules });
  const count = values.length - assigned.length;
  assigned.forEach((variable, i) => variable.assign(values[count + i]!));
  return values.slice(0, count);
}
