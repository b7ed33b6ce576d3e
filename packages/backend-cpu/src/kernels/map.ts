/**
 * Map kernels: nested loops with one axis in vectors.
 */
import { walk, type MapKernel, type Output, type ScalarExpr } from '@dl/tensor/backend';
import { Emitter, type Known } from '../codegen/emitter.ts';
import { storeVec } from '../codegen/memory.ts';
import { simplifyMap } from './simplify.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Operations that are functions instead of single instructions. */
const HEAVY: ReadonlySet<string> = new Set([
  'exp',
  'expm1',
  'log',
  'log1p',
  'tanh',
  'sin',
  'cos',
  'asin',
  'acos',
  'atan',
  'erf',
  'pow',
  'rem',
  'atan2',
]);

/** Whether an operation is a function. */
export function isHeavy(e: ScalarExpr): boolean {
  return (e.kind === 'unary' || e.kind === 'binary') && (HEAVY.has(e.op) || e.dtype === 'float64');
}

/** Roughly how many instructions it takes to compute expressions once. */
export function costOf(exprs: readonly ScalarExpr[]): number {
  let cost = 0;
  walk(exprs, (e) => (cost += e.kind === 'const' ? 0 : isHeavy(e) || e.kind === 'at' ? 12 : 1));
  return cost;
}

/** Vectors per pass: cheap bodies gain from fewer loop instructions, long ones only grow. */
export function unrollOf(exprs: readonly ScalarExpr[]): number {
  const cost = costOf(exprs);
  return cost <= 8 ? 4 : cost <= 16 ? 2 : 1;
}

/** Whether a kernel reads a buffer that it writes. */
export function updatesInPlace(kernel: Pick<MapKernel, 'operands'>, outputs: readonly Output[]): boolean {
  const read = new Set(kernel.operands.map((operand) => operand.buffer));
  return outputs.some(({ operand }) => read.has(operand.buffer));
}

/** Computes outputs, then stores them. */
export function storeOutputs(
  space: Space,
  outputs: readonly Output[],
  emitter: Emitter,
  spot: Spot,
  lanes: 1 | 4,
  vector: number,
  first = 0,
): void {
  const values = emitter.emit(outputs.map(({ expr }) => expr));
  outputs.forEach(({ operand }, i) =>
    storeVec(space.w.f, operand.dtype, space.outputPlace(first + i, spot, vector), lanes, values[i]!),
  );
}

export function writeMap(w: KernelWriter, original: MapKernel): void {
  const { kernel, laneAxis } = simplifyMap(original);
  const { shape, operands, outputs } = kernel;
  const exprs = outputs.map(({ expr }) => expr);
  const outer = shape.map((_, axis) => axis).filter((axis) => axis !== laneAxis);
  const divisible = laneAxis === null ? outer : [...outer, laneAxis];
  const space = new Space(w, { shape, operands, outputs: outputs.map((o) => o.operand), exprs, laneAxis, divisible });
  const plan = {
    unroll: space.unrollable ? unrollOf(exprs) : 1,
    overlap: !updatesInPlace(kernel, outputs),
  };
  const start = space.start();
  space.each(outer, start, (spot) => {
    let known: Known | undefined;
    if (laneAxis !== null) known = space.hoist(space.cell(spot, 4, 0), exprs, [laneAxis], false);
    space.along(spot, plan, (at, lanes, vectors) => {
      for (let v = 0; v < vectors; v++) {
        storeOutputs(space, outputs, new Emitter(space.cell(at, lanes, v), known), at, lanes, v);
      }
    });
  });
}
