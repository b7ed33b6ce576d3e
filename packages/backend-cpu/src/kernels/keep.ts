/**
 * Values that several passes of a reduce over a row need, and that cost more than memory: the first pass leaves them where
 * an output will be, and later ones read them there.
 */
import { load, rewrite, walk, type Operand, type ReduceKernel, type ScalarExpr } from '@dl/tensor/backend';
import { isHeavy } from './map.ts';
import { isArg, passesOf } from './passes.ts';

/** A value that a pass leaves in the place of one of the kernel's writes. */
export interface Left {
  readonly expr: ScalarExpr;
  readonly write: number;
}

export interface KeptValues {
  /** The kernel, with loads instead of what earlier passes have left. */
  readonly kernel: ReduceKernel;
  /** Those of the original: a stage that only loads what was left must not come before that. */
  readonly passes: readonly (readonly number[])[];
  /** By pass. */
  readonly left: readonly (readonly Left[])[];
}

/** Expensive functions that a pass shares with later ones, those within others left out. */
function sharedValues(pass: readonly ScalarExpr[], later: readonly ScalarExpr[]): readonly ScalarExpr[] {
  const needed = new Set<ScalarExpr>();
  walk(later, (e) => needed.add(e));
  const found: ScalarExpr[] = [];
  walk(pass, (e) => isHeavy(e) && needed.has(e) && found.push(e));
  return found.filter((e) => !found.some((other) => other !== e && holds(other, e)));
}

function holds(e: ScalarExpr, part: ScalarExpr): boolean {
  let found = false;
  walk([e], (inner) => (found ||= inner === part));
  return found;
}

/** Whether a value changes along the axes from `first` on. */
function moves(e: ScalarExpr, operands: readonly Operand[], first: number): boolean {
  let found = false;
  walk([e], (inner) => {
    if (inner.kind === 'index') found ||= inner.axis >= first;
    if (inner.kind === 'load') found ||= operands[inner.operand]!.strides.slice(first).some((stride) => stride !== 0);
    found ||= inner.kind === 'at';
  });
  return found;
}

/** Keeps what can be kept: where an output has the value's dtype, and nothing else reads what is there. */
export function keepValues(original: ReduceKernel, laneAxis: number): KeptValues {
  let kernel = original;
  const kept = original.shape.length;
  const read = new Set(original.operands.map(({ buffer }) => buffer));
  const places = original.writes.map(({ operand }) => operand);
  const free = new Set(places.keys());
  places.forEach((place, i) => {
    const alone = places.every((other, j) => i === j || other.buffer !== place.buffer);
    if (!alone || read.has(place.buffer) || place.strides[laneAxis] !== 1) free.delete(i);
  });
  const passes = passesOf(original.stages);
  const left = passes.map((members, at): readonly Left[] => {
    if (free.size === 0 || isArg(original.stages[members[0]!]!.op)) return [];
    const later = passes.slice(at + 1).flat();
    const exprs = (indices: readonly number[]): ScalarExpr[] => indices.map((i) => kernel.stages[i]!.expr);
    const own: Left[] = [];
    for (const expr of sharedValues(exprs(members), [...exprs(later), ...kernel.writes.map((write) => write.expr)])) {
      const write = [...free].find((i) => places[i]!.dtype === expr.dtype);
      if (write === undefined || !moves(expr, kernel.operands, kept)) continue;
      free.delete(write);
      own.push({ expr, write });
    }
    kernel = own.reduce((next, value) => replaced(next, later, value, places[value.write]!), kernel);
    return own;
  });
  return { kernel, passes, left };
}

/** Loads a value in later stages and in the writes. */
function replaced(kernel: ReduceKernel, later: readonly number[], { expr }: Left, place: Operand): ReduceKernel {
  const value = load(kernel.operands.length, expr.dtype);
  const passes = [...later.map((i) => kernel.stages[i]!), ...kernel.writes];
  const exprs = rewrite(
    passes.map((pass) => pass.expr),
    (e) => (e === expr ? value : e),
  );
  const stages = kernel.stages.map((stage, i) => {
    const at = later.indexOf(i);
    return at < 0 ? stage : { ...stage, expr: exprs[at]! };
  });
  const writes = kernel.writes.map((output, i) => ({ ...output, expr: exprs[later.length + i]! }));
  return { ...kernel, operands: [...kernel.operands, place], stages, writes };
}
