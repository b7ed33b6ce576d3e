/**
 * The ten-line program on every backend: the CPU's, WebGPU's on a driver and under validation, and a small one without
 * synchronous reads.
 */
import { cpu } from '@dl/backend-cpu';
import { webgpu } from '@dl/backend-webgpu';
import { layers, losses, optimizers, Sequential, setBackend, setSeed } from '@dl/keras';
import { tensor, uniform } from '@dl/tensor';
import type { Backend } from '@dl/tensor/backend';
import { expect, test } from 'vitest';
import { validating } from '../../../packages/backend-webgpu/test/validating.ts';
import { tiny } from '../../../packages/tensor/test/tiny-backend.ts';

/** Continuous integration has a driver; elsewhere WebGPU takes part where there is one. */
const adapter = await webgpu().then(
  (backend) => backend,
  () => null,
);

const BACKENDS: readonly (readonly [string, () => Backend | Promise<Backend>])[] = [
  ['cpu', cpu],
  ...(adapter || process.env['CI'] ? [['webgpu', () => adapter ?? webgpu()] as const] : []),
  ['validated webgpu', () => validating()],
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
  await backend.fence?.();
});

test('training steps of layers of many kinds are valid WebGPU, with the fewest buffers a device may allow', async () => {
  const backend = await validating({ maxStorageBuffersPerShaderStage: 8 });
  setBackend(backend);
  setSeed(1);
  const images = uniform([8, 8, 8, 1]);
  const labels = tensor([0, 1, 2, 0, 1, 2, 0, 1], 'int32');
  const model = new Sequential();
  model.add(new layers.Conv2D(4, 3, { padding: 'same', inputShape: [8, 8, 1] }));
  model.add(new layers.BatchNormalization());
  model.add(new layers.Activation('relu'));
  model.add(new layers.MaxPooling2D(2));
  model.add(new layers.DepthwiseConv2D(3, { activation: 'gelu' }));
  model.add(new layers.Flatten());
  model.add(new layers.LayerNormalization());
  model.add(new layers.Dropout(0.2));
  model.add(new layers.Dense(3, { activation: 'softmax' }));
  for (const optimizer of ['sgd', 'adam', 'rmsprop', 'lion']) {
    model.compile({ optimizer, loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] });
    const { history } = await model.fit(images, labels, { epochs: 1, batchSize: 4, verbose: 0 });
    expect(history['loss']![0]).toBeGreaterThan(0);
    await backend.fence();
  }
});
