// Backups in the stores of browsers.
import { readIfThere } from '@dl/formats';
import { callbacks, layers, Sequential } from '@dl/keras';
import { expect, test } from 'vitest';

const x = [[1], [2], [3]];

function line(): Sequential {
  const model = new Sequential([new layers.Dense(1, { kernelInitializer: 'zeros', inputShape: [1] })]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
}

test.each(['indexeddb://runs/a', 'opfs://runs/a'])('a run goes on from %s', async (dir) => {
  const options = { epochs: 4, shuffle: false, verbose: 0 } as const;
  const whole = line();
  await whole.fit(x, x, options);
  const stop = new callbacks.LambdaCallback({
    onEpochBegin: (epoch) => {
      if (epoch === 3) throw new Error('stopped');
    },
  });
  const backup = () => new callbacks.BackupAndRestore(dir, { doubleCheckpoint: true });
  await expect(line().fit(x, x, { ...options, callbacks: [backup(), stop] })).rejects.toThrow('stopped');
  expect(await readIfThere(`${dir}/latest.weights.h5`)).not.toBeNull();
  const resumed = line();
  const { history, epoch } = await resumed.fit(x, x, { ...options, callbacks: [backup()] });
  expect(epoch).toEqual([0, 1, 2, 3]);
  expect(history['loss']).toEqual(whole.history!.history['loss']);
  expect(await resumed.weights[0]!.value.array()).toEqual(await whole.weights[0]!.value.array());
  expect(await readIfThere(`${dir}/latest.weights.h5`)).toBeNull();
});
