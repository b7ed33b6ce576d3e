/**
 * A program as one WebAssembly module: a function per kernel, and `run` that calls them in order.
 */
import { BackendError, type Int, type Kernel, type LoopKernel, type Program } from '@dl/tensor/backend';
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
import type { Code, I32, Local } from '../wasm/code.ts';

/** Writes the code of one kernel; loops are written by `Calls`. */
function writeKernel(w: KernelWriter, kernel: Exclude<Kernel, LoopKernel>): void {
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

/** Writes `run`: calls of kernels in order, and loops around some of them. */
class Calls {
  readonly #f: Code;
  readonly #table: Local<I32>;
  readonly #layout: TableLayout;
  readonly #linker: Linker;

  constructor(f: Code, table: Local<I32>, layout: TableLayout, linker: Linker) {
    this.#f = f;
    this.#table = table;
    this.#layout = layout;
    this.#linker = linker;
  }

  write(kernels: readonly Kernel[]): void {
    for (const kernel of kernels) {
      if (kernel.kind === 'loop') {
        this.#f.scope(() => this.#loop(kernel));
        continue;
      }
      const { code, params } = this.#linker.module.fn(['i32'], []);
      writeKernel(new KernelWriter(code, params[0], this.#layout, this.#linker), kernel);
      this.#f.call(code, this.#f.get(this.#table));
    }
  }

  #word(offset: number): I32 {
    return this.#f.i32_load(this.#f.get(this.#table), offset);
  }

  #loop({ trip, reverse, carries, body }: LoopKernel): void {
    const f = this.#f;
    const { iteration, param, buffer } = this.#layout;
    const outer = f.keep(this.#word(iteration));
    const count = f.keep(typeof trip === 'number' ? f.i32(trip) : this.#word(param(trip.param)));
    f.times(
      () => f.get(count),
      (step) => {
        const last = (): I32 => f.i32_sub(f.get(count), f.i32(1));
        const table = f.get(this.#table);
        f.i32_store(table, reverse ? f.i32_sub(last(), f.get(step)) : f.get(step), iteration);
        this.write(body);
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
    f.i32_store(f.get(this.#table), f.get(outer), iteration);
  }
}

/** Compiles the module and returns its `run`. */
export function generate(program: Program, layout: TableLayout, { library, modules }: Runtime): Run {
  const linker = new Linker(library);
  const { code: run, params } = linker.module.fn(['i32'], []);
  new Calls(run, params[0], layout, linker).write(program.kernels);
  linker.module.export('run', run);
  const bytes = linker.bytes();
  return modules.find(bytes, () => linker.instantiate(bytes)['run'] as Run);
}

/** Whether a kernel uses memory of its own while it runs. */
export function needsWorkspace(kernel: Kernel): boolean {
  if (kernel.kind === 'loop') return kernel.body.some(needsWorkspace);
  return kernel.kind === 'matmul' || kernel.kind === 'conv' || kernel.kind === 'sort';
}

/** Bytes of workspace that a kernel needs. */
export function workspaceOf(kernel: Kernel, int: (value: Int) => number): number {
  switch (kernel.kind) {
    case 'loop':
      return Math.max(0, ...kernel.body.map((inner) => workspaceOf(inner, int)));
    case 'matmul':
      return matmulWorkspace(kernel, int);
    case 'conv':
      return convWorkspace(kernel, int);
    case 'sort':
      return sortWorkspace(kernel, int);
    default:
      return 0;
  }
}
