import { describe, expect, test } from 'vitest';
import { Input, layers, Model, Sequential, tensor, Variable, type Tensor, type StateValue } from '@dl/keras';
import { column, line } from './helpers.ts';

function network(): Model {
  const block = new Sequential(
    [new layers.Dense(2, { inputShape: [3], name: 'a' }), new layers.BatchNormalization({ name: 'norm' })],
    { name: 'block' },
  );
  const x = Input({ shape: [3], name: 'x' });
  return new Model(x, new layers.Dense(1, { name: 'head' }).apply(block.apply(x)), { name: 'net' });
}

describe('names', () => {
  test('parameters are what gradients may change, modules everything with layers', () => {
    const model = network();
    expect(model.namedParameters().map(([name]) => name)).toEqual(
      model.weights.filter(({ kind }) => kind === 'trainable').map(({ path }) => path),
    );
    expect(model.namedParameters()).toHaveLength(6);
    model.trainable = false;
    expect(model.namedParameters()).toHaveLength(6);
    expect(model.namedModules().map(([path, layer]) => [path, layer.constructor.name])).toEqual(
      [
        ['', 'Functional'],
        ['x', 'InputLayer'],
        ['block', 'Sequential'],
        ['block/a', 'Dense'],
        ['block/norm', 'BatchNormalization'],
        ['head', 'Dense'],
      ].map(([path, name]) => [path, name === 'Functional' ? 'Model' : name]),
    );
  });

  test('a layer that is used twice stands once', () => {
    const shared = new layers.Dense(2, { name: 'shared' });
    const model = new Sequential([new layers.InputLayer({ shape: [2] }), shared, new layers.ReLU({ name: 'r' })]);
    const x = Input({ shape: [2] });
    const twice = new Model(x, model.apply(shared.apply(x)));
    const paths = twice.namedModules().map(([path]) => path);
    expect(paths.filter((path) => path.endsWith('shared'))).toHaveLength(1);
    expect(Object.keys(twice.stateDict())).toHaveLength(2);
  });
});

describe('stateDict', () => {
  test('goes into another model, and stays as it was when the model is trained', async () => {
    const [one, two] = [network(), network()];
    const state = one.stateDict();
    expect(Object.keys(state)).toEqual(one.weights.map(({ path }) => path));
    expect(two.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    const x = tensor([[1, 2, 3]]);
    expect(await two.apply(x).data()).toEqual(await one.apply(x).data());

    const model = line(0);
    const before = model.stateDict();
    await model.fit(column(4), column(4), { verbose: 0 });
    const [name] = Object.keys(before) as [string];
    expect(await before[name]!.item()).toBe(0);
    expect(await model.weights[0]!.value.item()).not.toBe(0);
    model.loadStateDict(before);
    expect(await model.weights[0]!.value.item()).toBe(0);
  });

  test('takes arrays, Variables, Maps and other dtypes', async () => {
    const model = line(1);
    const [name] = Object.keys(model.stateDict()) as [string];
    const values: readonly StateValue[] = [
      [[5]],
      tensor([[5]], 'int32'),
      new Variable(tensor([[5]])),
      { data: Float64Array.of(5), shape: [1, 1] },
    ];
    for (const value of values) {
      model.setWeights([[[1]]]);
      model.loadStateDict(new Map([[name, value]]));
      expect(model.weights[0]!.value.dtype).toBe('float32');
      expect(await model.weights[0]!.value.item()).toBe(5);
    }
  });

  test('lists everything that does not fit at once, and sets nothing', async () => {
    const model = network();
    const before = await Promise.all(model.getWeights().map((one) => one.array()));
    const names = model.weights.map(({ path }) => path);
    const kernel = names.find((name) => name.endsWith('a/kernel'))!;
    const head = names.find((name) => name.endsWith('head/kernel'))!;
    const bias = names.find((name) => name.endsWith('head/bias'))!;
    const state: Record<string, Tensor> = {
      ...model.stateDict(),
      extra: tensor(1),
      other: tensor(2),
      [kernel]: tensor([[1]]),
    };
    delete state[head];
    delete state[bias];
    state[names[1]!] = tensor([7, 7]);
    expect(() => model.loadStateDict(state)).toThrow(
      `net (Functional): loadStateDict: missing: '${head}', '${bias}'; not known: 'extra', 'other'; ` +
        `'${kernel}' has shape [3, 2], got [1, 1]; names are those of stateDict(), or give strict: false`,
    );
    expect(() => model.loadStateDict(state, { strict: false })).toThrow(
      `loadStateDict: '${kernel}' has shape [3, 2], got [1, 1]`,
    );
    expect(await Promise.all(model.getWeights().map((one) => one.array()))).toEqual(before);
    delete state[kernel];
    expect(model.loadStateDict(state, { strict: false })).toEqual({
      missingKeys: [kernel, head, bias],
      unexpectedKeys: ['extra', 'other'],
    });
    expect(Array.from(await model.weights[1]!.value.data())).toEqual([7, 7]);
  });

  test('needs weights', () => {
    expect(() => new Sequential([new layers.Dense(1)], { name: 's' }).stateDict()).toThrow(
      's (Sequential): the weights are not made yet',
    );
    expect(() => line().loadStateDict(null as never)).toThrow('takes values by name, got null');
  });
});

describe('forward hooks in models', () => {
  test('are part of compiled steps, which are made anew when hooks change', async () => {
    const model = line(2);
    expect(await model.predict(column(2), { verbose: 0 }).then((y) => y.array())).toEqual([[0], [2]]);
    let runs = 0;
    const handle = model.layers[0]!.registerForwardHook((_, __, output) => {
      runs++;
      return output.add(10);
    });
    expect(await model.predict(column(2), { verbose: 0 }).then((y) => y.array())).toEqual([[10], [12]]);
    await model.predict(column(2), { verbose: 0 });
    expect(runs).toBe(1);
    handle.remove();
    expect(await model.predict(column(2), { verbose: 0 }).then((y) => y.array())).toEqual([[0], [2]]);
  });

  test('can read values where steps run op by op, and change what is learnt', async () => {
    const model = line(1, { runEagerly: true });
    const seen: number[] = [];
    model.layers[0]!.registerForwardHook((_, __, output) => void seen.push(...output.dataSync()));
    await model.fit([[1], [2]], [[1], [2]], { verbose: 0, shuffle: false });
    expect(seen).toEqual([1, 2]);
    const shifted = line(0);
    shifted.layers[0]!.registerForwardHook((_, __, output) => output.add(1));
    await shifted.fit([[1]], [[1]], { verbose: 0 });
    expect(await shifted.weights[0]!.value.item()).toBe(0);
  });

  test('do not go to workers unnoticed', async () => {
    const model = line(1);
    model.layers[0]!.registerForwardHook(() => undefined);
    await expect(model.fit([[1]], [[1]], { worker: true, verbose: 0 })).rejects.toThrow(
      'a worker does not know the forward hooks of dense',
    );
  });
});
