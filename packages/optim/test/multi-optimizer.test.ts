/**
 * MultiOptimizer, ScheduleFreeAdamW's two values, and Muon's choice of variables.
 */
import { Adam, get, MultiOptimizer, Muon, OptimizerMap, ScheduleFreeAdamW, serialize, SGD } from '@dl/optim';
import { jit, setBackend, tensor, Variable } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());
const named = (name: string, value: number[] = [1, 2]): Variable => new Variable(value, { name });
const values = (variable: Variable): number[] => [...variable.value.dataSync()];

describe('MultiOptimizer', () => {
  test('gives every variable to its optimizer, eagerly and compiled', () => {
    for (const compiled of [false, true]) {
      const [body, head] = [named('body'), named('head')];
      const optimizer = new MultiOptimizer(new OptimizerMap(new SGD(0.1), { 'he.*': new SGD(1, { momentum: 0.5 }) }));
      const update = (): void => optimizer.apply([tensor([1, 1]), tensor([1, 1])], [body, head]);
      const step = compiled ? jit(update) : update;
      step();
      step();
      values(body).forEach((value, i) => expect(value).toBeCloseTo([0.8, 1.8][i]!, 6));
      expect(values(head)).toEqual([-1.5, -0.5]);
      expect(optimizer.iterations.value.itemSync()).toBe(2);
    }
  });

  test('learning rate, state, stored form', () => {
    const [body, head] = [named('body'), named('head')];
    const map = new OptimizerMap(new Adam(0.01), { head: new SGD(1, { momentum: 0.5 }) });
    const optimizer = new MultiOptimizer(map, { lossScaleFactor: 4 });
    optimizer.learningRate = 0.02;
    expect(map.defaultOptimizer.currentLearningRate().itemSync()).toBeCloseTo(0.02, 7);
    expect(optimizer.scaleLoss(tensor(2)).itemSync()).toBe(8);
    optimizer.apply([tensor([4, 4]), tensor([4, 4])], [body, head]);
    expect(values(head)).toEqual([0, 1]);
    // iteration, rate and one momentum; iteration, rate and two moments.
    expect(optimizer.variables.map(({ shape }) => shape.length)).toEqual([0, 0, 1, 0, 0, 1, 1]);
    const copy = get(JSON.parse(JSON.stringify(serialize(optimizer))) as never) as MultiOptimizer;
    expect(copy.getConfig()).toEqual(optimizer.getConfig());
    expect(copy.optimizerMap.find(head)).toBeInstanceOf(SGD);
    expect(copy.optimizerMap.find(body)).toBeInstanceOf(Adam);
  });

  test('exact paths go before patterns; two matches are an error', () => {
    const [a, b] = [new SGD(1), new SGD(2)];
    const map = new OptimizerMap(new Adam(), { 'x.*': a, xy: b, 'z.*': a, '.*z': b });
    expect(map.find(named('xy'))).toBe(b);
    expect(map.find(named('xyz1'))).toBe(a);
    expect(() => map.find(named('zz'))).toThrow("'z.*' and '.*z' both match 'zz'");
    expect(map.find(named('other'))).toBe(map.defaultOptimizer);
  });

  test('mistakes are named', () => {
    expect(() => new MultiOptimizer(new Adam() as never)).toThrow('expected an OptimizerMap');
    expect(() => new OptimizerMap('adam' as never)).toThrow('expected optimizers');
    const scaled = new OptimizerMap(new Adam(0.1, { lossScaleFactor: 2 }));
    expect(() => new MultiOptimizer(scaled)).toThrow('adam has a lossScaleFactor of its own');
    const optimizer = new MultiOptimizer(new OptimizerMap(new SGD(1)));
    optimizer.build([named('a')]);
    expect(() => optimizer.apply([tensor([1, 1])], [named('b')])).toThrow("Variable 'b' is unknown");
    expect(() => optimizer.apply([])).toThrow('got 0 gradients for 1 variables');
  });
});

describe('ScheduleFreeAdamW', () => {
  test('swaps between trained and averaged values', () => {
    const w = named('w', [1, -2]);
    const optimizer = new ScheduleFreeAdamW(0.1, { beta1: 0.5 });
    optimizer.swapToEval();
    expect(values(w)).toEqual([1, -2]);
    optimizer.apply([tensor([1, 1])], [w]);
    optimizer.apply([tensor([1, -1])], [w]);
    const trained = values(w);
    optimizer.swapToEval();
    // z moved by 0.1 and then by what is left of the second moment's correction; x is the mean of both places.
    values(w).forEach((value, i) => expect(value).toBeCloseTo([0.85, -2.05][i]!, 5));
    optimizer.swapToTrain();
    values(w).forEach((value, i) => expect(value).toBeCloseTo(trained[i]!, 6));
  });

  test('warms up', () => {
    const move = (warmupSteps: number): number => {
      const w = named('w', [0]);
      new ScheduleFreeAdamW(0.1, { warmupSteps }).apply([tensor([1])], [w]);
      return values(w)[0]!;
    };
    expect(move(4)).toBeCloseTo(move(0) / 4, 6);
  });
});

describe('Muon', () => {
  test('matrices move along orthogonal ones, the rest by Adam', () => {
    const [matrix, bias, table] = [
      new Variable(tensor(new Float32Array(6), 'float32', [3, 2]), { name: 'kernel' }),
      named('bias', [0, 0]),
      new Variable(tensor(new Float32Array(4), 'float32', [2, 2]), { name: 'embeddings' }),
    ];
    const optimizer = new Muon(1, { nesterov: false, adamWeightDecay: null });
    const gradient = tensor([
      [3, 0],
      [0, 0.1],
      [0, 0],
    ]);
    const flat = tensor([
      [1, 1],
      [1, 1],
    ]);
    optimizer.apply([gradient, tensor([1, -1]), flat], [matrix, bias, table]);
    // Both singular values come near 1, times 0.2·√3.
    const moved = values(matrix).map((value) => -value / (0.2 * Math.sqrt(3)));
    expect(moved[0]).toBeGreaterThan(0.6);
    expect(moved[0]).toBeLessThan(1.3);
    expect(moved[3]).toBeGreaterThan(0.6);
    expect(moved[3]).toBeLessThan(1.3);
    values(bias).forEach((value, i) => expect(value).toBeCloseTo([-1, 1][i]!, 4));
    values(table).forEach((value) => expect(value).toBeCloseTo(-1, 4));
    expect(optimizer.variables.map(({ name }) => name)).toEqual([
      'iteration',
      'learning_rate',
      'kernel_momentum',
      'bias_momentum',
      'bias_velocity',
      'embeddings_momentum',
      'embeddings_velocity',
    ]);
  });

  test('layers can be left to Adam', () => {
    const matrix = new Variable(tensor(new Float32Array(4), 'float32', [2, 2]), { name: 'output' });
    const optimizer = new Muon(0.5, { excludeLayers: ['out'], weightDecay: null, adamLrRatio: 0.1 });
    optimizer.apply([tensor(new Float32Array(4).fill(2), 'float32', [2, 2])], [matrix]);
    values(matrix).forEach((value) => expect(value).toBeCloseTo(-0.05, 5));
  });
});
