/**
 * Reductions whose lanes lie along a kept axis: a strip of several vectors walks down the reduced axes.
 */
import type { ReduceKernel, ScalarExpr } from '@dl/tensor/backend';
import { Emitter } from '../codegen/emitter.ts';
import type { Vec } from '../codegen/vec.ts';
import { ArgAccumulator } from './accumulate.ts';
import { costOf, storeOutputs, updatesInPlace } from './map.ts';
import { isArg, passesOf, StageAccumulator } from './passes.ts';
import { fixedProduct, reduceExprs } from './reduce.ts';
import { ShortStrip, suitsShort } from './reduce-short.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Rows of a float sum that are added in float32 before they join the total. */
const BLOCK = 32;

/** Vectors of a strip of two cache lines, which the memory fetches together. */
const WIDE = 8;

/** With more instructions at a position than this, cache lines that are met several times do not matter. */
const LONG_BODY = 32;

/** Whether accumulators of a wide strip stay in registers. */
function fewAccumulators({ stages }: ReduceKernel): boolean {
  return stages.every(({ op }) => op === 'sum') && passesOf(stages).every(({ length }) => length === 1);
}

/** Vectors of a strip: as many as a cache line holds, unless what is done at each position is long. */
function stripOf({ stages, writes }: ReduceKernel): number {
  return Math.max(...[...stages, ...writes].map(({ expr }) => costOf([expr]))) <= LONG_BODY ? WIDE / 2 : 1;
}

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
  const unroll = space.unrollable && !short ? stripOf(kernel) : 1;
  const plan = {
    unroll: unroll === WIDE / 2 && fewAccumulators(kernel) ? WIDE : unroll,
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
    for (const members of passesOf(stages)) {
      const [first] = members as [number];
      const { op } = stages[first]!;
      if (isArg(op)) this.#argStage(op, first);
      else this.#pass(members);
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
  #walk(
    exprs: readonly ScalarExpr[],
    take: (values: readonly Vec[], vector: number) => void,
    flush: (() => void) | null,
    step?: () => void,
  ): void {
    const space = this.#space;
    const { f } = space.w;
    const known = this.#stages.map((own, v) =>
      space.hoist(space.cell(this.#spot, this.#lanes, v, own), exprs, this.#reduced, false),
    );
    const visit = (spot: Spot): void =>
      f.scope(() => {
        this.#stages.forEach((own, v) => {
          take(new Emitter(space.cell(spot, this.#lanes, v, own), known[v]!).emit(exprs), v);
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

  #pass(members: readonly number[]): void {
    const { f } = this.#space.w;
    const stages = members.map((i) => this.#kernel.stages[i]!);
    const count = fixedProduct(this.#kernel.reduced);
    const options = { apart: true, long: count === null || count > 2 * BLOCK };
    const accs = stages.map((stage) => new StageAccumulator(f, stage, this.#stages.length, options));
    this.#walk(
      stages.map(({ expr }) => expr),
      (values, v) => accs.forEach((acc, i) => acc.take(values[i]!, v)),
      accs.some((acc) => acc.blocked) ? () => accs.forEach((acc) => acc.flush()) : null,
    );
    accs.forEach((acc, i) => acc.each().forEach((value, v) => (this.#stages[v]![members[i]!] = value)));
  }

  #argStage(op: 'argMax' | 'argMin', stage: number): void {
    const { f } = this.#space.w;
    const { expr } = this.#kernel.stages[stage]!;
    const accs = this.#stages.map(() => new ArgAccumulator(f, op, expr.dtype));
    const at = f.keepVector(f.bits(0));
    this.#walk(
      [expr],
      ([value], v) => accs[v]!.add(value!, at),
      null,
      () => f.set(at, f.i32x4_add(f.get(at), f.bits(1))),
    );
    accs.forEach((acc, v) => (this.#stages[v]![stage] = acc.result()));
  }
}
