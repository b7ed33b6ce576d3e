/**
 * The quickstart: trains a small network on Fashion-MNIST, prints how well it does, and writes a report page.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fashionMnist, type LabelledImages } from '@dl/data';
import { getBackend, setSeed, tensor, type Tensor } from '@dl/keras';
import { confusionMatrix } from '@dl/keras/reports';
import { answerOf, sampleImages, type Answers } from './evaluation.ts';
import { makeModel } from './model.ts';
import { parseOptions, USAGE, type QuickstartOptions } from './options.ts';
import { renderReport } from './report.ts';

const HERE = fileURLToPath(new URL('..', import.meta.url));

function pixels({ images }: LabelledImages): { readonly data: Uint8Array; readonly shape: readonly number[] } {
  return { data: images.data, shape: [...images.shape, 1] };
}

/** One line per class: its accuracy as a bar. */
function printClasses(confusion: readonly (readonly number[])[], names: readonly string[]): void {
  const width = Math.max(...names.map((name) => name.length));
  confusion.forEach((row, label) => {
    const share =
      row[label]! /
      Math.max(
        1,
        row.reduce((a, b) => a + b, 0),
      );
    console.log(
      `  ${names[label]!.padEnd(width)}  ${'█'.repeat(Math.round(share * 30)).padEnd(30, '·')} ${(100 * share).toFixed(1)} %`,
    );
  });
}

async function main(options: QuickstartOptions): Promise<void> {
  setSeed(options.seed);
  const { train, test, classNames } = await fashionMnist.load({ dir: options.full ?? `${HERE}data` });
  const [trainSize, testSize] = [train.labels.data.length, test.labels.data.length];
  console.log(`Fashion-MNIST: ${trainSize} training and ${testSize} test images; ${getBackend().name} backend\n`);
  const model = makeModel(options.model, classNames.length, options.epochs * Math.ceil(trainSize / options.batch));
  model.summary();
  const start = performance.now();
  const history = await model.fit(pixels(train), train.labels, {
    epochs: options.epochs,
    batchSize: options.batch,
    validationData: [pixels(test), test.labels],
  });
  const seconds = (performance.now() - start) / 1000;
  const logits = (await model.predict(pixels(test), { batchSize: 256, verbose: 0 })) as Tensor;
  const answers: Answers = { scores: await tensor(logits).data(), classes: classNames.length };
  const labels = test.labels.data;
  const confusion = await confusionMatrix(labels, logits);
  const right = labels.reduce((sum, label, i) => sum + Number(answerOf(answers, i).predicted === label), 0);
  console.log(`\nTest accuracy ${(right / testSize).toFixed(4)} after ${seconds.toFixed(1)} s of training`);
  printClasses(confusion, classNames);
  const page = renderReport({
    title: 'Fashion-MNIST',
    summary: `A small ${options.model === 'cnn' ? 'convolutional' : 'fully connected'} network learns to tell ten kinds of clothing apart.`,
    history: history.history,
    confusion,
    classNames,
    images: sampleImages(test.images, labels, answers, 6),
    run: {
      seconds,
      params: model.countParams(),
      nodeVersion: process.versions.node,
      backend: getBackend().name,
      seed: options.seed,
      trainSize,
      testSize,
      batchSize: options.batch,
    },
  });
  await mkdir(`${HERE}out`, { recursive: true });
  await writeFile(`${HERE}out/report.html`, page);
  console.log(`\nReport: ${HERE}out/report.html`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) console.log(USAGE);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (process.env['DEBUG']) console.error(error);
  process.exitCode = 1;
}
