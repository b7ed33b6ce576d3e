/**
 * Reductions whose lanes lie along the innermost reduced axis. Short rows of fixed length stay in registers from the
 * first stage to the last store.
 */
import type { Output, ReduceKernel, ScalarExpr, Stage } from '@dl/tensor/backend';
import { Emitter } from '../codegen/emitter.ts';
import { storeVec } from '../codegen/memory.ts';
import { vecLocals, type Vec } from '../codegen/vec.ts';
import type { Code, I32, Local, V128 } from '../wasm/code.ts';
import { ArgAccumulator, combine, combineLanes, identity, type CombiningOp } from './accumulate.ts';
import { keepValues, type KeptValues, type Left } from './keep.ts';
import { storeOutputs, unrollOf, updatesInPlace } from './map.ts';
import { isArg, masked, passesOf, StageAccumulator } from './passes.ts';
import { reduceExprs } from './reduce.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Elements of a float sum that are added in float32 before they join the total. */
const BLOCK = 256;
/** Rows up to this many elements are unrolled completely. */
const SHORT = 32;
/** Most vectors that a pass accumulates: those and what they are computed from stay in registers. */
const MOST_ACCUMULATORS = 8;

export function writeRows(w: KernelWriter, original: ReduceKernel): void {
  const { shape, reduced } = original;
  if (reduced.length === 0) return writeSingle(w, original);
  const [length] = reduced;
  const laneAxis = shape.length + reduced.length - 1;
  const short =
    reduced.length === 1 &&
    typeof length === 'number' &&
    length <= SHORT &&
    !original.stages.some(({ op }) => isArg(op));
  const values = short
    ? { kernel: original, passes: passesOf(original.stages), left: [] }
    : keepValues(original, laneAxis);
  const { kernel } = values;
  const exprs = reduceExprs(kernel);
  const kept = shape.map((_, axis) => axis);
  const space = new Space(w, {
    shape: [...shape, ...reduced],
    operands: kernel.operands,
    outputs: [...kernel.outputs, ...kernel.writes].map(({ operand }) => operand),
    exprs,
    laneAxis,
    divisible: kept,
  });
  const start = space.start();
  const inRegisters = short && (length % 4 === 0 || space.readsStraight(exprs));
  space.each(kept, start, (spot) =>
    w.f.scope(() =>
      (inRegisters ? new ShortRow(space, kernel, spot, length) : new LongRow(space, values, spot)).write(),
    ),
  );
}

/** A reduce of one element: its stages have their values at once. */
function writeSingle(w: KernelWriter, kernel: ReduceKernel): void {
  const outputs = [...kernel.outputs, ...kernel.writes];
  const exprs = reduceExprs(kernel);
  const kept = kernel.shape.map((_, axis) => axis);
  const space = new Space(w, {
    shape: kernel.shape,
    operands: kernel.operands,
    outputs: outputs.map(({ operand }) => operand),
    exprs,
    laneAxis: null,
    divisible: kept,
  });
  space.each(kept, space.start(), (spot) =>
    w.f.scope(() => {
      const stages: Vec[] = [];
      for (const stage of kernel.stages) {
        const [value] = new Emitter(space.cell(spot, 1, 0, stages)).emit([stage.expr]) as [Vec];
        stages.push(isArg(stage.op) ? [w.f.keepVector(w.f.bits(0))] : value);
      }
      storeOutputs(space, outputs, new Emitter(space.cell(spot, 1, 0, stages)), spot, 1, 0);
    }),
  );
}

/** A mask of the first lanes, their number known at run time. */
export function firstLanes(f: Code, count: Local<I32>): V128 {
  return f.i32x4_lt_s(f.words([0, 1, 2, 3]), f.i32x4_splat(f.get(count)));
}

/** A mask of the first lanes. */
function fixedLanes(f: Code, count: number): V128 {
  return f.words([0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)) as [number, number, number, number]);
}

/** A row whose vectors all stay in locals. */
class ShortRow {
  readonly #space: Space;
  readonly #kernel: ReduceKernel;
  readonly #spot: Spot;
  readonly #length: number;
  readonly #stages: Vec[] = [];
  readonly #emitters: readonly Emitter[];

  constructor(space: Space, kernel: ReduceKernel, spot: Spot, length: number) {
    this.#space = space;
    this.#kernel = kernel;
    this.#length = length;
    this.#spot = space.branch(spot, space.laneAxis!);
    const exprs = [...kernel.stages, ...kernel.writes].map(({ expr }) => expr);
    const known = space.hoist(space.cell(this.#spot, 4, 0), [], [space.laneAxis!], false);
    this.#emitters = Array.from({ length: Math.ceil(length / 4) }, (_, v) => {
      const emitter = new Emitter(space.cell(this.#spot, 4, v, this.#stages), known);
      emitter.expect(exprs);
      return emitter;
    });
  }

  write(): void {
    const { outputs, writes, stages } = this.#kernel;
    const { f } = this.#space.w;
    for (const stage of stages) this.#stages.push(this.#stage(stage));
    if (outputs.length > 0)
      storeOutputs(
        this.#space,
        outputs,
        new Emitter(this.#space.cell(this.#spot, 1, 0, this.#stages)),
        this.#spot,
        1,
        0,
      );
    this.#emitters.forEach((emitter, v) => {
      const values = writes.map(({ expr }) => emitter.vec(expr));
      const lanes = Math.min(4, this.#length - 4 * v);
      writes.forEach(({ operand }, i) => {
        const place = this.#space.outputPlace(outputs.length + i, this.#spot, v);
        storeVec(f, operand.dtype, place, lanes, values[i]!);
      });
    });
  }

  #stage(stage: Stage): Vec {
    const { f } = this.#space.w;
    const { dtype } = stage.expr;
    const op = stage.op as CombiningOp;
    const acc = vecLocals(f, dtype);
    if (this.#emitters.length === 0) for (const part of acc) f.set(part, identity(f, op, dtype));
    this.#emitters.forEach((emitter, v) => {
      const lanes = this.#length - 4 * v;
      let value = emitter.vec(stage.expr);
      if (lanes < 4) value = masked(f, stage, value, () => fixedLanes(f, lanes));
      if (v > 0) combine(f, op, dtype, acc, value);
      else acc.forEach((part, i) => f.set(part, f.get(value[i]!)));
    });
    combineLanes(f, op, dtype, acc);
    return acc;
  }
}

/** A row that is walked once per pass. */
class LongRow {
  readonly #space: Space;
  readonly #kernel: ReduceKernel;
  readonly #spot: Spot;
  readonly #stages: Vec[] = [];
  /** Reduced axes but the last. */
  readonly #outer: readonly number[];
  readonly #passes: KeptValues['passes'];
  readonly #left: KeptValues['left'];

  constructor(space: Space, { kernel, passes, left }: KeptValues, spot: Spot) {
    this.#space = space;
    this.#kernel = kernel;
    this.#spot = spot;
    this.#passes = passes;
    this.#left = left;
    this.#outer = kernel.reduced.slice(0, -1).map((_, i) => kernel.shape.length + i);
  }

  write(): void {
    const { stages, outputs, writes } = this.#kernel;
    const space = this.#space;
    this.#passes.forEach((members, at) => {
      const [first] = members as [number];
      const { op } = stages[first]!;
      if (isArg(op)) this.#stages[first] = this.#argStage(op, stages[first]!);
      else this.#pass(members, this.#left[at] ?? []);
    });
    if (outputs.length > 0)
      storeOutputs(space, outputs, new Emitter(space.cell(this.#spot, 1, 0, this.#stages)), this.#spot, 1, 0);
    if (writes.length > 0) this.#write(writes, outputs.length);
  }

  #write(writes: readonly Output[], first: number): void {
    const space = this.#space;
    const exprs = writes.map(({ expr }) => expr);
    const plan = {
      unroll: space.unrollable ? unrollOf(exprs) : 1,
      overlap: !updatesInPlace(this.#kernel, writes),
    };
    space.each(this.#outer, this.#spot, (spot) => {
      const known = space.hoist(space.cell(spot, 4, 0, this.#stages), exprs, [space.laneAxis!], false);
      space.along(spot, plan, (at, lanes, vectors) => {
        for (let v = 0; v < vectors; v++) {
          const emitter = new Emitter(space.cell(at, lanes, v, this.#stages), known);
          storeOutputs(space, writes, emitter, at, lanes, v, first);
        }
      });
    });
  }

  #pass(members: readonly number[], left: readonly Left[]): void {
    const { f } = this.#space.w;
    const stages = members.map((i) => this.#kernel.stages[i]!);
    const exprs = [...stages, ...left].map(({ expr }) => expr);
    const vectors = Math.max(1, Math.floor(MOST_ACCUMULATORS / stages.length));
    const unroll = this.#space.unrollable ? Math.min(unrollOf(exprs), vectors) : 1;
    const options = { apart: false, long: this.#long() };
    const accs = stages.map((stage) => new StageAccumulator(f, stage, unroll, options));
    const blocked = accs.some((acc) => acc.blocked);
    this.#space.each(this.#outer, this.#spot, (spot) =>
      this.#walk(spot, exprs, unroll, blocked, {
        take: (values, v, mask) => accs.forEach((acc, i) => acc.take(values[i]!, v, mask)),
        leave: (values, at, v, lanes) => this.#leave(left, values.slice(stages.length), at, v, lanes),
        flush: () => accs.forEach((acc) => acc.flush()),
      }),
    );
    accs.forEach((acc, i) => (this.#stages[members[i]!] = acc.combined()));
  }

  /** Whether float sums are long enough to need blocks. */
  #long(): boolean {
    const { reduced } = this.#kernel;
    return reduced.length > 1 || typeof reduced[0] !== 'number' || reduced[0] > BLOCK;
  }

  /** Visits one row; `flush` after every block. */
  #walk(spot: Spot, exprs: readonly ScalarExpr[], unroll: number, blocked: boolean, visit: Visitor): void {
    const space = this.#space;
    const { f } = space.w;
    const axis = space.laneAxis!;
    const size = space.shape[axis]!;
    const fixed = typeof size === 'number' ? size : null;
    const single = fixed !== null && fixed <= BLOCK;
    f.scope(() => {
      const known = space.hoist(space.cell(spot, 4, 0, this.#stages), exprs, [axis], false);
      const at = space.branch(spot, axis);
      const body = (place: Spot, lanes: 1 | 4, vectors: number): void => {
        for (let v = 0; v < vectors; v++) {
          const values = new Emitter(space.cell(place, lanes, v, this.#stages), known).emit(exprs);
          visit.leave?.(values, place, v, lanes);
          visit.take(values, v, lanes === 1 ? (): V128 => fixedLanes(f, 1) : undefined);
        }
        visit.passed?.(lanes * vectors);
      };
      if (!blocked || single) {
        const left = f.keep(space.w.int(size));
        const rest = space.vectors(at, left, fixed, unroll, body);
        this.#tail(at, left, rest, exprs, body, visit, known);
        if (blocked) visit.flush?.();
        return;
      }
      const [todo, left] = [f.keep(space.w.int(size)), f.local('i32')];
      f.if(f.i32_gt_s(f.get(todo), f.i32(0)), () =>
        f.repeat(() => {
          f.set(left, f.i32(BLOCK));
          f.set(left, f.smaller(left, todo));
          f.set(todo, f.i32_sub(f.get(todo), f.get(left)));
          space.vectors(at, left, null, unroll, body);
          this.#tail(at, left, null, exprs, body, visit, known);
          visit.flush?.();
          return f.get(todo);
        }),
      );
    });
  }

  /** The elements that do not fill a vector: one masked vector where reading further is harmless, else one by one. */
  #tail(
    at: Spot,
    left: Local<I32>,
    rest: number | null,
    exprs: readonly ScalarExpr[],
    body: (at: Spot, lanes: 1 | 4, vectors: number) => void,
    visit: Visitor,
    known: ConstructorParameters<typeof Emitter>[1],
  ): void {
    const space = this.#space;
    const { f } = space.w;
    if (rest === 0) return;
    if (rest !== null) f.set(left, f.i32(rest));
    if (!space.readsStraight(exprs)) {
      f.if(f.get(left), () =>
        f.repeat(() => {
          f.scope(() => body(at, 1, 1));
          space.move(at, space.laneAxis!, 1);
          return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
        }),
      );
      return;
    }
    const last = (): void =>
      f.scope(() => {
        const values = new Emitter(space.cell(at, 4, 0, this.#stages), known).emit(exprs);
        visit.leave?.(values, at, 0, rest ?? left);
        visit.take(values, 0, () => (rest === null ? firstLanes(f, left) : fixedLanes(f, rest)));
        visit.passed?.(left);
      });
    if (rest === null) f.if(f.get(left), last);
    else last();
  }

  /** Stores the first lanes of what later passes will read. */
  #leave(left: readonly Left[], values: readonly Vec[], at: Spot, vector: number, lanes: number | Local<I32>): void {
    const { outputs, writes } = this.#kernel;
    const { f } = this.#space.w;
    values.forEach((value, i) => {
      const { write } = left[i]!;
      const place = this.#space.outputPlace(outputs.length + write, at, vector);
      const { dtype } = writes[write]!.operand;
      if (typeof lanes === 'number') return storeVec(f, dtype, place, lanes, value);
      for (const count of [1, 2, 3])
        f.if(f.i32_eq(f.get(lanes), f.i32(count)), () => storeVec(f, dtype, place, count, value));
    });
  }

  #argStage(op: 'argMax' | 'argMin', stage: Stage): Vec {
    const { f } = this.#space.w;
    const acc = new ArgAccumulator(f, op, stage.expr.dtype);
    const position = f.local('i32');
    f.set(position, f.i32(0));
    this.#space.each(this.#outer, this.#spot, (spot) =>
      this.#walk(spot, [stage.expr], 1, false, {
        take: ([value], _, mask) => {
          const at = f.keepVector(f.i32x4_add(f.i32x4_splat(f.get(position)), f.words([0, 1, 2, 3])));
          acc.add(value!, at, mask);
        },
        passed: (count) => {
          const before = f.get(position);
          f.set(position, f.i32_add(before, typeof count === 'number' ? f.i32(count) : f.get(count)));
        },
      }),
    );
    acc.combineLanes();
    return acc.result();
  }
}

interface Visitor {
  /** Takes the values of one of the vectors of a pass; `mask` gives the lanes that count. */
  take(values: readonly Vec[], vector: number, mask: (() => V128) | undefined): void;
  /** May store some of the values, of the first lanes. */
  leave?(values: readonly Vec[], at: Spot, vector: number, lanes: number | Local<I32>): void;
  /** So many elements have been visited. */
  passed?(count: number | Local<I32>): void;
  /** A block ends. */
  flush?(): void;
}
