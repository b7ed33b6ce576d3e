/**
 * Cases of normalization and embeddings: frozen statistics, ids out of range.
 */
import { layers, Sequential, setBackend, tensor, variableGrads, type Tensor } from '@dl/keras';
import * as t from '@dl/keras';
import { composite } from '@dl/tensor/interpreter';
import { beforeAll, describe, expect, test } from 'vitest';
import { tiny } from '../../../../packages/tensor/test/tiny-backend.ts';
import { ALL_BACKENDS, BACKENDS, expectNear, expectTensor, numbers } from './support.ts';

const quiet = { verbose: 0 } as const;
const x = [[10], [20]];
const frozenOutput = [9.995004, 19.990007];
const statistics = (layer: {
  readonly weights: readonly { readonly name: string; readonly value: Tensor }[];
}): number[] => layer.weights.filter(({ name }) => name.startsWith('moving')).map(({ value }) => value.itemSync());

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test('C37 a frozen BatchNormalization uses its statistics and keeps them, until it is thawed', async () => {
    const bn = new layers.BatchNormalization({ momentum: 0.9, epsilon: 1e-3, inputShape: [1] });
    bn.trainable = false;
    const model = new Sequential([bn, new layers.Dense(1, { useBias: false })]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(x, [[1], [2]], quiet);
    expectNear(bn.apply(x, { training: true }).dataSync(), frozenOutput, { relative: 1e-6 });
    expect(statistics(bn)).toEqual([0, 1]);
    bn.trainable = true;
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(x, [[1], [2]], quiet);
    expectNear(statistics(bn), [1.5, 3.4], { relative: 1e-6 });
  });

  test('C37 a whole frozen model inside another', async () => {
    const base = new Sequential([new layers.BatchNormalization({ momentum: 0.9, epsilon: 1e-3, inputShape: [1] })]);
    base.trainable = false;
    const model = new Sequential([base, new layers.Dense(1)]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(x, [[1], [2]], { epochs: 2, ...quiet });
    expectNear(base.apply(x, { training: true }).dataSync(), frozenOutput, { relative: 1e-6 });
    expect(base.weights.map((w) => w.value.itemSync())).toEqual([1, 0, 0, 1]);
    expect(model.trainableWeights).toHaveLength(2);
    base.trainable = true;
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(x, [[1], [2]], quiet);
    expectNear(statistics(base), [1.5, 3.4], { relative: 1e-6 });
  });
});

const rows = [
  [1, 2],
  [3, 4],
];
function table(): layers.Embedding {
  const layer = new layers.Embedding(2, 2, { name: 'table' });
  layer.ensureBuilt([null]);
  layer.setWeights([rows]);
  return layer;
}

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each([2, -1, 100])('C39 the id %i is an error with its position and the range', (id) => {
    const said = `gather: index ${id} at position 1 is out of range [0, 2)`;
    expect(() => t.gather(rows, [0, id])).toThrow(said);
    expect(() => t.gather(rows, tensor([0, id], 'int32'))).toThrow(said);
    expect(() => table().apply(tensor([0, id], 'int32'))).toThrow(`table (Embedding): ${said}`);
    expect(() => table().apply([0, id])).toThrow(t.ShapeError);
  });

  test.each([2, -1])('C39 the id %i among very many is found', (id) => {
    const ids = new Int32Array(9000);
    expect(t.gather(rows, tensor(ids.fill(1))).shape).toEqual([9000, 2]);
    ids[8765] = id;
    expect(() => t.gather(rows, tensor(ids))).toThrow(`gather: index ${id} at position 8765 is out of range [0, 2)`);
  });

  test.each([0.5, NaN])('C39 the id %d is an error', (id) => {
    expect(() => t.gather(rows, [0, id])).toThrow(t.DTypeError);
    expect(() => table().apply([0, id])).toThrow(
      `table (Embedding): ids must be whole numbers, got ${id} at position 1`,
    );
  });

  test('C39 training with an id out of range stops with an error', async () => {
    const model = new Sequential([table(), new layers.Flatten(), new layers.Dense(1)]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const fit = model.fit([[0], [2]], [[1], [2]], { shuffle: false, ...quiet });
    await expect(fit).rejects.toThrow('table (Embedding): gather: index 2 at position 1 is out of range [0, 2)');
    expect([...model.weights[0]!.value.dataSync()]).toEqual([1, 2, 3, 4]);
  });

  test('C39 indices that count from the end belong to at(); everything else refuses them', () => {
    expect([...t.at(tensor(rows), tensor([-1], 'int32')).dataSync()]).toEqual([3, 4]);
    expect(() => t.gatherNd(rows, tensor([[-1]], 'int32'))).toThrow('index -1 at position 0 is out of range [0, 2)');
    expect(() => t.scatterNd(t.zeros([2]), tensor([[-1]], 'int32'), [1])).toThrow('index -1');
    expect(() => t.segmentSum(rows, tensor([0, -1], 'int32'), 2)).toThrow('index -1');
    expect(() => t.sparseSoftmaxCrossEntropy(tensor([0, -1], 'int32'), rows)).toThrow('index -1');
  });
});

describe.each([...ALL_BACKENDS, ['tiny', tiny] as const])('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('C39 the gradient adds up rows that are used twice', async () => {
    const layer = table();
    const { grads } = variableGrads(() => layer.apply(tensor([0, 0, 1], 'int32')).sum(), layer.trainableWeights);
    expect(await numbers(grads[0]!)).toEqual([2, 2, 1, 1]);
    const byGather = t.grad((v: Tensor) => t.gather(v, tensor([0, 0, 1], 'int32')).sum())(tensor(rows));
    expect(await numbers(byGather)).toEqual([2, 2, 1, 1]);
  });

  test('C39 where ids cannot be looked at, one out of range gives NaN, never the data of another row', async () => {
    // Inside a composite no backend can look.
    const unseen = composite<object>('unseen', ([x, ids]) => t.gather(x!, ids!));
    const canRead = t.getBackend().readSync !== undefined;
    const taken = (x: Tensor, ids: Tensor): Tensor => (canRead ? unseen([x, ids], {}) : t.gather(x, ids));
    for (const id of [2, -1, 100]) {
      await expectTensor(taken(tensor(rows), tensor([id, 1], 'int32')), [NaN, NaN, 3, 4]);
      await expectTensor(taken(tensor(rows, 'int32'), tensor([id, 1], 'int32')), [0, 0, 3, 4]);
    }
    if (canRead) return;
    await expectTensor(table().apply([2, 0.5, NaN, -1, 100, 1]), [...new Array<number>(10).fill(NaN), 3, 4]);
  });
});
