/**
 * The gradient of a loop: a loop that runs the other way, on what the first one kept of every iteration.
 */
import { isFloating } from '../dtype.ts';
import { ConfigError } from '../errors.ts';
import { zeros, zerosLike } from '../create.ts';
import { inputValue, makeNode, type Graph, type Node, type Value } from '../graph/graph.ts';
import { graphKey } from '../graph/key.ts';
import { removeDeadCode } from '../graph/passes/dce.ts';
import { rewriteGraph } from '../graph/passes/rewrite.ts';
import { replay } from '../graph/replay.ts';
import { trace, type Traced } from '../graph/trace.ts';
import { MOST_ITERATIONS, type LoopAttrs } from '../ops/attrs.ts';
import type { Differentiate, RegionGradient } from '../ops/callee.ts';
import { rowOf } from '../ops/table.ts';
import { apply, applyAll } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastTo } from './movement.ts';

/** Which values of a body depend on the inputs that gradients are wanted for, through floats. */
interface Activity {
  readonly inputs: readonly boolean[];
  readonly outputs: readonly boolean[];
}

/** A carry takes part once what becomes of it in an iteration does. */
function activityOf({ body, carries }: LoopAttrs, wanted: readonly boolean[]): Activity {
  const inputs = body.inputs.map(({ dtype }, i) => wanted[i]! && isFloating(dtype));
  for (;;) {
    const active = new Set(body.inputs.filter((_, i) => inputs[i]));
    for (const node of body.nodes) {
      if (!node.inputs.some((value) => active.has(value))) continue;
      for (const value of node.outputs) if (isFloating(value.dtype)) active.add(value);
    }
    const outputs = body.outputs.map((value) => active.has(value));
    const joining = outputs.slice(0, carries).findIndex((is, i) => is && !inputs[i]);
    if (joining < 0) return { inputs, outputs: outputs.map((is, i) => is || (i < carries && inputs[i]!)) };
    inputs[joining] = true;
  }
}

/** One iteration forwards and backwards: outputs of the body, then gradients by the active inputs. */
function jointOf({ body }: LoopAttrs, active: Activity, differentiate: Differentiate): Traced {
  const count = body.inputs.length;
  return trace(
    (all) => {
      const inputs = all.slice(0, count);
      const given = all.slice(count);
      const iteration = apply('iteration', [], {});
      let outputs: readonly Tensor[] = [];
      const cotangents = body.outputs.map((value, i) => (active.outputs[i] ? given.shift()! : zeros([], value.dtype)));
      const parts = differentiate(
        (values) => (outputs = replay(body, values, iteration)),
        inputs,
        active.inputs,
        cotangents,
      );
      return [...outputs, ...inputs.flatMap((input, i) => (active.inputs[i] ? [parts[i] ?? zerosLike(input)] : []))];
    },
    [...body.inputs, ...body.outputs.filter((_, i) => active.outputs[i])],
  );
}

/** The two directions of a loop. */
interface Directions {
  readonly forward: Graph;
  /** Inputs: gradients of the active carries, sums of those from outside; elements; what comes from outside. */
  readonly backward: Graph;
  /** Stacked inputs that the way back needs, by place. */
  readonly elements: readonly number[];
}

/** Whether a value is computed again on the way back instead of being kept: views, positions, what never changes. */
function recomputedTest(constant: ReadonlySet<Value>): (value: Value) => boolean {
  const known = new Map<Node, boolean>();
  const invariant = (value: Value): boolean => {
    const { node } = value;
    if (node === null) return value.literal !== undefined || constant.has(value);
    let result = known.get(node);
    if (result === undefined) known.set(node, (result = node.op !== 'randomBits' && node.inputs.every(invariant)));
    return result;
  };
  return (value) => {
    const { op } = value.node!;
    const { kind } = rowOf(op);
    return kind === 'view' || kind === 'source' || op === 'iteration' || invariant(value);
  };
}

function split({ body, carries, stacked }: LoopAttrs, joint: Traced, active: Activity): Directions {
  const count = body.inputs.length;
  const inputs = joint.inputs.slice(0, count);
  const seeds = joint.inputs.slice(count, joint.inputs.length - joint.captures.length);
  const captured = joint.inputs.slice(joint.inputs.length - joint.captures.length);
  const outputs = joint.outputs.slice(0, body.outputs.length);
  const gradients = joint.outputs.slice(body.outputs.length);

  const backValues = new Set(seeds);
  for (const node of joint.nodes)
    if (node.inputs.some((value) => backValues.has(value))) for (const value of node.outputs) backValues.add(value);

  const outside = [...inputs.slice(carries + stacked), ...captured];
  const recomputed = recomputedTest(new Set(outside));
  const again = new Set<Node>();
  const kept = new Set<Value>();
  const used = new Set<Value>();
  const own = new Set(inputs.slice(0, carries));
  const need = (value: Value): void => {
    if (value.literal !== undefined || backValues.has(value)) return;
    if (value.node === null) {
      if (own.has(value)) kept.add(value);
      else used.add(value);
    } else if (recomputed(value)) {
      again.add(value.node);
      value.node.inputs.forEach(need);
    } else kept.add(value);
  };
  const isBack = (node: Node): boolean => node.outputs.some((value) => backValues.has(value));
  for (const node of joint.nodes) if (isBack(node)) node.inputs.forEach(need);
  gradients.forEach(need);

  const forward = removeDeadCode({
    inputs: [...inputs, ...captured],
    nodes: joint.nodes.filter((node) => !isBack(node)),
    outputs: [...outputs, ...kept],
  });

  const ofInput = new Map(inputs.filter((_, i) => active.inputs[i]).map((value, i) => [value, gradients[i]!]));
  const ofOutput = new Map(outputs.flatMap((_, i) => (active.outputs[i] ? [i] : [])).map((i, k) => [i, seeds[k]!]));
  const elements = inputs.flatMap((value, i) =>
    i >= carries && i < carries + stacked && used.has(value) ? [i - carries] : [],
  );
  const sums = inputs.slice(carries + stacked).filter((value) => ofInput.has(value));
  const totals = sums.map((value) => inputValue(value));
  const arrive = new Map([...kept].map((value) => [value, value.node ? inputValue(value) : value]));
  const nodes = joint.nodes.filter(
    (node) => isBack(node) || again.has(node) || node.outputs.some((value) => kept.has(value)),
  );
  const next = sums.map((value, i) => {
    const node = makeNode('add', [totals[i]!, ofInput.get(value)!], {}, [value]);
    nodes.push(node);
    return node.outputs[0]!;
  });
  const places = outputs.map((_, i) => i);
  const whole: Graph = {
    inputs: [
      ...places.slice(0, carries).flatMap((i) => ofOutput.get(i) ?? []),
      ...totals,
      ...elements.map((i) => inputs[carries + i]!),
      ...arrive.values(),
      ...places.slice(carries).flatMap((i) => ofOutput.get(i) ?? []),
      ...outside,
    ],
    nodes,
    outputs: [
      ...inputs.slice(0, carries).flatMap((value) => ofInput.get(value) ?? []),
      ...next,
      ...inputs.slice(carries, carries + stacked).flatMap((value) => ofInput.get(value) ?? []),
    ],
  };
  const backward = removeDeadCode(
    rewriteGraph(whole, (node) =>
      node.outputs.some((value) => arrive.has(value)) ? node.outputs.map((value) => arrive.get(value) ?? value) : null,
    ),
  );
  return { forward, backward, elements };
}

/** A loop with a condition as one that always runs to its bound, and keeps its carries once the condition is false. */
function masked(attrs: LoopAttrs): LoopAttrs {
  if (attrs.trip === MOST_ITERATIONS) {
    throw new ConfigError(
      'whileLoop: a gradient must keep something of every iteration, so their number needs a bound; give maximumIterations',
    );
  }
  const { body, carries } = attrs;
  const traced = trace((inputs) => {
    const next = replay(body, inputs, apply('iteration', [], {}));
    return next.map((value, i) => apply('select', [inputs[carries - 1]!, value, inputs[i]!], {}));
  }, body.inputs);
  return { ...attrs, body: traced, conditional: false };
}

/** Gradients of loops; see {@link RegionGradient}. */
export const loopGradient: RegionGradient<LoopAttrs> = (inputs, given, wanted, differentiate) => {
  const attrs = given.conditional ? masked(given) : given;
  const { trip, reverse, carries, stacked, body } = attrs;
  const active = activityOf(attrs, wanted);
  const joint = jointOf(attrs, active, differentiate);
  const { forward, backward, elements } = split(attrs, joint, active);
  const outside = [...inputs.slice(carries + stacked), ...joint.captures];
  const outputs = applyAll('loop', [...inputs, ...joint.captures], {
    ...attrs,
    body: forward,
    key: graphKey(forward),
  });
  const count = body.outputs.length;

  const pull = (cotangents: readonly (Tensor | undefined)[]): (Tensor | null)[] => {
    const cotangent = (i: number): Tensor[] => {
      if (!active.outputs[i]) return [];
      const { shape, dtype } = outputs[i]!;
      return [cotangents[i] ?? (i < carries ? zeros(shape, dtype) : broadcastTo(zeros([], dtype), shape))];
    };
    const places = body.outputs.map((_, i) => i);
    const first = places.slice(0, carries).flatMap(cotangent);
    const sums = inputs.slice(carries + stacked).filter((_, i) => active.inputs[carries + stacked + i]);
    const stacks = [
      ...elements.map((i) => inputs[carries + i]!),
      ...outputs.slice(count),
      ...places.slice(carries).flatMap(cotangent),
    ];
    const results = applyAll('loop', [...first, ...sums.map((x) => zeros(x.shape, x.dtype)), ...stacks, ...outside], {
      trip,
      reverse: !reverse,
      carries: first.length + sums.length,
      stacked: stacks.length,
      body: backward,
      conditional: false,
      key: graphKey(backward),
      rules: attrs.rules,
    });
    // Carries, then sums from outside, then elements; as inputs, elements come before what is from outside.
    const ofElements = results.slice(first.length + sums.length);
    const ofOthers = results.slice(0, first.length + sums.length);
    return inputs.map((_, i) => {
      if (!active.inputs[i]) return null;
      const result = (i >= carries && i < carries + stacked ? ofElements : ofOthers).shift()!;
      return wanted[i] ? result : null;
    });
  };
  return { outputs, count, pull };
};
