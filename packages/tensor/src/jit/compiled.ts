/**
 * A function compiled for one signature: its graph, its program, and the memory that the program is bound to.
 */
import type { Backend, Buffer } from '../backend/backend.ts';
import { BackendError, DTypeError } from '../errors.ts';
import { inputValue, type Graph, type Value } from '../graph/graph.ts';
import type { InputBinding } from '../graph/lower.ts';
import { trace, type Traced, type VariableUse } from '../graph/trace.ts';
import type { Program } from '../kernel/kernel.ts';
import { layoutOf } from '../layout.ts';
import { withBackend } from '../runtime/context.ts';
import { contiguousCopy, materialize } from '../runtime/eager.ts';
import { withInterpreter } from '../runtime/interpreter.ts';
import { probe } from '../runtime/probe.ts';
import { formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { isPlain, leavesOf, mapTree } from '../tree.ts';
import type { Variable } from '../variable.ts';
import { rebuild } from './arguments.ts';
import { Guards } from './guards.ts';
import { Part } from './part.ts';
import { optimizer, prepare, Prelude, type JitPassName } from './prelude.ts';

/** What is compiled: a call of a function. */
export interface Call {
  readonly name: string;
  readonly fn: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
  readonly fixed: ReadonlySet<number>;
  readonly dynamic: readonly (Tensor | number)[];
  /** Passes that do not run. */
  readonly off: ReadonlySet<JitPassName>;
}

/** A Variable, and what happens to it in a run. */
interface Bound {
  readonly variable: Variable;
  /** Whether the program reads or writes its memory. */
  readonly used: boolean;
  /** Whether the program overwrites it in place. */
  readonly updated: boolean;
  /** Place of its new value among the results; −1 when there is none. */
  readonly result: number;
}

/** One compiled call. */
export class Compiled {
  readonly name: string;
  readonly backend: Backend;
  readonly graph: Graph;
  /** What the passes leave to be run every time. */
  readonly optimized: Graph;
  readonly variables: readonly VariableUse[];
  readonly #main: Part;
  readonly #guards: Guards | null;
  readonly #prelude: Prelude | null;
  readonly #bound: readonly Bound[];
  readonly #captures: readonly Tensor[];
  readonly #result: unknown;
  /** Memory of the graph's inputs: arguments, Variables, captured tensors. */
  readonly #buffers: (Buffer | null)[];
  readonly #numbers: number[];

  constructor(call: Call, backend: Backend) {
    const { name, dynamic } = call;
    const { traced, result } = traceOf(call, backend);
    const { variables, captures, guards } = traced;
    const inPlace = backend.capabilities.memory === 'range';
    const count = dynamic.length;
    const state = variables.map(({ variable, read }): Value => read ?? inputValue(variable));
    const callInputs = traced.inputs.slice(0, count);
    const captured = traced.inputs.slice(traced.inputs.length - captures.length);
    const inputs = [...callInputs, ...state, ...captured];
    this.name = name;
    this.backend = backend;
    this.variables = variables;
    this.graph = { inputs, nodes: traced.nodes, outputs: traced.outputs };
    checkDTypes(name, backend, this.graph);

    const assigned = variables.flatMap((use, i) => (use.assigned === null ? [] : [i]));
    const results = traced.outputs.length - assigned.length;
    const natural = ({ dtype, shape }: Value): InputBinding => ({ layout: layoutOf(dtype, shape), offset: 0 });
    const bindings = [
      ...callInputs.map((value, i): InputBinding => (typeof dynamic[i] === 'number' ? 'scalar' : natural(value))),
      ...state.map(natural),
      ...captures.map(({ layout, offset }): InputBinding => ({ layout, offset })),
    ];
    const resident = new Set(inputs.flatMap((_, i) => (i < count ? [] : [i])));
    const updates = new Map(inPlace ? assigned.map((at, k) => [results + k, count + at] as const) : []);
    const fixed = variables.flatMap((use, i) => (use.assigned === null ? [i] : []));
    const invariant = new Set([...fixed.map((i) => state[i]!), ...captured]);
    const optimize = optimizer(call.off);
    const { main, prelude } = prepare(this.graph, invariant, backend.capabilities.composites, call.off);
    this.optimized = main;
    this.#guards = Guards.of(name, this.graph, guards, bindings, backend, optimize);
    this.#prelude =
      prelude &&
      new Prelude(
        name,
        { ...prelude, inputs },
        bindings,
        backend,
        resident,
        fixed.flatMap((i) => (prelude.inputs.includes(state[i]!) ? [variables[i]!.variable] : [])),
        optimize,
      );
    const extra = main.inputs.slice(inputs.length);
    this.#main = new Part(name, main, [...bindings, ...extra.map(natural)], backend, {
      state: { resident: new Set([...resident, ...extra.map((_, i) => inputs.length + i)]), updates },
      optimizeBody: optimize,
    });
    // The tree of results is kept without its symbolic tensors.
    let next = 0;
    this.#result = mapTree(result, () => new Slot(next++));
    this.#bound = variables.map(({ variable }, i): Bound => ({
      variable,
      used: [this.#main, this.#prelude, this.#guards].some((part) => part?.uses(count + i)),
      updated: inPlace && assigned.includes(i),
      result: !inPlace && assigned.includes(i) ? results + assigned.indexOf(i) : -1,
    }));
    this.#buffers = [...inputs.map(() => null), ...(this.#prelude?.buffers ?? [])];
    this.#numbers = dynamic.map(() => 0);
    // Held by handles of its own: what the function made while it was traced may belong to a scope.
    this.#captures = captures.map((tensor) => tensor.share());
    this.#captures.forEach((tensor, i) => {
      this.#buffers[count + variables.length + i] = this.#home(tensor, 'a tensor from outside');
    });
  }

  get program(): Program {
    return this.#main.program;
  }

  /** What runs before when a Variable that is only read has changed; null when nothing does. */
  get prelude(): Program | null {
    return this.#prelude?.program ?? null;
  }

  /** Runs the program on the arguments of a call of the same signature. */
  run(dynamic: readonly (Tensor | number)[]): unknown {
    const buffers = this.#buffers;
    const bound = this.#bound;
    for (let i = 0; i < dynamic.length; i++) {
      const value = dynamic[i]!;
      if (typeof value === 'number') this.#numbers[i] = value;
      else buffers[i] = this.#home(settled(value), 'an argument');
    }
    for (let i = 0; i < bound.length; i++) {
      const { variable, used, updated } = bound[i]!;
      if (used) buffers[dynamic.length + i] = this.#home(variable.resident(updated), variable);
    }
    this.#guards?.check(buffers, this.#numbers);
    this.#prelude?.refresh(buffers);
    const results = this.#main.results();
    probe.measure('run', () => this.#main.run(buffers, this.#numbers), this.program);
    for (let i = 0; i < bound.length; i++) {
      const { variable, updated, result } = bound[i]!;
      if (updated) variable.version++;
      else if (result >= 0) {
        variable.poke(results[result]!);
        results[result]!.dispose();
      }
    }
    return fill(this.#result, results);
  }

  /** The memory of a tensor, which must be this backend's. */
  #home({ storage }: Tensor, what: Variable | string): Buffer {
    if (storage!.backend === this.backend) return storage!.buffer;
    throw new BackendError(
      `${this.name}: ${typeof what === 'string' ? what : `Variable '${what.name}'`} lives on the ` +
        `${storage!.backend.name} backend, but the function runs on ${this.backend.name}; move it with await t.to(backend)`,
    );
  }

  dispose(): void {
    this.#guards?.dispose();
    this.#prelude?.dispose();
    this.#main.dispose();
    for (const tensor of this.#captures) tensor.dispose();
  }
}

function traceOf(call: Call, backend: Backend): { readonly traced: Traced; readonly result: unknown } {
  const { fn, args, fixed, dynamic } = call;
  const avals = dynamic.map((value) =>
    typeof value === 'number' ? { shape: [], dtype: 'float32' as const, weak: true } : value,
  );
  let result: unknown;
  const traced = withBackend(backend, () =>
    trace((symbols) => {
      result = (fn as (...a: unknown[]) => unknown)(...rebuild(args, fixed, symbols));
      return result instanceof Promise ? (result as never) : leavesOf(result);
    }, avals),
  );
  return { traced, result };
}

/** A place in the tree of results. */
class Slot {
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }
}

function fill(tree: unknown, results: readonly Tensor[]): unknown {
  if (tree instanceof Slot) return results[tree.at];
  if (Array.isArray(tree)) return tree.map((item) => fill(item, results));
  if (!isPlain(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, fill(value, results)]));
}

/** The tensor with its elements row-major from the start of its memory. */
function settled(tensor: Tensor): Tensor {
  if (tensor.literal === undefined && tensor.layout.contiguous && tensor.offset === 0) return tensor;
  return withInterpreter(null, () => (tensor.literal === undefined ? contiguousCopy(tensor) : materialize(tensor)));
}

function checkDTypes(name: string, { capabilities, name: backend }: Backend, graph: Graph): void {
  for (const { dtype, shape } of [...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)]) {
    if (capabilities.dtypes.has(dtype)) continue;
    throw new DTypeError(
      `${name}: the ${backend} backend has no ${dtype} (a value of shape ${formatShape(shape)}); use cast()`,
    );
  }
}
