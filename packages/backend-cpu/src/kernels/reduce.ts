/**
 * Reduce kernels. Rows (the innermost reduced axis is contiguous) accumulate in lanes and are combined at the end;
 * columns (the innermost kept axis is contiguous) compute four results side by side. Float sums are taken in blocks.
 */
import {
  walk,
  type ComputeDType,
  type Operand,
  type ReduceKernel,
  type ReduceOp,
  type ScalarExpr,
  type Stage,
} from '@dl/tensor/backend';
import { constantLanes, extremum, type Lanes } from '../codegen/lanes.ts';
import type { Code, I32, Local, V128 } from '../wasm/assembler.ts';
import type { AxisPlan, KernelWriter, Position } from './writer.ts';

/** Elements of a float sum that are added one after the other before they join the total. */
const BLOCK = 64;

export function identityValue(op: ReduceOp, dtype: ComputeDType): number {
  switch (op) {
    case 'prod':
      return 1;
    case 'max':
    case 'argMax':
      return dtype === 'int32' ? -(2 ** 31) : dtype === 'float32' ? -Infinity : 0;
    case 'min':
    case 'argMin':
      return dtype === 'int32' ? 2 ** 31 - 1 : dtype === 'uint32' ? 2 ** 32 - 1 : dtype === 'bool' ? 1 : Infinity;
    default:
      return 0;
  }
}

/** acc ∘ value for the operations that combine. */
function combine(f: Code, op: ReduceOp, dtype: ComputeDType, acc: Local<V128>, value: Local<V128>): V128 {
  const float = dtype === 'float32';
  const [a, v] = [(): V128 => f.get(acc), (): V128 => f.get(value)];
  switch (op) {
    case 'sum':
      return float ? f.f32x4_add(a(), v()) : f.i32x4_add(a(), v());
    case 'prod':
      return float ? f.f32x4_mul(a(), v()) : f.i32x4_mul(a(), v());
    case 'max':
    case 'min':
      if (float) return extremum(f, op, acc, value, true);
      if (dtype === 'bool') return op === 'max' ? f.v128_or(a(), v()) : f.v128_and(a(), v());
      if (dtype === 'uint32') return op === 'max' ? f.i32x4_max_u(a(), v()) : f.i32x4_min_u(a(), v());
      return op === 'max' ? f.i32x4_max_s(a(), v()) : f.i32x4_min_s(a(), v());
    default:
      throw new TypeError(`${op} does not combine`);
  }
}

/** How many loads move by exactly one element along an axis. */
function unitLoads(exprs: readonly ScalarExpr[], operands: readonly Operand[], axis: number): number {
  let count = 0;
  walk(exprs, (e) => {
    if (e.kind === 'load') count += Number(operands[e.operand]!.strides[axis] === 1);
    if (e.kind === 'at') {
      const last = e.coords.at(-1);
      count += Number(last?.kind === 'index' && last.axis === axis && operands[e.operand]!.strides.at(-1) === 1);
    }
  });
  return count;
}

export function writeReduce(w: KernelWriter, kernel: ReduceKernel): void {
  const { f } = w;
  const kept = kernel.shape.length;
  const rank = kept + kernel.reduced.length;
  const position: Local<I32>[] = Array.from({ length: rank }, () => f.local('i32'));
  const exprs = [...kernel.stages, ...kernel.outputs, ...kernel.writes].map((o) => o.expr);
  const arg = kernel.stages.some((stage) => stage.op === 'argMax' || stage.op === 'argMin');
  const inRows = kernel.reduced.length === 0 ? 0 : unitLoads(exprs, kernel.operands, rank - 1);
  const inColumns = kept === 0 ? 0 : unitLoads(exprs, kernel.operands, kept - 1);
  const rows = !arg && inRows > 0 && inRows >= inColumns;
  if (rows || kept === 0) {
    w.nest(kernel.shape, position, () => new ReduceBody(w, kernel, position, rows ? rank - 1 : null).write(null, 1));
    return;
  }
  w.nest(kernel.shape.slice(0, -1), position, () => {
    w.along(
      {
        axis: kept - 1,
        size: kernel.shape[kept - 1]!,
        vector: inColumns > 0,
        position,
        operands: [],
        stages: [],
        exprs: [],
      },
      (_, count) => new ReduceBody(w, kernel, position, null).write(kept - 1, count),
    );
  });
}

class ReduceBody {
  readonly #w: KernelWriter;
  readonly #kernel: ReduceKernel;
  readonly #position: readonly Local<I32>[];
  /** The reduced axis along which lanes run, or null. */
  readonly #rowAxis: number | null;
  readonly #stages: Local<V128>[] = [];

  constructor(w: KernelWriter, kernel: ReduceKernel, position: readonly Local<I32>[], rowAxis: number | null) {
    this.#w = w;
    this.#kernel = kernel;
    this.#position = position;
    this.#rowAxis = rowAxis;
  }

  /** Writes stages, outputs and writes at the current kept index; lanes run along `columnAxis` where it is given. */
  write(columnAxis: number | null, count: 1 | 4): void {
    const { outputs, writes, stages, shape } = this.#kernel;
    for (const stage of stages) this.#stages.push(this.#stage(stage, columnAxis, count));
    if (outputs.length > 0) {
      const zero: Position = this.#position.map((local, axis) => (axis < shape.length ? local : null));
      this.#once(
        outputs.map((o) => o.expr),
        columnAxis,
        count,
        zero,
        (lanes) => this.#w.store(outputs, lanes, count, columnAxis, zero),
      );
    }
    if (writes.length > 0) {
      const list = writes.map((o) => o.expr);
      if (this.#rowAxis === null) {
        this.#w.nest(this.#kernel.reduced, this.#position.slice(shape.length), () =>
          this.#once(list, columnAxis, count, this.#position, (lanes) =>
            this.#w.store(writes, lanes, count, columnAxis, this.#position),
          ),
        );
      } else {
        this.#overRows(() =>
          this.#w.along(this.#rowPlan(list), (lanes, n) =>
            this.#w.store(writes, lanes, n, this.#rowAxis, this.#position),
          ),
        );
      }
    }
  }

  /** Evaluates at one position; lanes along `axis` are already given by the loop around. */
  #once(
    exprs: readonly ScalarExpr[],
    axis: number | null,
    count: 1 | 4,
    position: Position,
    body: (lanes: Lanes) => void,
  ): void {
    this.#w.at(
      { axis, size: 1, vector: false, position, operands: this.#kernel.operands, stages: this.#stages, exprs },
      count,
      body,
    );
  }

  #rowPlan(exprs: readonly ScalarExpr[], range: Pick<AxisPlan, 'from' | 'to'> = {}): AxisPlan {
    return {
      axis: this.#rowAxis,
      size: this.#kernel.reduced.at(-1)!,
      vector: true,
      position: this.#position,
      operands: this.#kernel.operands,
      stages: this.#stages,
      exprs,
      ...range,
    };
  }

  /** Loops over all reduced axes but the last. */
  #overRows(body: () => void): void {
    const first = this.#kernel.shape.length;
    this.#w.nest(this.#kernel.reduced.slice(0, -1), this.#position.slice(first), body);
  }

  #stage(stage: Stage, columnAxis: number | null, count: 1 | 4): Local<V128> {
    if (stage.op === 'argMax' || stage.op === 'argMin') return this.#argStage(stage, columnAxis, count);
    const { f } = this.#w;
    const total = f.local('v128');
    const start = (): V128 => constantLanes(f, identityValue(stage.op, stage.expr.dtype), stage.expr.dtype);
    f.set(total, start());
    if (this.#rowAxis === null) this.#columnStage(stage, total, columnAxis, count);
    else this.#rowStage(stage, total, start);
    return total;
  }

  #columnStage(stage: Stage, total: Local<V128>, columnAxis: number | null, count: 1 | 4): void {
    const { f } = this.#w;
    const blocked = stage.op === 'sum' && stage.expr.dtype === 'float32';
    const [part, left] = [f.local('v128'), f.local('i32')];
    const flush = (): void => {
      f.set(total, f.f32x4_add(f.get(total), f.get(part)));
      f.set(part, f.splat(0));
      f.set(left, f.i32(BLOCK));
    };
    if (blocked) {
      f.set(part, f.splat(0));
      f.set(left, f.i32(BLOCK));
    }
    this.#w.nest(this.#kernel.reduced, this.#position.slice(this.#kernel.shape.length), () =>
      this.#once([stage.expr], columnAxis, count, this.#position, (lanes) => {
        const [value] = lanes.emit([stage.expr]);
        const into = blocked ? part : total;
        f.set(into, combine(f, stage.op, stage.expr.dtype, into, value!));
        if (blocked) f.if(f.i32_eqz(f.tee(left, f.i32_sub(f.get(left), f.i32(1)))), flush);
      }),
    );
    if (blocked) flush();
  }

  #rowStage(stage: Stage, total: Local<V128>, start: () => V128): void {
    const { f } = this.#w;
    const { dtype } = stage.expr;
    const blocked = stage.op === 'sum' && dtype === 'float32';
    const accumulate = (into: Local<V128>, range: Pick<AxisPlan, 'from' | 'to'>): void =>
      this.#w.along(this.#rowPlan([stage.expr], range), (lanes, n) => {
        let [value] = lanes.emit([stage.expr]) as [Local<V128>];
        if (n === 1) {
          // A single element counts in the first lane only.
          const single = f.local('v128');
          f.set(single, f.v128_bitselect(f.get(value), start(), f.lanes([-1, 0, 0, 0])));
          value = single;
        }
        f.set(into, combine(f, stage.op, dtype, into, value));
      });
    this.#overRows(() => {
      if (!blocked) return accumulate(total, {});
      const [part, from, to, size] = [f.local('v128'), f.local('i32'), f.local('i32'), f.local('i32')];
      f.set(size, this.#w.int(this.#kernel.reduced.at(-1)!));
      f.for(
        from,
        () => f.i32(0),
        () => f.get(size),
        4 * BLOCK,
        () => {
          f.set(part, f.splat(0));
          f.set(to, f.i32_add(f.get(from), f.i32(4 * BLOCK)));
          f.set(to, f.select(f.get(to), f.get(size), f.i32_lt_s(f.get(to), f.get(size))));
          accumulate(part, { from: () => f.get(from), to: () => f.get(to) });
          f.set(total, f.f32x4_add(f.get(total), f.get(part)));
        },
      );
    });
    // Combine the lanes: halves, then neighbours; every lane ends with the result.
    for (const order of [
      [2, 3, 0, 1],
      [1, 0, 3, 2],
    ] as const) {
      const turned = f.local('v128');
      f.set(turned, f.shuffle(f.get(total), f.get(total), order));
      f.set(total, combine(f, stage.op, dtype, total, turned));
    }
  }

  #argStage(stage: Stage, columnAxis: number | null, count: 1 | 4): Local<V128> {
    const { f } = this.#w;
    const { dtype } = stage.expr;
    const [best, where, at, wins] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
    f.set(best, f.bits(0));
    f.set(where, f.bits(-1));
    f.set(at, f.bits(0));
    const larger = stage.op === 'argMax';
    this.#w.nest(this.#kernel.reduced, this.#position.slice(this.#kernel.shape.length), () =>
      this.#once([stage.expr], columnAxis, count, this.#position, (lanes) => {
        const [value] = lanes.emit([stage.expr]) as [Local<V128>];
        const [x, y] = [(): V128 => f.get(value), (): V128 => f.get(best)];
        if (dtype === 'float32') {
          const nan = f.v128_andnot(f.f32x4_ne(x(), x()), f.f32x4_ne(y(), y()));
          f.set(wins, f.v128_or(nan, larger ? f.f32x4_gt(x(), y()) : f.f32x4_lt(x(), y())));
        } else if (dtype === 'int32') {
          f.set(wins, larger ? f.i32x4_gt_s(x(), y()) : f.i32x4_lt_s(x(), y()));
        } else {
          f.set(wins, larger ? f.i32x4_gt_u(x(), y()) : f.i32x4_lt_u(x(), y()));
        }
        f.set(wins, f.v128_or(f.get(wins), f.i32x4_lt_s(f.get(where), f.bits(0))));
        f.set(best, f.v128_bitselect(x(), y(), f.get(wins)));
        f.set(where, f.v128_bitselect(f.get(at), f.get(where), f.get(wins)));
        f.set(at, f.i32x4_add(f.get(at), f.bits(1)));
      }),
    );
    f.set(where, f.i32x4_max_s(f.get(where), f.bits(0)));
    return where;
  }
}
