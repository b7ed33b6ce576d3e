import { describe, expect, test } from 'vitest';
import * as reports from '@dl/keras/reports';
import { column, line } from '../helpers.ts';
import { ticks } from '../../src/reports/scale.ts';
import { checkMarkup } from './markup.ts';

const curve = (from: number, to: number, epochs: number): number[] =>
  Array.from({ length: epochs }, (_, i) => to + (from - to) * Math.exp(-i / 3));

const history = {
  loss: curve(1, 0.2, 12),
  accuracy: curve(0.5, 0.9, 12),
  val_loss: curve(0.9, 0.3, 12),
  val_accuracy: curve(0.6, 0.85, 12),
};
const labels = [0, 0, 1, 1, 1];
const scores = [0.1, 0.4, 0.35, 0.8, 0.9];

describe('learning curves', () => {
  test('as SVG and as a page, with the numbers of each epoch', () => {
    const svg = reports.historySVG(history, { title: 'A run' });
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg).toContain('<title>A run</title>');
    expect(svg).toContain('epoch 12\ntraining 0.2');
    expect(checkMarkup(svg).get('path')).toBe(4);
    const html = reports.historyHTML(history);
    const seen = checkMarkup(html);
    expect(seen.get('svg')).toBe(2);
    expect(seen.get('tr')).toBe(13);
    expect(html).toContain('name="viewport"');
    expect([...html.matchAll(/<b>(\w+)<\/b>/g)].map(([, name]) => name)).toEqual(['loss', 'accuracy']);
    // Shares are percentages, other values are not.
    expect(html).toContain('90 %');
    expect(html).toContain('>0.4</text>');
  });

  test('come from the history of fit', async () => {
    const model = line(0);
    const run = await model.fit(column(4), column(4), {
      epochs: 3,
      verbose: 0,
      validationData: [column(2), column(2)],
    });
    const svg = await run.toSVG({ title: 'Line', columns: 2 });
    expect(svg).toBe(reports.historySVG(run.history, { title: 'Line', columns: 2 }));
    checkMarkup(svg);
    expect(await run.toHTML({ page: false })).toMatch(/^<div class="dl-report"><div class="dl-charts"><figure/);
  });

  test('with gaps, one epoch, none, and validation in some epochs', () => {
    const odd = reports.historyHTML({
      loss: [1, NaN, 0.5, 0.4],
      val_loss: [0.9, Infinity],
      rate: [0.1, 0.1, 0.1, 0.1],
    });
    checkMarkup(odd);
    expect(odd).toContain('epoch 2\ntraining –\nvalidation 0.9000');
    checkMarkup(reports.historySVG({ loss: [1] }));
    const none = reports.historyHTML({});
    checkMarkup(none);
    expect(none).toContain('No epoch was trained.');
    expect(() => reports.historySVG({ loss: 'x' as never })).toThrow("expected a list of numbers for 'loss'");
  });
});

test('every picture is well formed, self-contained, described, and has its numbers', async () => {
  const matrix = await reports.confusionMatrix(labels, [0, 1, 1, 1, 0]);
  const classNames = ['cat', 'dog'];
  const confusion = reports.confusionMatrixSVG(matrix, { classNames });
  expect(checkMarkup(confusion).get('rect')).toBe(1 + 4);
  expect(confusion).toContain('1 of 3 × dog taken for cat (33.3 %)');
  const table = reports.confusionMatrixHTML(matrix, { classNames });
  expect(checkMarkup(table).get('li')).toBe(2);
  expect(table).toContain('60.0 % of all are right');

  const roc = await reports.rocCurve(labels, scores);
  const pr = await reports.precisionRecallCurve(labels, scores);
  for (const picture of [reports.rocCurveSVG(roc), reports.precisionRecallCurveSVG({ a: pr, b: pr })])
    checkMarkup(picture);
  expect(checkMarkup(reports.rocCurveHTML({ a: roc, b: roc })).get('table')).toBe(2);
  expect(reports.rocCurveHTML(roc)).toContain('area 0.833');
  checkMarkup(reports.precisionRecallCurveHTML(pr));

  const spread = [
    reports.histogram('w', [1, 2, 2, 3]),
    reports.histogram('bad', [NaN]),
    reports.histogram('big', [1e9]),
  ];
  expect(checkMarkup(reports.histogramsSVG(spread)).get('rect')).toBe(1 + 90 + 1);
  expect(reports.histogramsHTML(spread)).toContain('<td>2.0000</td>');

  const points = scores.map((x, i) => [x, i]);
  const scatter = reports.scatterHTML(points, {
    groups: labels,
    groupNames: classNames,
    labels: labels.map((_, i) => `no. ${i}`),
  });
  expect(checkMarkup(scatter).get('circle')).toBe(5);
  expect(scatter).toContain('<title>no. 4\ndog</title>');
  expect(scatter).toContain('<th scope="row">dog</th><td>3</td><td>0.6833</td>');
  checkMarkup(reports.scatterSVG(points, { groups: ['b', 'a', 'b', 'a', 'c'] }));
});

test('texts are escaped, also those that XML does not allow', async () => {
  const bad = '<b onclick="x">&\'\u0001</b>';
  const roc = await reports.rocCurve(labels, scores);
  const pictures = [
    reports.historyHTML({ [bad]: [1, 2] }, { title: bad }),
    reports.historySVG({ [bad]: [1, 2] }, { title: bad }),
    reports.confusionMatrixHTML([[1]], { classNames: [bad], title: bad }),
    reports.confusionMatrixSVG([[1]], { classNames: [bad], title: bad }),
    reports.rocCurveHTML({ [bad]: roc }),
    reports.histogramsHTML([reports.histogram(bad, [1])]),
    reports.scatterHTML([[1, 2]], { labels: [bad], groups: [bad], title: bad }),
    reports.reportPage(bad, [{ title: bad, note: bad, html: '' }]),
  ];
  for (const picture of pictures) {
    checkMarkup(picture);
    expect(picture).not.toContain('<b onclick');
    expect(picture).not.toContain('\u0001');
  }
  expect(reports.escapeText(bad)).toBe('&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;\ufffd&lt;/b&gt;');
});

test('bad input is an error that says what does not fit', () => {
  expect(() => reports.confusionMatrixSVG([[1, 2]])).toThrow('expected 1 × 1 numbers, row 0 has 2');
  expect(() => reports.confusionMatrixHTML([[1]], { classNames: [] })).toThrow('1 classes, but 0 classNames');
  expect(() => reports.scatterSVG([])).toThrow('expected points [x, y] of finite numbers, got none');
  expect(() => reports.scatterSVG([[1, NaN]])).toThrow('at [0]');
  expect(() => reports.scatterSVG([[1, 2]], { groups: [1, 2] })).toThrow('1 points, but 2 groups');
  expect(() => reports.scatterSVG([[1, 2]], { labels: [] })).toThrow('1 points, but 0 labels');
  expect(() => reports.rocCurveSVG({})).toThrow('make one with await rocCurve(yTrue, yScore)');
});

test.each([
  [0.2, 1.1],
  [0, 1],
  [0.913, 0.921],
  [5, 5],
  [0, 0],
  [-3e-5, 2e-5],
  [1e6, 9e6],
])('ticks of %d to %d cover the range in a few even steps', (low, high) => {
  const all = ticks(low, high);
  expect(all[0]).toBeLessThanOrEqual(low);
  expect(all.at(-1)).toBeGreaterThanOrEqual(high);
  expect(all.length).toBeGreaterThan(1);
  expect(all.length).toBeLessThanOrEqual(8);
});

test('numbers as people read them', () => {
  expect([reports.formatShare(0.12345), reports.formatShare(NaN)]).toEqual(['12.3 %', '–']);
  expect([0.12345, 123.456, 0.0000123, 0, NaN, 1.5e9].map(reports.formatMeasure)).toEqual([
    '0.1235',
    '123.5',
    '1.23e-5',
    '0.0000',
    '–',
    '1.50e+9',
  ]);
});
