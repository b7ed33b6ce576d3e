/**
 * Space: the index space of a kernel with a pointer per operand. Loops move the pointers instead of computing
 * addresses from indices.
 */
import { byteWidth, walk, type Int, type Operand, type ScalarExpr } from '@dl/tensor/backend';
import { differs, hoist, nothingKnown, runsAlong, type Cell, type Known } from '../codegen/emitter.ts';
import type { LaneStep, Place } from '../codegen/memory.ts';
import type { Vec } from '../codegen/vec.ts';
import type { I32, Local } from '../wasm/code.ts';
import { sameAccess } from './access.ts';
import { dividedAxis, type Share } from './share.ts';
import type { KernelWriter } from './writer.ts';

/** A position: a pointer per access, and the index along each axis that a loop walks. */
export interface Spot {
  readonly pointers: readonly Local<I32>[];
  readonly index: readonly (Local<I32> | null)[];
}

export interface SpaceOptions {
  readonly shape: readonly Int[];
  /** The kernel's operands, as `load` nodes count them. */
  readonly operands: readonly Operand[];
  /** What the kernel stores to. */
  readonly outputs: readonly Operand[];
  /** What else gets pointers, counted behind the outputs. */
  readonly others?: readonly Operand[];
  /** All expressions that will be evaluated here. */
  readonly exprs: readonly ScalarExpr[];
  /** The axis along which the lanes of a vector lie; null for one lane. */
  readonly laneAxis: number | null;
  /** Axes of which threads may divide one, in the order of the loops. */
  readonly divisible?: readonly number[];
}

/** Elements along the lane axis that threads take as one: whole vectors, and whole cache lines. */
const LANE_UNIT = 16;
/** How a loop along the lane axis takes its elements. */
export interface VectorPlan {
  /** Vectors per pass. */
  readonly unroll: number;
  /** Whether the last vector may compute elements again that were stored already. */
  readonly overlap: boolean;
}

/** Work at a position: with 4 or 1 lanes, on one or more vectors side by side. */
export type Body = (at: Spot, lanes: 1 | 4, vectors: number) => void;

export class Space {
  readonly w: KernelWriter;
  readonly shape: readonly Int[];
  readonly operands: readonly Operand[];
  readonly laneAxis: number | null;
  /** Distinct accesses; loads and stores that walk alike share a pointer. */
  readonly #accesses: Operand[] = [];
  readonly #ofLoad = new Map<number, number>();
  readonly #ofOutput: readonly number[];
  readonly #strides: readonly (readonly (number | Local<I32>)[])[];
  readonly #indexed = new Set<number>();
  /** The axis that threads divide, and this one's share of it. */
  readonly #divided: number | null;
  readonly #share: Share | null;

  constructor(
    w: KernelWriter,
    { shape, operands, outputs, exprs, laneAxis, others = [], divisible = [] }: SpaceOptions,
  ) {
    this.w = w;
    this.shape = shape;
    this.operands = operands;
    this.laneAxis = laneAxis;
    walk(exprs, (e) => {
      if (e.kind === 'load' && !this.#ofLoad.has(e.operand))
        this.#ofLoad.set(e.operand, this.#access(operands[e.operand]!));
      if (e.kind === 'index') this.#indexed.add(e.axis);
    });
    this.#ofOutput = [...outputs, ...others].map((operand) => this.#access(operand));
    this.#strides = this.#accesses.map(({ strides, dtype }) =>
      shape.map((_, axis) => w.strideBytes(strides[axis] ?? 0, byteWidth(dtype))),
    );
    const divided = (this.#divided = dividedAxis(shape, divisible, outputs));
    this.#share = divided === null ? null : w.share(() => w.int(shape[divided]!), divided === laneAxis ? LANE_UNIT : 1);
  }

  /** This thread's share of an axis; null where it takes all. */
  #shareOf(axis: number): Share | null {
    return axis === this.#divided ? this.#share : null;
  }

  /** The first position along an axis that this thread visits. */
  first(axis: number): I32 {
    const share = this.#shareOf(axis);
    return share ? this.w.f.get(share.from) : this.w.f.i32(0);
  }

  /** How many positions along an axis this thread visits. */
  count(axis: number): I32 {
    const share = this.#shareOf(axis);
    return share ? this.w.f.get(share.count) : this.w.int(this.shape[axis]!);
  }

  /** The same, where it is known. */
  #fixedCount(axis: number): number | null {
    const size = this.shape[axis]!;
    return typeof size === 'number' && this.#shareOf(axis) === null ? size : null;
  }

  #access(operand: Operand): number {
    const known = this.#accesses.findIndex((other) => sameAccess(other, operand));
    return known >= 0 ? known : this.#accesses.push(operand) - 1;
  }

  /** The first position that this thread visits. */
  start(): Spot {
    const { f } = this.w;
    const start = {
      pointers: this.#accesses.map((operand) => f.keep(this.w.origin(operand))),
      index: this.shape.map(() => null),
    };
    return this.#share ? this.shifted(start, this.#divided!, this.#share.from) : start;
  }

  #moves(access: number, axis: number): boolean {
    return this.#strides[access]![axis] !== 0;
  }

  /** A copy of a position whose pointers may move along `axis`. */
  branch(spot: Spot, axis: number): Spot {
    const { f } = this.w;
    const pointers = spot.pointers.map((pointer, access) =>
      this.#moves(access, axis) ? f.keep(f.get(pointer)) : pointer,
    );
    const index = [...spot.index];
    if (this.#indexed.has(axis)) {
      const from = spot.index[axis];
      index[axis] = f.keep(from ? f.get(from) : f.i32(0));
    }
    return { pointers, index };
  }

  /** A copy of a position, moved along `axis` by a number of elements known at run time. */
  shifted(spot: Spot, axis: number, by: Local<I32>): Spot {
    const copy = this.branch(spot, axis);
    this.moveBy(copy, axis, by);
    return copy;
  }

  /** Gives a position the pointers and indices of another that branched from the same one. */
  copy(from: Spot, to: Spot): void {
    const { f } = this.w;
    const both = (a: Local<I32> | null, b: Local<I32> | null): void => {
      if (a && b && a !== b) f.set(b, f.get(a));
    };
    from.pointers.forEach((pointer, access) => both(pointer, to.pointers[access]!));
    from.index.forEach((index, axis) => both(index, to.index[axis]!));
  }

  /** Bytes between neighbours of each access along an axis. */
  strideOf(access: number, axis: number): number | Local<I32> {
    return this.#strides[access]![axis]!;
  }

  /** Moves a branched position along its axis. */
  move(spot: Spot, axis: number, by: number): void {
    const { f } = this.w;
    spot.pointers.forEach((pointer, access) => {
      if (!this.#moves(access, axis)) return;
      const stride = this.#strides[access]![axis]!;
      const address = f.get(pointer);
      const step =
        typeof stride === 'number'
          ? f.i32(stride * by)
          : by === 1
            ? f.get(stride)
            : f.i32_mul(f.get(stride), f.i32(by));
      f.set(pointer, f.i32_add(address, step));
    });
    const i = spot.index[axis];
    if (i) f.set(i, f.i32_add(f.get(i), f.i32(by)));
  }

  /** Moves by a number of elements known at run time. */
  moveBy(spot: Spot, axis: number, by: Local<I32>): void {
    const { f } = this.w;
    spot.pointers.forEach((pointer, access) => {
      if (!this.#moves(access, axis)) return;
      const stride = this.#strides[access]![axis]!;
      const address = f.get(pointer);
      const step = f.i32_mul(f.get(by), typeof stride === 'number' ? f.i32(stride) : f.get(stride));
      f.set(pointer, f.i32_add(address, step));
    });
    const i = spot.index[axis];
    if (i) f.set(i, f.i32_add(f.get(i), f.get(by)));
  }

  /** Runs `body` at every position along some axes, outermost first. */
  each(axes: readonly number[], spot: Spot, body: (spot: Spot) => void): void {
    const [axis, ...rest] = axes;
    if (axis === undefined) return body(spot);
    const size = this.shape[axis]!;
    if (size === 1) return this.each(rest, spot, body);
    const { f } = this.w;
    f.scope(() => {
      const left = f.keep(this.count(axis));
      const inner = this.branch(spot, axis);
      f.if(f.i32_gt_s(f.get(left), f.i32(0)), () =>
        f.repeat(() => {
          this.each(rest, inner, body);
          this.move(inner, axis, 1);
          return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
        }),
      );
    });
  }

  /**
   * Runs `body` along the lane axis: several vectors at a time, then single vectors, then what is left. Without a lane
   * axis once, with one lane.
   */
  along(spot: Spot, plan: VectorPlan, body: Body): void {
    const axis = this.laneAxis;
    if (axis === null) return body(spot, 1, 1);
    const { f } = this.w;
    f.scope(() => {
      const at = this.branch(spot, axis);
      const left = f.keep(this.count(axis));
      const rest = this.vectors(at, left, this.#fixedCount(axis), plan.unroll, body);
      const single = (): void => void this.#steps(at, left, rest, 1, () => body(at, 1, 1));
      if (plan.overlap) this.#overlapped(at, left, rest, body, single);
      else single();
    });
  }

  /**
   * Runs `body` over whole vectors and moves `at` past them. `left` counts down to what is left; where the count is fixed
   * that is returned instead.
   */
  vectors(at: Spot, left: Local<I32>, fixed: number | null, unroll: number, body: Body): number | null {
    let rest = fixed;
    // After wide steps, half as wide ones.
    if (unroll > 4) [rest, unroll] = [this.#steps(at, left, rest, 4 * unroll, () => body(at, 4, unroll)), unroll / 2];
    if (unroll > 1) rest = this.#steps(at, left, rest, 4 * unroll, () => body(at, 4, unroll));
    return this.#steps(at, left, rest, 4, () => body(at, 4, 1));
  }

  /** Passes of `count` elements each, as long as there are so many. */
  #steps(at: Spot, left: Local<I32>, fixed: number | null, count: number, body: () => void): number | null {
    const { f } = this.w;
    const pass = (): void => {
      f.scope(body);
      this.move(at, this.laneAxis!, count);
    };
    const looped = (): void =>
      f.repeat(() => {
        pass();
        return f.i32_ge_s(f.tee(left, f.i32_sub(f.get(left), f.i32(count))), f.i32(count));
      });
    if (fixed === null) {
      f.if(f.i32_ge_s(f.get(left), f.i32(count)), looped);
      return null;
    }
    const times = Math.floor(fixed / count);
    if (times === 1) pass();
    if (times > 1) {
      f.set(left, f.i32(times * count));
      looped();
    }
    return fixed - times * count;
  }

  /** The last elements once more as a whole vector, if there are enough before them. */
  #overlapped(at: Spot, left: Local<I32>, fixed: number | null, body: Body, single: () => void): void {
    const { f } = this.w;
    const axis = this.laneAxis!;
    if (fixed !== null) {
      if (fixed === 0) return;
      if ((this.shape[axis] as number) < 4) return single();
      this.move(at, axis, fixed - 4);
      return f.scope(() => body(at, 4, 1));
    }
    f.if(f.get(left), () =>
      f.if(
        f.i32_ge_s(this.count(axis), f.i32(4)),
        () => {
          f.set(left, f.i32_sub(f.get(left), f.i32(4)));
          this.moveBy(at, axis, left);
          f.scope(() => body(at, 4, 1));
        },
        single,
      ),
    );
  }

  /** What expressions see at a position, `vector` vectors further along the lane axis. */
  cell(spot: Spot, lanes: 1 | 4, vector: number, stages: readonly Vec[] = []): Cell {
    const { w, laneAxis } = this;
    return {
      f: w.f,
      linker: w.linker,
      lanes,
      laneAxis,
      operands: this.operands,
      place: (operand) => this.#place(this.#ofLoad.get(operand)!, spot, vector),
      index: (axis) => {
        const local = spot.index[axis];
        const shift = axis === laneAxis ? 4 * vector : 0;
        if (!local) return w.f.i32(shift);
        return shift === 0 ? w.f.get(local) : w.f.i32_add(w.f.get(local), w.f.i32(shift));
      },
      int: (value) => w.int(value),
      origin: (operand) => w.origin(this.operands[operand]!),
      param: (index, dtype) => w.param(index, dtype),
      iteration: () => w.iteration(),
      stage: (index) => stages[index]!,
    };
  }

  /** The access of an output, as pointers of spots count them. */
  accessOf(output: number): number {
    return this.#ofOutput[output]!;
  }

  /** Where an output lies. */
  outputPlace(output: number, spot: Spot, vector: number): Place {
    return this.#place(this.#ofOutput[output]!, spot, vector);
  }

  #place(access: number, spot: Spot, vector: number): Place {
    const bytes = this.laneAxis === null ? 0 : this.#strides[access]![this.laneAxis]!;
    const step = laneStep(bytes, byteWidth(this.#accesses[access]!.dtype));
    const pointer = spot.pointers[access]!;
    if (typeof bytes === 'number') return { pointer, offset: bytes * 4 * vector, step };
    return { pointer, offset: 0, skip: 4 * vector, step };
  }

  /** Whether several vectors can be addressed from one pointer: all distances between lanes are immediates. */
  get unrollable(): boolean {
    const axis = this.laneAxis;
    return axis !== null && this.#strides.every((strides) => typeof strides[axis] === 'number');
  }

  /**
   * Computes before a loop along `axes` what does not change in it, unless the loop is empty: then nothing may be read, for
   * nothing was copied in.
   */
  hoist(cell: Cell, exprs: readonly ScalarExpr[], axes: readonly number[], stagesMove: boolean): Known {
    let known = nothingKnown();
    const compute = (): void => {
      known = hoist(cell, exprs, (e) => {
        if (e.kind === 'index') return axes.includes(e.axis);
        if (e.kind === 'stage') return stagesMove;
        return e.kind === 'load' && axes.some((axis) => this.#moves(this.#ofLoad.get(e.operand)!, axis));
      });
    };
    if (axes.length > 0) axes.reduce((then, axis) => () => this.w.f.if(this.w.int(this.shape[axis]!), then), compute)();
    return known;
  }

  /** Whether all lanes of a vector beyond the end of an axis may be read: no address depends on loaded values. */
  readsStraight(exprs: readonly ScalarExpr[]): boolean {
    const axis = this.laneAxis;
    let straight = this.unrollable;
    walk(exprs, (e) => {
      if (e.kind === 'at') {
        const { strides } = this.operands[e.operand]!;
        const run = runsAlong(e, axis, strides);
        straight &&= e.coords.every(
          (coord, i) => (run && i === e.coords.length - 1) || !differs(coord, axis, this.operands),
        );
      }
      if (e.kind === 'load') straight &&= Math.abs(Number(this.operands[e.operand]!.strides[axis!] ?? 0)) <= 1;
    });
    return straight;
  }
}

function laneStep(bytes: number | Local<I32>, width: number): LaneStep {
  if (bytes === 0) return { kind: 'same' };
  if (bytes === width) return { kind: 'unit' };
  if (bytes === -width) return { kind: 'back' };
  return { kind: 'apart', bytes };
}
