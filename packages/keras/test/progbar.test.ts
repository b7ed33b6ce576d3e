/**
 * The progress line against the text of the real Keras.
 */
import { readFileSync } from 'node:fs';
import { callbacks } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { Progbar, type Console } from '../src/callbacks/progbar.ts';
import { column, line } from './helpers.ts';

const golden = readFileSync(new URL('golden/summary.txt', import.meta.url), 'utf8').split('--- progress bar')[1]!;
const [, drawn, , once] = golden.split('\n');
/** The text of a Python string literal. */
const unescape = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n');

function recorder(times: readonly number[], dynamic = true): Console & { text: string } {
  let call = 0;
  return {
    text: '',
    dynamic,
    write(text) {
      this.text += text;
    },
    now: () => times[Math.min(call++, times.length - 1)]!,
  };
}

describe('progress line', () => {
  test('two drawings, as Keras draws them', () => {
    const out = recorder([0, 0.007, 0.013]);
    const bar = new Progbar({ target: 3, verbose: 1, console: out });
    bar.update(1, { accuracy: 0.09375, loss: 2.30278 }, false);
    bar.update(3, { accuracy: 0.12857143580913544, loss: 2.3026123046875 }, true);
    expect(out.text).toBe(unescape(drawn!));
  });

  test('verbose 2, as Keras prints it', () => {
    const out = recorder([0, 0.012]);
    const bar = new Progbar({ target: 3, verbose: 2, console: out });
    bar.update(3, { accuracy: 0.12857143580913544, loss: 2.3026123046875 }, true);
    expect(out.text).toBe(unescape(once!));
  });

  test('small and negative values, hours, an unknown target', () => {
    const out = recorder([0, 0, 2]);
    const bar = new Progbar({ target: null, verbose: 1, console: out });
    bar.update(2, { a: 0.0005, b: -0.25, c: NaN }, false);
    expect(out.text).toContain('      2/Unknown');
    expect(out.text).toContain(' - a: 5.0000e-04 - b: -0.2500 - c: nan');
    const long = recorder([0, 4000]);
    new Progbar({ target: 10, verbose: 1, console: long }).update(1, {}, false);
    expect(long.text).toContain('\x1b[1m10:00:00\x1b[0m 4000s/step');
  });

  test('drawings closer than 50 ms are left out, the last one is not', () => {
    const out = recorder([0, 1, 1.01, 1.02]);
    const bar = new Progbar({ target: 3, verbose: 1, console: out });
    bar.update(1, {}, false);
    const { length } = out.text;
    bar.update(2, {}, false);
    expect(out.text.length).toBe(length);
    bar.update(3, {}, true);
    expect(out.text.endsWith('\n')).toBe(true);
  });

  test('fit prints an epoch line each time, and validation values last', async () => {
    const out = recorder([0], false);
    await line().fit(column(8), column(8), {
      epochs: 2,
      batchSize: 4,
      validationSplit: 0.5,
      callbacks: [new callbacks.ProgbarLogger(out)],
    });
    expect(out.text).toMatch(
      /^Epoch 1\/2\n1\/1 - 0s - 0s\/step - loss: \d+\.\d{4} - val_loss: \d+\.\d{4}\nEpoch 2\/2\n1\/1 - .*\n$/,
    );
  });

  test('one epoch has no header, and evaluate draws a line too', async () => {
    const out = recorder([0], false);
    const model = line();
    await model.fit(column(4), column(4), { verbose: 2, callbacks: [new callbacks.ProgbarLogger(out)] });
    expect(out.text).toMatch(/^1\/1 - 0s - 0s\/step - loss: \d+\.\d{4}\n$/);
    out.text = '';
    await model.evaluate(column(4), column(4), { callbacks: [new callbacks.ProgbarLogger(out)] });
    expect(out.text).toMatch(/^1\/1 - .*loss/);
  });
});
