/**
 * A program as one WebAssembly module: a function per kernel, and `run` that calls them in order.
 */
import { walk, type Kernel, type Program } from '@dl/tensor/backend';
import { HOST_MATH, hostNeeds, MathLibrary } from './codegen/math.ts';
import { exprsOf } from './inspect.ts';
import { writeConv } from './kernels/conv.ts';
import { writeMap } from './kernels/map.ts';
import { writeMatmul } from './kernels/matmul.ts';
import { writeReduce } from './kernels/reduce.ts';
import { KernelWriter, type TableLayout } from './kernels/writer.ts';
import type { Heap } from './memory/heap.ts';
import { Module, type Code } from './wasm/assembler.ts';

/** Whether all kernels can be generated; the rest is interpreted. */
export function canGenerate(program: Program): boolean {
  if (program.buffers.some((spec) => spec.dtype === 'float64')) return false;
  return program.kernels.every((kernel) => {
    if (exprsOf(kernel).some((root) => usesFloat64(root))) return false;
    switch (kernel.kind) {
      case 'map':
      case 'reduce':
        return true;
      case 'matmul':
        return kernel.a.dtype === 'float32' && kernel.b.dtype === 'float32';
      case 'conv':
        return kernel.lhs.dtype === 'float32' && kernel.rhs.dtype === 'float32' && kernel.axes.length <= 3;
      default:
        return false;
    }
  });
}

function usesFloat64(root: Parameters<typeof walk>[0][number]): boolean {
  let found = false;
  walk([root], (e) => (found ||= e.dtype === 'float64'));
  return found;
}

/** Host functions that the expressions of a program may call. */
function hostFunctions(kernels: readonly Kernel[]): Set<string> {
  const names = new Set<string>();
  for (const kernel of kernels) {
    walk(exprsOf(kernel), (e) => {
      if ((e.kind === 'unary' || e.kind === 'binary') && e.dtype === 'float32')
        hostNeeds(e.op).forEach((name) => names.add(name));
    });
  }
  return names;
}

function writeKernel(w: KernelWriter, kernel: Kernel, module: Module): void {
  switch (kernel.kind) {
    case 'map':
      return writeMap(w, kernel);
    case 'reduce':
      return writeReduce(w, kernel);
    case 'matmul':
      return writeMatmul(w, kernel, module);
    case 'conv':
      return writeConv(w, kernel, module);
    default:
      throw new TypeError(`no code for '${kernel.kind}' kernels`);
  }
}

/** Compiles the module and returns its `run`, which takes the table's address. */
export function generate(program: Program, layout: TableLayout, heap: Heap): (table: number) => void {
  const module = new Module();
  const library = new MathLibrary(module, hostFunctions(program.kernels));
  const functions: Code[] = program.kernels.map((kernel) => {
    const { code, params } = module.fn(['i32'], []);
    writeKernel(new KernelWriter(code, params[0], layout, library), kernel, module);
    return code;
  });
  const { code: run, params } = module.fn(['i32'], []);
  for (const fn of functions) run.call(fn, run.get(params[0]));
  module.export('run', run);
  const compiled = new WebAssembly.Module(module.bytes({ maximum: heap.maximum, shared: heap.shared }));
  const instance = new WebAssembly.Instance(compiled, { env: { memory: heap.memory, ...HOST_MATH } });
  return instance.exports['run'] as (table: number) => void;
}
