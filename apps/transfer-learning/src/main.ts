/**
 * Teaches a trained network ten new classes, and says how well that goes beside learning from pixels.
 */
import { install, loadBackbone } from './backbone.ts';
import { loadTask } from './photos.ts';
import { features, fineTune, trainHead, trainOnPixels } from './transfer.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const start = performance.now();

install();
const task = loadTask();
console.log(
  `${task.train.y.length} pictures to learn from, ${task.test.y.length} to test with: ${task.names.join(', ')}`,
);

const pixels = await trainOnPixels(task);
console.log(`From pixels alone: ${percent(pixels.accuracy)}`);

const backbone = await loadBackbone();
console.log(`MobileNetV2 backbone: ${backbone.countParams().toLocaleString('en')} weights`);
const [train, test] = [await features(backbone, task.train), await features(backbone, task.test)];
const head = await trainHead(train, test, task);
console.log(`A new head on its features, trained in ${head.seconds.toFixed(1)} s: ${percent(head.accuracy)}`);

console.log('Fine-tuning the last block:');
const tuned = await fineTune(backbone, head.head, task, 8);
console.log(`Fine-tuned in ${tuned.seconds.toFixed(0)} s: ${percent(tuned.accuracy)}`);
console.log(`Done in ${((performance.now() - start) / 1000).toFixed(0)} s.`);
