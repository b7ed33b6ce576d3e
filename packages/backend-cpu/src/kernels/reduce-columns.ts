/**
 * Reductions whose lanes lie along a kept axis: a strip of several vectors walks down the reduced axes.
 */
import type { ReduceKernel, Stage } from '@dl/tensor/backend';
import { Emitter } from '../codegen/emitter.ts';
import { vecLocals, type Vec } from '../codegen/vec.ts';
import {
  addToTotals,
  ArgAccumulator,
  combine,
  identity,
  noteNaNs,
  takeNaNs,
  totalsAsFloats,
  type CombiningOp,
} from './accumulate.ts';
import { storeOutputs, unrollOf, updatesInPlace } from './map.ts';
import { fixedProduct, isArg, reduceExprs } from './reduce.ts';
import { ShortStrip, suitsShort } from './reduce-short.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Rows of a float sum that are added in float32 before they join the total. */
const BLOCK = 32;

export function writeColumns(w: KernelWriter, kernel: ReduceKernel, laneAxis: number): void {
  const { shape, reduced } = kernel;
  const outputs = [...kernel.outputs, ...kernel.writes];
  const exprs = reduceExprs(kernel);
  const kept = shape.map((_, axis) => axis).filter((axis) => axis !== laneAxis);
  const space = new Space(w, {
    shape: [...shape, ...reduced],
    operands: kernel.operands,
    outputs: outputs.map(({ operand }) => operand),
    exprs,
    laneAxis,
    divisible: [...kept, laneAxis],
  });
  const short = suitsShort(kernel, laneAxis);
  const plan = {
    // Whole cache lines are read where loads are side by side.
    unroll: space.unrollable && !short ? unrollOf(exprs) : 1,
    overlap: !updatesInPlace(kernel, outputs),
  };
  space.each(kept, space.start(), (spot) =>
    space.along(spot, plan, (at, lanes, vectors) =>
      short ? new ShortStrip(space, kernel, at, lanes).write() : new Strip(space, kernel, at, lanes, vectors).write(),
    ),
  );
}

class Strip {
  readonly #space: Space;
  readonly #kernel: ReduceKernel;
  readonly #spot: Spot;
  readonly #lanes: 1 | 4;
  /** Stage results of each vector of the strip. */
  readonly #stages: readonly Vec[][];
  readonly #reduced: readonly number[];

  constructor(space: Space, kernel: ReduceKernel, spot: Spot, lanes: 1 | 4, vectors: number) {
    this.#space = space;
    this.#kernel = kernel;
    this.#spot = spot;
    this.#lanes = lanes;
    this.#stages = Array.from({ length: vectors }, () => []);
    this.#reduced = kernel.reduced.map((_, i) => kernel.shape.length + i);
  }

  write(): void {
    const { stages, outputs, writes } = this.#kernel;
    const space = this.#space;
    for (const stage of stages) {
      const results = isArg(stage.op) ? this.#argStage(stage.op, stage) : this.#stage(stage);
      results.forEach((value, v) => this.#stages[v]!.push(value));
    }
    if (outputs.length > 0)
      this.#stages.forEach((own, v) => {
        const emitter = new Emitter(space.cell(this.#spot, this.#lanes, v, own));
        storeOutputs(space, outputs, emitter, this.#spot, this.#lanes, v);
      });
    if (writes.length === 0) return;
    const exprs = writes.map(({ expr }) => expr);
    const known = this.#stages.map((own, v) =>
      space.hoist(space.cell(this.#spot, this.#lanes, v, own), exprs, this.#reduced, false),
    );
    space.each(this.#reduced, this.#spot, (spot) =>
      this.#stages.forEach((own, v) =>
        space.w.f.scope(() => {
          const emitter = new Emitter(space.cell(spot, this.#lanes, v, own), known[v]!);
          storeOutputs(space, writes, emitter, spot, this.#lanes, v, outputs.length);
        }),
      ),
    );
  }

  /** Visits all reduced positions; `flush` after every block of the innermost axis. */
  #walk(stage: Stage, take: (value: Vec, vector: number) => void, flush: (() => void) | null, step?: () => void): void {
    const space = this.#space;
    const { f } = space.w;
    const exprs = [stage.expr];
    const known = this.#stages.map((own, v) =>
      space.hoist(space.cell(this.#spot, this.#lanes, v, own), exprs, this.#reduced, false),
    );
    const visit = (spot: Spot): void =>
      f.scope(() => {
        this.#stages.forEach((own, v) => {
          const [value] = new Emitter(space.cell(spot, this.#lanes, v, own), known[v]!).emit(exprs) as [Vec];
          take(value, v);
        });
        step?.();
      });
    const inner = this.#reduced.at(-1);
    if (!flush || inner === undefined) {
      space.each(this.#reduced, this.#spot, visit);
      return flush?.();
    }
    space.each(this.#reduced.slice(0, -1), this.#spot, (outer) =>
      f.scope(() => {
        const at = space.branch(outer, inner);
        const [todo, left] = [f.keep(space.w.int(space.shape[inner]!)), f.local('i32')];
        f.if(f.i32_gt_s(f.get(todo), f.i32(0)), () =>
          f.repeat(() => {
            f.set(left, f.i32(BLOCK));
            f.set(left, f.smaller(left, todo));
            f.set(todo, f.i32_sub(f.get(todo), f.get(left)));
            f.repeat(() => {
              visit(at);
              space.move(at, inner, 1);
              return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
            });
            flush();
            return f.get(todo);
          }),
        );
      }),
    );
  }

  #stage(stage: Stage): readonly Vec[] {
    const { f } = this.#space.w;
    const { dtype } = stage.expr;
    const op = stage.op as CombiningOp;
    const accs = this.#stages.map(() => vecLocals(f, dtype));
    const reset = (): void => accs.forEach((acc) => acc.forEach((part) => f.set(part, identity(f, op, dtype))));
    reset();
    const count = fixedProduct(this.#kernel.reduced);
    const blocked = op === 'sum' && dtype === 'float32' && (count === null || count > 2 * BLOCK);
    const noted = accs.map(() => noteNaNs(f, op, dtype));
    const take = (value: Vec, v: number): void => combine(f, op, dtype, accs[v]!, value, noted[v]!);
    if (!blocked) {
      this.#walk(stage, take, null);
      accs.forEach((acc, v) => takeNaNs(f, acc, noted[v]!));
      return accs;
    }
    const totals = accs.map(() => f.locals('v128', 2));
    totals.forEach((pair) => pair.forEach((part) => f.set(part, f.bits(0))));
    this.#walk(stage, take, () => {
      accs.forEach((acc, v) => addToTotals(f, totals[v]!, acc[0]!));
      reset();
    });
    return totals.map((pair) => [f.keepVector(totalsAsFloats(f, pair, false))]);
  }

  #argStage(op: 'argMax' | 'argMin', stage: Stage): readonly Vec[] {
    const { f } = this.#space.w;
    const accs = this.#stages.map(() => new ArgAccumulator(f, op, stage.expr.dtype));
    const at = f.keepVector(f.bits(0));
    this.#walk(
      stage,
      (value, v) => accs[v]!.add(value, at),
      null,
      () => f.set(at, f.i32x4_add(f.get(at), f.bits(1))),
    );
    return accs.map((acc) => acc.result());
  }
}
