/**
 * Verification: a compiled call and the same call op by op, from the same state.
 */
import { ConfigError } from '../errors.ts';
import { withBackend } from '../runtime/context.ts';
import { Tensor } from '../tensor.ts';
import { leavesOf } from '../tree.ts';
import { rebuild } from './arguments.ts';
import type { Call, Compiled } from './compiled.ts';

/** Differences up to this part of the largest element are rounding. */
const TOLERANCE = 1e-4;

/** Runs a call compiled and op by op; throws unless results and Variables agree. Leaves the compiled state. */
export function verifyCall(compiled: Compiled, call: Call): unknown {
  const variables = compiled.variables.map(({ variable }) => variable);
  const before = variables.map((variable) => variable.value);
  const result = compiled.run(call.dynamic);
  const after = variables.map((variable) => variable.value);
  variables.forEach((variable, i) => variable.poke(before[i]!));
  const args = rebuild(
    call.args,
    call.fixed,
    call.dynamic.map((value) => (typeof value === 'number' ? Tensor.scalar(value, 'float32') : value)),
  );
  const expected = withBackend(compiled.backend, () => (call.fn as (...a: unknown[]) => unknown)(...args));
  const [got, wanted] = [leavesOf(result), leavesOf(expected)];
  got.forEach((tensor, i) => compare(call.name, `result ${i}`, tensor, wanted[i]!));
  variables.forEach((variable, i) => {
    compare(call.name, `Variable '${variable.name}'`, after[i]!, variable.value);
    variable.poke(after[i]!);
  });
  return result;
}

function compare(name: string, what: string, got: Tensor, wanted: Tensor): void {
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  let scale = 1;
  for (const value of b) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (Object.is(x, y) || x === y || Math.abs(x - y) <= TOLERANCE * scale) continue;
    throw new ConfigError(
      `${name}: compiled and eager results differ: ${what}, element ${i}: ${x} compiled, ${y} op by op; does the ` +
        'function depend on JS state that changes between calls?',
    );
  }
}
