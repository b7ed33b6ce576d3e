/**
 * Cases of memory: loops that hold on to nothing, errors inside scopes, functions that return promises.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  callbacks,
  ConfigError,
  layers,
  memory,
  Sequential,
  setBackend,
  tidy,
  Variable,
  variableGrads,
} from '@dl/keras';
import * as t from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { tiny } from '../../../../packages/tensor/test/tiny-backend.ts';
import { ALL_BACKENDS } from './support.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use: exact where tensors are counted, otherwise what is left after a collection. */
async function inUse(): Promise<number> {
  const { collected } = t.getBackend().capabilities;
  if (!collected) return memory().liveBytes;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => void setTimeout(resolve, 1));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe.each([...ALL_BACKENDS, ['tiny', tiny] as const])('%s', { timeout: 300_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);
  /** One forgotten tensor of 16 kB a round would be far above it; noise of the collector is far below. */
  const slack = (): number => (t.getBackend().capabilities.collected ? 2_000_000 : 0);

  test('C68 a thousand rounds of gradient and assignment', async () => {
    const first = t.ones([64, 64]);
    const w = new Variable(first);
    const x = t.ones([1, 64]);
    const round = (): void => {
      tidy(() => {
        const { grads } = variableGrads(() => x.matmul(w).square().mean(), [w]);
        w.assign(w.value.sub(grads[0]!.mul(1e-3)));
        return null;
      });
    };
    round();
    round();
    const [early, { live }] = [await inUse(), memory()];
    for (let i = 2; i < 1000; i++) {
      round();
      // A turn of the event loop, as programs have; queues drain then.
      if (i % 100 === 0) await w.read().data();
    }
    await w.read().data();
    expect((await inUse()) - early).toBeLessThanOrEqual(slack());
    expect(memory().live).toBe(live);
    // Used to the end, so that it is not collected in between.
    expect(first.shape).toEqual(w.shape);
  });

  test('C68 fit for 50 epochs with validation, callbacks and metrics', async () => {
    const model = new Sequential([new layers.Dense(8, { inputShape: [4], activation: 'relu' }), new layers.Dense(1)]);
    model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
    const [x, y] = [new Float32Array(64).fill(0.5), new Float32Array(16).fill(1)];
    const used: number[] = [];
    const live: number[] = [];
    const watch = new callbacks.LambdaCallback({
      onEpochEnd: async () => {
        used.push(await inUse());
        live.push(memory().live);
      },
    });
    const stop = new callbacks.EarlyStopping({ patience: 50, restoreBestWeights: true });
    const rates = [
      new callbacks.ReduceLROnPlateau({ patience: 50 }),
      new callbacks.LearningRateScheduler((epoch) => 0.01 / (epoch + 1)),
    ];
    await model.fit(x, y, {
      epochs: 50,
      batchSize: 8,
      validationData: [x, y],
      callbacks: [stop, ...rates, watch],
      verbose: 0,
    });
    expect(used).toHaveLength(50);
    // The best weights are those of now, or kept beside them: four Variables of 49 numbers.
    expect(used[49]! - used[1]!).toBeLessThanOrEqual(slack() + 4 * 49);
    // Fewer where what the first epoch left was collected since.
    expect(live[49]).toBeLessThanOrEqual(live[1]! + 4);
  });

  test('C68 an error in the middle of a scope frees what was made, and so does an async function', async () => {
    const x = t.ones([64, 64]);
    tidy(() => x.add(1).sum());
    const { live } = memory();
    for (let i = 0; i < 10; i++) {
      expect(() =>
        tidy(() => {
          x.mul(2).add(1);
          throw new Error('in the middle');
        }),
      ).toThrow('in the middle');
      expect(() => {
        const scope = t.scope();
        try {
          x.mul(2).matmul(x.reshape([3, 3]));
        } finally {
          scope.dispose();
        }
      }).toThrow(t.ShapeError);
      expect(() =>
        variableGrads(() => {
          throw new Error('in the middle');
        }, []),
      ).toThrow('in the middle');
      // @ts-expect-error the type refuses a function that returns a promise
      expect(() => tidy(async () => x.mul(2))).toThrow(ConfigError);
    }
    expect(memory().live).toBe(live);
    // The scopes are closed: what is made now belongs to none.
    const kept = x.add(1);
    expect((await kept.sum().data())[0]).toBe(2 * 64 * 64);
  });

  test('what was read of a Variable stays, also under a tape and through ops that change nothing', async () => {
    const w = new Variable([[1, 2, 3]], { name: 'w' });
    const ways: Readonly<Record<string, (x: Variable) => t.Tensor>> = {
      value: (x) => x.value,
      tensor: (x) => t.tensor(x),
      reshape: (x) => t.reshape(x, [1, 3]),
      cast: (x) => t.cast(x, 'float32'),
      concat: (x) => t.concat([x], 0),
      squeeze: (x) => t.squeeze(x, []),
      at: (x) => t.at(x),
      roll: (x) => t.roll(x, 0, 0),
      dropout: (x) => t.dropout(x, 0),
    };
    for (const [name, way] of Object.entries(ways)) {
      w.assign([[1, 2, 3]]);
      const kept = [way(w)];
      const { grads } = variableGrads(() => {
        kept.push(way(w));
        return kept[1]!.mul(2).sum();
      }, [w]);
      w.assign(w.value.sub(grads[0]!));
      for (const tensor of kept) expect([...(await tensor.data())], name).toEqual([1, 2, 3]);
      kept[0]!.dispose();
      expect([...(await w.value.data())], name).toEqual([-1, 0, 1]);
    }
  });
});
