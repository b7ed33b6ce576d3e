/**
 * Calls on many examples: a callee for one example becomes one for all, so that a call stays one program.
 */
import { broadcastTo, sum, type Tensor } from '@dl/tensor';
import {
  traceCall,
  type CallAttrs,
  type Callee,
  type CalleeJvp,
  type CalleeVjp,
  type Graph,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import { derived, type Callees } from '../memo.ts';
import { VMap } from './interpreter.ts';

/** The graphs inside an op. */
export function graphsOf(op: OpName, attrs: OpAttrs[OpName]): readonly Graph[] {
  if (op === 'loop') return [(attrs as OpAttrs['loop']).body];
  return op === 'switch' ? (attrs as OpAttrs['switch']).branches : [];
}

const draws = new WeakMap<Graph, boolean>();

/** Whether a graph draws random numbers, in calls and loops too. */
export function drawsRandom(graph: Graph): boolean {
  let result = draws.get(graph);
  if (result === undefined) {
    result = graph.nodes.some(({ op, inputs, attrs }) => {
      if (op === 'call') return drawsRandom(traceCall(attrs as OpAttrs['call'], inputs));
      return op === 'randomBits' || graphsOf(op, attrs).some(drawsRandom);
    });
    draws.set(graph, result);
  }
  return result;
}

const batchedCallees = new WeakMap<Callee, Callees>();

/** The callee for `size` examples at once, of which the masked inputs are given. */
export function batchedCallee(callee: Callee, mask: readonly boolean[], size: number): Callee {
  const key = `${mask.map(Number).join('')} ${size}`;
  return derived(batchedCallees, callee, key, () => new Batched(callee, mask, size).callee());
}

/** A callee for many examples, and its rules: those for one, under {@link VMap}. */
class Batched {
  readonly #callee: Callee;
  readonly #mask: readonly boolean[];
  readonly #size: number;
  /** Whether results that all examples share are repeated, so that rules know what they get. */
  readonly #repeat: boolean;

  constructor(callee: Callee, mask: readonly boolean[], size: number) {
    this.#callee = callee;
    this.#mask = mask;
    this.#size = size;
    this.#repeat = typeof callee.vjp === 'function' || callee.jvp !== undefined;
  }

  callee(): Callee {
    const { name, vjp, jvp } = this.#callee;
    return {
      name: `${name}Batched`,
      body: (all, attrs) => this.#body(all, attrs),
      vjp: typeof vjp === 'function' ? this.#vjp(vjp) : vjp,
      jvp: jvp && this.#jvp(jvp),
    };
  }

  #wide(vmap: VMap, tensor: Tensor): Tensor {
    return vmap.fullOf(tensor) ?? broadcastTo(tensor, [this.#size, ...tensor.shape]);
  }

  #inputs(vmap: VMap, all: readonly Tensor[]): Tensor[] {
    return all.map((tensor, k) => (this.#mask[k] ? vmap.enter(tensor) : tensor));
  }

  #body(all: readonly Tensor[], attrs: CallAttrs): Tensor[] {
    const vmap = new VMap(this.#size);
    const outputs = vmap.run(() => this.#callee.body(this.#inputs(vmap, all), attrs));
    return outputs.map((output) => (this.#repeat ? this.#wide(vmap, output) : (vmap.fullOf(output) ?? output)));
  }

  /** Cotangents of inputs that examples share are summed over the examples. */
  #vjp(rule: CalleeVjp): CalleeVjp {
    return (inputs, outputs, cotangents, attrs) => {
      const vmap = new VMap(this.#size);
      const enter = (tensor: Tensor): Tensor => vmap.enter(tensor);
      const parts = vmap.run(() => rule(this.#inputs(vmap, inputs), outputs.map(enter), cotangents.map(enter), attrs));
      return parts.map(
        (part, k) =>
          part &&
          (() => {
            const all = this.#wide(vmap, vmap.run(part));
            return this.#mask[k] ? all : sum(all, 0);
          }),
      );
    };
  }

  #jvp(rule: CalleeJvp): CalleeJvp {
    return (inputs, outputs, tangents, attrs) => {
      const vmap = new VMap(this.#size);
      const changes = tangents.map((tangent, k) => (tangent && this.#mask[k] ? vmap.enter(tangent) : tangent));
      const results = vmap.run(() =>
        rule(
          this.#inputs(vmap, inputs),
          outputs.map((output) => vmap.enter(output)),
          changes,
          attrs,
        ),
      );
      return results.map((result) => result && this.#wide(vmap, result));
    };
  }
}
