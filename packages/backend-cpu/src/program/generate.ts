/**
 * A program as one WebAssembly module: a function per kernel, and `run` that calls them in order.
 */
import {
  BackendError,
  bodiesOf,
  isNested,
  simpleKernels,
  type Int,
  type Kernel,
  type LoopKernel,
  type Program,
  type SimpleKernel,
  type SwitchKernel,
} from '@dl/tensor/backend';
import { convWorkspace } from '../kernels/conv-plan.ts';
import { writeConv } from '../kernels/conv.ts';
import { writeCumulative } from '../kernels/cumulative.ts';
import { writeMap } from '../kernels/map.ts';
import { matmulWorkspace, writeMatmul } from '../kernels/matmul.ts';
import { writeReduce } from '../kernels/reduce.ts';
import { writeScatter } from '../kernels/scatter.ts';
import { sortWorkspace, writeSort } from '../kernels/sort.ts';
import { KernelWriter, type TableLayout } from '../kernels/writer.ts';
import { Linker } from '../library/library.ts';
import type { Run, Runtime } from '../runtime.ts';
import { BARRIER } from '../threads/control.ts';
import type { TeamProgram } from '../threads/team.ts';
import type { Code, I32, Local } from '../wasm/code.ts';
import { Barriers } from './barriers.ts';

/** Writes the code of one kernel; loops are written by `Calls`. */
function writeKernel(w: KernelWriter, kernel: SimpleKernel): void {
  switch (kernel.kind) {
    case 'map':
      return writeMap(w, kernel);
    case 'reduce':
      return writeReduce(w, kernel);
    case 'matmul':
      return writeMatmul(w, kernel);
    case 'conv':
      return writeConv(w, kernel);
    case 'scatter':
      return writeScatter(w, kernel);
    case 'cumulative':
      return writeCumulative(w, kernel);
    case 'sort':
      return writeSort(w, kernel);
    case 'routine':
      throw new BackendError(`cpu: routine '${kernel.name}' is not one of this backend's`);
    default:
      return kernel satisfies never;
  }
}

/** How threads share the kernels of a program, in the order of `simpleKernels`: where the table says by how many, or null. */
export type Sharing = readonly (number | null)[];

/** Writes `run`: calls of kernels in order, loops around some of them, and barriers between threads. */
class Calls {
  readonly #f: Code;
  readonly #table: Local<I32>;
  readonly #layout: TableLayout;
  readonly #linker: Linker;
  readonly #sharing: Sharing | null;
  readonly #barriers: Barriers | null;
  #next = 0;

  constructor(code: Code, table: Local<I32>, { program, layout, linker, sharing }: Source) {
    this.#f = code;
    this.#table = table;
    this.#layout = layout;
    this.#linker = linker;
    this.#sharing = sharing;
    this.#barriers = sharing && new Barriers(program);
  }

  write(kernels: readonly Kernel[]): void {
    for (const kernel of kernels) {
      if (isNested(kernel)) {
        this.#f.scope(() => (kernel.kind === 'loop' ? this.#loop(kernel) : this.#switch(kernel)));
        continue;
      }
      const { code, params } = this.#linker.module.fn(['i32'], []);
      const parts = this.#sharing === null ? null : this.#sharing[this.#next++]!;
      const writer = new KernelWriter(code, params[0], this.#layout, this.#linker, parts);
      writeKernel(writer, kernel);
      this.#call(code, kernel, writer.divided ? parts : null);
    }
  }

  /** Calls a kernel: on all threads that share it, or on the first. */
  #call(code: Code, kernel: SimpleKernel, parts: number | null): void {
    const f = this.#f;
    const call = (): void => void f.call(code, f.get(this.#table));
    if (this.#barriers === null) return call();
    if (this.#barriers.before(kernel, parts !== null)) this.#wait();
    const thread = this.#word(this.#layout.thread);
    f.if(f.i32_lt_s(thread, parts === null ? f.i32(1) : this.#word(parts)), call);
  }

  #wait(): void {
    const f = this.#f;
    const { control, thread, threads } = this.#layout;
    f.call(this.#linker.use(BARRIER), this.#word(control), this.#word(thread), this.#word(threads));
  }

  /** Lets all threads meet. */
  meet(): void {
    if (this.#barriers === null) return;
    this.#barriers.passed();
    this.#wait();
  }

  #word(offset: number): I32 {
    return this.#f.i32_load(this.#f.get(this.#table), offset);
  }

  /** Whether threads share any of the next kernels. */
  #shares(count: number): boolean {
    return (
      this.#sharing !== null && this.#sharing.slice(this.#next, this.#next + count).some((parts) => parts !== null)
    );
  }

  /** What branches need of what comes before is not looked at kernel by kernel. */
  #switch({ index, branches }: SwitchKernel): void {
    const f = this.#f;
    this.meet();
    const chosen = f.keep(f.i32_load(this.#word(this.#layout.buffer(index)), 0));
    branches.forEach((branch, i) => {
      f.if(f.i32_eq(f.get(chosen), f.i32(i)), () => {
        this.write(branch);
        this.meet();
      });
    });
  }

  #loop({ trip, reverse, carries, body, condition }: LoopKernel): void {
    const f = this.#f;
    const { iteration, param, buffer } = this.#layout;
    // What an iteration needs of the one before is not looked at kernel by kernel.
    const shares = condition !== undefined || this.#shares(simpleKernels(body).length);
    this.meet();
    const outer = f.keep(this.#word(iteration));
    const count = f.keep(typeof trip === 'number' ? f.i32(trip) : this.#word(param(trip.param)));
    const ends = (): I32 => f.i32_eqz(f.i32_load8_u(this.#word(buffer(condition!)), 0));
    const run = (): void => this.#iterations(count, ends, { reverse, carries, body, condition }, shares);
    if (condition === undefined) run();
    else f.block(run);
    f.i32_store(f.get(this.#table), f.get(outer), iteration);
  }

  #iterations(
    count: Local<I32>,
    ends: () => I32,
    { reverse, carries, body, condition }: Omit<LoopKernel, 'kind' | 'trip'>,
    shares: boolean,
  ): void {
    const f = this.#f;
    const { iteration, buffer } = this.#layout;
    f.times(
      () => f.get(count),
      (step) => {
        // Out of the condition of the counter, the counting and the block around both.
        if (condition !== undefined) f.br_if(2, ends());
        const last = (): I32 => f.i32_sub(f.get(count), f.i32(1));
        const table = f.get(this.#table);
        f.i32_store(table, reverse ? f.i32_sub(last(), f.get(step)) : f.get(step), iteration);
        this.write(body);
        if (shares) this.meet();
        f.scope(() => {
          for (const { current, next } of carries) {
            const held = f.keep(this.#word(buffer(current)));
            const place = f.get(this.#table);
            f.i32_store(place, this.#word(buffer(next)), buffer(current));
            f.i32_store(f.get(this.#table), f.get(held), buffer(next));
          }
        });
      },
    );
  }
}

interface Source {
  readonly program: Program;
  readonly layout: TableLayout;
  readonly linker: Linker;
  readonly sharing: Sharing | null;
}

/** Writes the module and returns its bytes. */
function written(source: Source): Uint8Array<ArrayBuffer> {
  const { module } = source.linker;
  const { code: run, params } = module.fn(['i32'], []);
  const calls = new Calls(run, params[0], source);
  calls.write(source.program.kernels);
  calls.meet();
  module.export('run', run);
  return source.linker.bytes();
}

/** Compiles a program for one thread and returns its `run`. */
export function generate(program: Program, layout: TableLayout, { library, modules }: Runtime): Run {
  const linker = new Linker(library);
  const bytes = written({ program, layout, linker, sharing: null });
  return modules.find(bytes, () => linker.instantiate(bytes)['run'] as Run);
}

/** Compiles a program for several threads. */
export function generateShared(
  program: Program,
  layout: TableLayout,
  sharing: Sharing,
  { library, teamPrograms }: Runtime,
): TeamProgram {
  const linker = new Linker(library);
  const bytes = written({ program, layout, linker, sharing });
  return teamPrograms.find(bytes, () => {
    const run = linker.instantiate(bytes)['run'] as Run;
    return { run, bytes, imports: linker.imports };
  });
}

/** Whether a kernel uses memory of its own while it runs. */
export function needsWorkspace(kernel: Kernel): boolean {
  if (isNested(kernel)) return bodiesOf(kernel).flat().some(needsWorkspace);
  return kernel.kind === 'matmul' || kernel.kind === 'conv' || kernel.kind === 'sort';
}

/** Bytes of workspace that each of some threads needs for a kernel. */
export function workspaceOf(kernel: Kernel, int: (value: Int) => number, threads: number): number {
  switch (kernel.kind) {
    case 'loop':
    case 'switch':
      return Math.max(
        0,
        ...bodiesOf(kernel)
          .flat()
          .map((inner) => workspaceOf(inner, int, threads)),
      );
    case 'matmul':
      return matmulWorkspace(kernel, int, threads);
    case 'conv':
      return convWorkspace(kernel, int, threads);
    case 'sort':
      return sortWorkspace(kernel, int);
    default:
      return 0;
  }
}
