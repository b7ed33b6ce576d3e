/**
 * A program as one WebAssembly module: a function per kernel, and `run` that calls them in order.
 */
import { type Int, type Kernel, type Program } from '@dl/tensor/backend';
import { convWorkspace } from '../kernels/conv-plan.ts';
import { writeConv } from '../kernels/conv.ts';
import { writeMap } from '../kernels/map.ts';
import { matmulWorkspace, writeMatmul } from '../kernels/matmul.ts';
import { writeReduce } from '../kernels/reduce.ts';
import { KernelWriter, type TableLayout } from '../kernels/writer.ts';
import { Linker } from '../library/library.ts';
import type { Run, Runtime } from '../runtime.ts';

/** Writes the code of one kernel. */
function writeKernel(w: KernelWriter, kernel: Kernel): void {
  switch (kernel.kind) {
    case 'map':
      return writeMap(w, kernel);
    case 'reduce':
      return writeReduce(w, kernel);
    case 'matmul':
      return writeMatmul(w, kernel);
    case 'conv':
      return writeConv(w, kernel);
    default:
      throw new TypeError(`no code for '${kernel.kind}' kernels`);
  }
}

/** Whether code can be generated for a program; others are interpreted. */
export function canGenerate({ kernels }: Program): boolean {
  return kernels.every(({ kind }) => kind === 'map' || kind === 'reduce' || kind === 'matmul' || kind === 'conv');
}

/** Compiles the module and returns its `run`. */
export function generate(program: Program, layout: TableLayout, { library, modules }: Runtime): Run {
  const linker = new Linker(library);
  const functions = program.kernels.map((kernel) => {
    const { code, params } = linker.module.fn(['i32'], []);
    writeKernel(new KernelWriter(code, params[0], layout, linker), kernel);
    return code;
  });
  const { code: run, params } = linker.module.fn(['i32'], []);
  for (const fn of functions) run.call(fn, run.get(params[0]));
  linker.module.export('run', run);
  const bytes = linker.bytes();
  return modules.find(bytes, () => linker.instantiate(bytes)['run'] as Run);
}

/** Whether a kernel uses memory of its own while it runs. */
export function needsWorkspace(kernel: Kernel): boolean {
  if (kernel.kind === 'loop') return kernel.body.some(needsWorkspace);
  return kernel.kind !== 'map' && kernel.kind !== 'reduce';
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
    default:
      return 0;
  }
}
