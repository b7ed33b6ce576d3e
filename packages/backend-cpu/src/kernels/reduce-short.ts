/**
 * Short rows of fixed length, several side by side: a row per lane. Nothing is combined across lanes, no lane is idle, and
 * all values of a row stay in locals from the first stage to the last store.
 */
import type { ReduceKernel, ScalarExpr } from '@dl/tensor/backend';
import { Emitter } from '../codegen/emitter.ts';
import { vecLocals, type Vec } from '../codegen/vec.ts';
import { ArgAccumulator, combine, identity, type CombiningOp } from './accumulate.ts';
import { costOf, storeOutputs } from './map.ts';
import { isArg } from './passes.ts';
import { reduceExprs } from './reduce.ts';
import type { Space, Spot } from './space.ts';

/** Rows up to this many elements are unrolled. */
const LONGEST = 16;
/** Instructions that it takes to read lanes one by one, and to combine them. */
const GATHER = 7;
const COMBINE = 4;
const COMBINE_ARG = 40;

/** Whether rows side by side, along a kept axis, cost less than rows one by one. */
export function suitsShort(kernel: ReduceKernel, laneAxis: number): boolean {
  const { shape, reduced, operands, stages, writes } = kernel;
  const [length] = reduced;
  if (reduced.length !== 1 || typeof length !== 'number' || length > LONGEST || length < 2) return false;
  const rows = shape[laneAxis]!;
  const places = [...operands, ...writes.map(({ operand }) => operand)];
  if (typeof rows !== 'number' || rows < 8) return false;
  if (places.some(({ strides }) => typeof strides[laneAxis] !== 'number')) return false;
  const moving = [...stages, ...writes].map(({ expr }) => expr);
  const apart = places.filter(({ strides }) => strides[laneAxis] !== 0 && strides[laneAxis] !== 1).length;
  const across = (costOf(moving) + GATHER * apart) * (length / 4);
  const combining = stages.reduce((sum, { op }) => sum + (isArg(op) ? COMBINE_ARG : COMBINE), 0);
  return across < costOf(moving) * Math.ceil(length / 4) + combining;
}

export class ShortStrip {
  readonly #space: Space;
  readonly #kernel: ReduceKernel;
  readonly #spot: Spot;
  readonly #lanes: 1 | 4;
  readonly #stages: Vec[] = [];
  readonly #axis: number;
  /** The positions of a row, and what is known at each. */
  readonly #spots: readonly Spot[];
  readonly #emitters: readonly Emitter[];

  constructor(space: Space, kernel: ReduceKernel, spot: Spot, lanes: 1 | 4) {
    this.#space = space;
    this.#kernel = kernel;
    this.#spot = spot;
    this.#lanes = lanes;
    const axis = (this.#axis = kernel.shape.length);
    this.#spots = Array.from({ length: kernel.reduced[0] as number }, (_, at) => {
      const own = space.branch(spot, axis);
      if (at > 0) space.move(own, axis, at);
      return own;
    });
    const exprs = reduceExprs({ ...kernel, outputs: [] });
    this.#emitters = this.#spots.map((own) => {
      const emitter = new Emitter(space.cell(own, lanes, 0, this.#stages));
      emitter.expect(exprs);
      return emitter;
    });
  }

  write(): void {
    const { stages, outputs, writes } = this.#kernel;
    const space = this.#space;
    for (const { op, expr } of stages) {
      this.#shareStill([expr]);
      this.#stages.push(isArg(op) ? this.#argStage(op, expr) : this.#stage(op, expr));
    }
    const emitter = new Emitter(space.cell(this.#spot, this.#lanes, 0, this.#stages));
    storeOutputs(space, outputs, emitter, this.#spot, this.#lanes, 0);
    this.#shareStill(writes.map(({ expr }) => expr));
    this.#emitters.forEach((own, at) =>
      storeOutputs(space, writes, own, this.#spots[at]!, this.#lanes, 0, outputs.length),
    );
  }

  /** Computes once what is the same at all positions. */
  #shareStill(exprs: readonly ScalarExpr[]): void {
    const space = this.#space;
    const cell = space.cell(this.#spot, this.#lanes, 0, this.#stages);
    const known = space.hoist(cell, exprs, [this.#axis], false);
    this.#emitters.forEach((emitter) => emitter.learn(known));
  }

  #stage(op: CombiningOp, expr: ScalarExpr): Vec {
    const { f } = this.#space.w;
    const acc = vecLocals(f, expr.dtype);
    for (const part of acc) f.set(part, identity(f, op, expr.dtype));
    this.#emitters.forEach((emitter, at) => {
      const value = emitter.vec(expr);
      if (at > 0) combine(f, op, expr.dtype, acc, value);
      else acc.forEach((part, i) => f.set(part, f.get(value[i]!)));
    });
    return acc;
  }

  #argStage(op: 'argMax' | 'argMin', expr: ScalarExpr): Vec {
    const { f } = this.#space.w;
    const acc = new ArgAccumulator(f, op, expr.dtype);
    this.#emitters.forEach((emitter, at) => acc.add(emitter.vec(expr), f.keepVector(f.bits(at))));
    return acc.result();
  }
}
