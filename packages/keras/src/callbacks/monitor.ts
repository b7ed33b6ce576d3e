/**
 * Monitor: the base of callbacks that watch one log.
 */
import { ConfigError } from '@dl/tensor';
import { Callback, type Logs } from './callback.ts';

/** Which way is better: 'auto' asks the metric, 'min' and 'max' say it. */
export type Mode = 'auto' | 'min' | 'max';

/** Options of callbacks that watch one log. */
export interface MonitorOptions {
  /** Name of the log, 'val_loss' unless given. */
  readonly monitor?: string | undefined;
  /** 'auto' unless given. */
  readonly mode?: Mode | undefined;
  /** Smallest change that counts, 0 unless given. */
  readonly minDelta?: number | undefined;
}

/** Finds out whether a log got better. */
export abstract class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: Mode;
  readonly minDelta: number;
  readonly #kind: string;
  #smaller: boolean | null = null;

  constructor(kind: string, { monitor = 'val_loss', mode = 'auto', minDelta = 0 }: MonitorOptions) {
    super();
    this.#kind = kind;
    if (!['auto', 'min', 'max'].includes(mode)) {
      throw new ConfigError(`${kind}: mode must be 'auto', 'min' or 'max', got '${String(mode)}'`);
    }
    this.monitor = monitor;
    this.mode = mode;
    this.minDelta = Math.abs(minDelta);
  }

  /** Whether smaller values are better; known once the metrics are. */
  protected get smallerIsBetter(): boolean {
    return (this.#smaller ??= this.#findDirection());
  }

  #findDirection(): boolean {
    if (this.mode !== 'auto') return this.mode === 'min';
    const name = this.monitor.replace(/^val_/, '');
    if (name === 'loss') return true;
    const found = this.model.directionOf(name);
    if (found !== null) return found === 'down';
    throw new ConfigError(
      `${this.#kind}: it is not known whether '${this.monitor}' should rise or fall; give mode: 'min' or 'max'`,
    );
  }

  /** The watched value of an epoch, or null with a warning where there is none. */
  protected watched(logs: Logs): number | null {
    if (Object.hasOwn(logs, this.monitor)) return logs[this.monitor]!;
    console.warn(
      `${this.#kind}: there is no log '${this.monitor}'; there are ${Object.keys(logs).join(', ') || 'none'}`,
    );
    return null;
  }

  /** Whether a value is better than another by more than `minDelta`; NaN never is. */
  protected improves(value: number, best: number | null): boolean {
    if (best === null) return !Number.isNaN(value);
    return this.smallerIsBetter ? value + this.minDelta < best : value - this.minDelta > best;
  }
}
