/**
 * Tape: the interpreter that records what happens to watched tensors, and plays it backwards.
 */
import { zerosLike, type Tensor, type Variable } from '@dl/tensor';
import {
  apply,
  applyAll,
  currentInterpreter,
  isFloating,
  replay,
  withInterpreter,
  type CallAttrs,
  type Callee,
  type GuardError,
  type Interpreter,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import type { VjpRule } from './vjp/rule.ts';
import { VJP } from './vjp/table.ts';

interface Entry {
  readonly op: OpName;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: OpAttrs[OpName];
}

/** Records ops on watched tensors; everything is computed by the interpreter below. */
export class Tape implements Interpreter {
  readonly #below: Interpreter;
  readonly #entries: Entry[] = [];
  readonly #watched = new Set<Tensor>();
  readonly #variables: ReadonlySet<Variable> | null;
  readonly #reads = new Map<Variable, Tensor[]>();

  /** @param variables Variables whose reads are watched; null for none. */
  constructor(below: Interpreter, variables: ReadonlySet<Variable> | null = null) {
    this.#below = below;
    this.#variables = variables;
  }

  watch(tensor: Tensor): void {
    this.#watched.add(tensor);
  }

  isWatched(tensor: Tensor): boolean {
    return this.#watched.has(tensor);
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    const value = variable.readUnder(this.#below, keep);
    if (this.#variables?.has(variable) && !this.#watched.has(value)) {
      this.#watched.add(value);
      const reads = this.#reads.get(variable);
      if (reads) reads.push(value);
      else this.#reads.set(variable, [value]);
    }
    return value;
  }

  assignVariable(variable: Variable, value: Tensor): void {
    if (this.#below.assignVariable) this.#below.assignVariable(variable, value);
    else variable.poke(value);
  }

  guard(position: Tensor, value: Tensor, error: GuardError): void {
    this.#below.guard?.(position, value, error);
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    let watched = false;
    for (const input of inputs) if (this.#watched.has(input)) watched = true;
    if (!watched) return this.#run(op, inputs, attrs);
    if (op === 'call') {
      const { callee, attrs: own } = attrs as OpAttrs['call'];
      if (callee.vjp === undefined) return [...withInterpreter(this, () => callee.body(inputs, own))];
    } else if (op === 'loop') {
      return this.#unroll(inputs, attrs as OpAttrs['loop']);
    } else if (VJP[op as Exclude<OpName, 'call' | 'loop'>] === null) {
      return this.#run(op, inputs, attrs);
    }
    const outputs = this.#run(op, inputs, attrs);
    let differentiable = false;
    for (const output of outputs) {
      if (!isFloating(output.dtype)) continue;
      this.#watched.add(output);
      differentiable = true;
    }
    if (differentiable) {
      this.#entries.push({ op, inputs, outputs, attrs });
      for (const tensor of inputs) tensor.storage?.hold();
      for (const tensor of outputs) tensor.storage?.hold();
    }
    return outputs;
  }

  /** Records every iteration of a loop on its own. */
  #unroll(inputs: readonly Tensor[], { trip, body }: OpAttrs['loop']): Tensor[] {
    const count = body.outputs.length;
    const outside = inputs.slice(count);
    return withInterpreter(this, () => {
      let carries = inputs.slice(0, count);
      for (let i = 0; i < trip; i++) carries = replay(body, [...carries, ...outside], i);
      return carries;
    });
  }

  #run<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    // A call entered by the interpreter below must meet that interpreter, not this one.
    return op === 'call'
      ? withInterpreter(this.#below, () => this.#below.apply(op, inputs, attrs))
      : this.#below.apply(op, inputs, attrs);
  }

  /** Cotangents of everything watched, from those of results. Runs under the interpreter in force; consumes the tape. */
  backward(seeds: readonly (readonly [Tensor, Tensor])[]): Map<Tensor, Tensor> {
    const cotangents = new Map<Tensor, Tensor>();
    const add = (tensor: Tensor, part: Tensor): void => {
      const sum = cotangents.get(tensor);
      cotangents.set(tensor, sum === undefined ? part : sum.add(part));
    };
    for (const [tensor, seed] of seeds) add(tensor, seed);
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i]!;
      if (!entry.outputs.some((output) => cotangents.has(output))) continue;
      const parts = pullBack(entry, cotangents, this.#watched);
      parts.forEach((part, k) => part && add(entry.inputs[k]!, part));
    }
    this.release();
    return cotangents;
  }

  /** The cotangent of a Variable: the sum over its reads, or null when nothing reached it. */
  ofVariable(variable: Variable, cotangents: ReadonlyMap<Tensor, Tensor>): Tensor | null {
    const found = (this.#reads.get(variable) ?? []).flatMap((read) => cotangents.get(read) ?? []);
    return found.length === 0 ? null : found.reduce((a, b) => a.add(b));
  }

  /** Lets go of the tensors that were kept for the way back. */
  release(): void {
    for (const { inputs, outputs } of this.#entries) {
      for (const tensor of inputs) tensor.storage?.release();
      for (const tensor of outputs) tensor.storage?.release();
    }
    this.#entries.length = 0;
  }
}

/** Cotangents of the watched inputs of one entry. */
function pullBack(
  entry: Entry,
  cotangents: ReadonlyMap<Tensor, Tensor>,
  watched: ReadonlySet<Tensor>,
): readonly (Tensor | null)[] {
  const { op, inputs, outputs, attrs } = entry;
  const wanted = (k: number): boolean => watched.has(inputs[k]!);
  const given = outputs.map((output) => cotangents.get(output));
  if (op === 'call') {
    const { callee, attrs: own, key } = attrs as OpAttrs['call'];
    const dys = outputs.map((output, i) => given[i] ?? zerosLike(output));
    const rule = callee.vjp!;
    if (typeof rule === 'function')
      return rule(inputs, outputs, dys, own).map((part, k) => (part && wanted(k) ? part() : null));
    return recompute(
      callee,
      inputs,
      dys,
      own,
      key,
      inputs.map((_, k) => wanted(k)),
    );
  }
  const dy = given[0];
  // Only the first output of a primitive is real; the others are positions.
  if (dy === undefined) return [];
  const rule = VJP[op as Exclude<OpName, 'call' | 'loop'>] as VjpRule<OpName>;
  return rule(dy, { inputs, outputs, attrs }).map((part, k) => (part && wanted(k) ? part() : null));
}

const gradients = new WeakMap<Callee, Callee>();

/** The derivative of a callee's body as a callee of its own: inputs, then output cotangents. */
function gradientOf(callee: Callee): Callee {
  let gradient = gradients.get(callee);
  if (!gradient) {
    gradient = {
      name: `${callee.name}Grad`,
      vjp: 'recompute',
      body: (all, { own, wanted, count }) => {
        const inputs = all.slice(0, count as number);
        const dys = all.slice(count as number);
        const mask = wanted as readonly boolean[];
        const tape = new Tape(currentInterpreter());
        // Fresh handles, so that an input given twice is two variables.
        const fresh = inputs.map((input) =>
          callee.vjp === 'checkpoint'
            ? apply('barrier', [input, dys[0]!], {})
            : apply('reshape', [input], { shape: input.shape }),
        );
        fresh.forEach((input, k) => mask[k] && tape.watch(input));
        const outputs = withInterpreter(tape, () => callee.body(fresh, own as CallAttrs));
        const cotangents = tape.backward(
          outputs.flatMap((output, i) => (tape.isWatched(output) ? [[output, dys[i]!] as const] : [])),
        );
        return fresh.flatMap((input, k) => (mask[k] ? [cotangents.get(input) ?? zerosLike(input)] : []));
      },
    };
    gradients.set(callee, gradient);
  }
  return gradient;
}

function recompute(
  callee: Callee,
  inputs: readonly Tensor[],
  dys: readonly Tensor[],
  own: CallAttrs,
  key: string,
  wanted: readonly boolean[],
): readonly (Tensor | null)[] {
  const attrs = { own, wanted, count: inputs.length };
  const results = applyAll('call', [...inputs, ...dys], {
    callee: gradientOf(callee),
    attrs,
    key: `${key}|${wanted.map(Number).join('')}`,
  });
  let next = 0;
  return wanted.map((is) => (is ? results[next++]! : null));
}
