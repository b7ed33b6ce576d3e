/**
 * What compiled recurrent layers cost: kernels of the loop's body and of training steps, whatever the number of steps.
 */
import { cpu, jit, layers, setBackend, tensor, variableGrads, type Tensor } from '@dl/keras';
import type { Kernel } from '@dl/tensor/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { lstm as plainLstm } from '../../../bench/src/networks/lstm.ts';
import { expectTensor, numbers, ALL_BACKENDS } from '../cases/support.ts';
import { values } from './training.ts';

const [BATCH, INPUTS, UNITS] = [32, 64, 128];

/** Kinds of kernels, those of a loop's body in brackets. */
const kinds = (kernels: readonly Kernel[]): readonly unknown[] =>
  kernels.map((kernel) => (kernel.kind === 'loop' ? kinds(kernel.body) : kernel.kind));
const bodies = (kernels: readonly Kernel[]): readonly unknown[] => kinds(kernels).filter((kind) => Array.isArray(kind));
const sequences = (steps: number): Tensor => values(1, [BATCH, steps, INPUTS]);

function kernelsOf(layer: layers.Layer, steps: number): { forward: readonly Kernel[]; training: readonly Kernel[] } {
  const x = sequences(steps);
  layer.ensureBuilt([null, null, INPUTS]);
  const weights = layer.trainableWeights;
  const forward = jit((t: Tensor) => layer.apply(t));
  const training = jit((t: Tensor) => {
    const { grads } = variableGrads(() => layer.apply(t, { training: true }).square().sum(), weights);
    weights.forEach((w, i) => w.assignSub(grads[i]!.mul(0.01)));
  });
  return { forward: forward.lower(x).program.kernels, training: training.lower(x).program.kernels };
}

describe('kernels', () => {
  beforeAll(() => setBackend(cpu()));

  test.each([
    ['SimpleRNN', () => new layers.SimpleRNN(UNITS), [['matmul']], [2, 2], 14],
    ['LSTM', () => new layers.LSTM(UNITS), [['matmul', 'map']], [3, 2], 18],
    ['GRU', () => new layers.GRU(UNITS), [['matmul', 'map']], [3, 7], 19],
    [
      'GRU, reset before',
      () => new layers.GRU(UNITS, { resetAfter: false }),
      [['matmul', 'map', 'matmul']],
      [4, 7],
      18,
    ],
    [
      'Bidirectional',
      () => new layers.Bidirectional(new layers.LSTM(UNITS)),
      [
        ['matmul', 'map'],
        ['matmul', 'map'],
      ],
      [3, 3, 2, 2],
      34,
    ],
  ] as const)('of a step of %s, forwards and in training', (_, make, forward, training, total) => {
    for (const steps of [20, 50]) {
      const kernels = kernelsOf(make(), steps);
      expect(bodies(kernels.forward)).toEqual(forward);
      const lengths = bodies(kernels.training).map((body) => (body as readonly unknown[]).length);
      lengths.forEach((length, i) => expect(length).toBeLessThanOrEqual(training[i]!));
      expect(lengths).toHaveLength(training.length);
      expect(kernels.training.length).toBeLessThanOrEqual(total);
    }
  });

  test('a mask costs no kernel', () => {
    const layer = new layers.LSTM(UNITS);
    const mask = tensor(Array.from({ length: BATCH }, (_, i) => Array.from({ length: 9 }, (_, t) => t < 1 + (i % 9)))); // prettier-ignore
    const f = jit((x: Tensor, m: Tensor) => layer.apply(x, { mask: m }));
    expect(bodies(f.lower(sequences(9), mask).program.kernels)).toEqual([['matmul', 'map']]);
  });

  test('of the layer are those of the network written in plain ops', () => {
    const plain = plainLstm();
    const recurrent = new layers.LSTM(UNITS);
    const dense = new layers.Dense(10);
    const forward = (x: Tensor): Tensor => dense.apply(recurrent.apply(x));
    const x = sequences(50);
    forward(x);
    const weights = [...recurrent.weights, ...dense.weights];
    const step = (f: (t: Tensor) => Tensor, variables: typeof plain.variables) =>
      jit((t: Tensor) => {
        const { grads } = variableGrads(() => f(t).square().sum(), variables);
        variables.forEach((v, i) => v.assignSub(grads[i]!.mul(0.01)));
      });
    const [mine, wanted] = [step(forward, weights), step(plain.forward, plain.variables)];
    expect(kinds(mine.lower(x).program.kernels)).toEqual(kinds(wanted.lower(x).program.kernels));
    const [f, g] = [jit(forward), jit(plain.forward)];
    expect(kinds(f.lower(x).program.kernels)).toEqual(kinds(g.lower(x).program.kernels));
  });
});

describe.each(ALL_BACKENDS)('%s', (_, backend) => {
  beforeAll(async () => setBackend(await backend()));

  test.each([
    ['LSTM', layers.LSTM],
    ['GRU', layers.GRU],
  ] as const)('%s, masked: scanned, unrolled, eager and compiled agree', async (_name, Recurrent) => {
    const [first, second] = [false, true].map((unroll) => new Recurrent(5, { unroll, returnSequences: true }));
    const x = values(3, [3, 6, 4]);
    const mask = tensor([1, 5, 3].map((n) => Array.from({ length: 6 }, (_, t) => t % 5 !== 2 && t < n + 1)));
    for (const layer of [first!, second!]) layer.ensureBuilt([null, null, 4]);
    second!.setWeights(first!.getWeights());
    const wanted = await numbers(first!.apply(x, { mask }));
    for (const layer of [first!, second!]) {
      const run = (t: Tensor): Tensor => layer.apply(t, { mask });
      for (const f of [run, jit(run)]) await expectTensor(f(x), wanted, { relative: 1e-4, floor: 1e-6 });
    }
  });
});
