/**
 * Checks of what a class of one's own does in `call`: it gives tensors, and makes neither layers nor weights.
 */
import { ConfigError, Tensor } from '@dl/tensor';
import { describe, isPlain } from '@dl/tensor/interpreter';
import { currentCallers } from './call-context.ts';

/** Throws for a class without a `call`. */
export function checkCall(label: string, layer: { readonly call?: unknown }): void {
  if (typeof layer.call !== 'function') throw new ConfigError(`${label}: the class has no call(inputs); write one`);
}

/** Throws unless the result of a `call`, or of a hook, is a tensor, or a list or record of them. */
export function checkResult(label: string, result: unknown, what = 'call()'): void {
  if (result instanceof Tensor || Array.isArray(result) || isPlain(result)) return;
  const hint =
    result instanceof Promise ? 'it must not be async' : result === undefined ? 'is there a return?' : 'use ops only';
  throw new ConfigError(
    `${label}: ${what} must give a tensor, a list or a record of tensors, got ${describe(result)}; ${hint}`,
  );
}

/** A layer as this check needs it. */
interface Caller {
  readonly label: string;
  flattenLayers(): readonly object[];
}

/** Throws for a layer with weights that was made inside a `call` and kept nowhere, so that each call makes another. */
export function checkKept(label: string, layer: object): void {
  const callers = currentCallers() as readonly Caller[];
  const inner = callers.at(-1);
  if (inner === undefined || callers.some((caller) => caller.flattenLayers().includes(layer))) return;
  throw new ConfigError(
    `${inner.label}: call() makes the layer ${label} anew each time, with weights that are never trained; make it in the constructor and keep it in a property`,
  );
}

/** Throws for a weight that is made inside the `call` of its layer. */
export function checkWeightPlace(label: string, layer: object, name: string): void {
  if (!currentCallers().includes(layer)) return;
  throw new ConfigError(
    `${label}: addWeight('${name}') inside call() would make the weight anew each time; use build()`,
  );
}
