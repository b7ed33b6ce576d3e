/**
 * Which elements of its buffers a kernel touches, so that only those are copied into the heap.
 */
import {
  buffersOf,
  walk,
  type Int,
  type Kernel,
  type Operand,
  type Output,
  type Program,
  type ScalarExpr,
} from '@dl/tensor/backend';

/** A strided walk over a buffer: it starts at `offset` and moves `stride` up to `size − 1` times along each axis. */
export interface Access {
  readonly offset: Int;
  readonly axes: readonly (readonly [size: Int, stride: Int])[];
}

/** The accesses of each buffer; null where any element may be touched. */
export type Accesses = ReadonlyMap<number, readonly Access[] | null>;

export function accessesOf(program: Program): Accesses {
  const found = new Map<number, Access[] | null>();
  const add = (operand: Operand, shape: readonly Int[]): void => {
    const list = found.get(operand.buffer);
    if (list === null) return;
    const access = {
      offset: operand.offset,
      axes: operand.strides.map((stride, axis) => [shape[axis]!, stride] as const),
    };
    if (list) list.push(access);
    else found.set(operand.buffer, [access]);
  };
  const loads = (operands: readonly Operand[], shape: readonly Int[], exprs: readonly ScalarExpr[]): void => {
    walk(exprs, (e) => e.kind === 'at' && found.set(operands[e.operand]!.buffer, null));
    const aligned = new Set<number>();
    walk(exprs, (e) => e.kind === 'load' && aligned.add(e.operand));
    aligned.forEach((slot) => add(operands[slot]!, shape));
  };
  const stores = (outputs: readonly Output[], shape: readonly Int[]): void =>
    outputs.forEach(({ operand }) => add(operand, shape));
  const exprs = (list: readonly { readonly expr: ScalarExpr }[]): ScalarExpr[] => list.map(({ expr }) => expr);
  const visit = (kernel: Kernel): void => {
    switch (kernel.kind) {
      case 'map':
        loads(kernel.operands, kernel.shape, exprs(kernel.outputs));
        return stores(kernel.outputs, kernel.shape);
      case 'reduce': {
        const full = [...kernel.shape, ...kernel.reduced];
        loads(kernel.operands, full, exprs([...kernel.stages, ...kernel.outputs, ...kernel.writes]));
        stores(kernel.outputs, kernel.shape);
        return stores(kernel.writes, full);
      }
      case 'matmul': {
        const space = [...kernel.batch, kernel.m, kernel.n];
        add(kernel.a, [...kernel.batch, kernel.m, kernel.k]);
        add(kernel.b, [...kernel.batch, kernel.k, kernel.n]);
        loads(kernel.operands, space, exprs(kernel.outputs));
        return stores(kernel.outputs, space);
      }
      case 'conv': {
        const space = [kernel.batch, ...kernel.axes.map((axis) => axis.output), kernel.groups, kernel.features];
        add(kernel.lhs, [kernel.groups, kernel.batch, kernel.channels, ...kernel.axes.map((axis) => axis.input)]);
        add(kernel.rhs, [kernel.groups, kernel.features, kernel.channels, ...kernel.axes.map((axis) => axis.kernel)]);
        loads(kernel.operands, space, exprs(kernel.outputs));
        return stores(kernel.outputs, space);
      }
      case 'scatter':
        loads(kernel.operands, kernel.shape, [...kernel.coords, kernel.value]);
        found.set(kernel.target.buffer, null);
        return;
      case 'cumulative':
      case 'sort': {
        const space = [...kernel.shape, kernel.length];
        add(kernel.input, space);
        const outputs = kernel.kind === 'sort' ? [kernel.values, kernel.indices] : [kernel.output];
        const front = kernel.kind === 'sort' && kernel.limit !== undefined ? [...kernel.shape, kernel.limit] : space;
        outputs.forEach((operand) => operand && add(operand, front));
        return;
      }
      case 'loop':
      case 'switch':
        for (const buffer of buffersOf(kernel)) found.set(buffer, null);
        return;
      case 'routine':
        return;
      default:
        kernel satisfies never;
    }
  };
  program.kernels.forEach(visit);
  return found;
}

/** First and last element (inclusive) that the accesses reach; last < first when they reach none. */
export function rangeOf(
  accesses: readonly Access[],
  int: (value: Int) => number,
): readonly [first: number, last: number] {
  let [first, last] = [Infinity, -Infinity];
  for (const { offset, axes } of accesses) {
    let [low, high] = [int(offset), int(offset)];
    let empty = false;
    for (const [size, stride] of axes) {
      const extent = int(size) - 1;
      if (extent < 0) empty = true;
      const reach = extent * int(stride);
      if (reach < 0) low += reach;
      else high += reach;
    }
    if (empty) continue;
    first = Math.min(first, low);
    last = Math.max(last, high);
  }
  return first > last ? [0, -1] : [first, last];
}
