import { describe, expect, test } from 'vitest';
import { callbacks, type callbacks as Callbacks } from '@dl/keras';
import { plotLines } from '../src/callbacks/terminal-chart/plot.ts';
import type { Console } from '../src/callbacks/progbar.ts';
import { column, line } from './helpers.ts';

/** A terminal: what its rows show after everything that was written. */
class Screen implements Console {
  readonly dynamic = true;
  readonly rows: string[][] = [[]];
  seconds = 0;
  #row = 0;
  #column = 0;

  now(): number {
    return (this.seconds += 0.3);
  }

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex
    for (const [piece, count, code] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|[^\x1b]/g)) {
      if (code === 'A') this.#row -= Number(count || 1);
      else if (code === 'J') {
        this.rows.length = this.#row + 1;
        this.#line().length = this.#column;
      } else if (code === 'K') this.#line().length = Math.min(this.#line().length, this.#column);
      else if (code !== undefined) continue;
      else if (piece === '\n') [this.#row, this.#column] = [this.#row + 1, 0];
      else if (piece === '\r') this.#column = 0;
      else if (piece === '\b') this.#column = Math.max(0, this.#column - 1);
      else this.#line()[this.#column++] = piece;
      expect(this.#row).toBeGreaterThanOrEqual(0);
    }
  }

  #line(): string[] {
    while (this.rows.length <= this.#row) this.rows.push([]);
    return this.rows[this.#row]!;
  }

  get text(): string[] {
    return this.rows.map((row) =>
      Array.from(row, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
  }
}

class Paper implements Console {
  readonly dynamic = false;
  text = '';
  now(): number {
    return 0;
  }
  write(text: string): void {
    this.text += text;
  }
}

const fit = async (chart: Callbacks.Callback, more: readonly Callbacks.Callback[] = []): Promise<void> => {
  await line(0).fit(column(4), column(4), {
    epochs: 3,
    batchSize: 1,
    validationData: [column(2), column(2)],
    callbacks: [chart, ...more],
    verbose: more.length > 0 ? 1 : 0,
  });
};

test('a falling line and marks, character by character', () => {
  const lines = plotLines({
    series: [
      { label: 'loss', x: [1, 2, 3, 4], y: [4, 3, 2, 1] },
      { label: 'val_loss', x: [1, 4], y: [2, 4] },
    ],
    width: 22,
    height: 3,
    from: 1,
    to: 4,
    ends: ['1', '4'],
    axis: 'epoch',
    colour: false,
  });
  expect(lines).toEqual([
    '       4 ┤⠉⠒⠒⠤⢄⣀⡀              ×',
    '         │×     ⠈⠉⠑⠒⠒⠤⠤⢄⣀⡀',
    '       1 ┤               ⠈⠉⠑⠒⠤⠤⣀',
    '         └──────────────────────',
    '          1       epoch        4',
    '⠒ loss 1   × val_loss 4',
  ]);
});

test.each([
  ['nothing finite', [NaN, Infinity]],
  ['one value', [2]],
  ['equal values', [3, 3, 3]],
])('%s is drawn as well', (_, y) => {
  const series = [{ label: 'loss', x: y.map((_value, i) => i), y }];
  const lines = plotLines({
    series,
    width: 10,
    height: 2,
    from: 0,
    to: y.length - 1,
    ends: ['1', '9'],
    axis: '',
    colour: false,
  });
  expect(lines).toHaveLength(5);
  expect(lines.join('')).not.toContain('NaN');
  expect(/[⠁-⣿]/.test(lines.slice(0, 2).join(''))).toBe(y.some(Number.isFinite));
});

describe('TerminalChart', () => {
  test('stands beneath the progress line, and stays at the end', async () => {
    const screen = new Screen();
    const seen: string[][] = [];
    const spy = new callbacks.LambdaCallback({ onEpochEnd: () => void seen.push(screen.text) });
    const before = new callbacks.LambdaCallback({ onTestBegin: () => void seen.push(screen.text) });
    const chart = new callbacks.TerminalChart({ width: 40, height: 3 }, screen);
    await fit(chart, [before, spy, new callbacks.ProgbarLogger(screen)]);
    // While the second epoch is validated, the chart is under its progress line.
    const during = seen[2]!;
    const at = during.indexOf('Epoch 2/3');
    expect(at).toBe(2);
    expect(during[at + 1]).toMatch(/^4\/4 ━+ /);
    expect(during[at + 2]).toContain('┤');
    expect(during.at(-1)).toMatch(/⠒ loss [\d.]+ {3}× val_loss [\d.]+/);
    // When the epoch ends it is away, so that the line below starts clean.
    expect(seen[3]!.some((text) => text.includes('┤'))).toBe(false);
    const end = screen.text;
    expect(end.slice(0, 6).map((text) => text.slice(0, 9))).toEqual([
      'Epoch 1/3',
      '4/4 ━━━━━',
      'Epoch 2/3',
      '4/4 ━━━━━',
      'Epoch 3/3',
      '4/4 ━━━━━',
    ]);
    expect(end[6]).toContain('┤');
    expect(end[10]).toMatch(/^ {10}1 +epoch +3$/);
    expect(end.filter((text) => text.includes('└'))).toHaveLength(1);
    expect(Math.max(...end.slice(6).map((text) => text.length))).toBeLessThanOrEqual(40);
  });

  test('is written once where lines cannot be drawn over', async () => {
    const paper = new Paper();
    await fit(new callbacks.TerminalChart({ width: 30, height: 2 }, paper));
    expect(paper.text.split('\n')).toHaveLength(2 + 3 + 1);
    expect(paper.text).not.toContain('\x1b');
    expect(paper.text).toMatch(/⠒ loss \S+ {3}× val_loss \S+\n$/);
  });

  test('says what is wrong', async () => {
    await expect(fit(new callbacks.TerminalChart({ monitor: 'los' }, new Paper()))).rejects.toThrow(
      "TerminalChart: there is no 'los' in the logs: loss, val_loss",
    );
    expect(() => new callbacks.TerminalChart({ height: 1 })).toThrow('height must be an integer of at least 2, got 1');
    expect(() => new callbacks.TerminalChart({ width: 5 })).toThrow('at least 20');
  });
});
