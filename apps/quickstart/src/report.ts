// Puts the report page together. Pure: numbers in, one self-contained HTML page out.
import {
  accuracyOf,
  classBars,
  confusionTable,
  escapeText as escape,
  formatShare as percent,
  historyHTML,
  reportStyle,
} from '@dl/keras/reports';
import type { ReportData } from './report/data.ts';
import { count, duration } from './report/numbers.ts';
import { imageGrid } from './report/images.ts';
import { style } from './report/style.ts';

export type { ReportData, ReportImage, RunFacts } from './report/data.ts';

const facts = ({ confusion, history, run }: ReportData): string => {
  const epochs = Math.max(0, ...Object.values(history).map((values) => values.length));
  const list = [
    ['test accuracy', percent(accuracyOf(confusion))],
    ['trained in', duration(run.seconds)],
    ['epochs', count(epochs)],
    ['parameters', count(run.params)],
    ['backend', run.backend],
  ] as const;
  const items = list.map(([name, value]) => `<div><dt>${name}</dt><dd>${escape(value)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
};

const footer = ({ run }: ReportData): string => {
  const parts = [
    run.trainSize === undefined ? undefined : `${count(run.trainSize)} training images`,
    run.testSize === undefined ? undefined : `${count(run.testSize)} test images`,
    run.batchSize === undefined ? undefined : `batches of ${run.batchSize}`,
    `seed ${run.seed}`,
    `${run.backend} backend`,
    `Node ${run.nodeVersion}`,
  ];
  return `<footer>${escape(parts.filter((part) => part !== undefined).join(' · '))}</footer>`;
};

/**
 * The report of a training run as one HTML page: learning curves, confusion matrix, accuracy of each class and test
 * images with the model's answers. It loads nothing from anywhere and needs no script.
 *
 * @example
 * writeFileSync('report.html', renderReport({ title: 'Fashion-MNIST', history, confusion, classNames, images, run }));
 */
export const renderReport = (data: ReportData): string => {
  const { title, summary, history, confusion, classNames, images } = data;
  const intro = summary === undefined ? '' : `<p>${escape(summary)}</p>`;
  const mistakes = images.filter(({ label, predicted }) => label !== predicted).length;
  const pictures =
    images.length === 0
      ? ''
      : `<section><h2>Test images</h2><p class="note">${images.length} images the model never saw in training; ` +
        `${mistakes === 0 ? 'all are right' : `${mistakes} ${mistakes === 1 ? 'mistake is' : 'mistakes are'} framed`}.</p>` +
        `${imageGrid(images, classNames)}</section>`;
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"/><title>${escape(title)}</title>\n` +
    `<style>${reportStyle}\n${style}</style></head>\n<body class="dl-report"><main><header><h1>${escape(title)}</h1>${intro}${facts(data)}</header>\n` +
    `<section><h2>Learning curves</h2><p class="note">Point at a curve for the values of an epoch.</p>${historyHTML(history, { page: false })}</section>\n` +
    `<div class="columns"><section><h2>Confusion matrix</h2><p class="note">Rows are what the image shows, columns what the ` +
    `model said. Blue cells are right, orange ones are mistakes.</p>${confusionTable(confusion, classNames)}</section>\n` +
    `<section><h2>Accuracy by class</h2><p class="note">Share of each class that was recognised.</p>` +
    `${classBars(confusion, classNames)}</section></div>\n${pictures}\n${footer(data)}</main></body></html>\n`
  );
};
