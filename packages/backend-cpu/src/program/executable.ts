/**
 * Running compiled programs: inputs are copied into the heap unless they live there, the module runs, outputs are copied
 * out.
 */
import {
  BackendError,
  bodiesOf,
  byteWidth,
  DisposedError,
  interpret,
  viewBytes,
  type BufferRole,
  type Buffer,
  type Executable,
  type Int,
  type Kernel,
  type Program,
} from '@dl/tensor/backend';
import { cpuBuffer, type CpuBuffer } from '../buffer.ts';
import { LARGE, SMALL } from '../memory/pool.ts';
import { tableLayout, type TableLayout } from '../kernels/writer.ts';
import type { Runtime } from '../runtime.ts';
import { accessesOf, rangeOf, type Access } from './access.ts';
import { Crew } from './crew.ts';
import { blockBytes, Places } from './layout.ts';
import { Stream, streamed } from './stream.ts';

/** Inputs below this size are copied whole, without asking which part is read. */
const COPY_WHOLE = 4096;

/** With more workspace for further threads than this, one computes alone. */
const MOST_SHARED = 2 ** 29;

/** What a run needs to know of a buffer. */
export interface Slot {
  readonly role: BufferRole;
  readonly width: number;
  readonly size: Int;
  /** Null where any element may be touched. */
  readonly accesses: readonly Access[] | null;
  /** Place among the arguments; −1 for temporaries. */
  readonly arg: number;
  /** Whether the program reads and writes the arguments' bytes. */
  readonly read: boolean;
  readonly written: boolean;
  /** Whether kernels work on the argument's own bytes where these are in the heap; else on a copy, for loops trade it. */
  readonly inPlace: boolean;
}

/** Slots of all buffers of a program. */
function slotsOf(program: Program): readonly Slot[] {
  const accesses = accessesOf(program);
  const traded = new Set<number>();
  const visit = (kernel: Kernel): void => {
    if (kernel.kind === 'loop') kernel.carries.forEach(({ current, next }) => traded.add(current).add(next));
    bodiesOf(kernel).flat().forEach(visit);
  };
  program.kernels.forEach(visit);
  return program.buffers.map(({ role, dtype, size }, i) => ({
    role,
    width: byteWidth(dtype),
    size,
    accesses: accesses.get(i) === undefined ? [] : accesses.get(i)!,
    arg: program.args.indexOf(i),
    read: role === 'input' || role === 'const' || role === 'state',
    written: role === 'output' || role === 'state',
    inPlace: role === 'state' || !traded.has(i),
  }));
}

export class GeneratedExecutable implements Executable {
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #layout: TableLayout;
  readonly #slots: readonly Slot[];
  readonly #stream: Stream | null;
  readonly #places: Places;
  /** Value type of each parameter: 0 int, 1 float32, 2 float64. */
  readonly #kinds: readonly number[];
  readonly #params: number[];
  /** While a run is being set up: offset from the start of scratch memory, or −1 for buffers that live in the heap. */
  readonly #offsets: Float64Array;
  #crew: Crew | null;

  constructor(source: Program, runtime: Runtime) {
    const rewritten = streamed(source);
    const program = rewritten?.program ?? source;
    this.#runtime = runtime;
    this.#program = program;
    this.#layout = tableLayout(program);
    this.#crew = new Crew(program, this.#layout, runtime);
    this.#slots = slotsOf(program);
    this.#kinds = program.params.map(({ dtype }) => (dtype === 'float64' ? 2 : dtype === 'float32' ? 1 : 0));
    this.#params = program.params.map(() => 0);
    this.#places = new Places(program, source.params.length === 0);
    this.#stream = rewritten && new Stream(rewritten, this.#slots, this.#layout, runtime);
    this.#offsets = new Float64Array(program.buffers.length);
  }

  readonly #int = (value: Int): number => (typeof value === 'number' ? value : this.#params[value.param]!);

  run(args: readonly Buffer[], params: readonly number[]): void {
    const crew = this.#checked(args);
    const { heap, scratch } = this.#runtime;
    this.#takeParams(params);
    this.#settle(args);
    const stream = this.#stream !== null && this.#stream.suits(args) ? this.#stream : null;
    let threads = crew.gather(this.#int, args, stream !== null);
    const table = this.#runtime.table.reserve(crew.tableBytes);
    this.#writeParams(table);
    if (stream !== null && stream.run(args, table, crew, threads)) return;
    const slots = this.#slots;
    const offsets = this.#offsets;
    const places = this.#places.at(this.#int, threads);
    if ((threads - 1) * places.share > MOST_SHARED) threads = crew.leave();
    let bytes = places.bytes;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (slot.arg < 0) {
        offsets[i] = places.offsets[i]!;
        continue;
      }
      const buffer = args[slot.arg] as CpuBuffer;
      if (buffer.address !== 0 && slot.inPlace && !this.#overwrites(slot, args)) {
        offsets[i] = -1;
        continue;
      }
      offsets[i] = bytes;
      bytes += blockBytes(slot.read ? this.#inputLength(slot, buffer) : this.#int(slot.size) * slot.width);
    }
    const start = scratch.reserve(bytes + places.workspace + (threads - 1) * places.share);
    const { i32, u8 } = heap;
    i32[(table + this.#layout.workspace) >>> 2] = start + bytes;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      let base = start + offsets[i]!;
      if (offsets[i]! < 0) base = (args[slot.arg] as CpuBuffer).address;
      else if (slot.arg >= 0 && slot.read) base -= this.#copyIn(slot, args[slot.arg] as CpuBuffer, u8, base);
      i32[(table >>> 2) + i] = base;
    }
    crew.run(table, places);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (!slot.written) continue;
      // Where the bytes are now: carries of loops may have changed places.
      const address = i32[(table >>> 2) + i]! >>> 0;
      this.#copyOut(args[slot.arg] as CpuBuffer, address, this.#int(slot.size) * slot.width, u8);
    }
  }

  #checked(args: readonly Buffer[]): Crew {
    const { name, args: wanted } = this.#program;
    if (this.#crew === null) throw new DisposedError(`cpu: program '${name}' runs after dispose()`);
    if (args.length !== wanted.length)
      throw new BackendError(`cpu: program '${name}' got ${args.length} buffers, expected ${wanted.length}`);
    for (let i = 0; i < args.length; i++) cpuBuffer(args[i]!);
    return this.#crew;
  }

  /** Moves state into the heap, and large arguments where there is room for them. */
  #settle(args: readonly Buffer[]): void {
    const { heap } = this.#runtime;
    const slots = this.#slots;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (slot.arg < 0) continue;
      const buffer = args[slot.arg] as CpuBuffer;
      if (slot.role === 'state') buffer.moveTo(heap);
      if (buffer.byteLength < LARGE || buffer.address !== 0 || !slot.inPlace) continue;
      if (slot.read) {
        if (this.#inputLength(slot, buffer) >= LARGE) buffer.settle(heap, true);
      } else {
        buffer.settle(heap, this.#int(slot.size) * slot.width < buffer.byteLength || this.#overwrites(slot, args));
      }
    }
  }

  /** Whether an output is an argument at another place, too: then what it holds must stay until all is read. */
  #overwrites(slot: Slot, args: readonly Buffer[]): boolean {
    if (slot.role !== 'output') return false;
    const buffer = args[slot.arg]!;
    return args.indexOf(buffer) !== slot.arg || args.indexOf(buffer, slot.arg + 1) >= 0;
  }

  #takeParams(params: readonly number[]): void {
    for (let i = 0; i < params.length; i++) this.#params[i] = params[i]!;
    if (this.#stream !== null) this.#stream.takeDefaults(this.#params);
  }

  #writeParams(table: number): void {
    const { i32, f32, f64 } = this.#runtime.heap;
    const kinds = this.#kinds;
    const params = this.#params;
    for (let i = 0; i < params.length; i++) {
      const at = table + this.#layout.param(i);
      const value = params[i]!;
      if (kinds[i] === 0) i32[at >>> 2] = value;
      else if (kinds[i] === 1) f32[at >>> 2] = value;
      else f64[at >>> 3] = value;
    }
  }

  /** Bytes of an input that are copied in. */
  #inputLength(slot: Slot, buffer: CpuBuffer): number {
    if (slot.accesses === null || buffer.byteLength <= COPY_WHOLE) return buffer.byteLength;
    const [first, last] = rangeOf(slot.accesses, this.#int);
    return (last - first + 1) * slot.width;
  }

  /** Copies what the program reads of an input; returns how many bytes in front were left out. */
  #copyIn(slot: Slot, buffer: CpuBuffer, heap: Uint8Array, address: number): number {
    const source = buffer.host();
    if (slot.accesses === null || buffer.byteLength <= COPY_WHOLE) {
      heap.set(source, address);
      return 0;
    }
    const [first, last] = rangeOf(slot.accesses, this.#int);
    const [from, to] = [first * slot.width, (last + 1) * slot.width];
    if (from < 0 || to > source.length)
      throw new BackendError(
        `cpu: program '${this.#program.name}' reads bytes ${from} to ${to} of a buffer of ${source.length}`,
      );
    heap.set(from === 0 && to === source.length ? source : source.subarray(from, to), address);
    return from;
  }

  #copyOut(buffer: CpuBuffer, address: number, length: number, heap: Uint8Array): void {
    if (buffer.address === address) return;
    // Small arrays cost least when they are made from what they hold.
    if (buffer.bytes === null && buffer.address === 0 && length === buffer.byteLength && length <= SMALL)
      buffer.bytes = heap.slice(address, address + length);
    else buffer.target().set(heap.subarray(address, address + length));
  }

  dispose(): void {
    this.#crew = null;
  }
}

/** For engines without SIMD. */
export class InterpretedExecutable implements Executable {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  run(args: readonly Buffer[], params: readonly number[]): void {
    const { args: order, buffers } = this.#program;
    const arrays = args.map((buffer, i) => {
      const bytes = cpuBuffer(buffer).host();
      const { dtype } = buffers[order[i]!]!;
      return viewBytes(dtype, bytes.buffer, bytes.byteOffset, bytes.byteLength / byteWidth(dtype));
    });
    interpret(this.#program, arrays, params);
  }

  dispose(): void {}
}
