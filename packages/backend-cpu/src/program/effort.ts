/**
 * How much work a kernel is, and from how much on several threads are worth it.
 */
import { exprsOf, operandsOf, walk, byteWidth, type Int, type ScalarExpr } from '@dl/tensor/backend';
import { sharedAxis } from '../kernels/scatter.ts';
import type { SimpleKernel } from '../kernels/writer.ts';

/**
 * Less is not worth the 12 µs that waking a thread takes: operations of a matrix product, of which a core does some 40 a
 * nanosecond, and bytes that a kernel reads and writes. Changed by tests only.
 */
export const LEAST: { operations: number; bytes: number } = { operations: 2e6, bytes: 2 ** 20 };

/** What functions and steps cost, measured against a multiplication in a matrix product. */
const FUNCTION = 40;
const STEP = 40;
const COMPARISON = 100;

const CHEAP: ReadonlySet<string> = new Set([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sqrt',
  'not',
  'isNan',
]);

function costOf(exprs: readonly ScalarExpr[]): number {
  let cost = 1;
  walk(exprs, (e) => {
    const called =
      (e.kind === 'unary' && !CHEAP.has(e.op)) ||
      (e.kind === 'binary' && (e.op === 'pow' || e.op === 'rem' || e.op === 'atan2')) ||
      e.kind === 'at';
    cost += called ? FUNCTION : 2;
  });
  return cost;
}

type Resolve = (value: Int) => number;

/** Whether a kernel has parts that different threads can compute. */
function isDivisible(kernel: SimpleKernel): boolean {
  let portable = true;
  // The one function that workers do not have.
  walk(exprsOf(kernel), (e) => (portable &&= !(e.kind === 'unary' && e.op === 'erf' && e.dtype === 'float64')));
  if (!portable || kernel.kind === 'routine') return false;
  return kernel.kind !== 'scatter' || sharedAxis(kernel) !== null;
}

/** Sizes of the axes that can be divided, and of those that cannot. */
function axesOf(kernel: SimpleKernel): readonly [kept: readonly Int[], others: readonly Int[]] {
  switch (kernel.kind) {
    case 'map':
    case 'scatter':
      return [kernel.shape, []];
    case 'reduce':
      return [kernel.shape, kernel.reduced];
    case 'matmul':
      return [[...kernel.batch, kernel.m, kernel.n], [kernel.k]];
    case 'conv': {
      const outputs = kernel.axes.map(({ output }) => output);
      const window = kernel.axes.map((axis) => axis.kernel);
      return [
        [kernel.batch, kernel.groups, kernel.features, ...outputs],
        [kernel.channels, ...window],
      ];
    }
    case 'cumulative':
    case 'sort':
      return [kernel.shape, [kernel.length]];
    case 'routine':
      return [[], []];
    default:
      return kernel satisfies never;
  }
}

/** Decides for one kernel, at sizes that may be known only at run time. */
export type Worth = (int: Resolve) => boolean;

export function worthOf(kernel: SimpleKernel): Worth {
  if (!isDivisible(kernel)) return () => false;
  const [kept, others] = axesOf(kernel);
  const product = kernel.kind === 'matmul' || kernel.kind === 'conv';
  const cost = kernel.kind === 'cumulative' ? STEP : kernel.kind === 'sort' ? COMPARISON : costOf(exprsOf(kernel));
  const bytes = operandsOf(kernel).reduce((sum, { dtype }) => sum + byteWidth(dtype), 0);
  const total = (sizes: readonly Int[], int: Resolve): number => {
    let count = 1;
    for (const size of sizes) count *= int(size);
    return count;
  };
  return (int) => {
    const parts = total(kept, int);
    if (parts < 2) return false;
    const inner = total(others, int);
    if (product) return parts * (2 * inner + cost) >= LEAST.operations;
    const count = parts * inner;
    if (kernel.kind === 'sort') return count * cost * Math.log2(inner + 1) >= LEAST.operations;
    return count * cost >= LEAST.operations || count * bytes >= LEAST.bytes;
  };
}
