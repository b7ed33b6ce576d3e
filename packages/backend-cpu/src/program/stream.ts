/**
 * Streaming: a long map or row reduction runs piece by piece along its outermost axis, through memory that stays in the
 * cache, instead of copying whole arrays into the heap and back.
 */
import {
  binary,
  int,
  rewrite,
  exprsOf,
  walk,
  type Buffer,
  type Int,
  type MapKernel,
  type Operand,
  type ParamSpec,
  type Program,
  type ReduceKernel,
  type ScalarExpr,
} from '@dl/tensor/backend';
import { cpuBuffer } from '../buffer.ts';
import { mergeAxes, mergedExprs, mergedOperand, loadedSlots } from '../kernels/simplify.ts';
import type { TableLayout } from '../kernels/writer.ts';
import type { Runtime } from '../runtime.ts';
import { rangeOf } from './access.ts';
import type { Crew } from './crew.ts';
import type { Slot } from './executable.ts';
import { blockBytes } from './layout.ts';

/** Programs that touch fewer bytes are not streamed. */
const LEAST_BYTES = 1 << 20;
/** Bytes per piece: what a core's second-level cache holds comfortably. */
const PIECE_BYTES = 128 * 1024;

/** Several threads take pieces so large that waking them does not count, at the price of the cache. */
const SHARED_PIECE_BYTES = 8 * 2 ** 20;

const NO_WORKSPACE = { workspace: 0, share: 0 } as const;

/** A program whose outermost axis has a run-time size and start. */
export interface Streamed {
  readonly program: Program;
  /** The size that was there before. */
  readonly rows: Int;
  /** Parameters that were added: rows of a piece, and the first row where the kernel looks at it (else −1). */
  readonly count: number;
  readonly first: number;
}

/** Rewrites a program that can be streamed; null for others. */
export function streamed(program: Program): Streamed | null {
  const [only] = program.kernels;
  if (program.kernels.length !== 1 || !only || (only.kind !== 'map' && only.kind !== 'reduce')) return null;
  if (program.buffers.some(({ role }) => role === 'temp' || role === 'state')) return null;
  const kernel = only.kind === 'map' ? merged(only) : only;
  const [rows] = kernel.shape;
  if (rows === undefined || rows === 1) return null;
  const count = program.params.length;
  const params: ParamSpec[] = [...program.params, { dtype: 'int32' }];
  let first = -1;
  const shifted = (exprs: readonly ScalarExpr[]): ScalarExpr[] =>
    rewrite(exprs, (e) => {
      if (e.kind !== 'index' || e.axis !== 0) return e;
      if (first < 0) first = params.push({ dtype: 'int32' }) - 1;
      return binary('add', e, int({ param: first }));
    });
  const shape = [{ param: count }, ...kernel.shape.slice(1)];
  const next = kernel.kind === 'map' ? shiftedMap(kernel, shape, shifted) : shiftedReduce(kernel, shape, shifted);
  // Coordinates that move with the row would need all rows at hand.
  if (next === null) return null;
  return { program: { ...program, params, kernels: [next] }, rows, count, first };
}

function merged(kernel: MapKernel): MapKernel {
  const exprs = exprsOf(kernel);
  const loaded = loadedSlots(exprs);
  const walked: Operand[] = [
    ...kernel.operands.filter((_, slot) => loaded.has(slot)),
    ...kernel.outputs.map(({ operand }) => operand),
  ];
  const axes = mergeAxes(kernel.shape, walked, exprs, [[0, kernel.shape.length]]);
  const next = mergedExprs(exprs, axes);
  return {
    ...kernel,
    shape: axes.shape,
    operands: kernel.operands.map((operand, slot) => (loaded.has(slot) ? mergedOperand(operand, axes) : operand)),
    outputs: kernel.outputs.map(({ operand }, i) => ({ operand: mergedOperand(operand, axes), expr: next[i]! })),
  };
}

type Shift = (exprs: readonly ScalarExpr[]) => ScalarExpr[];

function shiftedMap(kernel: MapKernel, shape: readonly Int[], shift: Shift): MapKernel {
  const exprs = shift(kernel.outputs.map(({ expr }) => expr));
  return { ...kernel, shape, outputs: kernel.outputs.map((output, i) => ({ ...output, expr: exprs[i]! })) };
}

function shiftedReduce(kernel: ReduceKernel, shape: readonly Int[], shift: Shift): ReduceKernel {
  const exprs = shift(exprsOf(kernel));
  let at = 0;
  const replaced = <T extends { readonly expr: ScalarExpr }>(list: readonly T[]): T[] =>
    list.map((item) => ({ ...item, expr: exprs[at++]! }));
  return {
    ...kernel,
    shape,
    stages: replaced(kernel.stages),
    outputs: replaced(kernel.outputs),
    writes: replaced(kernel.writes),
  };
}

/** Runs streamed programs in pieces where that pays. */
export class Stream {
  readonly #source: Streamed;
  readonly #slots: readonly Slot[];
  readonly #layout: TableLayout;
  readonly #runtime: Runtime;
  #params: number[] = [];
  /** Whether any operand is read at computed coordinates, so that it must be there as a whole. */
  readonly #whole: ReadonlySet<number>;

  constructor(source: Streamed, slots: readonly Slot[], layout: TableLayout, runtime: Runtime) {
    this.#source = source;
    this.#slots = slots;
    this.#layout = layout;
    this.#runtime = runtime;
    const whole = new Set<number>();
    const [kernel] = source.program.kernels as [MapKernel | ReduceKernel];
    walk(exprsOf(kernel), (e) => e.kind === 'at' && whole.add(kernel.operands[e.operand]!.buffer));
    this.#whole = whole;
  }

  readonly #int = (value: Int): number => (typeof value === 'number' ? value : this.#params[value.param]!);

  /** Gives the added parameters their values for a run in one piece. */
  takeDefaults(params: number[]): void {
    this.#params = params;
    params[this.#source.count] = this.#int(this.#source.rows);
    if (this.#source.first >= 0) params[this.#source.first] = 0;
  }

  #set(table: number, param: number, value: number): void {
    this.#params[param] = value;
    this.#runtime.heap.i32[(table + this.#layout.param(param)) >>> 2] = value;
  }

  /** Whether so many bytes would be copied that a run in pieces may gain. */
  suits(args: readonly Buffer[]): boolean {
    let copied = 0;
    for (let i = 0; i < args.length; i++) if (cpuBuffer(args[i]!).address === 0) copied += args[i]!.byteLength;
    return copied >= LEAST_BYTES;
  }

  /** Runs the outermost axis in pieces; false when the program is too small to gain. */
  run(args: readonly Buffer[], table: number, crew: Crew, threads: number): boolean {
    const { count, first, rows: size } = this.#source;
    const rows = this.#int(size);
    const steps = this.#slots.map((slot, i) => this.#stepOf(slot, i));
    let total = 0;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      if (step === null) return false;
      total += step * this.#slots[i]!.width * rows;
    }
    if (total < LEAST_BYTES || rows < 2) return false;
    const pieceBytes = threads === 1 ? PIECE_BYTES : SHARED_PIECE_BYTES;
    const fitting = Math.max(1, Math.floor((pieceBytes * rows) / total));
    // Whole vectors per piece keep the slow tail out of the middle.
    const piece = Math.min(rows, fitting >= 64 ? fitting & -64 : fitting);
    this.#set(table, count, piece);
    const buffers = this.#slots.map((slot) => cpuBuffer(args[slot.arg]!));
    // Buffers in the heap are not copied: their bases move on with the rows.
    const copied = buffers.map(({ address }, i) => address === 0 || !this.#slots[i]!.inPlace);
    const extents = this.#slots.map((slot, i) => this.#extent(slot, i, buffers[i]!.byteLength));
    const spread = extents.reduce((sum, [from, to], i) => sum + (steps[i] === 0 || !copied[i] ? 0 : to - from), 0);
    // Pieces of an output must not reach into each other: each is copied out as a whole.
    const tangled = this.#slots.some(({ role, width }, i) => {
      const [from, to] = extents[i]!;
      return copied[i]! && role === 'output' && to - from > piece * steps[i]! * width;
    });
    if (tangled || spread > 4 * pieceBytes + (2 * total * piece) / rows) {
      this.#set(table, count, rows);
      return false;
    }
    const offsets: number[] = [];
    let bytes = 0;
    extents.forEach(([from, to], i) => {
      offsets.push(bytes);
      if (copied[i]) bytes += blockBytes(to - from);
    });
    const start = this.#runtime.scratch.reserve(bytes);
    const { heap } = this.#runtime;
    // Only now, because a heap that grows may leave older views of it without memory.
    const arrays = this.#slots.map((slot, i) => (slot.role === 'output' ? buffers[i]!.target() : buffers[i]!.host()));
    const setBase = (i: number, base: number): void => void (heap.i32[(table + 4 * i) >>> 2] = base);
    this.#slots.forEach((_, i) => copied[i] && setBase(i, start + offsets[i]! - extents[i]![0]));
    for (let row = 0; row < rows; row += piece) {
      const now = Math.min(piece, rows - row);
      if (now !== piece) this.#set(table, count, now);
      if (first >= 0) this.#set(table, first, row);
      const each = (
        role: 'input' | 'output',
        copy: (i: number, from: number, to: number, address: number) => void,
      ): void =>
        this.#slots.forEach((slot, i) => {
          if (!copied[i] || (slot.role === 'output') !== (role === 'output') || (row > 0 && steps[i] === 0)) return;
          const [from, to] = now === piece ? extents[i]! : this.#extent(slot, i, buffers[i]!.byteLength);
          if (from === to) return;
          const moved = row * steps[i]! * slot.width;
          copy(i, from + moved, to + moved, start + offsets[i]! + from - extents[i]![0]);
        });
      this.#slots.forEach(({ width }, i) => copied[i] || setBase(i, buffers[i]!.address + row * steps[i]! * width));
      each('input', (i, from, to, address) => heap.u8.set(arrays[i]!.subarray(from, to), address));
      crew.run(table, NO_WORKSPACE);
      each('output', (i, from, to, address) => arrays[i]!.set(heap.u8.subarray(address, address + to - from), from));
    }
    return true;
  }

  /** The bytes that one piece at the first row touches. */
  #extent(slot: Slot, i: number, byteLength: number): readonly [from: number, to: number] {
    if (this.#whole.has(i)) return [0, byteLength];
    const [first, last] = rangeOf(slot.accesses!, this.#int);
    return [first * slot.width, (last + 1) * slot.width];
  }

  /** How many elements all accesses to a buffer move per row; null when they disagree or move backwards. */
  #stepOf({ accesses }: Slot, i: number): number | null {
    if (this.#whole.has(i)) return 0;
    if (accesses === null) return null;
    let step: number | null = null;
    for (const { axes } of accesses) {
      const along = axes.find(([size]) => typeof size !== 'number' && size.param === this.#source.count);
      const own = along ? this.#int(along[1]) : 0;
      if (own < 0 || (step !== null && step !== own)) return null;
      step = own;
    }
    return step ?? 0;
  }
}
