/**
 * Which kernels the time of a function goes to.
 */
import { ConfigError, getBackend } from '@dl/tensor';
import type { Program } from '@dl/tensor/backend';
import { currentLabel, describe, profiler } from '@dl/tensor/interpreter';
import { formatFigure, kernelTimes } from './kernel-times.ts';

/** Options of {@link profile}. */
export interface ProfileOptions {
  /** Milliseconds that each kernel of a compiled program is timed for; 5 unless given. */
  readonly budget?: number | undefined;
  /** Lines of the table, the slowest kernels; 20 unless given. */
  readonly longest?: number | undefined;
}

/** The time of one kernel. */
export interface KernelProfile {
  /** Name of the op or of the compiled function. */
  readonly program: string;
  /** The layer that called it, where it ran op by op inside one. */
  readonly layer: string | null;
  readonly kind: string;
  /** Sizes, and the rate of products. */
  readonly detail: string;
  readonly runs: number;
  /** Milliseconds of all runs. */
  readonly ms: number;
}

interface Counted {
  readonly program: Program;
  readonly layer: string | null;
  runs: number;
  ms: number;
}

/** What {@link profile} measured. */
export class ProfileReport<R> {
  /** What the function returned. */
  readonly result: R;
  /** Kernels, the slowest first. */
  readonly kernels: readonly KernelProfile[];
  /** Milliseconds of everything. */
  readonly total: number;
  /** Milliseconds of tracing and compiling. */
  readonly compile: number;
  readonly #longest: number;

  constructor(result: R, kernels: readonly KernelProfile[], total: number, compile: number, longest: number) {
    this.result = result;
    this.kernels = kernels;
    this.total = total;
    this.compile = compile;
    this.#longest = longest;
  }

  /** Milliseconds of all kernels. */
  get run(): number {
    return this.kernels.reduce((sum, { ms }) => sum + ms, 0);
  }

  /** A table of the slowest kernels: milliseconds, share, runs, kind, where, and sizes. */
  toString(): string {
    const { total, compile, run } = this;
    const shown = this.kernels.slice(0, this.#longest);
    const where = ({ layer, program }: KernelProfile): string => (layer === null ? program : `${program} in ${layer}`);
    const width = Math.max(5, ...shown.map((one) => where(one).length));
    const line = (cells: readonly [string, string, string, string, string, string]): string =>
      [
        cells[0].padStart(9),
        cells[1].padStart(7),
        cells[2].padStart(6),
        ` ${cells[3].padEnd(14)}`,
        cells[4].padEnd(width),
        cells[5],
      ]
        .join(' ')
        .trimEnd();
    const rest = this.kernels.slice(this.#longest);
    const left = rest.reduce((sum, { ms }) => sum + ms, 0);
    const share = (ms: number): string => `${((100 * ms) / Math.max(run, Number.MIN_VALUE)).toFixed(1)} %`;
    return [
      `${formatFigure(total)} ms in all: kernels ${formatFigure(run)}, compiling ${formatFigure(compile)}, the rest in JS`,
      line(['ms', 'share', 'runs', 'kernel', 'where', 'sizes']),
      ...shown.map((one) =>
        line([formatFigure(one.ms), share(one.ms), String(one.runs), one.kind, where(one), one.detail]),
      ),
      ...(rest.length === 0 ? [] : [line([formatFigure(left), share(left), '', `${rest.length} more`, '', ''])]),
    ].join('\n');
  }
}

/**
 * Runs a function once and tells which kernels its time goes to, on the CPU backend. Each op that runs at once is one program,
 * which is timed as it runs. Programs of compiled functions are timed as a whole; their kernels are then timed alone, on
 * made-up numbers, and share the time in that proportion. Call the function before if compiling is not to count.
 *
 * @throws ConfigError on another backend, whose work goes on after calls return.
 * @example
 * const report = await profile(() => model.predict(x, { verbose: 0 }));
 * console.log(String(report), report.kernels[0]);
 */
export async function profile<R>(fn: () => R | Promise<R>, options: ProfileOptions = {}): Promise<ProfileReport<R>> {
  const { budget = 5, longest = 20 } = options;
  if (typeof fn !== 'function') throw new ConfigError(`profile: expected a function, got ${describe(fn)}`);
  const { name } = getBackend();
  if (name !== 'cpu') {
    throw new ConfigError(`profile: times kernels of the cpu backend, and this is ${name}; use setBackend(cpu())`);
  }
  const counted = new Map<Program, Map<string | null, Counted>>();
  let compile = 0;
  const before = profiler.listen((part, ms, program) => {
    if (part === 'compile') compile += ms;
    if (program === undefined) return;
    const layer = currentLabel();
    let byLayer = counted.get(program);
    if (byLayer === undefined) counted.set(program, (byLayer = new Map()));
    let one = byLayer.get(layer);
    if (one === undefined) byLayer.set(layer, (one = { program, layer, runs: 0, ms: 0 }));
    one.runs++;
    one.ms += ms;
  });
  const start = performance.now();
  let result: R;
  let total: number;
  try {
    result = await fn();
    total = performance.now() - start;
  } finally {
    profiler.listen(before);
  }
  const kernels = [...counted.values()]
    .flatMap((byLayer) => [...byLayer.values()])
    .flatMap((one) => divide(one, budget));
  return new ProfileReport(
    result,
    kernels.sort((a, b) => b.ms - a.ms),
    total,
    compile,
    longest,
  );
}

/** The kernels of a program with their parts of its time. */
function divide({ program, layer, runs, ms }: Counted, budget: number): readonly KernelProfile[] {
  const alone = kernelTimes(program, program.kernels.length === 1 ? 0 : budget);
  const all = alone.reduce((sum, kernel) => sum + kernel.ms, 0);
  return alone.map((kernel) => ({
    program: program.name,
    layer,
    kind: kernel.kind,
    detail: kernel.label,
    runs,
    ms: all > 0 ? (ms * kernel.ms) / all : ms / alone.length,
  }));
}
