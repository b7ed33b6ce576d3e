/**
 * Values that several passes of a reduce over a row need, and that cost more than memory: the first pass leaves them where
 * an output will be, and later ones read them there.
 */
import { load, rewrite, walk, type Operand, type ReduceKernel, type ScalarExpr } from '@dl/tensor/backend';
import { isHeavy } from './map.ts';

/** A value that a stage leaves in the place of one of the kernel's writes. */
export interface Left {
  readonly expr: ScalarExpr;
  readonly write: number;
}

export interface KeptValues {
  /** The kernel, with loads instead of what earlier stages have left. */
  readonly kernel: ReduceKernel;
  /** By stage. */
  readonly left: readonly (readonly Left[])[];
}

/** Expensive functions that the passes at `first` and later share, those within others left out. */
function sharedValues(passes: readonly (readonly ScalarExpr[])[], first: number): readonly ScalarExpr[] {
  const later = new Set<ScalarExpr>();
  walk(passes.slice(first + 1).flat(), (e) => later.add(e));
  const found: ScalarExpr[] = [];
  walk(passes[first]!, (e) => isHeavy(e) && later.has(e) && found.push(e));
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
  const left = original.stages.map(({ op }, at): readonly Left[] => {
    if (free.size === 0 || op === 'argMax' || op === 'argMin') return [];
    const passes = [...kernel.stages.map(({ expr }) => [expr]), kernel.writes.map(({ expr }) => expr)];
    const own: Left[] = [];
    for (const expr of sharedValues(passes, at)) {
      const write = [...free].find((i) => places[i]!.dtype === expr.dtype);
      if (write === undefined || !moves(expr, kernel.operands, kept)) continue;
      free.delete(write);
      own.push({ expr, write });
    }
    kernel = own.reduce((next, value) => replaced(next, at, value, places[value.write]!), kernel);
    return own;
  });
  return { kernel, left };
}

/** Loads a value in all passes after `at`. */
function replaced(kernel: ReduceKernel, at: number, { expr }: Left, place: Operand): ReduceKernel {
  const value = load(kernel.operands.length, expr.dtype);
  const later = [...kernel.stages.slice(at + 1), ...kernel.writes];
  const exprs = rewrite(
    later.map((pass) => pass.expr),
    (e) => (e === expr ? value : e),
  );
  const next = exprs.values();
  const stages = kernel.stages.map((stage, i) => (i > at ? { ...stage, expr: next.next().value! } : stage));
  const writes = kernel.writes.map((output) => ({ ...output, expr: next.next().value! }));
  return { ...kernel, operands: [...kernel.operands, place], stages, writes };
}
