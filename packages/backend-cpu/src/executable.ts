/**
 * Running compiled programs: inputs are copied into the heap, the module runs, outputs are copied out. Long maps and row
 * reductions stream through the cache in pieces.
 */
import {
  byteWidth,
  interpret,
  viewBytes,
  type Buffer,
  type Executable,
  type Int,
  type Kernel,
  type Program,
  walk,
} from '@dl/tensor/backend';
import { accessesOf, rangeOf, type Access } from './access.ts';
import { bytesOf, cpuBuffer, recycled } from './buffer.ts';
import { generate } from './generate.ts';
import { exprsOf } from './inspect.ts';
import { convWorkspace } from './kernels/conv.ts';
import { matmulWorkspace } from './kernels/matmul.ts';
import { tableLayout, type TableLayout } from './kernels/writer.ts';
import type { Heap, Scratch } from './memory/heap.ts';

/** Programs that touch more bytes than this are streamed where their kernel allows it. */
const STREAM_BYTES = 1 << 20;
/** Bytes per piece: what a core's second-level cache holds comfortably. */
const PIECE_BYTES = 128 * 1024;
const ALIGN = 64;

interface Slot {
  readonly role: 'input' | 'output' | 'state' | 'temp';
  readonly width: number;
  readonly size: Int;
  readonly accesses: readonly Access[] | null;
  /** Place among the arguments; −1 for temporaries. */
  readonly arg: number;
}

export class GeneratedExecutable implements Executable {
  readonly #heap: Heap;
  readonly #scratch: Scratch;
  readonly #layout: TableLayout;
  readonly #table: number;
  readonly #run: (table: number) => void;
  readonly #slots: readonly Slot[];
  readonly #isInteger: readonly boolean[];
  readonly #streamParam: number | null;
  readonly #workspaces: readonly Kernel[];
  #params: readonly number[] = [];
  readonly #addresses: Int32Array;
  readonly #int = (value: Int): number => (typeof value === 'number' ? value : this.#params[value.param]!);

  constructor(program: Program, heap: Heap, scratch: Scratch) {
    this.#heap = heap;
    this.#scratch = scratch;
    this.#layout = tableLayout(program);
    this.#table = heap.allocate(this.#layout.bytes);
    this.#run = generate(program, this.#layout, heap);
    const accesses = accessesOf(program);
    this.#slots = program.buffers.map((spec, i): Slot => ({
      role: spec.role === 'const' ? 'input' : spec.role,
      width: byteWidth(spec.dtype),
      size: spec.size,
      accesses: accesses.get(i) === undefined ? [] : accesses.get(i)!,
      arg: program.args.indexOf(i),
    }));
    this.#isInteger = program.params.map(({ dtype }) => dtype !== 'float32');
    this.#streamParam = streamable(program);
    this.#workspaces = program.kernels.filter(({ kind }) => kind === 'matmul' || kind === 'conv');
    this.#addresses = new Int32Array(program.buffers.length);
  }

  run(args: readonly Buffer[], params: readonly number[]): void {
    this.#params = params;
    const { i32, f32 } = this.#heap;
    for (let i = 0; i < params.length; i++) {
      const at = (this.#table + this.#layout.param(i)) >> 2;
      if (this.#isInteger[i]) i32[at] = params[i]!;
      else f32[at] = params[i]!;
    }
    if (this.#streamParam !== null && this.#stream(args, this.#streamParam)) return;
    const slots = this.#slots;
    let bytes = 0;
    for (let i = 0; i < slots.length; i++) {
      this.#addresses[i] = bytes;
      const { role, width, size, arg } = slots[i]!;
      const own =
        role === 'input' || role === 'state' ? this.#inputBytes(slots[i]!, args[arg]!)[1] : this.#int(size) * width;
      bytes += (own + ALIGN - 1 + 16) & -ALIGN;
    }
    let workspace = 0;
    for (const kernel of this.#workspaces) workspace = Math.max(workspace, workspaceOf(kernel, this.#int));
    const start = this.#scratch.reserve(bytes + workspace);
    const heap = this.#heap;
    heap.i32[(this.#table + this.#layout.workspace) >> 2] = start + bytes;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      const address = start + this.#addresses[i]!;
      this.#addresses[i] = address;
      let base = address;
      if (slot.role === 'input' || slot.role === 'state') {
        const [first, length] = this.#inputBytes(slot, args[slot.arg]!);
        const source = bytesOf(args[slot.arg]!);
        heap.u8.set(first === 0 && length === source.length ? source : source.subarray(first, first + length), address);
        base = address - first;
      }
      heap.i32[(this.#table + this.#layout.buffer(i)) >> 2] = base;
    }
    this.#run(this.#table);
    for (let i = 0; i < slots.length; i++) {
      const { role, arg, width, size } = slots[i]!;
      if (role === 'output' || role === 'state')
        this.#copyOut(args[arg]!, this.#addresses[i]!, this.#int(size) * width);
    }
  }

  /** First byte and number of bytes of an input that the program reads. */
  #inputBytes({ accesses, width }: Slot, buffer: Buffer): readonly [number, number] {
    const total = buffer.byteLength;
    if (accesses === null || total <= 4096) return [0, total];
    const [first, last] = rangeOf(accesses, this.#int);
    return [first * width, (last - first + 1) * width];
  }

  #copyOut(buffer: Buffer, address: number, length: number): void {
    const target = cpuBuffer(buffer);
    const bytes = recycled(target.byteLength);
    if (bytes === null && length === target.byteLength) {
      target.bytes = this.#heap.u8.slice(address, address + length);
      return;
    }
    target.bytes ??= bytes ?? new Uint8Array(target.byteLength);
    target.bytes.set(this.#heap.u8.subarray(address, address + length));
  }

  /** Runs the outermost axis in pieces; false when the program is too small to gain. */
  #stream(args: readonly Buffer[], param: number): boolean {
    const rows = this.#params[param]!;
    let total = 0;
    const steps = this.#slots.map((slot) => this.#stepOf(slot, param));
    for (let i = 0; i < this.#slots.length; i++) {
      if (steps[i] === null) return false;
      total += Math.abs(steps[i]!) * this.#slots[i]!.width * rows;
    }
    if (total < STREAM_BYTES || rows < 2) return false;
    const piece = Math.max(1, Math.min(rows, Math.floor((PIECE_BYTES * rows) / total)));
    // Whole vectors per piece keep the slow tail out of the middle.
    const count = piece >= 16 ? piece & -16 : piece;
    const params = [...this.#params];
    this.#params = params;
    params[param] = count;
    this.#heap.i32[(this.#table + this.#layout.param(param)) >> 2] = count;
    const extents = this.#slots.map((slot) => rangeOf(slot.accesses!, this.#int));
    const offsets: number[] = [];
    let bytes = 0;
    this.#slots.forEach((slot, i) => {
      offsets.push(bytes);
      const [first, last] = extents[i]!;
      bytes += ((last - first + 1) * slot.width + ALIGN + 16) & -ALIGN;
    });
    const start = this.#scratch.reserve(bytes);
    const { i32, u8 } = this.#heap;
    const sources = this.#slots.map((slot) => {
      if (slot.role === 'input') return bytesOf(args[slot.arg]!);
      const target = cpuBuffer(args[slot.arg]!);
      return (target.bytes ??= recycled(target.byteLength) ?? new Uint8Array(target.byteLength));
    });
    this.#slots.forEach((slot, i) => {
      i32[(this.#table + this.#layout.buffer(i)) >> 2] = start + offsets[i]! - extents[i]![0] * slot.width;
    });
    for (let row = 0; row < rows; row += count) {
      const now = Math.min(count, rows - row);
      if (now !== count) {
        params[param] = now;
        i32[(this.#table + this.#layout.param(param)) >> 2] = now;
      }
      this.#slots.forEach((slot, i) => {
        if (slot.role !== 'input' || (row > 0 && steps[i] === 0)) return;
        const [first, last] = now === count ? extents[i]! : rangeOf(slot.accesses!, this.#int);
        const from = (first + row * steps[i]!) * slot.width;
        u8.set(
          sources[i]!.subarray(from, from + (last - first + 1) * slot.width),
          start + offsets[i]! + (first - extents[i]![0]) * slot.width,
        );
      });
      this.#run(this.#table);
      this.#slots.forEach((slot, i) => {
        if (slot.role !== 'output') return;
        const [first, last] = now === count ? extents[i]! : rangeOf(slot.accesses!, this.#int);
        const at = start + offsets[i]! + (first - extents[i]![0]) * slot.width;
        sources[i]!.set(u8.subarray(at, at + (last - first + 1) * slot.width), (first + row * steps[i]!) * slot.width);
      });
    }
    return true;
  }

  /** How far all accesses to a buffer move per row; null when they disagree or could move backwards. */
  #stepOf({ role, accesses }: Slot, param: number): number | null {
    if ((role !== 'input' && role !== 'output') || accesses === null) return null;
    let step: number | null = null;
    for (const { axes } of accesses) {
      const along = axes.find(([size]) => typeof size !== 'number' && size.param === param);
      const own = along ? this.#int(along[1]) : 0;
      if (own < 0 || (step !== null && step !== own)) return null;
      step = own;
    }
    return step ?? 0;
  }

  dispose(): void {
    this.#heap.release(this.#table);
  }
}

function workspaceOf(kernel: Kernel, int: (value: Int) => number): number {
  if (kernel.kind === 'matmul') return matmulWorkspace(kernel, int);
  return kernel.kind === 'conv' ? convWorkspace(kernel, int) : 0;
}

/** The parameter that is the size of the outermost axis, for programs that can run piece by piece along it. */
function streamable(program: Program): number | null {
  const [kernel] = program.kernels;
  if (program.kernels.length !== 1 || !kernel || (kernel.kind !== 'map' && kernel.kind !== 'reduce')) return null;
  const [size] = kernel.shape;
  if (size === undefined || typeof size === 'number') return null;
  let positional = false;
  walk(exprsOf(kernel), (e) => (positional ||= e.kind === 'index' || e.kind === 'at'));
  if (positional || program.buffers.some((spec) => spec.role === 'temp' || spec.role === 'state')) return null;
  return size.param;
}

/** For programs without generated code: float64, sorting, scatters and loops. */
export class InterpretedExecutable implements Executable {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  run(args: readonly Buffer[], params: readonly number[]): void {
    const { args: order, buffers } = this.#program;
    const arrays = args.map((buffer, i) => {
      const bytes = bytesOf(buffer);
      const { dtype } = buffers[order[i]!]!;
      return viewBytes(dtype, bytes.buffer, bytes.byteOffset, bytes.byteLength / byteWidth(dtype));
    });
    interpret(this.#program, arrays, params);
  }

  dispose(): void {}
}
