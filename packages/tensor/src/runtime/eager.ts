/**
 * Eager: the interpreter that runs each op at once, as a one-node program that is compiled once per signature.
 */
import type { Backend, Buffer, Executable } from '../backend/backend.ts';
import { BackendError, DTypeError } from '../errors.ts';
import { legal } from '../backend/legal.ts';
import { programKey } from '../kernel/key.ts';
import { parametrize, specialize, type OffsetParam } from '../kernel/parametrize.ts';
import { inputValue, makeNode, type Graph } from '../graph/graph.ts';
import { attrsKey } from '../graph/key.ts';
import { lower, type InputBinding, type Lowered } from '../graph/lower.ts';
import { traceBody, traceCall } from '../graph/trace.ts';
import type { OpAttrs, OpName } from '../ops/attrs.ts';
import type { ViewRow } from '../ops/spec.ts';
import { rowOf } from '../ops/table.ts';
import { Tensor } from '../tensor.ts';
import { getBackend, withBackend } from './context.ts';
import type { Interpreter } from './interpreter.ts';
import { allocateOutputs } from './outputs.ts';
import { probe } from './probe.ts';

/** A compiled op for one signature, with everything that does not depend on the call. */
interface Entry {
  readonly executable: Executable;
  readonly lowered: Lowered;
  readonly params: number[];
  readonly offsets: readonly (OffsetParam & { readonly input: number; readonly delta: number })[];
  /** Input index of each scalar parameter. */
  readonly scalars: readonly number[];
  readonly captures: readonly Tensor[];
  readonly empty: boolean;
}

const MAX_ENTRIES = 4096;

/** Compiled programs of one backend: by signature of the call, and by structure of the program. */
class ProgramCache {
  readonly #bySignature = new Map<string | number, Entry>();
  readonly #byCallee = new WeakMap<object, Map<string, Entry>>();
  readonly #byStructure = new Map<string, Executable>();
  /** Programs compiled so far. */
  compiled = 0;

  signatures(callee: object | null): Map<string | number, Entry> {
    if (callee === null) return this.#bySignature;
    let known = this.#byCallee.get(callee);
    if (!known) this.#byCallee.set(callee, (known = new Map()));
    return known as Map<string | number, Entry>;
  }

  executable(key: string, compile: () => Executable): Executable {
    let executable = this.#byStructure.get(key);
    if (!executable) {
      if (this.#byStructure.size >= MAX_ENTRIES) this.#byStructure.delete(this.#byStructure.keys().next().value!);
      executable = compile();
      this.compiled++;
      this.#byStructure.set(key, executable);
    }
    return executable;
  }
}

const caches = new WeakMap<Backend, ProgramCache>();

function cacheOf(backend: Backend): ProgramCache {
  let cache = caches.get(backend);
  if (!cache) caches.set(backend, (cache = new ProgramCache()));
  return cache;
}

/** How many programs have been compiled for eager calls on a backend; for tests of kernel reuse. */
export function compiledPrograms(backend: Backend = getBackend()): number {
  return cacheOf(backend).compiled;
}

/** A layout id that says "a scalar parameter of this dtype" in signatures. */
const scalarLayouts = new Map<string, number>();
let nextScalarId = -1;
function scalarId(dtype: string): number {
  let id = scalarLayouts.get(dtype);
  if (id === undefined) scalarLayouts.set(dtype, (id = nextScalarId--));
  return id;
}

const signatureId = (tensor: Tensor): number =>
  tensor.literal === undefined ? tensor.layout.id : scalarId(tensor.dtype);

const OP_IDS = new Map<OpName, number>();
function opId(op: OpName): number {
  let id = OP_IDS.get(op);
  if (id === undefined) OP_IDS.set(op, (id = OP_IDS.size));
  return id;
}

/** Layout ids are packed into one number while they are small, which they are unless shapes vary without end. */
const PACK = 2 ** 21;

function signature(op: OpName, inputs: readonly Tensor[], attrs: OpAttrs[OpName]): string | number {
  if (op !== 'call' && inputs.length <= 2) {
    for (const _ in attrs) return textSignature(op, inputs, attrs);
    const a = inputs.length > 0 ? signatureId(inputs[0]!) + 32 : 0;
    const b = inputs.length > 1 ? signatureId(inputs[1]!) + 32 : 0;
    if (a < PACK && b < PACK) return (opId(op) * PACK + a) * PACK + b;
  }
  return textSignature(op, inputs, attrs);
}

function textSignature(op: OpName, inputs: readonly Tensor[], attrs: OpAttrs[OpName]): string {
  const detail = op === 'call' ? (attrs as OpAttrs['call']).key : attrsKey({ op, attrs });
  let key = `${op}|${detail}`;
  for (const input of inputs) key += `|${signatureId(input)}`;
  return key;
}

/** The backend all inputs live on; literals live anywhere. */
function commonBackend(op: OpName, inputs: readonly Tensor[]): Backend {
  let backend: Backend | null = null;
  for (const { storage } of inputs) {
    if (storage === null) continue;
    if (backend !== null && storage.backend !== backend) {
      throw new BackendError(
        `${op}: inputs live on different backends (${backend.name} and ${storage.backend.name}); move one with await t.to(backend)`,
      );
    }
    backend = storage.backend;
  }
  return backend ?? getBackend();
}

function graphOf(
  backend: Backend,
  op: OpName,
  inputs: readonly Tensor[],
  attrs: OpAttrs[OpName],
): { graph: Graph; captures: readonly Tensor[] } {
  if (op === 'call') {
    const call = attrs as OpAttrs['call'];
    const own = ({ captures }: { captures: readonly Tensor[] }): boolean =>
      captures.every(({ storage }) => storage === null || storage.backend === backend);
    const known = withBackend(backend, () => traceCall(call, inputs));
    // Constants that the body makes must live where the call runs.
    const graph = own(known) ? known : withBackend(backend, () => traceBody(call, inputs));
    commonBackend(op, [...inputs, ...graph.captures]);
    return { graph, captures: graph.captures };
  }
  const values = inputs.map(inputValue);
  const node = makeNode(op, values, attrs, rowOf(op).infer(inputs, attrs));
  return { graph: { inputs: values, nodes: [node], outputs: node.outputs }, captures: [] };
}

function build(backend: Backend, op: OpName, inputs: readonly Tensor[], attrs: OpAttrs[OpName]): Entry {
  const { graph, captures } = graphOf(backend, op, inputs, attrs);
  const { capabilities } = backend;
  const all = [...inputs, ...captures];
  for (const { dtype } of [...graph.inputs, ...graph.outputs]) {
    if (!capabilities.dtypes.has(dtype))
      throw new DTypeError(`${op}: the ${backend.name} backend has no ${dtype}; use cast()`);
  }
  const bindings = all.map((t): InputBinding =>
    t.literal === undefined ? { layout: t.layout, offset: t.offset } : 'scalar',
  );
  const name = op === 'call' ? (attrs as OpAttrs['call']).callee.name : op;
  const lowered = lower(graph, bindings, capabilities, name);
  const program = legal(lowered.program, capabilities);
  const cache = cacheOf(backend);
  const scalars = all.flatMap((t, i) => (t.literal === undefined ? [] : [i]));
  const empty = lowered.outputs.every(({ layout }) => layout.size === 0);
  const parametrized = parametrize(program);
  const executable = empty
    ? null
    : capabilities.dynamic
      ? cache.executable(programKey(parametrized.program), () => backend.compile(parametrized.program))
      : new Specialized(backend, cache, parametrized.program);
  const argInput = (buffer: number): number => lowered.inputArgs.indexOf(lowered.program.args.indexOf(buffer));
  const params = [...parametrized.values];
  return {
    executable: executable ?? { run: () => {}, dispose: () => {} },
    lowered,
    params,
    offsets: parametrized.offsets.map((o) => ({
      ...o,
      input: argInput(o.buffer),
      delta: params[o.param]! - all[argInput(o.buffer)]!.offset,
    })),
    scalars,
    captures,
    empty,
  };
}

/** For backends without parameters: a program per set of values, made when first met. */
class Specialized implements Executable {
  readonly #backend: Backend;
  readonly #cache: ProgramCache;
  readonly #program: Parameters<typeof specialize>[0];

  constructor(backend: Backend, cache: ProgramCache, program: Parameters<typeof specialize>[0]) {
    this.#backend = backend;
    this.#cache = cache;
    this.#program = program;
  }

  run(args: readonly Buffer[], params: readonly number[]): void {
    const program = specialize(this.#program, params);
    this.#cache.executable(programKey(program), () => this.#backend.compile(program)).run(args, []);
  }

  dispose(): void {}
}

function run(backend: Backend, entry: Entry, inputs: readonly Tensor[]): Tensor[] {
  const { lowered, params } = entry;
  const all = entry.captures.length === 0 ? inputs : [...inputs, ...entry.captures];
  const args = new Array<Buffer>(lowered.program.args.length);
  const { inputArgs } = lowered;
  for (let i = 0; i < inputArgs.length; i++) if (inputArgs[i]! >= 0) args[inputArgs[i]!] = all[i]!.storage!.buffer;
  for (let i = 0; i < entry.scalars.length; i++) params[i] = all[entry.scalars[i]!]!.literal!;
  for (const { param, input, delta } of entry.offsets) params[param] = all[input]!.offset + delta;
  const results = allocateOutputs(backend, lowered.outputs, args);
  if (!entry.empty) probe.measure('run', () => entry.executable.run(args, params), lowered.program);
  return results;
}

/** Copies a strided tensor into fresh row-major memory. */
export function contiguousCopy(tensor: Tensor): Tensor {
  return EAGER.apply('stopGradient', [tensor], {})[0]!;
}

function applyView(row: ViewRow<never>, tensor: Tensor, attrs: never): Tensor {
  row.infer([tensor], attrs);
  if (tensor.literal !== undefined) return applyView(row, materialize(tensor), attrs);
  const view = row.view(tensor.layout, attrs);
  if (view === null) return applyView(row, contiguousCopy(tensor), attrs);
  return Tensor.stored(view.layout, tensor.storage!, tensor.offset + view.offset);
}

/** Gives a literal memory of its own. */
export function materialize(tensor: Tensor): Tensor {
  return tensor.literal === undefined ? tensor : Tensor.fromValues([tensor.literal], [], tensor.dtype);
}

/** Runs ops at once. */
export const EAGER: Interpreter = {
  apply(op, inputs, attrs) {
    const row = rowOf(op);
    if (row.kind === 'view') return [applyView(row as ViewRow<never>, inputs[0]!, attrs as never)];
    const backend = commonBackend(op, inputs);
    const callee = op === 'call' ? (attrs as OpAttrs['call']).callee : null;
    const entries = cacheOf(backend).signatures(callee);
    const key = signature(op, inputs, attrs);
    let entry = entries.get(key);
    if (!entry) {
      entry = probe.measure('compile', () => build(backend, op, inputs, attrs));
      if (entries.size >= MAX_ENTRIES) entries.clear();
      entries.set(key, entry);
    }
    return run(backend, entry, inputs);
  },
};
