/**
 * VMap: the interpreter whose tensors each stand for many examples.
 */
import { ConfigError, full, reshape, Tensor, where, type Variable } from '@dl/tensor';
import {
  apply,
  currentInterpreter,
  inputValue,
  layoutOf,
  OPS,
  traceCall,
  withInterpreter,
  type Aval,
  type GuardError,
  type Interpreter,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import { guard } from '../guard.ts';
import { distinct, Held } from '../held.ts';
import { loopOfExamples, switchOfExamples } from '../regions.ts';
import { batchedCallee, drawsRandom, graphsOf } from './calls.ts';
import type { BatchRule } from './rule.ts';
import { BATCHING } from './table.ts';
import type { Unruled } from '../vjp/table.ts';

/** Gives ops their meaning on many examples; everything is computed by the interpreter below. */
export class VMap implements Interpreter {
  readonly below: Interpreter;
  readonly size: number;
  readonly #full = new Held();

  /** @param size The number of examples. */
  constructor(size: number, below: Interpreter = currentInterpreter()) {
    this.size = size;
    this.below = below;
  }

  /** Runs a function under this interpreter. */
  run<T>(f: () => T): T {
    return withInterpreter(this, f);
  }

  /** One example as the function sees it, given all of them along axis 0. */
  enter(all: Tensor): Tensor {
    const [, ...shape] = all.shape;
    const example = Tensor.symbolic(layoutOf(all.dtype, shape), inputValue({ shape, dtype: all.dtype }));
    this.#full.set(example, all);
    return example;
  }

  /** All examples along axis 0; null for a tensor that they share. */
  fullOf(tensor: Tensor): Tensor | null {
    return this.#full.get(tensor);
  }

  /** Lets go of what was kept; `results` stay usable. */
  release(results: readonly Tensor[]): Tensor[] {
    return this.#full.release(results);
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    return variable.readUnder(this.below, keep);
  }

  assignVariable(variable: Variable, value: Tensor): void {
    if (this.#full.get(value) !== null) {
      throw new ConfigError(
        `vmap: Variable '${variable.name}' is assigned a value that differs from example to example; return the value, ` +
          'and assign what becomes of all examples outside',
      );
    }
    withInterpreter(this.below, () => variable.assign(value));
  }

  /** Checks all examples; the first that fails counts. */
  guard(position: Tensor, value: Tensor, error: GuardError): void {
    const positions = this.#full.get(position);
    withInterpreter(this.below, () => {
      if (positions === null) return guard(position, value, error);
      if (this.size === 0) return;
      const fails = apply('cast', [positions.greaterEqual(0)], { dtype: 'int32' });
      const first = apply('argMax', [fails], { axis: 0, keepDims: false });
      // Arithmetic, because compiled functions check ahead only what is cheap.
      const place = apply('iota', [], { shape: [this.size], axis: 0, dtype: 'int32' });
      const at = (t: Tensor): Tensor => apply('sum', [where(place.equal(first), t, 0)], { axes: [0], keepDims: false });
      const values = this.#full.get(value);
      guard(at(positions), values === null ? value : at(values), error);
    });
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    const full = inputs.map((input) => this.#full.get(input));
    const batched = full.map((tensor) => tensor !== null);
    const all = inputs.map((input, k) => full[k] ?? input);
    const any = batched.includes(true);
    const below = <T>(f: () => T): T => withInterpreter(this.below, f);
    if (op === 'call') return this.#call(inputs, all, batched, attrs as OpAttrs['call']);
    if ((op === 'loop' || op === 'switch') && (any || graphsOf(op, attrs).some(drawsRandom))) {
      const results = below(() =>
        op === 'loop'
          ? loopOfExamples(all, batched, this.size, attrs as OpAttrs['loop'])
          : switchOfExamples(all, batched, this.size, attrs as OpAttrs['switch']),
      );
      return results.map((result) => (result.batched ? this.enter(result.tensor) : result.tensor));
    }
    if (op === 'randomBits' && !any) return this.#draw(inputs[0]!, attrs as OpAttrs['randomBits']);
    if (!any) return this.below.apply(op, inputs, attrs);
    const outputs = OPS[op].infer(inputs, attrs);
    if (this.size === 0) return below(() => outputs.map((output) => this.enter(nothing(output))));
    const rule = BATCHING[op as Exclude<OpName, Unruled>] as BatchRule<OpName>;
    const results = below(() => rule({ inputs: all, batched, attrs, size: this.size }));
    return (Array.isArray(results) ? (results as Tensor[]) : [results as Tensor]).map((tensor) => this.enter(tensor));
  }

  /**
   * From a state that all examples share, each draws numbers of its own: one block, so far ahead that nothing else reaches
   * it, is the state from which a state for each example is drawn.
   */
  #draw(state: Tensor, attrs: OpAttrs['randomBits']): Tensor[] {
    return withInterpreter(this.below, () => {
      const bits = (from: Tensor, count: number): Tensor => apply('randomBits', [from], { count });
      const place = apply('iota', [], { shape: [4], axis: 0, dtype: 'uint32' });
      const far = apply(
        'shiftLeft',
        [apply('cast', [place.equal(3)], { dtype: 'uint32' }), Tensor.scalar(31, 'uint32')],
        {},
      );
      const parent = bits(apply('xor', [state, far], {}), 4);
      return [this.enter(bits(reshape(bits(parent, 4 * this.size), [this.size, 4]), attrs.count))];
    });
  }

  /** By the callee's own rule; as one call for all examples; or op by op where the body takes from outside. */
  #call(
    inputs: readonly Tensor[],
    all: readonly Tensor[],
    batched: readonly boolean[],
    call: OpAttrs['call'],
  ): Tensor[] {
    const { callee, attrs, key } = call;
    const below = <T>(f: () => T): T => withInterpreter(this.below, f);
    const traced = traceCall(call, inputs);
    const differs = [...batched, ...traced.captures.map((tensor) => this.#full.get(tensor) !== null)].includes(true);
    if (!differs && !drawsRandom(traced)) return below(() => this.below.apply('call', inputs, call));
    if (callee.vmap)
      return below(() => callee.vmap!(all, batched, attrs, this.size)).map((tensor) => this.enter(tensor));
    if (traced.captures.length > 0) {
      return distinct(
        this.run(() => callee.body(inputs, attrs)),
        inputs,
      );
    }
    const results = below(() =>
      this.below.apply('call', all, { callee: batchedCallee(callee, batched, this.size), attrs, key }),
    );
    return results.map((tensor, i) => (tensor.rank > traced.outputs[i]!.shape.length ? this.enter(tensor) : tensor));
  }
}

const nothing = ({ shape, dtype }: Aval): Tensor => full([0, ...shape], 0, dtype);
