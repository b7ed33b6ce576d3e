/**
 * Rewriting kernels: one description of their fields serves everything that looks into kernels or replaces parts of them.
 */
import type { ConvAxis, Kernel, LoopKernel, Operand, Output, Stage } from './kernel.ts';
import type { Int, ScalarExpr } from './scalar.ts';

/** What is replaced; what is absent stays. */
export interface KernelRewriter {
  readonly size?: (value: Int) => Int;
  /** Sizes that decide the structure of code, windows and strides of convolutions; by default as others. */
  readonly fixed?: (value: Int) => Int;
  /** Operands that are read; `store` those that are written, by default the same. */
  readonly operand?: (operand: Operand) => Operand;
  readonly store?: (operand: Operand) => Operand;
  /** Buffers that loops and switches name besides those of operands. */
  readonly buffer?: (buffer: number) => number;
  /** All expressions of one kernel together, so that nodes they share stay shared. */
  readonly exprs?: (list: readonly ScalarExpr[]) => readonly ScalarExpr[];
}

type FieldsOf<K> = K extends unknown ? keyof K : never;
type Plain = 'kind' | 'name' | 'attrs' | 'op' | 'dtype' | 'reverse' | 'exclusive' | 'descending';
type Role = 'size' | 'window' | 'load' | 'store' | 'result' | 'expr' | 'kernels' | 'carries' | 'buffer';
type Carry = LoopKernel['carries'][number];

/** What the fields of kernels are; plain ones are none of these. */
const FIELDS: { readonly [F in Exclude<FieldsOf<Kernel>, Plain>]: Role } = {
  shape: 'size',
  shapes: 'size',
  reduced: 'size',
  batch: 'size',
  m: 'size',
  n: 'size',
  k: 'size',
  groups: 'size',
  channels: 'size',
  features: 'size',
  length: 'size',
  limit: 'size',
  dims: 'size',
  trip: 'size',
  axes: 'window',
  operands: 'load',
  a: 'load',
  b: 'load',
  lhs: 'load',
  rhs: 'load',
  input: 'load',
  inputs: 'load',
  index: 'load',
  target: 'store',
  output: 'store',
  values: 'store',
  indices: 'store',
  stages: 'result',
  outputs: 'result',
  writes: 'result',
  coords: 'expr',
  value: 'expr',
  body: 'kernels',
  branches: 'kernels',
  carries: 'carries',
  condition: 'buffer',
  results: 'buffer',
};

/** Applies `f` to the leaves of nested lists; what is absent stays so. */
function each<T>(value: unknown, f: (leaf: T) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => each(item, f));
  return value === null || value === undefined ? value : f(value as T);
}

/** Visits the fields of a kernel in order; `f` gives their new values. */
function mapFields(kernel: Kernel, f: (role: Role | undefined, value: unknown) => unknown): Kernel {
  const entries = Object.entries(kernel) as [keyof typeof FIELDS, unknown][];
  return Object.fromEntries(entries.map(([name, value]) => [name, f(FIELDS[name], value)])) as never;
}

/** An output with its expression, a stage, or an output of a routine, which has none. */
type Result = Output | Stage | Operand;

/** The expressions of a kernel in a fixed order, without those of kernels inside. */
function ownExprs(kernel: Kernel): ScalarExpr[] {
  const found: ScalarExpr[] = [];
  mapFields(kernel, (role, value) => {
    if (role === 'expr') each<ScalarExpr>(value, (e) => found.push(e));
    if (role === 'result') each<Result>(value, (item) => 'expr' in item && found.push(item.expr));
    return value;
  });
  return found;
}

/** Copies a kernel, and those inside it, with parts replaced. */
export function rewriteKernel(kernel: Kernel, rewriter: KernelRewriter): Kernel {
  const same = <T>(value: T): T => value;
  const { size = same, fixed = size, operand = same, store = operand, buffer = same, exprs = same } = rewriter;
  const old = ownExprs(kernel);
  const next = old.length > 0 ? exprs(old) : old;
  let at = 0;
  return mapFields(kernel, (role, value) => {
    switch (role) {
      case 'size':
        return each<Int>(value, size);
      case 'window':
        return each<ConvAxis>(value, ({ input, output, ...rest }) => ({
          input: size(input),
          output: size(output),
          ...Object.fromEntries(Object.entries(rest).map(([name, int]) => [name, fixed(int)])),
        }));
      case 'load':
        return each<Operand>(value, operand);
      case 'store':
        return each<Operand>(value, store);
      case 'result':
        return each<Result>(value, (item) => {
          if (!('expr' in item)) return store(item);
          const expr = next[at++]!;
          return 'operand' in item ? { operand: store(item.operand), expr } : { ...item, expr };
        });
      case 'expr':
        return each<ScalarExpr>(value, () => next[at++]!);
      case 'kernels':
        return each<Kernel>(value, (inner) => rewriteKernel(inner, rewriter));
      case 'carries':
        return each<Carry>(value, (carry) => ({ current: buffer(carry.current), next: buffer(carry.next) }));
      case 'buffer':
        return each<number>(value, buffer);
      default:
        return value;
    }
  });
}
