/**
 * The gradient of a loop: a loop that runs the other way, on what the first one kept of every iteration.
 */
import { isFloating } from '../dtype.ts';
import { ConfigError } from '../errors.ts';
import { zeros } from '../create.ts';
import { zerosLike } from './numpy/ranges.ts';
import { graphKey } from '../graph/key.ts';
import { inlineCalls } from '../graph/inline.ts';
import { runPasses } from '../graph/passes/passes.ts';
import { replay } from '../graph/replay.ts';
import { trace } from '../graph/trace.ts';
import { MOST_ITERATIONS, type LoopAttrs } from '../ops/attrs.ts';
import type { Differentiate, RegionGradient } from '../ops/callee.ts';
import { apply, applyAll } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';
import { matmul } from './contract.ts';
import { split, type Activity, type Joint, type Stack, type Sum } from './loop-split.ts';
import { broadcastTo, reshape, transpose } from './movement.ts';

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
function jointOf(
  { body }: LoopAttrs,
  active: Activity,
  differentiate: Differentiate,
): Joint & { readonly tensors: readonly Tensor[] } {
  const count = body.inputs.length;
  const traced = trace(
    (all) => {
      const inputs = all.slice(0, count);
      const given = all.slice(count);
      let outputs: readonly Tensor[] = [];
      const cotangents = body.outputs.map((value, i) => (active.outputs[i] ? given.shift()! : zeros([], value.dtype)));
      const parts = differentiate((values) => (outputs = replay(body, values)), inputs, active.inputs, cotangents);
      return [...outputs, ...inputs.flatMap((input, i) => (active.inputs[i] ? [parts[i] ?? zerosLike(input)] : []))];
    },
    [...body.inputs, ...body.outputs.filter((_, i) => active.outputs[i])],
  );
  const { captures } = traced;
  return { graph: runPasses(inlineCalls(traced, new Set())), captures: captures.length, tensors: captures };
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
    const next = replay(body, inputs);
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
  const { forward, kept: places, backward, elements, sums } = split(attrs, joint, active);
  const outside = [...inputs.slice(carries + stacked), ...joint.tensors];
  const outputs = applyAll('loop', [...inputs, ...joint.tensors], {
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
    const own = body.outputs.map((_, i) => i);
    const first = own.slice(0, carries).flatMap(cotangent);
    const outer = inputs.slice(carries + stacked).filter((_, i) => active.inputs[carries + stacked + i]);
    const totals = outer.flatMap(({ shape, dtype }, i) => ('carried' in sums[i]! ? [zeros(shape, dtype)] : []));
    const kept = places.map((i) => outputs[i]!);
    const stacks = [...elements.map((i) => inputs[carries + i]!), ...kept, ...own.slice(carries).flatMap(cotangent)];
    const results = applyAll('loop', [...first, ...totals, ...stacks, ...outside], {
      trip,
      reverse: !reverse,
      carries: first.length + totals.length,
      stacked: stacks.length,
      conditional: false,
      body: backward,
      key: graphKey(backward),
      rules: attrs.rules,
    });
    const [ofCarries, carried] = [results.slice(0, first.length), results.slice(first.length)];
    const stackedResults = carried.splice(totals.length);
    const whole = ({ from, place }: Stack): Tensor => {
      const stack = { element: inputs.slice(carries), kept, output: stackedResults }[from][place]!;
      return reshape(stack, [stack.shape[0]! * stack.shape[1]!, stack.shape[2]!]);
    };
    const total = (sum: Sum): Tensor =>
      'carried' in sum
        ? carried[sum.carried]!
        : sum.products.map(([a, b]) => matmul(transpose(whole(a)), whole(b))).reduce((left, right) => left.add(right));
    const lists = [ofCarries, stackedResults.slice(), sums.map((sum) => () => total(sum))] as const;
    return inputs.map((_, i) => {
      if (!active.inputs[i]) return null;
      const result = lists[i < carries ? 0 : i < carries + stacked ? 1 : 2].shift()!;
      if (!wanted[i]) return null;
      return typeof result === 'function' ? result() : result;
    });
  };
  return { outputs, count, pull };
};
