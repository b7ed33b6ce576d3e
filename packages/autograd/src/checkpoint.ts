/**
 * checkpoint: less memory for more time.
 */
import { applyAll, graphKey, leavesOf, mapTree, replay, trace, type Graph } from '@dl/tensor/interpreter';
import { checkFunction, synchronous } from './arguments.ts';
import { guard } from './guard.ts';
import { remembered, type Callees } from './memo.ts';

/**
 * `f`, of which gradients keep nothing but the inputs and results: what it computes in between is computed again on the
 * way back. A chain of n layers in √n checkpointed parts takes memory for about 2√n of them instead of n, for one more
 * forward pass (T. Chen et al., "Training deep nets with sublinear memory cost", 2016). Values and gradients stay the same.
 *
 * Arguments and results may be nested arrays and objects of tensors; `f` may read Variables, whose gradients flow, assign
 * them, and draw random numbers, which are the same when it is computed again. It is traced at each call, so it cannot read
 * values. Follows `jax.checkpoint`.
 *
 * @example
 * const block = checkpoint((x: Tensor) => second.apply(first.apply(x)));
 */
export function checkpoint<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  checkFunction(f, 'checkpoint');
  const callees: Callees = new Map();
  return (...args) => {
    const leaves = leavesOf(args);
    let result: R | undefined;
    const avals = leaves.map(({ shape, dtype, value }) => ({ shape, dtype, weak: value?.weak ?? false }));
    const traced = trace((inputs) => {
      let next = 0;
      result = synchronous(f(...mapTree(args, () => inputs[next++]!)), 'checkpoint');
      return leavesOf(result);
    }, avals);
    const { variables, captures, guards } = traced;
    // Checks are made outside, on values that come out with the results.
    const checks = guards.flatMap(({ position, value }) => [position, value]);
    const graph: Graph = { ...traced, outputs: [...traced.outputs, ...checks] };
    const read = variables.flatMap((use) => (use.read === null ? [] : [use.variable.read()]));
    const callee = remembered(callees, graphKey(graph), () => ({
      name: f.name || 'checkpoint',
      body: (inputs) => replay(graph, inputs),
      vjp: 'checkpoint',
    }));
    const outputs = applyAll('call', [...leaves, ...read, ...captures], { callee, attrs: {}, key: '' });
    const count = traced.outputs.length;
    guards.forEach(({ error }, i) => guard(outputs[count + 2 * i]!, outputs[count + 2 * i + 1]!, error));
    const assigned = variables.filter((use) => use.assigned !== null);
    assigned.forEach(({ variable }, i) => variable.assign(outputs[count - assigned.length + i]!));
    let next = 0;
    return mapTree(result as R, () => outputs[next++]!);
  };
}
