/**
 * Recurrent layers: states between calls, cells of one's own, masks, both directions, configurations, types and errors.
 */
import { grad } from '@dl/autograd';
import {
  BatchNormalization,
  Bidirectional,
  collectLosses,
  ConvLSTM2D,
  Dense,
  Dropout,
  GRU,
  GRUCell,
  Input,
  LSTM,
  LSTMCell,
  maskOf,
  RNN,
  RNNCell,
  SimpleRNN,
  SimpleRNNCell,
  StackedRNNCells,
  TimeDistributed,
  type CallContext,
  type CellArguments,
  type Layer,
} from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { ConfigError, jit, ShapeError, stack, tensor, zeros, type Tensor } from '@dl/tensor';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { expectClose } from './check-layer.ts';
import { Average } from './recurrent-cases.ts';

const all = { returnSequences: true } as const;
const numbers = (t: Tensor): number[] => [...t.dataSync()].map(Number);
const values = (...shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + size)),
    'float32',
    shape,
  );
};
const adder = { activation: null, useBias: false, kernelInitializer: 'ones', recurrentInitializer: 'ones' } as const;
const sequence = (...list: readonly number[]): Tensor => tensor(list, 'float32', [1, list.length, 1]);

describe('states', () => {
  test('of a stateful layer go on to the next call, until they are reset', () => {
    const layer = new SimpleRNN(1, { ...adder, stateful: true });
    const run = (...list: readonly number[]): number => layer.apply(sequence(...list)).itemSync();
    expect([run(1, 2), run(3), run(4, 5)]).toEqual([3, 6, 15]);
    expect(layer.states!.map((w) => numbers(w.value))).toEqual([[15]]);
    layer.resetStates();
    expect(run(1)).toBe(1);
    const compiled = jit((x: Tensor) => layer.apply(x));
    expect([compiled(sequence(2)).itemSync(), compiled(sequence(3)).itemSync()]).toEqual([3, 6]);
    expect(layer.apply(sequence(1), { initialState: tensor([[100]]) }).itemSync()).toBe(101);
    expect(layer.states!.map((w) => numbers(w.value))).toEqual([[101]]);
  });

  test('of a stateful layer are variables but no weights, for one batch size', () => {
    const layer = new Bidirectional(new LSTM(2, { stateful: true }), { batchInputShape: [3, null, 2] });
    layer.ensureBuilt([null, null, 2]);
    expect(layer.weights).toHaveLength(6);
    const kept = layer.variables.filter(({ name }) => name === 'rnn_state');
    expect(kept.map(({ shape }) => shape)).toEqual(Array.from({ length: 4 }, () => [3, 2]));
    const [first, second] = [layer.apply(values(3, 2, 2)), layer.apply(values(3, 2, 2))];
    expect(numbers(first)).not.toEqual(numbers(second));
    layer.resetState();
    expect(numbers(layer.apply(values(3, 2, 2)))).toEqual(numbers(first));
    expect(() => layer.apply(values(2, 2, 2))).toThrow(ShapeError);
    expect(() => new GRU(2, { stateful: true }).ensureBuilt([null, 3, 2])).toThrow(/batch size.*batchInputShape/);
    expect(() => new GRU(2).resetStates()).toThrow('stateful: true');
    expect(new Bidirectional(new GRU(2, { stateful: true })).apply(values(2, 3, 2)).shape).toEqual([2, 4]);
  });

  test('may be given; a sequence in two parts is the sequence', () => {
    const layer = new LSTM(3, { ...all, returnState: true });
    const x = values(2, 5, 2);
    const part = (from: number, size: number): Tensor => x.slice([0, from, 0], [2, size, 2]);
    const [whole] = layer.apply(x);
    const [, ...states] = layer.apply(part(0, 2));
    const [rest] = layer.apply(part(2, 3), { initialState: states });
    expectClose(numbers(rest!), numbers(whole!.slice([0, 2, 0], [2, 3, 3])), 'second part');
    expect(() => layer.apply(x, { initialState: zeros([2, 3]) })).toThrow(
      /initialState must have the shapes \[2, 3\], \[2, 3\], got \[2, 3\]/,
    );
    expect(() => layer.apply(x, { initialState: [zeros([1, 3]), zeros([2, 3])] })).toThrow(ShapeError);
    expect(() => new Bidirectional(new GRU(3)).apply(x, { initialState: zeros([2, 3]) })).toThrow(ConfigError);
  });

  test('before masked first steps are the output there; of a cell whose output is no state, zeros', () => {
    const mask = tensor([[false, true]]);
    const started = { initialState: tensor([[7]]), mask };
    expect(numbers(new SimpleRNN(1, { ...adder, ...all }).apply(sequence(1, 2), started))).toEqual([7, 9]);
    const own = new RNN(new Average(1, 0.5), all).apply(sequence(1, 2), started);
    expectClose(numbers(own), [0, Math.tanh(4.5)], 'own cell');
  });
});

describe('a loop', () => {
  /** What the layer gives, step by step. */
  function byHand(cell: RNNCell, x: Tensor, training = false): Tensor {
    let states = cell.getInitialState([x.shape[0]!, x.shape[2]!]);
    const outputs: Tensor[] = [];
    for (let t = 0; t < x.shape[1]!; t++) {
      const [y, ...next] = cell.apply(x.slice([0, t, 0], [x.shape[0]!, 1, x.shape[2]!]).squeeze(1), {
        states,
        training,
      });
      outputs.push(y!);
      states = next;
    }
    return stack(outputs, 1);
  }

  const cells: Readonly<Record<string, () => RNNCell>> = {
    SimpleRNNCell: () => new SimpleRNNCell(3),
    LSTMCell: () => new LSTMCell(3),
    GRUCell: () => new GRUCell(3),
    'GRUCell, reset before': () => new GRUCell(3, { resetAfter: false }),
    StackedRNNCells: () => new StackedRNNCells([new GRUCell(2), new LSTMCell(3), new Average(3, 0.2)]),
    Average: () => new Average(2, 0.3),
  };
  test.each(Object.keys(cells))('of %s is its steps, scanned or unrolled, with equal gradients', (name) => {
    const cell = cells[name]!();
    const x = values(2, 4, 2);
    const layers = [false, true].map((unroll) => new RNN(cell, { ...all, unroll }));
    for (const layer of layers) layer.ensureBuilt([null, null, 2]);
    const loss = (f: (x: Tensor) => Tensor) =>
      grad((t: Tensor) =>
        f(t)
          .mul(values(...f(x).shape))
          .sum(),
      )(x);
    const wanted = byHand(cell, x);
    const slope = loss((t) => byHand(cell, t));
    for (const layer of layers) {
      expectClose(numbers(layer.apply(x)), numbers(wanted), name);
      expectClose(numbers(loss((t) => layer.apply(t))), numbers(slope), `${name}: gradient`, 1e-5);
    }
  });

  test('keeps one dropout mask per gate where states are dropped', () => {
    // Linear gates that show what was dropped: every gate of an LSTM sees other inputs.
    const cell = new LSTMCell(1, {
      activation: null,
      recurrentActivation: null,
      useBias: false,
      dropout: 0.5,
      recurrentDropout: 0.5,
      kernelInitializer: 'ones',
      recurrentInitializer: 'zeros',
      seed: 1,
    });
    cell.ensureBuilt([null, 1]);
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const run = cell.begin([1, 1], true);
      seen.add(numbers(run.project(tensor([[1]]))).join());
    }
    expect(seen.size).toBeGreaterThan(8);
    for (const pattern of seen) expect(pattern).toMatch(/^[02],[02],[02],[02]$/);
  });
});

describe('masks', () => {
  test('are not passed on by recurrent layers, and are by TimeDistributed', () => {
    const x = values(1, 3, 2);
    const mask = tensor([[true, false, true]]);
    for (const layer of [new LSTM(2, all), new GRU(2, all), new Bidirectional(new LSTM(2, all))] as Layer[]) {
      expect(maskOf(layer.apply(x, { mask }))).toBe(null);
    }
    expect(numbers(maskOf(new TimeDistributed(new Dense(1)).apply(x, { mask }))!)).toEqual([1, 0, 1]);
  });

  test('may be numbers, and must fit', () => {
    const layer = new SimpleRNN(1, { ...adder });
    expect(layer.apply(sequence(1, 2, 4), { mask: tensor([[1, 0, 1]]) }).itemSync()).toBe(5);
    expect(layer.apply(sequence(1, 2, 4), { mask: tensor([[0, 0, 0]]) }).itemSync()).toBe(0);
    expect(() => layer.apply(sequence(1, 2, 4), { mask: tensor([[1, 0]]) })).toThrow(
      /expected a mask \[1, 3\], got \[1, 2\]/,
    );
  });

  test('that leave out the last step give zeros with zeroOutputForMask, and the state before', () => {
    const layer = new SimpleRNN(1, { ...adder, zeroOutputForMask: true, returnState: true });
    const [y, state] = layer.apply(sequence(1, 2, 4), { mask: tensor([[1, 1, 0]]) });
    expect([y!.itemSync(), state!.itemSync()]).toEqual([0, 3]);
  });
});

describe('TimeDistributed', () => {
  test('shows a layer one step after the other', () => {
    const x = values(4, 2, 3);
    const wrapped = new BatchNormalization({ momentum: 0.5 });
    const y = new TimeDistributed(wrapped).apply(x, { training: true });
    const plain = new BatchNormalization({ momentum: 0.5 });
    const steps = [0, 1].map((t) => plain.apply(x.slice([0, t, 0], [4, 1, 3]).squeeze(1), { training: true }));
    expectClose(numbers(y), numbers(stack(steps, 1)), 'outputs');
    wrapped.weights.forEach((w, i) => expectClose(numbers(w.value), numbers(plain.weights[i]!.value), w.name));
  });

  test('draws another dropout mask for every step', () => {
    const y = new TimeDistributed(new Dropout(0.5, { seed: 3 })).apply(values(1, 6, 8), { training: true });
    const patterns = Array.from({ length: 6 }, (_, t) => numbers(y.slice([0, t, 0], [1, 1, 8])).map((v) => v === 0));
    expect(new Set(patterns.map(String)).size).toBeGreaterThan(3);
  });

  test('adds the losses of all steps', () => {
    const x = values(2, 3, 4);
    const layer = new TimeDistributed(new Dense(2, { activityRegularizer: 'l2' }));
    const { value, losses } = collectLosses(() => layer.apply(x));
    expect(losses).toHaveLength(1);
    const squares = numbers(value).reduce((sum, v) => sum + v * v, 0);
    expect(losses[0]!.itemSync()).toBeCloseTo((0.01 * squares) / 2, 5);
  });

  test('holds any layer, recurrent ones too', () => {
    const layer = new TimeDistributed(new TimeDistributed(new GRU(3, { seed: 1 })));
    const x = values(2, 2, 2, 3, 1);
    expect(layer.apply(x).shape).toEqual([2, 2, 2, 3]);
    expect(layer.computeOutputShape([null, null, 4, 3, 1])).toEqual([null, null, 4, 3]);
    const copy = deserializeLayer('TimeDistributed', layer.getConfig()) as TimeDistributed;
    copy.ensureBuilt([null, 2, 2, 3, 1]);
    copy.setWeights(layer.getWeights());
    expect(numbers(copy.apply(x))).toEqual(numbers(layer.apply(x)));
  });
});

describe('Bidirectional', () => {
  test('makes both layers from the given one, which stays as it is', () => {
    const layer = new LSTM(2, { name: 'memory', goBackwards: true });
    const both = new Bidirectional(layer);
    expect([both.forwardLayer.name, both.backwardLayer.name]).toEqual(['forward_memory', 'backward_memory']);
    expect([both.forwardLayer.goBackwards, both.backwardLayer.goBackwards]).toEqual([true, false]);
    both.apply(values(1, 2, 2));
    expect([layer.built, both.weights.length]).toEqual([false, 6]);
    expect(both.weights[3]!.path).toBe(`${both.name}/backward_memory/lstm_cell/kernel`);
  });

  test('starts with given weights', () => {
    const weights = [values(2, 3), values(3, 3), values(3), values(2, 3), values(3, 3), values(3)];
    const both = new Bidirectional(new SimpleRNN(3), { weights });
    const twins = new Bidirectional(new SimpleRNN(3), { weights, mergeMode: 'sum' });
    const x = values(1, 1, 2);
    // One step has no direction: both halves are equal.
    expectClose(numbers(twins.apply(x)), numbers(both.apply(x)).slice(0, 3).map((v) => 2 * v), 'one step'); // prettier-ignore
  });

  test('refuses what does not fit', () => {
    expect(() => new Bidirectional(new Dense(2) as never)).toThrow(/expected a recurrent layer/);
    expect(() => new Bidirectional(new GRU(2), { mergeMode: 'max' as never })).toThrow(/'concat' or 'sum'/);
    expect(() => new Bidirectional(new GRU(2), { backwardLayer: new GRU(2) })).toThrow(/goBackwards: true/);
    const back = new GRU(2, { goBackwards: true, ...all });
    expect(() => new Bidirectional(new GRU(2), { backwardLayer: back })).toThrow(/the same returnSequences/);
  });
});

describe('cells', () => {
  test('of your own may hold layers, which add losses and train', () => {
    class Deep extends RNNCell {
      override readonly stateSize = 2;
      readonly inner = new Dense(2, { activation: 'tanh', activityRegularizer: 'l2' });

      override call(x: Tensor, { states }: CallContext & CellArguments): readonly Tensor[] {
        const next = this.inner.apply(x).add(states[0]!);
        return [next, next];
      }
    }
    const layer = new RNN(new Deep());
    const { losses } = collectLosses(() => layer.apply(values(2, 3, 2)));
    expect(losses).toHaveLength(1);
    expect(losses[0]!.shape).toEqual([]);
    expect(layer.trainableWeights.map((w) => w.name)).toEqual(['kernel', 'bias']);
  });

  test('start the bias of the forget gate at 1', () => {
    const bias = (options: { unitForgetBias?: boolean; biasInitializer?: string }): number[] => {
      const layer = new LSTM(2, options);
      layer.ensureBuilt([null, null, 1]);
      return numbers(layer.weights[2]!.value);
    };
    expect(bias({})).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    expect(bias({ unitForgetBias: false })).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(bias({ biasInitializer: 'ones', unitForgetBias: true })).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    const images = new ConvLSTM2D(1, 2);
    images.ensureBuilt([null, 2, 3, 3, 1]);
    expect(numbers(images.weights[2]!.value)).toEqual([0, 1, 0, 0]);
  });

  test('are refused where they are none, or twice the same', () => {
    const cell = new GRUCell(2);
    expect(() => new RNN(new Dense(2) as never)).toThrow(/expected a cell or a list of cells/);
    expect(() => new RNN([])).toThrow(/expected a list of cells/);
    expect(() => new RNN([cell, cell])).toThrow(/only once/);
    expect(() => new LSTM(0)).toThrow(/units must be a positive integer/);
    expect(() => new GRU(2, { dropout: 2 })).toThrow(/dropout must be in \[0, 1\]/);
    expect(() => new GRU(2, { returnState: true, resetafter: false } as never)).toThrow(/resetAfter/);
    expect(() => new LSTM(2).apply(zeros([2, 3]))).toThrow(/expected rank 3/);
    const built = new LSTM(2);
    built.apply(zeros([1, 2, 3]));
    expect(() => built.apply(zeros([1, 2, 4]))).toThrow(/expected last axis 3, got 4/);
    expect(() => RNN.fromConfig(new RNN(cell).getConfig())).toThrow(/deserializeLayer/);
  });
});

describe('configurations', () => {
  const shared = {
    units: 2,
    activation: 'tanh',
    use_bias: true,
    kernel_regularizer: null,
    recurrent_constraint: null,
    dropout: 0,
    recurrent_dropout: 0,
    return_sequences: false,
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
    zero_output_for_mask: false,
    seed: null,
  };
  test.each([
    ['SimpleRNN', new SimpleRNN(2), {}],
    ['LSTM', new LSTM(2), { recurrent_activation: 'sigmoid', unit_forget_bias: true }],
    ['GRU', new GRU(2), { recurrent_activation: 'sigmoid', reset_after: true }],
  ] as const)('of %s are flat and have the defaults of Keras', (_, layer, own) => {
    const config = layer.getConfig();
    expect(config).toMatchObject({ ...shared, ...own, name: layer.name });
    const names = ['kernel', 'recurrent', 'bias'].map((w) => config[`${w}_initializer`] as { class_name: string });
    expect(names.map((stored) => stored.class_name)).toEqual(['GlorotUniform', 'Orthogonal', 'Zeros']);
    expect(config).not.toHaveProperty('cell');
  });

  test('of RNN hold the cells, and classes of your own are found', () => {
    const layer = new RNN([new LSTMCell(4), new Average(4, 0.1)], { ...all, unroll: true });
    const custom = { Average: Average as never };
    const copy = deserializeLayer('RNN', JSON.parse(JSON.stringify(layer.getConfig())) as never, custom) as RNN;
    expect(copy.getConfig()).toEqual(layer.getConfig());
    expect(copy.cell.flattenLayers().map((one) => one.constructor)).toEqual([StackedRNNCells, LSTMCell, Average]);
  });
});

test('mixed precision: float16 between layers, float32 weights and kept states', () => {
  const dtype = 'mixed_float16';
  const x = values(2, 3, 2);
  for (const make of [
    (o: object) => new Bidirectional(new LSTM(2, { stateful: true, ...o }), o),
    (o: object) => new RNN([new GRUCell(2, o), new Average(2, 0.5, o)], { stateful: true, ...o }),
  ]) {
    const [half, single] = [make({ dtype }) as Layer, make({}) as Layer];
    const got = half.apply(x, { training: true });
    expect(got.dtype).toBe('float16');
    single.ensureBuilt(x.shape);
    single.setWeights(half.getWeights());
    expectClose(numbers(got), numbers(single.apply(x)), 'first call', 5e-3);
    for (const { name, dtype: own } of [...half.weights, ...half.variables.filter((v) => v.name === 'rnn_state')]) {
      expect(own, name).toBe('float32');
    }
    expectClose(numbers(half.apply(x)), numbers(single.apply(x)), 'second call', 5e-3);
  }
});

test('layers on symbolic inputs: shapes of outputs and states', () => {
  const x = Input({ shape: [null, 3] });
  const [y, h, c] = new LSTM(4, { ...all, returnState: true }).apply(x);
  expect([y!.shape, h!.shape, c!.shape]).toEqual([[null, null, 4], [null, 4], [null, 4]]); // prettier-ignore
  const decoded = new GRU(4).apply(y!, { initialState: h! });
  expect(decoded.shape).toEqual([null, 4]);
});

test('types say whether a layer gives a tensor or a list', () => {
  const x = values(1, 2, 3);
  expectTypeOf(new LSTM(4).apply(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new LSTM(4, all).apply(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new LSTM(4, { returnState: true }).apply(x)).toEqualTypeOf<readonly Tensor[]>();
  expectTypeOf(new RNN(new GRUCell(4), { returnState: false }).apply(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new Bidirectional(new GRU(4)).apply(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(new Bidirectional(new GRU(4, { returnState: true })).apply(x)).toEqualTypeOf<readonly Tensor[]>();
  expectTypeOf(new Bidirectional(new GRU(4), { mergeMode: null }).apply(x)).toEqualTypeOf<readonly Tensor[]>();
  expectTypeOf(new Bidirectional(new GRU(4), { mergeMode: 'ave' }).apply(x)).toEqualTypeOf<Tensor>();
  const either = { returnState: Math.random() > 2 };
  expectTypeOf(new LSTM(4, either).apply(x)).toEqualTypeOf<Tensor | readonly Tensor[]>();
});
