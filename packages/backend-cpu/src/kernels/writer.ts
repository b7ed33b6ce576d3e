/**
 * KernelWriter: what the code of every kernel needs to find, where buffers and parameters are.
 */
import { byteWidth, simpleKernels, type ComputeDType, type Int, type Operand, type Program } from '@dl/tensor/backend';
import { scaled, type Vec } from '../codegen/vec.ts';
import type { Linker } from '../library/library.ts';
import type { Code, I32, Local } from '../wasm/code.ts';
import type { Share } from './share.ts';

/**
 * Where a run finds its data, in bytes from the table's start: base addresses of all buffers, the workspace, the
 * iteration of the loop that is running, then 8 bytes per parameter, then what threads need. Each thread has a table.
 */
export interface TableLayout {
  readonly buffer: (index: number) => number;
  /** Address of the memory that kernels use while they run. */
  readonly workspace: number;
  readonly iteration: number;
  readonly param: (index: number) => number;
  /** This thread's number, the number of threads, and their control block. */
  readonly thread: number;
  readonly threads: number;
  readonly control: number;
  /** How many threads share a kernel, counted in the order of `simpleKernels`. */
  readonly parts: (kernel: number) => number;
  readonly bytes: number;
}

export function tableLayout({ buffers, params, kernels }: Program): TableLayout {
  const workspace = buffers.length * 4;
  const first = Math.ceil((workspace + 8) / 8) * 8;
  const thread = first + params.length * 8;
  return {
    buffer: (i) => i * 4,
    workspace,
    iteration: workspace + 4,
    param: (i) => first + i * 8,
    thread,
    threads: thread + 4,
    control: thread + 8,
    parts: (kernel) => thread + 12 + kernel * 4,
    bytes: thread + 12 + simpleKernels(kernels).length * 4,
  };
}

/** Calls a further function with arguments that are pushed in order. */
export type Helper = (...args: readonly (() => I32)[]) => void;

export class KernelWriter {
  readonly f: Code;
  readonly linker: Linker;
  /** Whether the code takes only its thread's share of the work. */
  divided = false;
  readonly #table: Local<I32>;
  readonly #layout: TableLayout;
  /** Where the table says how many threads share this kernel; null where one does it alone. */
  readonly #parts: number | null;

  constructor(f: Code, table: Local<I32>, layout: TableLayout, linker: Linker, parts: number | null = null) {
    this.f = f;
    this.linker = linker;
    this.#table = table;
    this.#layout = layout;
    this.#parts = parts;
  }

  /** Whether threads may share this kernel. */
  get shares(): boolean {
    return this.#parts !== null;
  }

  /**
   * This thread's part of an axis, in whole units but for the end; null where one thread does everything. Where `when`
   * is given and false at run time, every thread takes all.
   */
  share(size: () => I32, unit: number, when?: () => I32): Share | null {
    if (this.#parts === null) return null;
    const { f } = this;
    this.divided = true;
    const thread = f.keep(this.#word(this.#layout.thread));
    const parts = f.keep(this.#word(this.#parts));
    if (when) {
      const divides = f.keep(when());
      f.set(thread, f.select(f.get(thread), f.i32(0), f.get(divides)));
      f.set(parts, f.select(f.get(parts), f.i32(1), f.get(divides)));
    }
    const all = f.keep(size());
    const units = f.keep(f.get(all));
    if (unit > 1) f.set(units, f.i32_div_u(f.i32_add(f.get(units), f.i32(unit - 1)), f.i32(unit)));
    const more = f.keep(f.i32_rem_u(f.get(units), f.get(parts)));
    f.set(units, f.i32_div_u(f.get(units), f.get(parts)));
    // The first threads take what does not come out even, one unit each.
    const before = f.i32_mul(f.get(units), f.get(thread));
    const from = f.keep(f.i32_mul(f.i32_add(before, f.smaller(thread, more)), f.i32(unit)));
    const own = f.i32_add(f.get(units), f.i32_lt_s(f.get(thread), f.get(more)));
    const count = f.keep(f.i32_mul(own, f.i32(unit)));
    const left = f.keep(f.i32_sub(f.get(all), f.get(from)));
    f.set(count, f.smaller(count, left));
    return { from, count };
  }

  /** Opens a further function of the module, for loops that the engine should optimise early. */
  helper(params: number, write: (w: KernelWriter, params: readonly Local<I32>[]) => void): Helper {
    const types = Array.from({ length: params + 1 }, () => 'i32' as const);
    const { code, params: locals } = this.linker.module.fn(types, []);
    const [table, ...rest] = locals as Local<I32>[];
    write(new KernelWriter(code, table!, this.#layout, this.linker), rest);
    return (...args) => {
      const { f } = this;
      f.get(this.#table);
      for (const arg of args) arg();
      f.call(code);
    };
  }

  /** A size, stride or offset. */
  int(value: Int): I32 {
    if (typeof value === 'number') return this.f.i32(value);
    return this.#word(this.#layout.param(value.param));
  }

  /** Base address of a buffer. */
  base(buffer: number): I32 {
    return this.#word(this.#layout.buffer(buffer));
  }

  /** Address of the workspace, some bytes into it. */
  workspace(offset = 0): I32 {
    const start = this.#word(this.#layout.workspace);
    return offset === 0 ? start : this.f.i32_add(start, this.f.i32(offset));
  }

  /** The number of the enclosing loop's iteration. */
  iteration(): I32 {
    return this.#word(this.#layout.iteration);
  }

  #word(offset: number): I32 {
    return this.f.get(this.f.entry('i32', this.#table, offset));
  }

  /** A scalar parameter in all lanes. */
  param(index: number, dtype: ComputeDType): Vec {
    const { f } = this;
    const offset = this.#layout.param(index);
    switch (dtype) {
      case 'float64': {
        const v = f.keepVector(f.f64x2_splat(f.get(f.entry('f64', this.#table, offset))));
        return [v, v];
      }
      case 'float32':
        return [f.keepVector(f.f32x4_splat(f.get(f.entry('f32', this.#table, offset))))];
      case 'bool':
        return [f.keepVector(f.i32x4_ne(f.i32x4_splat(this.#word(offset)), f.bits(0)))];
      default:
        return [f.keepVector(f.i32x4_splat(this.#word(offset)))];
    }
  }

  /** The product of sizes. */
  product(sizes: readonly Int[]): I32 {
    const fixed = sizes.reduce<number>((total, size) => (typeof size === 'number' ? total * size : total), 1);
    const open = sizes.filter((size) => typeof size !== 'number');
    if (open.length === 0) return this.f.i32(fixed);
    let total = this.int(open[0]!);
    for (const size of open.slice(1)) total = this.f.i32_mul(total, this.int(size));
    return fixed === 1 ? total : this.f.i32_mul(total, this.f.i32(fixed));
  }

  /** Address of an operand's first element. */
  origin(operand: Operand): I32 {
    const { f } = this;
    const { offset, iterationStride, dtype } = operand;
    const width = byteWidth(dtype);
    let address = this.base(operand.buffer);
    if (offset !== 0) address = f.i32_add(address, this.#bytes(offset, width));
    if (iterationStride === undefined || iterationStride === 0) return address;
    const moved = f.i32_mul(this.iteration(), this.#bytes(iterationStride, width));
    return f.i32_add(address, moved);
  }

  /** A number of elements as bytes. */
  #bytes(elements: Int, width: number): I32 {
    return typeof elements === 'number' ? this.f.i32(elements * width) : scaled(this.f, this.int(elements), width);
  }

  /** A stride in bytes: a number, or a local computed here. */
  strideBytes(stride: Int, width: number): number | Local<I32> {
    return typeof stride === 'number' ? stride * width : this.f.keep(this.#bytes(stride, width));
  }

  /** A stride in bytes, in a local. */
  heldStride(stride: Int, width: number): Local<I32> {
    const value = this.strideBytes(stride, width);
    return typeof value === 'number' ? this.f.keep(this.f.i32(value)) : value;
  }
}
