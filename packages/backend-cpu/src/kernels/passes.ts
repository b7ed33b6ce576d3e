/**
 * Passes of a reduce over its elements: stages that do not need each other's results share one.
 */
import { walk, type Stage } from '@dl/tensor/backend';
import type { Code, Local, V128 } from '../wasm/code.ts';
import { vecLocals, wideMask, type Vec } from '../codegen/vec.ts';
import {
  addToTotals,
  combine,
  combineLanes,
  identity,
  noteNaNs,
  takeNaNs,
  totalsAsFloats,
  type CombiningOp,
} from './accumulate.ts';

export function isArg(op: string): op is 'argMax' | 'argMin' {
  return op === 'argMax' || op === 'argMin';
}

/** Most stages of a pass: more accumulators than this do not stay in registers. */
const MOST = 4;

/** Groups stages, by number, into passes; positions of extrema have one each. */
export function passesOf(stages: readonly Stage[]): readonly (readonly number[])[] {
  const levels: number[] = [];
  const passes: { readonly level: number; readonly members: number[] }[] = [];
  stages.forEach(({ op, expr }, i) => {
    let level = 0;
    walk([expr], (e) => {
      if (e.kind === 'stage') level = Math.max(level, levels[e.index]! + 1);
    });
    levels.push(level);
    const open = isArg(op)
      ? undefined
      : passes.find(
          ({ level: other, members }) => other === level && members.length < MOST && !isArg(stages[members[0]!]!.op),
        );
    if (open) open.members.push(i);
    else passes.push({ level, members: [i] });
  });
  return passes.toSorted((a, b) => a.level - b.level).map(({ members }) => members);
}

/** A value with the identity in the lanes that a mask leaves out. */
export function masked(f: Code, { op, expr }: Stage, value: Vec, mask: () => V128): Vec {
  return value.map((part, i) => {
    const wide = value.length === 1 ? mask : (): V128 => wideMask(f, mask(), i);
    return f.keepVector(f.v128_bitselect(f.get(part), identity(f, op, expr.dtype), wide()));
  });
}

/** Accumulates a stage over several vectors side by side, which are parts of one result or results of their own. */
export class StageAccumulator {
  readonly #f: Code;
  readonly #stage: Stage;
  readonly #op: CombiningOp;
  readonly #apart: boolean;
  readonly #accs: readonly Vec[];
  readonly #noted: readonly (Local<V128> | null)[];
  /** Of sums in blocks. */
  readonly #totals: readonly Vec[] | null;

  constructor(f: Code, stage: Stage, vectors: number, { apart, long }: { apart: boolean; long: boolean }) {
    const { dtype } = stage.expr;
    this.#f = f;
    this.#stage = stage;
    this.#op = stage.op as CombiningOp;
    this.#apart = apart;
    this.#accs = Array.from({ length: vectors }, () => vecLocals(f, dtype));
    const results = apart ? this.#accs : this.#accs.slice(0, 1);
    this.#noted = results.map(() => noteNaNs(f, this.#op, dtype));
    this.#totals = long && this.#op === 'sum' && dtype === 'float32' ? results.map(() => f.locals('v128', 2)) : null;
    this.#totals?.forEach((pair) => pair.forEach((part) => f.set(part, f.bits(0))));
    this.#reset();
  }

  /** Whether sums go to totals after every block. */
  get blocked(): boolean {
    return this.#totals !== null;
  }

  #reset(): void {
    const { op, expr } = this.#stage;
    this.#accs.forEach((acc) => acc.forEach((part) => this.#f.set(part, identity(this.#f, op, expr.dtype))));
  }

  #gather(): void {
    const [first, ...others] = this.#accs as [Vec, ...Vec[]];
    others.forEach((acc) => combine(this.#f, this.#op, this.#stage.expr.dtype, first, acc));
  }

  /** Takes the value of one of the vectors; `mask` gives the lanes that count. */
  take(value: Vec, vector: number, mask?: () => V128): void {
    const counted = mask ? masked(this.#f, this.#stage, value, mask) : value;
    const noted = this.#noted[this.#apart ? vector : 0]!;
    combine(this.#f, this.#op, this.#stage.expr.dtype, this.#accs[vector]!, counted, noted);
  }

  /** A block ends. */
  flush(): void {
    if (this.#totals === null) return;
    if (!this.#apart) this.#gather();
    this.#totals.forEach((pair, v) => addToTotals(this.#f, pair, this.#accs[v]![0]!));
    this.#reset();
  }

  /** The result of all vectors and lanes, in every lane. */
  combined(): Vec {
    const f = this.#f;
    if (this.#totals !== null) return [f.keepVector(totalsAsFloats(f, this.#totals[0]!, true))];
    this.#gather();
    const [first] = this.#accs as [Vec];
    takeNaNs(f, first, this.#noted[0]!);
    combineLanes(f, this.#op, this.#stage.expr.dtype, first);
    return first;
  }

  /** The results of the vectors. */
  each(): readonly Vec[] {
    const f = this.#f;
    if (this.#totals !== null) return this.#totals.map((pair) => [f.keepVector(totalsAsFloats(f, pair, false))]);
    this.#accs.forEach((acc, v) => takeNaNs(f, acc, this.#noted[v]!));
    return this.#accs;
  }
}
