/**
 * What graph passes leave of a whole training step: 32 → 64 → 64 → 10, cross-entropy of logits, Adam.
 */
import { variableGrads } from '@dl/autograd';
import { Adam } from '@dl/optim';
import { add, matmul, ones, relu, setBackend, softmaxCrossEntropy, Variable, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { inlineCalls, PASSES, runPasses, trace, type Graph, type PassName } from '@dl/tensor/interpreter';
import { expect, test } from 'vitest';

setBackend(reference());

function trainingStep(): Graph {
  const sizes = [32, 64, 64, 10];
  const variables = sizes
    .slice(1)
    .flatMap((size, i) => [new Variable(ones([sizes[i]!, size])), new Variable(ones([size]))]);
  const optimizer = new Adam(0.01);
  optimizer.build(variables);
  const step = ([x, targets]: readonly Tensor[]): Tensor[] => {
    const { value, grads } = variableGrads(() => {
      const hidden = relu(add(matmul(x!, variables[0]!), variables[1]!));
      const second = relu(add(matmul(hidden, variables[2]!), variables[3]!));
      return softmaxCrossEntropy(targets!, add(matmul(second, variables[4]!), variables[5]!)).mean();
    }, variables);
    optimizer.apply(grads, variables);
    return [value];
  };
  const graph = trace(step, [
    { shape: [32, 32], dtype: 'float32' },
    { shape: [32, 10], dtype: 'float32' },
  ]);
  return inlineCalls(graph, new Set());
}

const count = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;

test('passes take 57 of 223 nodes from the training step', () => {
  const before = trainingStep();
  const after = runPasses(before);
  expect([before.nodes.length, after.nodes.length]).toEqual([223, 166]);
  expect(after.inputs).toBe(before.inputs);
  // The six updates share one learning rate; the loss and its gradient share one softmax.
  expect([count(before, 'pow'), count(after, 'pow')]).toEqual([12, 2]);
  expect([count(before, 'max'), count(after, 'max')]).toEqual([2, 1]);
  expect(count(after, 'stopGradient') + count(after, 'broadcastTo')).toBe(0);
  expect(count(after, 'matmul')).toBe(8);
});

test('each pass does its part', () => {
  const before = trainingStep();
  const left = PASSES.map(({ name }): [PassName, number] => [
    name,
    runPasses(before, { off: new Set([name]) }).nodes.length,
  ]);
  expect(Object.fromEntries(left)).toEqual({ simplify: 170, fold: 166, cse: 215, dce: 169 });
});
