/**
 * How often callbacks save: at the end of every epoch, or every so many batches.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** 'epoch', or a number of batches. */
export type SaveFrequency = 'epoch' | number;

/** Checks a frequency. */
export function checkFrequency(where: string, value: SaveFrequency): SaveFrequency {
  if (value === 'epoch' || (Number.isInteger(value) && value > 0)) return value;
  throw new ConfigError(
    `${where}: saveFreq must be 'epoch' or a whole number of batches from 1, got ${describe(value)}`,
  );
}

/** Counts batches as Keras does, also where several run in one call. */
export class BatchCounter {
  /** Batches since the last save, and the last batch. */
  #since = 0;
  #last = 0;
  readonly #every: SaveFrequency;

  constructor(every: SaveFrequency) {
    this.#every = every;
  }

  /** The last batch of the epoch that was counted. */
  get last(): number {
    return this.#last;
  }

  /** Notes a batch, and says whether it is time to save. */
  count(batch: number): boolean {
    if (this.#every === 'epoch') return false;
    this.#since += batch <= this.#last ? batch + 1 : batch - this.#last;
    this.#last = batch;
    if (this.#since < this.#every) return false;
    this.#since = 0;
    return true;
  }

  /** Begins an epoch. */
  endEpoch(): void {
    this.#last = 0;
  }

  get state(): { readonly since: number; readonly last: number } {
    return { since: this.#since, last: this.#last };
  }

  set state({ since, last }: { readonly since: number; readonly last: number }) {
    this.#since = since;
    this.#last = last;
  }
}
