/**
 * Jvp: the interpreter that computes, beside each value, how it changes when the inputs do.
 */
import { zerosLike, type Tensor, type Variable } from '@dl/tensor';
import {
  apply,
  currentInterpreter,
  isFloating,
  traceCall,
  withInterpreter,
  type CallAttrs,
  type Callee,
  type GuardError,
  type Interpreter,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import { distinct, Held } from '../held.ts';
import { derived, type Callees } from '../memo.ts';
import { loopWithTangents, switchWithTangents } from '../regions.ts';
import type { JvpRule } from './rule.ts';
import { JVP } from './table.ts';
import type { Unruled } from '../vjp/table.ts';

/** Gives tensors tangents; values and tangents are computed by the interpreter below. */
export class Jvp implements Interpreter {
  readonly below: Interpreter;
  readonly #tangents = new Held();

  constructor(below: Interpreter = currentInterpreter()) {
    this.below = below;
  }

  /** The tangent of a tensor; null for zero. */
  tangentOf(tensor: Tensor): Tensor | null {
    return this.#tangents.get(tensor);
  }

  /** Runs a function under this interpreter. */
  run<T>(f: () => T): T {
    return withInterpreter(this, f);
  }

  /** A handle of its own on a tensor, with a tangent. */
  enter(tensor: Tensor, tangent: Tensor | null): Tensor {
    const fresh = withInterpreter(this.below, () => apply('reshape', [tensor], { shape: tensor.shape }));
    if (tangent !== null) this.#tangents.set(fresh, tangent);
    return fresh;
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    return variable.readUnder(this.below, keep);
  }

  assignVariable(variable: Variable, value: Tensor): void {
    withInterpreter(this.below, () => variable.assign(value));
  }

  guard(position: Tensor, value: Tensor, error: GuardError): void {
    this.below.guard?.(position, value, error);
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    const tangents = inputs.map((input) => this.#tangents.get(input));
    const run = (): Tensor[] => withInterpreter(this.below, () => this.below.apply(op, inputs, attrs));
    if (tangents.every((tangent) => tangent === null)) return run();
    if (op === 'call') return this.#call(inputs, tangents, attrs as OpAttrs['call'], run);
    if (op === 'loop' || op === 'switch') {
      const call = (): readonly (readonly [Tensor, Tensor | null])[] =>
        op === 'loop'
          ? loopWithTangents(inputs, tangents, attrs as OpAttrs['loop'])
          : switchWithTangents(inputs, tangents, attrs as OpAttrs['switch']);
      return this.#enterAll(withInterpreter(this.below, call));
    }
    const outputs = run();
    const rule = JVP[op as Exclude<OpName, Unruled>] as JvpRule<OpName> | null;
    if (rule === null || !isFloating(outputs[0]!.dtype)) return outputs;
    const tangent = withInterpreter(this.below, () => rule(tangents, { inputs, outputs, attrs }));
    if (tangent !== null) this.#tangents.set(outputs[0]!, tangent);
    return outputs;
  }

  /** By the callee's own rule; as one call that computes tangents too; or op by op where the body takes from outside. */
  #call(
    inputs: readonly Tensor[],
    tangents: readonly (Tensor | null)[],
    call: OpAttrs['call'],
    run: () => Tensor[],
  ): Tensor[] {
    const { callee, attrs, key } = call;
    if (callee.jvp) {
      const outputs = run();
      const results = withInterpreter(this.below, () => callee.jvp!(inputs, outputs, tangents, attrs));
      results.forEach((tangent, i) => tangent && this.#tangents.set(outputs[i]!, tangent));
      return outputs;
    }
    if (traceCall(call, inputs).captures.length > 0) {
      return distinct(
        withInterpreter(this, () => callee.body(inputs, attrs)),
        inputs,
      );
    }
    const given = tangents.filter((tangent) => tangent !== null);
    const mask = tangents.map((tangent) => tangent !== null);
    const results = withInterpreter(this.below, () =>
      this.below.apply('call', [...inputs, ...given], {
        callee: forwardOf(callee, mask),
        attrs,
        key,
      }),
    );
    const count = results.length / 2;
    return this.#enterAll(
      results.slice(0, count).map((y, i) => [y, isFloating(y.dtype) ? results[count + i]! : null] as const),
    );
  }

  #enterAll(results: readonly (readonly [Tensor, Tensor | null])[]): Tensor[] {
    for (const [tensor, tangent] of results) if (tangent !== null) this.#tangents.set(tensor, tangent);
    return results.map(([tensor]) => tensor);
  }

  /** Lets go of what was kept; `results` stay usable. */
  release(results: readonly Tensor[]): Tensor[] {
    return this.#tangents.release(results);
  }
}

const forward = new WeakMap<Callee, Callees>();

/** A callee that computes outputs, then their tangents (zeros where there are none), from inputs and tangents of some. */
function forwardOf(callee: Callee, mask: readonly boolean[]): Callee {
  return derived(forward, callee, mask.map(Number).join(''), () => ({
    name: `${callee.name}Jvp`,
    vjp: callee.vjp === 'checkpoint' ? callee.vjp : callee.vjp && 'recompute',
    body: (all, own: CallAttrs) => {
      const jvp = new Jvp();
      let next = mask.length;
      const inputs = mask.map((has, i) => (has ? jvp.enter(all[i]!, all[next++]!) : all[i]!));
      const outputs = jvp.run(() => callee.body(inputs, own));
      return [...outputs, ...outputs.map((output) => jvp.tangentOf(output) ?? zerosLike(output))];
    },
  }));
}
