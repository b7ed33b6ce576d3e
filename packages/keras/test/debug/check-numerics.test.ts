import { expect, test } from 'vitest';
import { layers, Model, tensor, type Tensor } from '@dl/keras';
import * as debug from '@dl/keras/debug';
import { column, line } from '../helpers.ts';

/** A layer that takes the logarithm of what comes in. */
class Log extends layers.Layer {
  override call(x: Tensor): Tensor {
    return x.log();
  }
}

class Logs extends Model {
  readonly inner = new layers.Dense(1, { useBias: false, kernelInitializer: 'ones', inputShape: [1] });
  readonly last = new Log({ name: 'last' });
  override call(x: Tensor): Tensor {
    return this.last.apply(this.inner.apply(x));
  }
}

function logs(): Model {
  const model = new Logs({ name: 'logs' });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  return model;
}

test('fit of a watched model tells epoch, batch, layer and op, until the handle is removed', async () => {
  const model = logs();
  const handle = debug.checkNumerics(model);
  const x = [[1], [2], [0], [4]];
  const options = { batchSize: 1, shuffle: false, verbose: 0 } as const;
  await expect(model.fit(x, column(4), options)).rejects.toThrow(
    /^fit: epoch 1, batch 2: last \(Log\): log: made -Infinity at \[0, 0\] of finite inputs \[1, 1\]/,
  );
  await expect(model.predict([[1], [0]], { batchSize: 1, verbose: 0 })).rejects.toThrow(
    /^predict: batch 1: last \(Log\): log: made/,
  );
  await expect(model.evaluate([[0]], [[0]], { verbose: 0 })).rejects.toThrow(/^evaluate: batch 0: last \(Log\): log/);
  await expect(model.fit([[1], [NaN]], column(2), options)).rejects.toThrow(
    'fit: epoch 1, batch 1: x holds NaN at [0, 0] of the batch',
  );
  handle.remove();
  const { history } = await model.fit(x, column(4), options);
  expect(history['loss']![0]).toBeNaN();
});

test('a watched model computes what it computes otherwise', async () => {
  const [plain, watched] = [line(1, { stepsPerExecution: 2 }), line(1, { stepsPerExecution: 2 })];
  const { remove } = debug.checkNumerics(watched);
  const options = { epochs: 2, batchSize: 1, shuffle: false, verbose: 0 } as const;
  const [a, b] = [
    await plain.fit(column(4), [[1], [3], [5], [7]], options),
    await watched.fit(column(4), [[1], [3], [5], [7]], options),
  ];
  expect(b.history['loss']![1]).toBeCloseTo(a.history['loss']![1]!, 5);
  remove();
});

test('functions come back checked', () => {
  const safe = debug.checkNumerics(function ratio(x: Tensor, y: Tensor) {
    return x.div(y).sum();
  });
  expect(safe(tensor([4, 6]), tensor([2, 3])).itemSync()).toBe(4);
  expect(() => safe(tensor([4, 6]), tensor([2, 0]))).toThrow('div: made Infinity at [1] of finite inputs [2], [2]');
  expect(() => safe(tensor([4, NaN]), tensor([2, 1]))).toThrow('checkNumerics: argument 0 of ratio holds NaN at [1]');
  expect(() => debug.checkNumerics(() => Promise.resolve(1))()).toThrow('the function returned a promise');
  expect(() => debug.checkNumerics(new layers.Dense(1) as never)).toThrow('for a layer give (x) => layer.apply(x)');
});
