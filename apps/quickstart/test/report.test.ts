// The report page: well formed, escaped, self-contained, and right about the numbers it is given.
import { describe, expect, test } from 'vitest';
import { renderReport } from '../src/report.ts';
import { accuracyOf } from '../src/report/confusion.ts';
import { ticks } from '../src/report/curves.ts';
import { count, duration, escape, measure, percent } from '../src/report/html.ts';
import { sample } from './sample.ts';

/** Opening and closing tags in order must nest; attributes must be quoted. Returns the names seen. */
const checkWellFormed = (html: string): ReadonlyMap<string, number> => {
  const seen = new Map<string, number>();
  const open: string[] = [];
  const body = html.replace('<!doctype html>', '').replace(/<style>.*?<\/style>/s, '<style></style>');
  const tag = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<]*")?)*)\s*(\/?)>/g;
  expect(/[<>].{0,40}/.exec(body.replace(tag, ''))?.[0]).toBeUndefined();
  for (const [, closing, name, , selfClosing] of body.matchAll(tag)) {
    if (closing === '/') expect(open.pop()).toBe(name);
    else {
      seen.set(name!, (seen.get(name!) ?? 0) + 1);
      if (selfClosing !== '/') open.push(name!);
    }
  }
  expect(open).toEqual([]);
  return seen;
};

describe('renderReport', () => {
  test('is well formed and shows everything it is given', () => {
    const data = sample();
    const html = renderReport(data);
    const seen = checkWellFormed(html);
    expect(seen.get('svg')).toBe(2);
    expect(seen.get('img')).toBe(data.images.length);
    expect(seen.get('li')).toBe(10);
    expect(html).toContain(`<dd>${percent(accuracyOf(data.confusion))}</dd>`);
    expect(html).toContain('218\u202f058');
    expect(html).toContain('epoch 12\ntraining');
    expect(html).toContain('Ankle boot');
    expect(html).toContain('5 mistakes are framed');
    expect(html).toContain('Node 20.20.2');
  });

  test('loads nothing: no address but inline pictures, no script', () => {
    const html = renderReport(sample());
    const withoutPictures = html.replace(/data:image\/png;base64,[A-Za-z0-9+/=]+/g, '');
    expect(/https?:|\/\/[a-z]|@import|url\(|<script|<link|<iframe/i.exec(withoutPictures)?.[0]).toBeUndefined();
    for (const [, source] of html.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(source).toMatch(/^data:image\/png;base64,/);
  });

  test('follows the reader’s colour scheme and the width of a phone', () => {
    const html = renderReport(sample());
    expect(html).toContain('prefers-color-scheme:dark');
    expect(html).toContain('name="viewport"');
  });

  test('escapes every text', () => {
    const bad = '<b onclick="x">&\'</b>';
    const data = sample(2);
    const html = renderReport({
      ...data,
      title: bad,
      summary: bad,
      classNames: data.classNames.map(() => bad),
      history: { [bad]: [1, 2] },
      run: { ...data.run, backend: bad, nodeVersion: bad },
    });
    checkWellFormed(html);
    expect(html).not.toContain('<b onclick');
    expect(html).toContain(escape(bad));
  });

  test('bears one epoch, none, values that are not numbers, and no images', () => {
    checkWellFormed(renderReport(sample(1)));
    const data = sample(3);
    const odd = renderReport({
      ...data,
      history: { loss: [1, NaN, 0.5], val_loss: [Infinity, NaN, NaN], learning_rate: [0.1, 0.1, 0.1] },
      images: [],
      confusion: data.confusion.map((row) => row.map(() => 0)),
    });
    checkWellFormed(odd);
    expect(odd).not.toMatch(/NaN|Infinity|undefined/);
    expect(odd).not.toContain('Test images');
    const none = renderReport({ ...data, history: {} });
    checkWellFormed(none);
    expect(none).toContain('No epoch was trained.');
  });
});

test('accuracy is the share on the diagonal', () => {
  expect(
    accuracyOf([
      [8, 2],
      [1, 9],
    ]),
  ).toBe(0.85);
  expect(accuracyOf([[0]])).toBeNaN();
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
  expect(all[all.length - 1]).toBeGreaterThanOrEqual(high);
  expect(all.length).toBeGreaterThan(1);
  expect(all.length).toBeLessThanOrEqual(8);
});

test('numbers as people read them', () => {
  expect([percent(0.12345), percent(NaN), count(1234567), count(999)]).toEqual([
    '12.3 %',
    '–',
    '1\u202f234\u202f567',
    '999',
  ]);
  expect([measure(0.12345), measure(123.456), measure(0.0000123), measure(0), measure(NaN)]).toEqual([
    '0.1235',
    '123.5',
    '1.23e-5',
    '0.0000',
    '–',
  ]);
  expect([duration(8.44), duration(125.4), duration(119.7)]).toEqual(['8.4 s', '2 min 5 s', '2 min 0 s']);
});
