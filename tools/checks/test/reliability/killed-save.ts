/**
 * A process that saves over the same files all the time, and says when a save is done. Save n holds n in every weight.
 */
import { readdirSync, writeSync } from 'node:fs';
import { layers, ones, Sequential } from '@dl/keras';

const [folder = '', from = '0'] = process.argv.slice(2);
const model = new Sequential([new layers.Dense(500, { inputShape: [300] }), new layers.Dense(700)]);

for (let n = Number(from) + 1; ; n++) {
  model.setWeights(model.weights.map(({ shape }) => ones(shape).mul(n)));
  await model.save(`${folder}/model.keras`);
  await model.saveWeights(`${folder}/model.weights.h5`);
  await model.saveWeights(`${folder}/model.safetensors`);
  const left = readdirSync(folder).filter((name) => name.endsWith('.part')).length;
  writeSync(1, `${n} ${left}\n`);
}
