/**
 * The ten-line program on every backend: the CPU's, WebGPU's, and a small one without synchronous reads.
 */
import { cpu } from '@dl/backend-cpu';
import { webgpu } from '@dl/backend-webgpu';
import { layers, losses, optimizers, Sequential, setBackend, setSeed } from '@dl/keras';
import type { Backend } from '@dl/tensor/backend';
import { expect, test } from 'vitest';
import { tiny } from '../../../packages/tensor/test/tiny-backend.ts';

/** Continuous integration has a driver; elsewhere WebGPU takes part where there is one. */
const adapter = await webgpu().then(
  (backend) => backend,
  () => null,
);

const BACKENDS: readonly (readonly [string, () => Backend | Promise<Backend>])[] = [
  ['cpu', cpu],
  ...(adapter || process.env['CI'] ? [['webgpu', () => adapter ?? webgpu()] as const] : []),
  ['tiny', tiny],
];

test.each(BACKENDS)('%s trains the ten-line program', { timeout: 180_000 }, async (name, make) => {
  const backend = await make();
  expect(backend.name).toBe(name);
  setBackend(backend);
  setSeed(1);
  const data = Array.from({ length: 96 }, (_, i) => Array.from({ length: 32 }, (_, j) => Math.sin(1 + i * (j + 1))));
  const labels = data.map((row) =>
    Array.from({ length: 10 }, (_, k) => Number(k === Math.floor(5 * (row[0]! + 1) * 0.999))),
  );
  const model = new Sequential();
  model.add(new layers.Dense(64, { activation: 'relu', inputShape: [32] }));
  model.add(new layers.Dense(64, { activation: 'relu' }));
  model.add(new layers.Dense(10));
  model.compile({
    optimizer: new optimizers.Adam(0.01),
    loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  const { history } = await model.fit(data, labels, { epochs: 10, batchSize: 32, verbose: 0 });
  expect(history['loss']!.at(-1)!).toBeLessThan(history['loss']![0]! / 2);
  expect(history['accuracy']!.at(-1)!).toBeGreaterThan(0.7);
});
