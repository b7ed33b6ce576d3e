/**
 * Lowering: a graph becomes a Program of fused kernels over buffers.
 */
import { computeDType, isNarrow } from '../dtype.ts';
import type { Capabilities } from '../backend/backend.ts';
import { narrow, stage, type ScalarExpr } from '../kernel/scalar.ts';
import { buffersOf } from '../kernel/inspect.ts';
import type { BufferSpec, ParamSpec, Program, Stage } from '../kernel/kernel.ts';
import { layoutOf, type Layout, type View } from '../layout.ts';
import type { AnchorRow, OpaqueRow, Source } from '../ops/spec.ts';
import type { OpAttrs } from '../ops/attrs.ts';
import { rowOf } from '../ops/table.ts';
import { contiguousStrides } from '../shape.ts';
import { chainTo, follow, naturalLayout, reshapeStep, transposeStep, type Chain } from './access.ts';
import { fuse, type Fused } from './fuse.ts';
import type { Graph, Value } from './graph.ts';
import {
  fullStrides,
  keptStrides,
  Puller,
  reductionOf,
  walks,
  type AnchorGroup,
  type Group,
  type MapGroup,
  type ReduceGroup,
} from './group.ts';
import { hoistScalars } from './hoist-scalars.ts';
import { inlineCalls } from './inline.ts';
import { joinInPlace } from './join-in-place.ts';
import { KernelBuilder, type LowerBody, type Store } from './kernel-builder.ts';
import { removeDeadCode } from './passes/dce.ts';

/** How a graph input arrives: in memory with a layout and a start, or as a scalar parameter. */
export type InputBinding = { readonly layout: Layout; readonly offset: number } | 'scalar';

/** Where an output is found after a run: an argument of the program, seen through a view. */
export interface OutputBinding {
  readonly arg: number;
  readonly view: View;
  /** Elements and dtype of the argument's buffer. */
  readonly layout: Layout;
}

/** A program together with how the graph's inputs and outputs map to its arguments and parameters. */
export interface Lowered {
  readonly program: Program;
  /** For each graph input its place among `program.args`, or −1 for scalars and inputs that nothing reads. */
  readonly inputArgs: readonly number[];
  readonly outputs: readonly OutputBinding[];
}

/** Inputs that stay where they are from run to run. */
export interface StateOptions {
  /** Places of resident inputs among the graph's inputs. */
  readonly resident: ReadonlySet<number>;
  /** For each output that becomes the new value of a resident input: its place, and that of the input. */
  readonly updates: ReadonlyMap<number, number>;
}

const STATELESS: StateOptions = { resident: new Set(), updates: new Map() };

/** How a graph is lowered. */
export interface LowerOptions {
  readonly state?: StateOptions;
  /** Passes for the bodies of loops; those over the graph itself are up to the caller. */
  readonly optimizeBody?: (body: Graph) => Graph;
}

/**
 * Lowers a graph for a backend with the given capabilities. Outputs that update state get no binding. No passes
 * over graphs run here: a single op or composite gains little from them.
 */
export function lower(
  graph: Graph,
  inputs: readonly InputBinding[],
  capabilities: Capabilities,
  name: string,
  { state = STATELESS, optimizeBody = (body) => body }: LowerOptions = {},
): Lowered {
  const prepared = (inlined: Graph): Graph => hoistScalars(removeDeadCode(inlined));
  const inline = (raw: Graph): Graph => inlineCalls(raw, capabilities.composites);
  const lowerBody: LowerBody = (builder, body, sources, targets) => {
    const bindings = sources.map((source): InputBinding => ({
      layout: layoutOf(source.dtype, source.shape, source.strides),
      offset: source.offset,
    }));
    const own = prepared(optimizeBody(inline(body)));
    new Lowering(own, bindings, capabilities, name, STATELESS, builder).into(sources, targets);
  };
  return new Lowering(prepared(inline(graph)), inputs, capabilities, name, state, new KernelBuilder(lowerBody)).run();
}

/** The buffers of a program; inputs that no kernel touches are none of its arguments. */
function withoutUnread({ buffers, kernels }: KernelBuilder): readonly BufferSpec[] {
  const used = new Set(kernels.flatMap((kernel) => [...buffersOf(kernel)]));
  return buffers.map((spec, i) => (spec.role === 'output' || used.has(i) ? spec : { ...spec, role: 'temp', size: 0 }));
}

class Lowering {
  readonly #graph: Graph;
  readonly #name: string;
  readonly #bindings = new Map<Value, InputBinding>();
  readonly #scalars = new Map<Value, number>();
  readonly #builder: KernelBuilder;
  readonly #sources = new Map<Value, Source>();
  readonly #fused: Fused;
  readonly #params: ParamSpec[] = [];
  readonly #state: StateOptions;

  constructor(
    graph: Graph,
    inputs: readonly InputBinding[],
    capabilities: Capabilities,
    name: string,
    state: StateOptions,
    builder: KernelBuilder,
  ) {
    this.#builder = builder;
    this.#graph = graph;
    this.#name = name;
    this.#state = state;
    graph.inputs.forEach((value, i) => {
      const binding = inputs[i]!;
      this.#bindings.set(value, binding);
      if (binding === 'scalar') this.#scalars.set(value, this.#params.push({ dtype: computeDType(value.dtype) }) - 1);
    });
    const checkInput = (value: Value, chain: Chain): unknown => this.#inputView(value, chain);
    this.#fused = fuse(graph, { capabilities, scalars: this.#scalars, checkInput });
  }

  run(): Lowered {
    const { resident, updates } = this.#state;
    const inputArgs = this.#graph.inputs.map((value, i) => {
      const binding = this.#bindings.get(value)!;
      if (binding === 'scalar') return -1;
      const { buffer } = this.#builder.buffer(resident.has(i) ? 'state' : 'input', value.dtype, value.shape);
      this.#sources.set(value, {
        buffer,
        dtype: value.dtype,
        shape: value.shape,
        strides: binding.layout.strides,
        offset: binding.offset,
      });
      return buffer;
    });
    const results = this.#graph.outputs.filter((_, i) => !updates.has(i));
    const bases = results.map((output) => this.#storedBase(output));
    const place = (value: Value): Source =>
      this.#builder.buffer(bases.includes(value) ? 'output' : 'temp', value.dtype, value.shape);
    this.#emitAll(place);
    updates.forEach((input, output) => this.#update(this.#graph.outputs[output]!, inputArgs[input]!));
    const buffers = withoutUnread(this.#builder);
    const args = buffers.map((_, i) => i).filter((i) => buffers[i]!.role !== 'temp');
    const outputs = results.map((output, i): OutputBinding => {
      const base = bases[i]!;
      const source = this.#sources.get(base)!;
      return {
        arg: args.indexOf(source.buffer),
        view: follow(naturalLayout(base), 0, chainTo(output, base)),
        layout: naturalLayout(base),
      };
    });
    const program = {
      name: this.#name,
      buffers,
      args,
      params: this.#params,
      kernels: this.#builder.kernels,
    };
    return { program, inputArgs: inputArgs.map((buffer) => (buffer < 0 ? -1 : args.indexOf(buffer))), outputs };
  }

  /** Lowers into the builder only: inputs are read from the given memory, and outputs are written to it. */
  into(sources: readonly Source[], targets: readonly Source[]): void {
    const { inputs, outputs } = this.#graph;
    inputs.forEach((value, i) => this.#sources.set(value, sources[i]!));
    const placed = new Map<Value, Source>();
    outputs.forEach((output, i) => {
      if (this.#storedBase(output) === output && !placed.has(output)) placed.set(output, targets[i]!);
    });
    this.#emitAll((value) => placed.get(value) ?? this.#builder.buffer('temp', value.dtype, value.shape));
    outputs.forEach((output, i) => {
      if (placed.get(output) !== targets[i]) this.#copy(output, targets[i]!);
    });
  }

  /** Emits all groups, with stored values where `place` says. */
  #emitAll(place: (value: Value) => Source): void {
    const copies = new Map<Value, Source>();
    for (const value of this.#fused.stored) {
      if (value.node === null && !this.#fused.groupOf.has(value)) continue;
      // A copied input stays readable as itself until its copy exists.
      if (value.node === null) copies.set(value, place(value));
      else this.#sources.set(value, place(value));
    }
    joinInPlace(this.#graph, this.#fused, this.#sources);
    this.#fused.groups.forEach((group) => this.#emit(group, copies));
  }

  /** Copies the new value of a resident input over the old one. */
  #update(value: Value, buffer: number): void {
    const { dtype, shape } = value;
    this.#copy(value, { buffer, dtype, shape, strides: contiguousStrides(shape), offset: 0 });
  }

  #copy(value: Value, target: Source): void {
    this.#builder.copy(this.#operand(value), target);
  }

  /** The stored value below a view chain. */
  #storedBase(value: Value): Value {
    let base = value;
    while (!this.#fused.groupOf.has(base) && base.node && rowOf(base.node.op).kind === 'view')
      base = base.node.inputs[0]!;
    return base;
  }

  #inputView(value: Value, chain: Chain): View {
    const binding = this.#bindings.get(value)!;
    if (binding === 'scalar') return follow(naturalLayout(value), 0, chain);
    return follow(binding.layout, binding.offset, chain);
  }

  /** A stored value seen through a chain. */
  #seen(value: Value, chain: Chain): Source {
    const source = this.#sources.get(value)!;
    const { layout, offset } = follow(layoutOf(value.dtype, value.shape, source.strides), source.offset, chain);
    return { ...source, shape: layout.shape, strides: layout.strides, offset };
  }

  #emit(group: Group, copies: Map<Value, Source>): void {
    switch (group.kind) {
      case 'map':
        return this.#emitMap(group, copies);
      case 'reduce':
        return this.#emitReduce(group);
      case 'anchor':
        return this.#emitAnchor(group);
      case 'opaque':
        return this.#emitOpaque(group.value);
      default:
        group satisfies never;
    }
  }

  #emitMap(group: MapGroup, copies: Map<Value, Source>): void {
    const space = new IndexSpace((value, chain) => this.#seen(value, chain));
    const strides = contiguousStrides(group.shape);
    const puller = this.#puller(space, group, (v, c, self) => (walks(v, c, strides) ? self.define(v, []) : null));
    const stores: Store[] = [];
    for (const member of group.members) {
      if (!this.#fused.stored.has(member)) continue;
      const target = copies.get(member) ?? this.#sources.get(member)!;
      stores.push({ target, expr: puller.pull(member, []) });
    }
    this.#builder.map(group.shape, space.sources, stores);
    for (const member of group.members) if (copies.has(member)) this.#sources.set(member, copies.get(member)!);
  }

  #emitReduce(group: ReduceGroup): void {
    const zeros = group.reduced.map(() => 0);
    // Kept-space loads get stride 0 on the reduced axes, so that one operand list serves all expressions.
    const space = new IndexSpace((value, chain) => {
      const source = this.#seen(value, chain);
      const short = source.strides.length === group.kept.length && zeros.length > 0;
      return short ? { ...source, strides: [...source.strides, ...zeros] } : source;
    });
    const inKept = this.#puller(space, group, (v, _, self) => this.#keptExpr(group, v, self));
    const permute = transposeStep(group.permutation);
    const inFull = this.#puller(space, group, (v, c, self) => {
      if (group.fullMembers.includes(v)) return walks(v, c, fullStrides(group)) ? self.define(v, permute) : null;
      return walks(v, c, keptStrides(group)) ? this.#keptExpr(group, v, inKept) : null;
    });
    const stages = group.stages.map((value): Stage => {
      const { row, input } = reductionOf(value)!;
      return { op: row.op, dtype: computeDType(value.dtype), expr: inFull.pull(input, permute) };
    });
    const stored = (value: Value): boolean => this.#fused.stored.has(value);
    const target = (value: Value, strides: readonly number[]): Source => ({ ...this.#sources.get(value)!, strides });
    this.#builder.reduce({
      shape: group.kept,
      reduced: group.reduced,
      sources: space.sources,
      stages,
      outputs: [...group.stages, ...group.keptMembers].filter(stored).map((value) => ({
        target: target(value, contiguousStrides(group.kept)),
        expr: inKept.pull(value, reshapeStep(value, group.kept)),
      })),
      writes: group.fullMembers.filter(stored).map((value) => ({
        target: target(value, fullStrides(group)),
        expr: inFull.pull(value, permute),
      })),
    });
  }

  /** A stage or kept member of a reduce group, in the kept index space. */
  #keptExpr(group: ReduceGroup, value: Value, puller: Puller): ScalarExpr {
    const at = group.stages.indexOf(value);
    if (at < 0) return puller.define(value, reshapeStep(value, group.kept));
    const result = stage(at, computeDType(value.dtype));
    return isNarrow(value.dtype) ? narrow(result, value.dtype) : result;
  }

  #emitAnchor(group: AnchorGroup): void {
    const node = group.value.node!;
    const row = rowOf(node.op) as AnchorRow<never>;
    const inputs = node.inputs.map((input) => this.#operand(input));
    const anchor = row.anchor(inputs, node.attrs as never, group.value);
    const space = new IndexSpace((value, chain) => this.#seen(value, chain));
    const enter = reshapeStep(group.value, anchor.space);
    const natural = contiguousStrides(anchor.space);
    const accumulator = (): ScalarExpr => {
      const acc = stage(0, computeDType(group.value.dtype));
      return isNarrow(group.value.dtype) ? narrow(acc, group.value.dtype) : acc;
    };
    const puller = this.#puller(space, group, (v, c, self) => {
      if (!walks(v, c, natural)) return null;
      return v === group.value ? accumulator() : self.define(v, enter);
    });
    const results = [group.value, ...group.members].filter((value) => this.#fused.stored.has(value));
    const outputs = results.map((value) => ({
      operand: this.#builder.operand({ ...this.#sources.get(value)!, strides: natural }),
      expr: puller.pull(value, enter),
    }));
    const operands = space.sources.map((source) => this.#builder.operand(source));
    this.#builder.add(anchor.build((source) => this.#builder.operand(source), operands, outputs));
  }

  #emitOpaque(value: Value): void {
    const node = value.node!;
    const inputs = node.inputs.map((input) => this.#operand(input));
    const outputs = node.outputs.map((output) => this.#output(output));
    if (node.op === 'call') {
      const { callee, attrs } = node.attrs as OpAttrs['call'];
      this.#builder.add({
        kind: 'routine',
        name: callee.name,
        attrs,
        shapes: [...inputs, ...outputs].map(({ shape }) => shape),
        inputs: inputs.map((source) => this.#builder.operand(source)),
        outputs: outputs.map((source) => this.#builder.operand(source)),
      });
      return;
    }
    (rowOf(node.op) as OpaqueRow<never>).lower(this.#builder, inputs, node.attrs as never, outputs);
  }

  /** The memory of a node's output; results that nobody reads still need a place. */
  #output(value: Value): Source {
    let source = this.#sources.get(value);
    if (!source) this.#sources.set(value, (source = this.#builder.buffer('temp', value.dtype, value.shape)));
    return source;
  }

  /** A stored value, or a view of one, as an operand of an anchor or opaque node. */
  #operand(value: Value): Source {
    const base = this.#storedBase(value);
    return { ...this.#seen(base, chainTo(value, base)), shape: value.shape };
  }

  #puller(
    space: IndexSpace,
    group: Group,
    local: (value: Value, chain: Chain, self: Puller) => ScalarExpr | null,
  ): Puller {
    const puller: Puller = new Puller({
      local: (value, chain) => (this.#fused.groupOf.get(value) === group ? local(value, chain, puller) : null),
      stored: (value, chain) => space.load(value, chain),
      isStored: (value) => this.#fused.groupOf.has(value),
      scalar: (value) => this.#scalars.get(value),
    });
    return puller;
  }
}

/** The operands of a kernel, each distinct access once. */
class IndexSpace {
  readonly sources: Source[] = [];
  readonly #seen: (value: Value, chain: Chain) => Source;
  readonly #slots = new Map<string, number>();

  constructor(seen: (value: Value, chain: Chain) => Source) {
    this.#seen = seen;
  }

  load(value: Value, chain: Chain): ScalarExpr {
    const source = this.#seen(value, chain);
    const key = `${source.buffer}:${source.offset}:${source.strides.join()}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.sources.push(source) - 1;
      this.#slots.set(key, slot);
    }
    return { kind: 'load', dtype: computeDType(source.dtype), operand: slot };
  }
}
