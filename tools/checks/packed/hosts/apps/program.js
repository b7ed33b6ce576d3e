// The ten-line program; gives the backend it ran on, and the first and the last loss.
import { getBackend, layers, losses, optimizers, Sequential } from '@dl/keras';

export async function train() {
  const data = Array.from({ length: 64 }, (_, i) => Array.from({ length: 32 }, (_, j) => Math.sin(i * j)));
  const labels = data.map((_, i) => Array.from({ length: 10 }, (_, k) => Number(k === i % 10)));
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
  return { backend: getBackend().name, first: history.loss[0], last: history.loss.at(-1) };
}
