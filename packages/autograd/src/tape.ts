/**
 * Tape: the interpreter that records what happens to watched tensors, and plays it backwards.
 */
import { zeros, type Tensor, type Variable } from '@dl/tensor';
import {
  apply,
  applyAll,
  currentInterpreter,
  isFloating,
  withInterpreter,
  type CallAttrs,
  type Callee,
  type GuardError,
  type Interpreter,
  type OpAttrs,
  type OpName,
  type RecordedRegion,
  type RegionGradient,
} from '@dl/tensor/interpreter';
import type { VjpRule } from './vjp/rule.ts';
import { VJP, type Unruled } from './vjp/table.ts';

interface Entry {
  readonly op: OpName;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: OpAttrs[OpName];
  /** How a loop or switch is gone back. */
  readonly pull?: RecordedRegion['pull'];
}

type Region = OpAttrs['loop' | 'switch'];

/** Records ops on watched tensors; everything is computed by the interpreter below. */
export class Tape implements Interpreter {
  /** What computes. */
  readonly below: Interpreter;
  readonly #entries: Entry[] = [];
  readonly #watched = new Set<Tensor>();
  readonly #variables: ReadonlySet<Variable> | null;
  readonly #reads = new Map<Variable, Tensor[]>();
  /** Values that depend on what is watched and were assigned since: reading gives them, so that gradients go on. */
  readonly #assigned = new Map<Variable, Tensor>();

  /** @param variables Variables whose reads are watched; null for none. */
  constructor(below: Interpreter, variables: ReadonlySet<Variable> | null = null) {
    this.below = below;
    this.#variables = variables;
  }

  watch(tensor: Tensor): void {
    this.#watched.add(tensor);
  }

  isWatched(tensor: Tensor): boolean {
    return this.#watched.has(tensor);
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    const value = this.#assigned.get(variable) ?? variable.readUnder(this.below, keep);
    if (this.#variables?.has(variable) && !this.#watched.has(value)) {
      this.#watched.add(value);
      const reads = this.#reads.get(variable);
      if (reads) reads.push(value);
      else this.#reads.set(variable, [value]);
    }
    return value;
  }

  assignVariable(variable: Variable, value: Tensor): void {
    if (this.below.assignVariable) this.below.assignVariable(variable, value);
    else variable.poke(value);
    if (this.#watched.has(value)) this.#assigned.set(variable, value);
    else this.#assigned.delete(variable);
  }

  guard(position: Tensor, value: Tensor, error: GuardError): void {
    this.below.guard?.(position, value, error);
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    let watched = false;
    for (const input of inputs) if (this.#watched.has(input)) watched = true;
    if (!watched) return this.#run(op, inputs, attrs);
    if (op === 'call') {
      const { callee, attrs: own } = attrs as OpAttrs['call'];
      if (callee.vjp === undefined) return [...withInterpreter(this, () => callee.body(inputs, own))];
    } else if (op === 'loop' || op === 'switch') {
      return this.#region(op, inputs, attrs as Region);
    } else if (VJP[op as Exclude<OpName, Unruled>] === null) {
      return this.#run(op, inputs, attrs);
    }
    const outputs = this.#run(op, inputs, attrs);
    this.#record({ op, inputs, outputs, attrs }, outputs);
    return outputs;
  }

  /** Remembers an op if any of its results has a gradient. */
  #record(entry: Entry, results: readonly Tensor[]): void {
    const differentiable = results.filter(({ dtype }) => isFloating(dtype));
    if (differentiable.length === 0) return;
    for (const result of differentiable) this.#watched.add(result);
    this.#entries.push(entry);
    for (const tensor of [...entry.inputs, ...entry.outputs]) tensor.storage?.hold();
  }

  #region(op: 'loop' | 'switch', inputs: readonly Tensor[], attrs: Region): Tensor[] {
    const wanted = inputs.map((input) => this.#watched.has(input));
    const { outputs, count, pull } = withInterpreter(this.below, () =>
      (attrs.rules.gradient as RegionGradient<Region>)(inputs, attrs, wanted, differentiate),
    );
    const results = outputs.slice(0, count);
    this.#record({ op, inputs, outputs, attrs, pull }, results);
    return results;
  }

  #run<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    // A call entered by the interpreter below must meet that interpreter, not this one.
    return op === 'call'
      ? withInterpreter(this.below, () => this.below.apply(op, inputs, attrs))
      : this.below.apply(op, inputs, attrs);
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
  if (entry.pull) return entry.pull(given);
  if (op === 'call') {
    const { callee, attrs: own, key } = attrs as OpAttrs['call'];
    const dys = outputs.map((output, i) => given[i] ?? zeros(output.shape, output.dtype));
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
  const rule = VJP[op as Exclude<OpName, Unruled>] as VjpRule<OpName>;
  return rule(dy, { inputs, outputs, attrs }).map((part, k) => (part && wanted(k) ? part() : null));
}

/** A handle of its own on a tensor, so that an input given twice is two variables. */
const alias = (input: Tensor): Tensor => apply('reshape', [input], { shape: input.shape });

/** See {@link Differentiate}; `enter` gives the handles on the inputs. */
function differentiate(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  wanted: readonly boolean[],
  dys: readonly Tensor[],
  enter: (input: Tensor) => Tensor = alias,
): readonly (Tensor | null)[] {
  const tape = new Tape(currentInterpreter());
  const fresh = inputs.map(enter);
  fresh.forEach((input, k) => wanted[k] && tape.watch(input));
  const outputs = withInterpreter(tape, () => fn(fresh));
  const cotangents = tape.backward(
    outputs.flatMap((output, i) => (tape.isWatched(output) ? [[output, dys[i]!] as const] : [])),
  );
  return fresh.map((input, k) => (wanted[k] ? (cotangents.get(input) ?? null) : null));
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
        const enter =
          callee.vjp === 'checkpoint' ? (input: Tensor) => apply('barrier', [input, dys[0]!], {}) : undefined;
        const parts = differentiate((fresh) => callee.body(fresh, own as CallAttrs), inputs, mask, dys, enter);
        return inputs.flatMap((input, k) => (mask[k] ? [parts[k] ?? zeros(input.shape, input.dtype)] : []));
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
