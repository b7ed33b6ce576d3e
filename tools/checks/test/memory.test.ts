/**
 * Memory of eager training: flat without anybody disposing anything.
 */
import { cpu } from '@dl/backend-cpu';
import { variableGrads } from '@dl/autograd';
import { layers, Sequential } from '@dl/keras';
import { Adam } from '@dl/optim';
import { normal, setBackend, Variable, zeros, type Tensor } from '@dl/tensor';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

const STEPS = process.env['FULL'] ? 40_000 : 4_000;

/** Lets the collector find what was dropped, and its finalizers run. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('a synchronous training loop does not grow', { timeout: 300_000 }, () => {
  setBackend(cpu());
  const weights = [
    new Variable(normal([8, 16], 0, 0.3)),
    new Variable(zeros([16])),
    new Variable(normal([16, 1], 0, 0.3)),
  ];
  const [w1, b1, w2] = weights as [Variable, Variable, Variable];
  const [x, y] = [normal([32, 8]), normal([32, 1])];
  const optimizer = new Adam(0.001);
  const step = (): Tensor => {
    const { value, grads } = variableGrads(
      () => x.matmul(w1).add(b1).relu().matmul(w2).sub(y).square().mean(),
      weights,
    );
    optimizer.apply(grads, weights);
    return value;
  };
  const before = w1.value;
  const snapshot = [...before.dataSync()];
  const resident = (steps: number): number => {
    for (let i = 0; i < steps; i++) step();
    return process.memoryUsage().rss;
  };
  const early = resident(STEPS / 4);
  const late = resident((STEPS * 3) / 4);
  expect(late / early).toBeLessThanOrEqual(1.05);
  expect([...before.dataSync()]).toEqual(snapshot);
});

test('models that are dropped leave the heap as it was', { timeout: 120_000 }, async () => {
  const backend = cpu();
  setBackend(backend);
  const round = async (): Promise<void> => {
    const model = new Sequential([new layers.Dense(32, { inputShape: [16], activation: 'relu' }), new layers.Dense(1)]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(normal([32, 16]), normal([32, 1]), { verbose: 0 });
    await collect();
  };
  for (let i = 0; i < 20; i++) await round();
  const early = backend.heapBytes();
  for (let i = 0; i < (process.env['FULL'] ? 200 : 40); i++) await round();
  expect(backend.heapBytes()).toBeLessThanOrEqual(early * 1.05);
});
