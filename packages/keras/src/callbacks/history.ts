/**
 * History: what training returns.
 */
import type { PageOptions } from '../reports/drawing.ts';
import type { HistoryPictureOptions } from '../reports/history.ts';
import type { Profile } from '../training/profile.ts';
import { Callback, type CallbackState, type Logs } from './callback.ts';

/**
 * The values of every epoch.
 *
 * @example
 * const history = await model.fit(x, y, { epochs: 3 });
 * history.history.loss; // three numbers
 * history.epoch; // [0, 1, 2]
 */
export class History extends Callback {
  /** Numbers of the epochs that ran. */
  readonly epoch: number[] = [];
  /** One number per epoch for each log, alphabetical, validation last. */
  readonly history: Record<string, number[]> = Object.create(null) as Record<string, number[]>;

  /** Where the time went, if `fit` was asked to measure it. */
  profile: Profile | null = null;

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
  }

  override getState(): CallbackState {
    const history = Object.entries(this.history).map(([name, list]) => [name, [...list]] as const);
    return { values: { epoch: [...this.epoch], history } };
  }

  override setState({ values }: CallbackState): void {
    this.epoch.splice(0, Infinity, ...(values['epoch'] as readonly number[]));
    for (const name of Object.keys(this.history)) delete this.history[name];
    const lists = values['history'] as readonly (readonly [string, readonly number[]])[];
    for (const [name, list] of lists) this.history[name] = [...list];
  }

  /**
   * Learning curves as an SVG file: one chart for each metric, with its validation values. The code that draws is loaded when
   * it is first needed; `historySVG` of `@dl/keras/reports` does the same at once.
   *
   * @example const svg = await (await model.fit(x, y)).toSVG({ title: 'A small network' });
   */
  async toSVG(options: HistoryPictureOptions = {}): Promise<string> {
    const { historySVG } = await import('../reports/history.ts');
    return historySVG(this.history, options);
  }

  /**
   * Learning curves as a page with a table of the numbers; with `page: false` a part of one.
   *
   * @example const html = await (await model.fit(x, y)).toHTML();
   */
  async toHTML(options: PageOptions = {}): Promise<string> {
    const { historyHTML } = await import('../reports/history.ts');
    return historyHTML(this.history, options);
  }
}
