/**
 * KernelWriter: one kernel as one WebAssembly function. Knows where buffers and parameters are, and writes loops.
 */
import {
  children,
  walk,
  type ComputeDType,
  type Int,
  type Operand,
  type Output,
  type Program,
  type ScalarExpr,
} from '@dl/tensor/backend';
import { Lanes, type LaneScope } from '../codegen/lanes.ts';
import type { MathLibrary } from '../codegen/math.ts';
import { scaled, store4, storeLanes } from '../codegen/memory.ts';
import type { Code, I32, Local, V128 } from '../wasm/assembler.ts';

/** Where a program's run finds its data: base addresses of all buffers, then one 8-byte slot per parameter. */
export interface TableLayout {
  readonly buffer: (index: number) => number;
  /** Base address of the memory that kernels use while they run. */
  readonly workspace: number;
  readonly param: (index: number) => number;
  readonly bytes: number;
}

export function tableLayout(program: Program): TableLayout {
  const workspace = program.buffers.length * 4;
  const params = Math.ceil((workspace + 4) / 8) * 8;
  return { buffer: (i) => i * 4, workspace, param: (i) => params + i * 8, bytes: params + program.params.length * 8 };
}

/** The loop position: a local per axis; null where the axis is not being walked (its index counts as 0). */
export type Position = readonly (Local<I32> | null)[];

export class KernelWriter {
  readonly f: Code;
  readonly library: MathLibrary;
  readonly #table: Local<I32>;
  readonly #layout: TableLayout;

  constructor(f: Code, table: Local<I32>, layout: TableLayout, library: MathLibrary) {
    this.f = f;
    this.library = library;
    this.#table = table;
    this.#layout = layout;
  }

  /** A size, stride or offset. */
  int(value: Int): I32 {
    const { f } = this;
    if (typeof value === 'number') return f.i32(value);
    return f.get(f.entry('i32', this.#table, this.#layout.param(value.param)));
  }

  /** Base address of a buffer. */
  base(buffer: number): I32 {
    return this.f.get(this.f.entry('i32', this.#table, this.#layout.buffer(buffer)));
  }

  /** Base address of the workspace. */
  workspace(): I32 {
    return this.f.get(this.f.entry('i32', this.#table, this.#layout.workspace));
  }

  /** A scalar parameter in all lanes. */
  param(index: number, dtype: ComputeDType): V128 {
    const { f } = this;
    const offset = this.#layout.param(index);
    if (dtype === 'float32') return f.f32x4_splat(f.get(f.entry('f32', this.#table, offset)));
    const word = f.get(f.entry('i32', this.#table, offset));
    return dtype === 'bool' ? f.i32x4_ne(f.i32x4_splat(word), f.bits(0)) : f.i32x4_splat(word);
  }

  /** The product of sizes. */
  product(sizes: readonly Int[]): I32 {
    if (sizes.length === 0) return this.f.i32(1);
    return sizes.slice(1).reduce((total, size) => this.f.i32_mul(total, this.int(size)), this.int(sizes[0]!));
  }

  /** Byte address of an operand at a position. */
  address(operand: Operand, position: Position): I32 {
    const { f } = this;
    const base = this.base(operand.buffer);
    let elements: I32 | null = null;
    const add = (term: () => I32): void => {
      elements = elements === null ? term() : f.i32_add(elements, term());
    };
    if (operand.offset !== 0) add(() => this.int(operand.offset));
    operand.strides.forEach((stride, axis) => {
      const i = position[axis];
      if (!i || stride === 0) return;
      add(() => (stride === 1 ? f.get(i) : f.i32_mul(f.get(i), this.int(stride))));
    });
    return elements === null ? base : f.i32_add(base, scaled(f, elements, operand.dtype));
  }

  /** Nested loops over axes; `position` locals are advanced. */
  nest(sizes: readonly Int[], locals: readonly Local<I32>[], body: () => void, depth = 0): void {
    if (depth === sizes.length) return body();
    const { f } = this;
    f.for(
      locals[depth]!,
      () => f.i32(0),
      () => this.int(sizes[depth]!),
      1,
      () => this.nest(sizes, locals, body, depth + 1),
    );
  }

  /**
   * Runs `body` along one axis: four elements at a time, then one by one. Without an axis (null) once, with one lane.
   * What does not depend on the axis is computed before.
   */
  along(plan: AxisPlan, body: (lanes: Lanes, count: 1 | 4) => void): void {
    const { f } = this;
    const { axis, position } = plan;
    const scope = this.#scopes(plan);
    if (axis === null) return body(new Lanes(scope(1)), 1);
    const hoisted = this.#hoist(plan, scope(1));
    const i = position[axis]!;
    const end = f.local('i32');
    f.set(end, plan.to ? plan.to() : this.int(plan.size));
    f.set(i, plan.from ? plan.from() : f.i32(0));
    const step = (count: 1 | 4): void =>
      f.block(() => {
        f.loop(() => {
          f.br_if(1, f.i32_gt_s(f.i32_add(f.get(i), f.i32(count)), f.get(end)));
          body(new Lanes(scope(count), hoisted), count);
          f.set(i, f.i32_add(f.get(i), f.i32(count)));
          f.br(0);
        });
      });
    if (plan.vector) step(4);
    step(1);
  }

  /** Evaluates at one position of a loop that is already running, with lanes along its axis. */
  at(plan: AxisPlan, count: 1 | 4, body: (lanes: Lanes) => void): void {
    body(new Lanes(this.#scopes(plan)(count)));
  }

  /** Computes where operands start, and returns what expressions see. */
  #scopes(plan: AxisPlan): (lanes: 1 | 4) => LaneScope {
    const { f } = this;
    const { axis, position, operands } = plan;
    const starts = new Map<number, Local<I32>>();
    const outer = position.map((local, k) => (k === axis ? null : local));
    walk(plan.exprs, (e) => {
      if (e.kind !== 'load' || starts.has(e.operand)) return;
      const start = f.local('i32');
      f.set(start, this.address(operands[e.operand]!, outer));
      starts.set(e.operand, start);
    });
    return (lanes) => ({
      f,
      library: this.library,
      lanes,
      laneAxis: axis,
      operands,
      index: (k) => {
        const local = position[k];
        return local ? f.get(local) : f.i32(0);
      },
      int: (value) => this.int(value),
      start: (slot) => starts.get(slot)!,
      origin: (slot) => this.address({ ...operands[slot]!, strides: [] }, []),
      param: (index, dtype) => this.param(index, dtype),
      stage: (index) => plan.stages[index]!,
    });
  }

  /** Computes, before a loop, the values in it that do not change along its axis. */
  #hoist(plan: AxisPlan, scope: LaneScope): Map<ScalarExpr, Local<V128>> {
    const moving = new Map<ScalarExpr, boolean>();
    walk(plan.exprs, (e) => {
      const own =
        e.kind === 'stage' ||
        (e.kind === 'index' && e.axis === plan.axis) ||
        (e.kind === 'load' && plan.operands[e.operand]!.strides[plan.axis!] !== 0);
      moving.set(e, own || children(e).some((child) => moving.get(child)!));
    });
    const still = new Set<ScalarExpr>();
    const keep = (e: ScalarExpr): void => {
      if (!moving.get(e) && e.kind !== 'const') still.add(e);
    };
    plan.exprs.forEach(keep);
    walk(plan.exprs, (e) => moving.get(e) && children(e).forEach(keep));
    const list = [...still];
    const locals = new Lanes(scope).emit(list);
    return new Map(list.map((e, k) => [e, locals[k]!]));
  }

  /** Evaluates outputs, then stores them. */
  store(outputs: readonly Output[], lanes: Lanes, count: 1 | 4, axis: number | null, position: Position): void {
    const { f } = this;
    const values = lanes.emit(outputs.map((output) => output.expr));
    outputs.forEach(({ operand }, k) => {
      const stride = axis === null ? 0 : (operand.strides[axis] ?? 0);
      if (count === 4 && stride === 1)
        return store4(f, operand.dtype, () => this.address(operand, position), values[k]!);
      if (count === 1) return storeLanes(f, operand.dtype, [() => this.address(operand, position)], values[k]!);
      const moved = (lane: number) => (): I32 =>
        f.i32_add(this.address(operand, position), scaled(f, f.i32_mul(f.i32(lane), this.int(stride)), operand.dtype));
      storeLanes(f, operand.dtype, [0, 1, 2, 3].map(moved), values[k]!);
    });
  }
}

/** One vectorized loop. */
export interface AxisPlan {
  readonly axis: number | null;
  readonly size: Int;
  readonly from?: () => I32;
  readonly to?: () => I32;
  /** Whether to take four at a time. */
  readonly vector: boolean;
  readonly position: Position;
  readonly operands: readonly Operand[];
  readonly stages: readonly Local<V128>[];
  /** Everything that the body will evaluate. */
  readonly exprs: readonly ScalarExpr[];
}
