/**
 * Where the time of training goes.
 */
import { profiler, type ProfileListener } from '@dl/tensor/interpreter';

const PARTS = ['data', 'host', 'compile', 'kernels', 'callbacks', 'logs', 'waiting', 'validation'] as const;

/** A part of the time: see {@link ProfileTimes}. */
export type ProfilePart = (typeof PARTS)[number];

/**
 * Milliseconds of an epoch, or of all: making or waiting for batches (`data`), the work around steps in JS (`host`), tracing
 * and compiling (`compile`), running compiled steps (`kernels`), `callbacks`, reading values for logs (`logs`), turns of the
 * event loop (`waiting`), and `validation` as a whole.
 */
export interface ProfileTimes extends Readonly<Record<ProfilePart, number>> {
  readonly steps: number;
  readonly total: number;
}

const none = (): Record<ProfilePart, number> => Object.fromEntries(PARTS.map((part) => [part, 0])) as never;

/**
 * The report of `fit({ profile: true })`.
 *
 * @example
 * const { profile } = await model.fit(x, y, { profile: true });
 * console.log(profile!.total.kernels, String(profile));
 */
export class Profile {
  /** One entry per epoch. */
  readonly epochs: ProfileTimes[];

  constructor(epochs: readonly ProfileTimes[] = []) {
    this.epochs = [...epochs];
  }

  /** The sums of all epochs. */
  get total(): ProfileTimes {
    const keys = [...PARTS, 'steps', 'total'] as const;
    const sum = (key: keyof ProfileTimes): number => this.epochs.reduce((all, epoch) => all + epoch[key], 0);
    return Object.fromEntries(keys.map((key) => [key, sum(key)])) as never as ProfileTimes;
  }

  /** A table with a line per epoch, in milliseconds; the last lines are the sums, and their parts of the whole. */
  toString(): string {
    const { total } = this;
    const columns = PARTS.filter((part) => total[part] > 0);
    const line = (name: string, cells: readonly string[]): string =>
      [name.padEnd(10), ...cells.map((cell) => cell.padStart(11))].join('').trimEnd();
    const row = (name: string, times: ProfileTimes): string =>
      line(name, [String(times.steps), ...[...columns, 'total' as const].map((key) => times[key].toFixed(2))]);
    const share = (part: ProfilePart): string => `${((100 * total[part]) / total.total).toFixed(1)} %`;
    return [
      line('ms', ['steps', ...columns, 'total']),
      ...this.epochs.map((times, i) => row(`epoch ${i + 1}`, times)),
      row('all', total),
      line('', ['', ...columns.map(share)]),
    ].join('\n');
  }
}

/** Measures a run of `fit`: time since the last call of `lap` belongs to the part that is named. */
export class Stopwatch {
  readonly profile: Profile = new Profile();
  readonly #before: ProfileListener | null;
  #last: number = performance.now();
  #compile = 0;
  #run = 0;
  #times = none();
  #steps = 0;

  constructor() {
    this.#before = profiler.listen((part, ms) => {
      if (part === 'compile') this.#compile += ms;
      else this.#run += ms;
    });
  }

  /** Ends a stretch of time. That of a step is divided into compiling, kernels and the rest. */
  lap(part: ProfilePart | 'step'): void {
    const now = performance.now();
    const time = now - this.#last;
    if (part === 'step') {
      this.#times.compile += this.#compile;
      this.#times.kernels += this.#run;
      this.#times.host += Math.max(0, time - this.#compile - this.#run);
    } else {
      this.#times[part] += time;
    }
    this.#last = now;
    this.#compile = 0;
    this.#run = 0;
  }

  /** Counts steps. */
  count(steps: number): void {
    this.#steps += steps;
  }

  /** Ends an epoch. */
  epoch(): void {
    const times = this.#times;
    const total = PARTS.reduce((sum, part) => sum + times[part], 0);
    this.profile.epochs.push({ ...times, steps: this.#steps, total });
    this.#times = none();
    this.#steps = 0;
  }

  /** Ends the measurement. */
  stop(): void {
    profiler.listen(this.#before);
  }
}
