/**
 * The ten-line program, on generated data: which of ten directions is a point nearest to?
 */
import { Sequential, layers, losses, optimizers } from '@dl/keras';

const random = (seed: number) => () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
const next = random(7);
const directions = Array.from({ length: 10 }, () => Array.from({ length: 32 }, () => next() - 0.5));
const data = Array.from({ length: 1000 }, () => Array.from({ length: 32 }, () => next() - 0.5));
const labels = data.map((x) => {
  const scores = directions.map((d) => d.reduce((sum, v, i) => sum + v * x[i]!, 0));
  return scores.map((score) => Number(score === Math.max(...scores)));
});

const model = new Sequential();
model.add(new layers.Dense(64, { activation: 'relu', inputShape: [32] }));
model.add(new layers.Dense(64, { activation: 'relu' }));
model.add(new layers.Dense(10));
model.compile({
  optimizer: new optimizers.Adam(0.01),
  loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
  metrics: ['accuracy'],
});
await model.fit(data, labels, { epochs: 10, batchSize: 32 });
