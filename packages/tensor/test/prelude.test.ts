/**
 * Preludes and folded scales: what depends on weights alone is computed apart, and the rest gives the same.
 */
import {
  add,
  batchNorm,
  conv,
  div,
  matmul,
  mul,
  neg,
  relu,
  setBackend,
  softmax,
  sub,
  tensor,
  transpose,
  type Tensor,
} from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import {
  foldScales,
  inlineCalls,
  runPasses,
  splitPrelude,
  trace,
  type Graph,
  type SplitGraph,
  type Value,
} from '@dl/tensor/interpreter';
import { expectClose } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { opsOf, read, runGraph } from './graphs.ts';

setBackend(reference());

type Program = (inputs: readonly Tensor[]) => readonly Tensor[];

function graphOf(f: Program, ...shapes: readonly (readonly number[])[]): Graph {
  const avals = shapes.map((shape) => ({ shape, dtype: 'float32' as const }));
  return runPasses(inlineCalls(trace(f, avals), new Set()));
}

/** All inputs but the first are weights. */
const weightsOf = (graph: Graph): ReadonlySet<Value> => new Set(graph.inputs.slice(1));

const inputsOf = (graph: Graph): Tensor[] =>
  graph.inputs.map(({ shape }, k) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(
      Float32Array.from({ length: size }, (_, i) => 1.5 + Math.sin(3 * i + k)),
      'float32',
      [...shape],
    );
  });

/** Runs the prelude, then the main part with its results. */
function runSplit({ prelude, main }: SplitGraph, whole: Graph, inputs: readonly Tensor[]): Tensor[] {
  const ahead = prelude
    ? runGraph(
        prelude,
        prelude.inputs.map((value) => inputs[whole.inputs.indexOf(value)]!),
      )
    : [];
  return runGraph(main, [...inputs, ...ahead]);
}

describe('splitPrelude', () => {
  test('arithmetic on weights goes to the prelude, views of it stay', async () => {
    const graph = graphOf(([x, w, s]) => [matmul(x!, transpose(mul(w!, s!)))], [2, 4], [3, 4], [4]);
    const split = splitPrelude(graph, weightsOf(graph));
    expect(opsOf(split.prelude!)).toBe('mul');
    expect(opsOf(split.main)).toBe('transpose matmul');
    expect(split.prelude!.inputs).toEqual(graph.inputs.slice(1));
    expect(split.main.inputs.slice(0, 3)).toEqual(graph.inputs);
    expect(split.main.inputs).toHaveLength(4);
    const inputs = inputsOf(graph);
    expect(await read(runSplit(split, graph, inputs))).toEqual(await read(runGraph(graph, inputs)));
  });

  test('views, casts of scalars and arithmetic on scalars are not worth one', () => {
    const graph = graphOf(
      ([x, w, s]) => [matmul(x!, transpose(w!)).mul(s!.add(1).cast('float32'))],
      [2, 4],
      [3, 4],
      [],
    );
    const split = splitPrelude(graph, weightsOf(graph));
    expect(split.prelude).toBeNull();
    expect(split.main).toBe(graph);
  });

  test('a scalar behind much arithmetic is', async () => {
    const graph = graphOf(([x, w]) => [x!.div(w!.square().sum().add(1))], [2, 4], [3, 4]);
    const split = splitPrelude(graph, weightsOf(graph));
    expect(opsOf(split.prelude!)).toBe('mul sum add');
    expect(opsOf(split.main)).toBe('div');
    const inputs = inputsOf(graph);
    expect(await read(runSplit(split, graph, inputs))).toEqual(await read(runGraph(graph, inputs)));
  });

  test('an invariant output passes through; values used twice are handed over once', async () => {
    const graph = graphOf(
      ([x, w]) => {
        const p = softmax(w!);
        return [p, matmul(x!, p), x!.add(p.sum(0))];
      },
      [3, 4],
      [4, 4],
    );
    const split = splitPrelude(graph, weightsOf(graph));
    expect(split.main.outputs[0]).toBe(split.main.inputs[2]);
    expect(opsOf(split.main)).toBe('matmul add');
    expect(split.prelude!.outputs).toHaveLength(2);
    const inputs = inputsOf(graph);
    expect(await read(runSplit(split, graph, inputs))).toEqual(await read(runGraph(graph, inputs)));
  });

  test('without invariant inputs nothing is split', () => {
    const graph = graphOf(([x, w]) => [matmul(x!, mul(w!, 2))], [3, 4], [4, 4]);
    expect(splitPrelude(graph, new Set()).prelude).toBeNull();
  });
});

describe('foldScales', () => {
  const check = async (graph: Graph, prelude: string, main: string): Promise<void> => {
    const folded = runPasses(foldScales(graph, weightsOf(graph)));
    const split = splitPrelude(folded, weightsOf(graph));
    expect(split.prelude === null ? '' : opsOf(split.prelude)).toBe(prelude);
    expect(opsOf(split.main)).toBe(main);
    const inputs = inputsOf(graph);
    const expected = await read(runGraph(graph, inputs));
    const actual = await read(runSplit(split, folded, inputs));
    actual.forEach((values, i) => expectClose(values, expected[i]!, 1e-5, `output ${i}`));
  };

  test('batch normalization behind a convolution with bias becomes its weights', async () => {
    const graph = graphOf(
      ([x, w, bias, mean, variance, scale, offset]) => [
        relu(batchNorm(add(conv(x!, w!), bias!), mean!, variance!, { scale: scale!, offset: offset! })),
      ],
      [2, 5, 5, 3],
      [3, 3, 3, 16],
      ...Array.from({ length: 5 }, () => [16]),
    );
    expect(opsOf(graph)).toBe('conv add sub add rsqrt mul mul add relu');
    await check(graph, 'sub add rsqrt mul mul mul mul add', 'conv add relu');
  });

  test('grouped convolutions too', async () => {
    const graph = graphOf(
      ([x, w, s]) => [mul(conv(x!, w!, { groups: 2 }), s!)],
      [2, 5, 5, 4],
      [3, 3, 2, 16],
      [1, 1, 1, 16],
    );
    await check(graph, 'reshape mul', 'conv');
  });

  test('scales behind a matmul with batch axes, quotients and exchanged arguments', async () => {
    const graph = graphOf(
      ([x, w, s, b]) => [add(b!, div(mul(s!.reshape([1, 1, 9]), matmul(x!, w!)), s!))],
      [2, 3, 4],
      [4, 9],
      [9],
      [9],
    );
    await check(graph, 'mul div', 'matmul add');
  });

  test.each<[string, Program, string]>([
    ['a scale along another axis', ([x, w, s]) => [mul(matmul(x!, w!), transpose(s!))], 'matmul transpose mul'],
    ['a scale that is no weight', ([x, w]) => [mul(matmul(x!, w!), x!)], 'matmul mul'],
    ['a product that is used twice', ([x, w, s]) => [mul(matmul(x!, w!), s!), neg(matmul(x!, w!))], 'matmul mul neg'],
    ['what is subtracted from', ([x, w, s]) => [mul(sub(s!, matmul(x!, w!)), s!)], 'matmul sub mul'],
    ['a divisor', ([x, w, s]) => [div(s!, matmul(x!, w!))], 'matmul div'],
    ['something nonlinear between', ([x, w, s]) => [mul(relu(matmul(x!, w!)), s!)], 'matmul relu mul'],
  ])('%s stays', async (_, f, main) => {
    await check(graphOf(f, [4, 4], [4, 4], [1, 4]), '', main);
  });
});
