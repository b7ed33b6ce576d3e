// The report page: well formed, escaped, self-contained, and right about the numbers it is given.
import { describe, expect, test } from 'vitest';
import { accuracyOf, escapeText, formatShare } from '@dl/keras/reports';
import { renderReport } from '../src/report.ts';
import { count, duration } from '../src/report/numbers.ts';
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
    expect(html).toContain(`<dd>${formatShare(accuracyOf(data.confusion))}</dd>`);
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
    expect(html).toContain(escapeText(bad));
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

test('numbers as people read them', () => {
  expect([count(1234567), count(999)]).toEqual(['1\u202f234\u202f567', '999']);
  expect([duration(8.44), duration(125.4), duration(119.7)]).toEqual(['8.4 s', '2 min 5 s', '2 min 0 s']);
});
