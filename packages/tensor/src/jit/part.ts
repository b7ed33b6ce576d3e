/**
 * A compiled piece of a function: a program whose arguments are found among the inputs of the whole graph.
 */
import type { Backend, Buffer, Executable } from '../backend/backend.ts';
import { aliasState } from '../graph/alias-state.ts';
import type { Graph } from '../graph/graph.ts';
import { lower, type InputBinding, type LowerOptions, type OutputBinding } from '../graph/lower.ts';
import type { Program } from '../kernel/kernel.ts';
import { legal } from '../backend/legal.ts';
import { allocateOutputs } from '../runtime/outputs.ts';
import type { Tensor } from '../tensor.ts';
import { cutSpread } from './cut-spread.ts';

/** Handles of their own on tensors, which no scope frees; those given are let go. */
function keep(tensors: readonly Tensor[]): readonly Tensor[] {
  const kept = tensors.map((tensor) => tensor.share());
  for (const tensor of tensors) tensor.dispose();
  return kept;
}

export class Part {
  readonly program: Program;
  readonly outputs: readonly OutputBinding[];
  readonly #backend: Backend;
  readonly #executable: Executable;
  /** For each input of the graph its place among the arguments, or −1. */
  readonly #inputArgs: readonly number[];
  /** Graph inputs that are parameters, in the order of the program's parameters. */
  readonly #scalars: readonly number[];
  readonly #args: Buffer[];
  readonly #params: number[];

  constructor(name: string, graph: Graph, bindings: readonly InputBinding[], backend: Backend, options: LowerOptions) {
    const lowered = lower(graph, bindings, backend.capabilities, name, options);
    this.program = aliasState(legal(cutSpread(lowered.program), backend.capabilities));
    this.outputs = lowered.outputs;
    this.#backend = backend;
    this.#executable = backend.compile(this.program);
    this.#inputArgs = lowered.inputArgs;
    this.#scalars = bindings.flatMap((binding, i) => (binding === 'scalar' ? [i] : []));
    this.#args = new Array<Buffer>(this.program.args.length);
    this.#params = this.#scalars.map(() => 0);
  }

  /** Whether the program reads or writes an input of the graph. */
  uses(input: number): boolean {
    return this.#inputArgs[input]! >= 0;
  }

  /** Makes memory for the results, to be given to {@link run} once or again and again. */
  results(): Tensor[] {
    return allocateOutputs(this.#backend, this.outputs, this.#args);
  }

  /** The same for results that stay from run to run: no scope frees them. */
  keptResults(): readonly Tensor[] {
    return keep(this.results());
  }

  /** Runs on the memory of the graph's inputs and the values of those that are numbers; results must have been made. */
  run(buffers: readonly (Buffer | null)[], numbers: readonly number[]): void {
    const args = this.#args;
    for (let i = 0; i < buffers.length; i++) if (this.#inputArgs[i]! >= 0) args[this.#inputArgs[i]!] = buffers[i]!;
    for (let i = 0; i < this.#scalars.length; i++) this.#params[i] = numbers[this.#scalars[i]!]!;
    this.#executable.run(args, this.#params);
  }

  dispose(): void {
    this.#executable.dispose();
  }
}
