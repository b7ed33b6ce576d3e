/**
 * TerminalChart: the loss as a chart in the terminal, while the model is trained.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Callback, type BatchWatcher, type Hook, type Logs } from './callback.ts';
import { hostConsole, terminalColumns } from './console.ts';
import type { Console } from './progbar.ts';
import { GUTTER, plotLines, type PlotSeries } from './terminal-chart/plot.ts';

/** Options of {@link TerminalChart}. */
export interface TerminalChartOptions {
  /** What is drawn, with its validation values: 'loss' unless given. */
  readonly monitor?: string | undefined;
  /** Rows of the chart without axis and legend; 8 unless given. */
  readonly height?: number | undefined;
  /** Columns in all; those of the terminal, but at most 80, unless given. */
  readonly width?: number | undefined;
}

const MOST_COLUMNS = 80;
/** Shortest time between two drawings, in seconds. */
const INTERVAL = 0.25;

/**
 * Draws the loss and the validation loss of every epoch in the terminal. Where lines can be drawn over, the chart stands
 * beneath the progress line, moves with every few steps, and stays when training ends; elsewhere, as in log files, it is
 * written once at the end.
 *
 * @example
 * await model.fit(x, y, { epochs: 20, validationSplit: 0.1, callbacks: [new TerminalChart()] });
 */
export class TerminalChart extends Callback implements BatchWatcher {
  readonly #monitor: string;
  readonly #height: number;
  readonly #width: number | null;
  readonly #console: Console;
  /** Values by name, and the epochs they belong to, counted from 1. */
  readonly #values = new Map<string, { readonly x: number[]; readonly y: number[] }>();
  #first = 0;
  #epoch = 0;
  /** The value in the epoch under way. */
  #running: number | null = null;
  #drawnAt = -Infinity;
  #drawn = false;

  /** @param console Where to write; the terminal or console of the host unless given. */
  constructor(options: TerminalChartOptions = {}, console: Console = hostConsole()) {
    super();
    const { monitor = 'loss', height = 8, width } = options;
    if (!Number.isInteger(height) || height < 2) {
      throw new ConfigError(`TerminalChart: height must be an integer of at least 2, got ${describe(height)}`);
    }
    if (width !== undefined && (!Number.isInteger(width) || width < GUTTER + 10)) {
      throw new ConfigError(
        `TerminalChart: width must be an integer of at least ${GUTTER + 10}, got ${describe(width)}`,
      );
    }
    this.#monitor = monitor;
    this.#height = height;
    this.#width = width ?? null;
    this.#console = console;
  }

  override onTrainBegin(): void {
    this.#values.clear();
    this.#first = 0;
    this.#running = null;
    this.#drawn = false;
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch + 1;
    if (this.#first === 0) this.#first = epoch + 1;
    this.#running = null;
  }

  /** Whether the chart should be drawn after a step. */
  due(_batch: number, hook: Hook): boolean {
    const { dynamic } = this.#console;
    return dynamic && hook === 'onTrainBatchEnd' && this.#console.now() - this.#drawnAt >= INTERVAL;
  }

  /** Draws the chart with the values of the epoch under way. */
  advance(_batch: number, logs: Logs): void {
    this.#drawnAt = this.#console.now();
    this.#running = logs[this.#monitor] ?? null;
    const lines = this.#lines();
    // The cursor goes back to the progress line, which is drawn from its beginning the next time.
    this.#console.write(`\n${lines.map((text) => `${text}\x1b[K`).join('\n')}\x1b[${lines.length}A\r`);
    this.#drawn = true;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.#erase();
    this.#running = null;
    for (const name of [this.#monitor, `val_${this.#monitor}`]) {
      const value = logs[name];
      if (value === undefined) continue;
      let found = this.#values.get(name);
      if (found === undefined) this.#values.set(name, (found = { x: [], y: [] }));
      found.x.push(epoch + 1);
      found.y.push(value);
    }
    if (!this.#values.has(this.#monitor)) {
      throw new ConfigError(
        `TerminalChart: there is no '${this.#monitor}' in the logs: ${Object.keys(logs).join(', ')}`,
      );
    }
  }

  override onTrainEnd(): void {
    if (this.#values.size > 0) this.#console.write(`${this.#lines().join('\n')}\n`);
  }

  override onInterrupted(): void {
    this.#erase();
  }

  /** Takes the chart away from under the progress line. */
  #erase(): void {
    if (this.#drawn) this.#console.write('\n\x1b[J\x1b[1A\r');
    this.#drawn = false;
  }

  #lines(): readonly string[] {
    const series = [this.#monitor, `val_${this.#monitor}`].flatMap((label, i): PlotSeries[] => {
      const { x, y } = this.#values.get(label) ?? { x: [], y: [] };
      const running = i === 0 && this.#running !== null;
      if (running) return [{ label, x: [...x, this.#epoch], y: [...y, this.#running!] }];
      return y.length === 0 ? [] : [{ label, x, y }];
    });
    const most = this.#width ?? Math.min(MOST_COLUMNS, (terminalColumns() ?? MOST_COLUMNS) - 1);
    const last = Math.max(this.params.epochs, this.#epoch);
    // A run that was stopped early ends where it was.
    const to = this.#running === null ? this.#epoch : last;
    return plotLines({
      series,
      width: Math.max(10, most - GUTTER),
      height: this.#height,
      from: this.#first,
      to,
      ends: [String(this.#first), String(to)],
      axis: 'epoch',
      colour: this.#console.dynamic,
    });
  }
}
