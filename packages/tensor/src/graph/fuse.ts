/**
 * Fusion: decides which values are stored and which kernel computes each of them. Deterministic and greedy:
 * values go, in execution order, into the earliest group that can take them.
 */
import type { OpName } from '../ops/attrs.ts';
import { rowOf } from '../ops/table.ts';
import { constant } from '../kernel/scalar.ts';
import { contiguousStrides, sameShape } from '../shape.ts';
import type { Capabilities } from '../backend/backend.ts';
import { computeDType } from '../dtype.ts';
import { chainTo, follow, naturalLayout, NeedsCopy, reshapeStep, transposeStep, type Chain } from './access.ts';
import type { Graph, Node, Value } from './graph.ts';
import {
  fullStrides,
  keptStrides,
  Puller,
  reduceGroup,
  reductionOf,
  walks,
  type Group,
  type ReduceGroup,
} from './group.ts';

/** Ops that cost less to compute again than to store and load. */
const CHEAP: ReadonlySet<OpName> = new Set<OpName>([
  'neg',
  'cast',
  'relu',
  'not',
  'stopGradient',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'iota',
  'iteration',
]);

/** Beyond this many values a kernel gains nothing from growing. */
const MAX_MEMBERS = 48;

export interface Fused {
  readonly groups: readonly Group[];
  /** Values that must be in memory after their group ran. */
  readonly stored: ReadonlySet<Value>;
  readonly groupOf: ReadonlyMap<Value, Group>;
}

export interface FuseOptions {
  readonly capabilities: Pick<Capabilities, 'maxOperands' | 'splitWide'>;
  /** Graph inputs that are scalar parameters. */
  readonly scalars: ReadonlyMap<Value, number>;
  /** Whether the graph inputs can be viewed as asked; throws {@link NeedsCopy} if not. */
  readonly checkInput: (value: Value, chain: Chain) => unknown;
}

/** Groups the nodes of an inlined graph. */
export function fuse(graph: Graph, options: FuseOptions): Fused {
  const roots = initialRoots(graph, options.scalars);
  options.capabilities.splitWide?.(graph, roots, options.scalars, options.capabilities.maxOperands);
  addCopies(graph, roots, options);
  // What only shows when a chain goes through elementwise values is found on the way.
  for (;;) {
    try {
      return new Grouping(graph, roots, options).run();
    } catch (error) {
      if (!(error instanceof NeedsCopy)) throw error;
      roots.add(error.value);
    }
  }
}

/** Adds the values that must be stored contiguously so that all views of them can be expressed by strides. */
function addCopies(graph: Graph, roots: Set<Value>, { scalars, checkInput }: FuseOptions): void {
  const look = (value: Value): void => {
    let base = value;
    while (!roots.has(base) && base.node && rowOf(base.node.op).kind === 'view') base = base.node.inputs[0]!;
    if (base === value || base.literal !== undefined || scalars.has(base)) return;
    try {
      const chain = chainTo(value, base);
      if (base.node !== null || roots.has(base)) follow(naturalLayout(base), 0, chain);
      else checkInput(base, chain);
    } catch (error) {
      if (!(error instanceof NeedsCopy)) throw error;
      roots.add(error.value);
      look(value);
    }
  };
  for (const node of graph.nodes) if (rowOf(node.op).kind !== 'view') node.inputs.forEach(look);
  graph.outputs.forEach(look);
}

/** The value whose memory a view chain ends in. */
export function baseOf(value: Value): Value {
  let base = value;
  while (base.node && rowOf(base.node.op).kind === 'view') base = base.node.inputs[0]!;
  return base;
}

function isElementwise(node: Node): boolean {
  return ['elementwise', 'source'].includes(rowOf(node.op).kind);
}

/** Values that get a group of their own choosing: outputs, operands of anchors and opaque nodes, and shared values. */
function initialRoots(graph: Graph, scalars: ReadonlyMap<Value, number>): Set<Value> {
  const roots = new Set<Value>();
  const uses = new Map<Value, number>();
  for (const node of graph.nodes) {
    const { kind } = rowOf(node.op);
    for (const input of node.inputs) {
      const base = baseOf(input);
      if (kind !== 'view') uses.set(base, (uses.get(base) ?? 0) + 1);
      const byMemory = kind === 'anchor' || kind === 'opaque' || kind === 'call';
      if (byMemory && (base.node === null ? base.literal !== undefined || scalars.has(base) : isElementwise(base.node)))
        roots.add(base);
    }
  }
  for (const output of graph.outputs) {
    const base = baseOf(output);
    if (base.node === null) roots.add(output);
    else if (isElementwise(base.node)) roots.add(base);
  }
  for (const value of epilogueEnds(graph)) roots.add(value);
  for (const [value, count] of uses) {
    if (value.node && isElementwise(value.node) && count > 1 && !CHEAP.has(value.node.op)) roots.add(value);
  }
  return roots;
}

/**
 * Values at the end of an elementwise chain behind a reduction, matmul or conv of the same shape. Storing them lets the
 * chain run as epilogue, instead of storing what it starts from and computing it in the next kernel.
 */
function epilogueEnds(graph: Graph): Set<Value> {
  const ends = new Set<Value>();
  const behind = new Set<Value>();
  for (const node of graph.nodes) {
    const { kind } = rowOf(node.op);
    if (kind === 'reduce' || kind === 'anchor') behind.add(node.outputs[0]!);
    const shape = kind === 'elementwise' ? node.outputs[0]!.shape : null;
    for (const input of node.inputs) {
      const base = baseOf(input);
      if (!behind.has(base)) continue;
      if (shape !== null && sameShape(base.shape, shape)) behind.add(node.outputs[0]!);
      else if (kind !== 'view' && base.node && isElementwise(base.node)) ends.add(base);
    }
  }
  return ends;
}

class Grouping {
  readonly #graph: Graph;
  readonly #roots: ReadonlySet<Value>;
  readonly #options: FuseOptions;
  readonly #groups: Group[] = [];
  readonly #groupOf = new Map<Value, Group>();
  readonly #order = new Map<Group, number>();
  readonly #stored = new Set<Value>();
  /** For each barrier, a place behind the groups that were there before it. */
  readonly #behind = new Map<Value, number>();
  /** Stored values that each group loads. */
  readonly #loads = new Map<Group, Set<Value>>();

  constructor(graph: Graph, roots: ReadonlySet<Value>, options: FuseOptions) {
    this.#graph = graph;
    this.#roots = roots;
    this.#options = options;
  }

  run(): Fused {
    for (const value of this.#roots) if (value.node === null) this.#place(value);
    for (const node of this.#graph.nodes) {
      for (const output of node.outputs) {
        const { kind } = rowOf(node.op);
        if (node.op === 'barrier') this.#behind.set(output, this.#groups.length - 0.5);
        if (kind === 'anchor' || kind === 'opaque' || kind === 'call') this.#open(node, output);
        else if (kind === 'reduce') this.#placeReduction(output);
        else if (this.#roots.has(output)) this.#place(output);
      }
    }
    for (const output of this.#graph.outputs) this.#stored.add(this.#viewedBase(output));
    return { groups: this.#groups, stored: this.#stored, groupOf: this.#groupOf };
  }

  /** Starts the group of a node that reads and writes memory. */
  #open(node: Node, output: Value): void {
    if (output !== node.outputs[0]) {
      this.#groupOf.set(output, this.#groupOf.get(node.outputs[0]!)!);
      this.#stored.add(output);
      return;
    }
    const operands = node.inputs.map((input) => this.#operandOf(input));
    const anchor = rowOf(node.op).kind === 'anchor';
    const group: Group = anchor ? { kind: 'anchor', value: output, members: [] } : { kind: 'opaque', value: output };
    this.#add(group);
    for (const operand of operands) this.#loads.get(group)!.add(operand);
    this.#groupOf.set(output, group);
    if (!anchor) this.#stored.add(output);
  }

  /** What an operand of an anchor or opaque node reads, marked as stored. */
  #operandOf(input: Value): Value {
    const base = this.#viewedBase(input);
    if (base.node !== null || this.#roots.has(base)) this.#stored.add(base);
    return base;
  }

  /** The nearest stored value below a view chain, which must be expressible by strides of its memory. */
  #viewedBase(value: Value): Value {
    const base = this.#storedBase(value);
    const chain = chainTo(value, base);
    if (base.node !== null || this.#roots.has(base)) follow(naturalLayout(base), 0, chain);
    else this.#options.checkInput(base, chain);
    return base;
  }

  /** The nearest stored value below a view chain. */
  #storedBase(value: Value): Value {
    let base = value;
    while (!this.#roots.has(base) && base.node && rowOf(base.node.op).kind === 'view') base = base.node.inputs[0]!;
    return base;
  }

  #add(group: Group): void {
    this.#order.set(group, this.#groups.length);
    this.#groups.push(group);
    this.#loads.set(group, new Set());
  }

  #isStored(value: Value): boolean {
    if (this.#roots.has(value)) return true;
    if (value.node === null) return true;
    const { kind } = rowOf(value.node.op);
    return kind !== 'elementwise' && kind !== 'source' && kind !== 'view';
  }

  /**
   * Pulls a value into an index space without keeping the expression. Returns the stored values it needs and the barriers
   * on the way, or null when a value of `group` is reached across its own index space.
   */
  #dependencies(value: Value, chain: Chain, local: (value: Value, chain: Chain) => boolean | null): Set<Value> | null {
    const found = new Set<Value>(this.#behind.has(value) ? [value] : []);
    let crossed = false;
    const placeholder = (v: Value) => constant(0, computeDType(v.dtype));
    const puller = new Puller({
      local: (v, c) => {
        if (this.#behind.has(v)) found.add(v);
        const here = v === value ? null : local(v, c);
        if (here === false) crossed = true;
        return here === null ? null : placeholder(v);
      },
      stored: (v, c) => {
        if (v.node === null && !(this.#roots.has(v) && v !== value)) this.#options.checkInput(v, c);
        found.add(v);
        return placeholder(v);
      },
      isStored: (v) => v !== value && this.#isStored(v),
      scalar: (v) => this.#options.scalars.get(v),
    });
    puller.define(value, chain);
    return crossed ? null : found;
  }

  /** The latest group among those that make the given values, or the place of a barrier; −1 when all are graph inputs. */
  #latest(values: ReadonlySet<Value>): number {
    let latest = -1;
    for (const value of values) {
      const group = this.#groupOf.get(value);
      latest = Math.max(latest, this.#behind.get(value) ?? -1, group ? this.#order.get(group)! : -1);
    }
    return latest;
  }

  /** Takes a value into a group, and remembers what the group loads from others. */
  #join(value: Value, group: Group, dependencies: ReadonlySet<Value>): void {
    this.#groupOf.set(value, group);
    const loads = this.#loads.get(group)!;
    for (const needed of dependencies) {
      loads.add(needed);
      if (this.#groupOf.has(needed)) this.#stored.add(needed);
    }
  }

  #fits(group: Group, dependencies: ReadonlySet<Value>): boolean {
    const loads = this.#loads.get(group)!;
    let count = loads.size + memberCount(group) + 1;
    for (const needed of dependencies) if (!loads.has(needed)) count++;
    return count <= this.#options.capabilities.maxOperands && memberCount(group) < MAX_MEMBERS;
  }

  /** Places an elementwise root, a view that must be stored, or an input that must be copied. */
  #place(value: Value): void {
    const everything = this.#dependencies(value, [], () => null)!;
    const latest = this.#latest(everything);
    for (let at = Math.max(Math.ceil(latest), 0); at < this.#groups.length; at++) {
      const group = this.#groups[at]!;
      const dependencies = this.#tryGroup(value, group, at === latest);
      if (dependencies && this.#fits(group, dependencies))
        return this.#join(value, this.#enter(value, group), dependencies);
    }
    const group: Group = { kind: 'map', shape: value.shape, members: [value] };
    this.#add(group);
    this.#join(value, group, everything);
  }

  #enter(value: Value, group: Group): Group {
    if (group.kind === 'reduce')
      (sameShape(value.shape, group.full) ? group.fullMembers : group.keptMembers).push(value);
    else if (group.kind !== 'opaque') group.members.push(value);
    return group;
  }

  /** What `value` would load as a member of `group`, or null when it cannot be one. */
  #tryGroup(value: Value, group: Group, dependent: boolean): Set<Value> | null {
    switch (group.kind) {
      case 'map': {
        if (!sameShape(group.shape, value.shape)) return null;
        const strides = contiguousStrides(group.shape);
        return this.#dependencies(value, [], (v, c) => (this.#groupOf.get(v) === group ? walks(v, c, strides) : null));
      }
      case 'anchor': {
        if (!dependent || !sameShape(group.value.shape, value.shape)) return null;
        const strides = contiguousStrides(value.shape);
        return this.#dependencies(value, [], (v, c) => (this.#groupOf.get(v) === group ? walks(v, c, strides) : null));
      }
      case 'reduce': {
        if (!dependent) return null;
        if (sameShape(value.shape, group.full))
          return this.#inFullSpace(value, transposeStep(group.permutation), group);
        if (!group.stages.some((stage) => sameShape(stage.shape, value.shape))) return null;
        const strides = contiguousStrides(group.kept);
        return this.#dependencies(value, reshapeStep(value, group.kept), (v, c) => {
          if (this.#groupOf.get(v) !== group) return null;
          return !group.fullMembers.includes(v) && walks(v, c, strides);
        });
      }
      case 'opaque':
        return null;
      default:
        return group satisfies never;
    }
  }

  #inFullSpace(value: Value, chain: Chain, group: ReduceGroup): Set<Value> | null {
    return this.#dependencies(value, chain, (v, c) => {
      if (this.#groupOf.get(v) !== group) return null;
      return walks(v, c, group.fullMembers.includes(v) ? fullStrides(group) : keptStrides(group));
    });
  }

  /** Adds a reduction to a reduce group over the same index space, or opens a new one. */
  #placeReduction(value: Value): void {
    const { input, axes } = reductionOf(value)!;
    const fresh = reduceGroup(input.shape, axes);
    const chain = transposeStep(fresh.permutation);
    const everything = this.#ofInput(input, chain, () => null)!;
    const latest = this.#latest(everything);
    for (let at = Math.max(Math.ceil(latest), 0); at < this.#groups.length; at++) {
      const group = this.#groups[at]!;
      if (group.kind !== 'reduce' || !sameShape(group.full, input.shape) || !sameShape(group.axes, axes)) continue;
      const dependencies = this.#ofInput(input, chain, (v, c) => {
        if (this.#groupOf.get(v) !== group) return null;
        return walks(v, c, group.fullMembers.includes(v) ? fullStrides(group) : keptStrides(group));
      });
      if (!dependencies || !this.#fits(group, dependencies)) continue;
      group.stages.push(value);
      return this.#join(value, group, dependencies);
    }
    fresh.stages.push(value);
    this.#add(fresh);
    this.#join(value, fresh, everything);
  }

  /** Dependencies of a value that is used, not defined, by a group. */
  #ofInput(input: Value, chain: Chain, local: (value: Value, chain: Chain) => boolean | null): Set<Value> | null {
    if (input.literal !== undefined || this.#options.scalars.has(input)) return new Set();
    const here = local(input, chain);
    if (here !== null) return here ? new Set() : null;
    if (!this.#isStored(input)) return this.#dependencies(input, chain, local);
    if (input.node === null && !this.#roots.has(input)) this.#options.checkInput(input, chain);
    return new Set([input]);
  }
}

function memberCount(group: Group): number {
  switch (group.kind) {
    case 'reduce':
      return group.stages.length + group.keptMembers.length + group.fullMembers.length;
    case 'opaque':
      return 1;
    case 'anchor':
      return group.members.length + 1;
    case 'map':
      return group.members.length;
    default:
      return group satisfies never;
  }
}
