/**
 * Teaches a trained network ten new classes, says how well that goes beside learning from pixels, and writes a report page.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setSeed } from '@dl/keras';
import { confusionMatrix } from '@dl/keras/reports';
import { install, loadBackbone } from './backbone.ts';
import { loadTask } from './photos.ts';
import { renderReport } from './report.ts';
import { features, fineTune, trainHead, trainOnPixels } from './transfer.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const start = performance.now();
setSeed(1);

install();
const task = loadTask();
const { names, train, test } = task;
console.log(`${train.y.length} pictures to learn from, ${test.y.length} to test with: ${names.join(', ')}`);

const pixels = await trainOnPixels(task);
console.log(`From pixels alone: ${percent(pixels.accuracy)}`);

const backbone = await loadBackbone();
console.log(`MobileNetV2 backbone: ${backbone.countParams().toLocaleString('en')} weights`);
const [seen, held] = [await features(backbone, train), await features(backbone, test)];
const head = await trainHead(seen, held, task);
console.log(`A new head on its features, trained in ${head.seconds.toFixed(1)} s: ${percent(head.accuracy)}`);

console.log('Fine-tuning the last block:');
const tuned = await fineTune(backbone, head.head, task, 8);
console.log(`Fine-tuned in ${tuned.seconds.toFixed(0)} s: ${percent(tuned.accuracy)}`);

const scores = (await (await tuned.model.predict(test.x, { verbose: 0 })).array()) as number[][];
const last = 'backbone and head, fine-tuned';
const page = renderReport({
  task,
  ways: { 'the pixels alone': pixels, 'a head on features of the backbone': head, [last]: tuned },
  curves: last,
  confusion: await confusionMatrix(test.y, scores),
  predicted: scores.map((row) => row.indexOf(Math.max(...row))),
});
const out = new URL('../out/', import.meta.url);
mkdirSync(out, { recursive: true });
const file = fileURLToPath(new URL('report.html', out));
writeFileSync(file, page);
console.log(`Report: ${file}`);
console.log(`Done in ${((performance.now() - start) / 1000).toFixed(0)} s.`);
