/**
 * Progbar: the text of Keras's progress line.
 */
import type { Logs } from './callback.ts';

/** Where the text goes and what time it is. */
export interface Console {
  write(text: string): void;
  /** Seconds. */
  now(): number;
  /** Whether a line can be drawn over; otherwise one line is written at the end. */
  readonly dynamic: boolean;
}

/** Options of {@link Progbar}. */
export interface ProgbarOptions {
  /** Number of steps; null when it is not known. */
  readonly target: number | null;
  readonly verbose: 1 | 2;
  readonly console: Console;
}

/** Cells of the bar. */
const WIDTH = 20;
/** Shortest time between two drawings, in seconds. */
const INTERVAL = 0.05;

const duration = (seconds: number): string => {
  const whole = Math.trunc(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (seconds > 3600) return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  if (seconds > 60) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  return `${whole}s`;
};

/** Rounded to the even neighbour on a tie, as Python prints. */
const whole = (value: number): string => {
  const low = Math.floor(value);
  const half = value - low === 0.5;
  return String(half ? (low % 2 === 0 ? low : low + 1) : Math.round(value));
};

const perStep = (seconds: number): string => {
  if (seconds >= 1 || seconds === 0) return `${whole(seconds)}s/step`;
  if (seconds >= 1e-3) return `${whole(seconds * 1e3)}ms/step`;
  return `${whole(seconds * 1e6)}us/step`;
};

const exponential = (value: number): string => value.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');

const formatValue = (value: number, size: number): string =>
  Number.isFinite(value)
    ? size > 1e-3
      ? value.toFixed(4)
      : exponential(value)
    : Number.isNaN(value)
      ? 'nan'
      : value > 0
        ? 'inf'
        : '-inf';

/** Draws and redraws one progress line. */
export class Progbar {
  readonly #verbose: 1 | 2;
  readonly #console: Console;
  readonly #start: number;
  #target: number | null;
  readonly #values = new Map<string, number>();
  #lastDrawn = -Infinity;
  #afterFirst: number | null = null;
  #width = 0;

  constructor({ target, verbose, console }: ProgbarOptions) {
    this.#target = target;
    this.#verbose = verbose;
    this.#console = console;
    this.#start = console.now();
  }

  set target(value: number) {
    this.#target = value;
  }

  get target(): number | null {
    return this.#target;
  }

  /** Whether a drawing now would be seen. */
  get due(): boolean {
    return this.#verbose === 1 && this.#console.dynamic && this.#console.now() - this.#lastDrawn >= INTERVAL;
  }

  #stepTime(current: number, now: number): number {
    if (current === 0) return 0;
    const first = this.#afterFirst;
    const time = first !== null && current > 1 ? (now - first) / (current - 1) : (now - this.#start) / current;
    if (current === 1) this.#afterFirst = now;
    return time;
  }

  /** Shows `current` finished steps with these values. */
  update(current: number, logs: Logs, finish: boolean): void {
    for (const [name, value] of Object.entries(logs)) this.#values.set(name, value);
    const now = this.#console.now();
    const time = this.#stepTime(current, now);
    if (this.#verbose === 1 && this.#console.dynamic) {
      if (now - this.#lastDrawn < INTERVAL && !finish) return;
      this.#draw(current, now, time, finish);
      this.#lastDrawn = now;
    } else if (finish) {
      this.#line(current, now, time);
    }
  }

  /** Ends a line that was begun. */
  leave(): void {
    if (this.#width > 0) this.#console.write('\n');
    this.#width = 0;
  }

  #text(size: (value: number) => number): string {
    return [...this.#values].map(([name, value]) => ` - ${name}: ${formatValue(value, size(value))}`).join('');
  }

  #draw(current: number, now: number, time: number, finish: boolean): void {
    const target = this.#target;
    let bar: string;
    let plain: number;
    if (target === null) {
      bar = `${String(current).padStart(7)}/Unknown`;
      plain = bar.length;
    } else {
      const count = `${String(current).padStart(String(target).length)}/${target}`;
      const done = Math.trunc((WIDTH * current) / target);
      const green = done > 0 ? `\x1b[32m${'━'.repeat(done)}\x1b[0m` : '';
      bar = `\x1b[1m${count}\x1b[0m ${green}\x1b[37m${'━'.repeat(WIDTH - done)}\x1b[0m`;
      plain = count.length + 1 + WIDTH;
    }
    const elapsed = `${whole(now - this.#start)}s`;
    const eta = target !== null && !finish ? duration(time * (target - current)) : elapsed;
    const info = ` ${perStep(time)}${this.#text(Math.abs)}`;
    const width = plain + 1 + eta.length + info.length;
    const back = `${'\b'.repeat(this.#width)}\r`;
    const rest = ' '.repeat(Math.max(0, this.#width - width));
    this.#console.write(`${back}${bar} \x1b[1m${eta}\x1b[0m${info}${rest}${finish ? '\n' : ''}`);
    this.#width = finish ? 0 : width;
  }

  #line(current: number, now: number, time: number): void {
    const target = this.#target ?? current;
    const count = `${String(current).padStart(String(target).length)}/${target}`;
    const values = this.#text((value) => value);
    this.#console.write(`${count} - ${whole(now - this.#start)}s - ${perStep(time)}${values}\n`);
  }
}
