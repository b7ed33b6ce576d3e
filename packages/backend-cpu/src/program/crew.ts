/**
 * Runs a program on one thread or on several, whichever is worth it for the sizes of a run.
 */
import { simpleKernels, type Buffer, type Int, type Program } from '@dl/tensor/backend';
import type { TableLayout } from '../kernels/writer.ts';
import type { Run, Runtime } from '../runtime.ts';
import { useRelaxed, withRelaxed } from '../settings.ts';
import type { TeamProgram } from '../threads/team.ts';
import { effortsOf, LEAST, outweighsCopies, type Efforts } from './effort.ts';
import { generate, generateShared, type Sharing } from './generate.ts';
import { blockBytes, type Placed } from './layout.ts';

export class Crew {
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #layout: TableLayout;
  readonly #relaxed: boolean = useRelaxed();
  readonly #alone: Run;
  readonly #efforts: Efforts;
  /** Whether sizes are the same in every run; if so, `#sharing` says what is worth it. */
  readonly #fixed: boolean;
  #sharing: Sharing | null = null;
  #together: TeamProgram | null = null;
  /** Threads of the present run, and of each of its kernels where sizes are open. */
  #threads = 1;
  readonly #parts: number[] = [];
  readonly #hasState: boolean;
  /** Whether all kernels compute for longer than it takes to copy what they touch. */
  readonly #heavy: boolean;

  constructor(program: Program, layout: TableLayout, runtime: Runtime) {
    this.#runtime = runtime;
    this.#program = program;
    this.#layout = layout;
    this.#alone = generate(program, layout, runtime);
    this.#efforts = effortsOf(program);
    this.#fixed = program.params.every(({ dtype }) => dtype !== 'int32');
    this.#hasState = program.buffers.some(({ role }) => role === 'state');
    this.#heavy = simpleKernels(program.kernels).every(outweighsCopies);
    const known = (size: Int): number => size as number;
    if (this.#fixed && !this.#worth(known)) return;
    this.#sharing = this.#efforts.kernels.map((effort, i) => {
      if (!this.#fixed) return layout.parts(i);
      return effort(known) >= LEAST.kernel ? layout.threads : null;
    });
  }

  #worth(int: (value: Int) => number): boolean {
    const effort = this.#efforts.program(int);
    return effort > 0 && effort >= LEAST.program;
  }

  /**
   * Decides how many threads the next runs take, for these arguments and the sizes that `int` gives. `streams` says that
   * the program runs piece by piece, with copies between.
   */
  gather(int: (value: Int) => number, args: readonly Buffer[], streams: boolean): number {
    this.#threads = 1;
    if (this.#sharing === null || (streams && !this.#heavy)) return 1;
    const { team } = this.#runtime;
    if (team.most === 1 || (!this.#fixed && !this.#worth(int))) return 1;
    // Barriers know buffers by their numbers only, not that two of them are the same.
    if (this.#hasState && new Set(args).size < args.length) return 1;
    const threads = team.gather();
    if (threads === 1) return 1;
    if (!this.#fixed)
      this.#efforts.kernels.forEach((effort, i) => (this.#parts[i] = effort(int) >= LEAST.kernel ? threads : 1));
    this.#together ??= withRelaxed(this.#relaxed, () =>
      generateShared(this.#program, this.#layout, this.#sharing!, this.#runtime),
    );
    return (this.#threads = threads);
  }

  /** Bytes that tables take. */
  get tableBytes(): number {
    return this.#threads === 1 ? this.#layout.bytes : this.#threads * blockBytes(this.#layout.bytes);
  }

  /** Lets one thread do the next runs after all; returns 1. */
  leave(): number {
    return (this.#threads = 1);
  }

  /** Runs with a table that is ready for the first thread, whose workspace is followed by those of the others. */
  run(table: number, { workspace, share }: Pick<Placed, 'workspace' | 'share'>): void {
    if (this.#threads === 1) return this.#alone(table);
    const layout = this.#layout;
    const { team, heap } = this.#runtime;
    const { i32, u8 } = heap;
    const word = (offset: number): number => (table + offset) >>> 2;
    i32[word(layout.thread)] = 0;
    i32[word(layout.threads)] = this.#threads;
    i32[word(layout.control)] = team.control;
    this.#parts.forEach((parts, i) => (i32[word(layout.parts(i))] = parts));
    const stride = blockBytes(layout.bytes);
    for (let thread = 1; thread < this.#threads; thread++) {
      const own = table + thread * stride;
      u8.copyWithin(own, table, table + layout.bytes);
      i32[(own + layout.thread) >>> 2] = thread;
      i32[(own + layout.workspace) >>> 2] = i32[word(layout.workspace)]! + workspace + (thread - 1) * share;
    }
    team.run(this.#together!, { name: this.#program.name, table, stride });
  }
}
