/**
 * How much work a kernel is, and from how much on several threads are worth it.
 */
import {
  bodiesOf,
  byteWidth,
  exprsOf,
  isNested,
  operandsOf,
  walk,
  type Int,
  type Kernel,
  type Program,
  type ScalarExpr,
  type SimpleKernel,
} from '@dl/tensor/backend';
import { LARGE } from '../memory/pool.ts';
import { sharedAxis } from '../kernels/scatter.ts';

/**
 * From how much work on several threads are worth it, in operations of a matrix product, of which a core does some 40 a
 * nanosecond: 50 µs of a kernel pay for a barrier, 150 µs of a program for waking sleeping threads, which takes 10 to 50
 * µs. A program that copies its buffers in and out must compute so much per byte. Changed by tests only.
 */
export const LEAST: { kernel: number; program: number; perByte: number } = { kernel: 2e6, program: 6e6, perByte: 2 };

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

/** The work of one kernel at sizes that may be known only at run time; 0 where it cannot be divided. */
export type Effort = (int: Resolve) => number;

function total(sizes: readonly Int[], int: Resolve): number {
  let count = 1;
  for (const size of sizes) count *= int(size);
  return count;
}

/** Bytes that a kernel moves per element, of buffers that are not copied into the heap for the run. */
function residentBytes(kernel: SimpleKernel, { buffers }: Program): Effort {
  const moving = operandsOf(kernel).filter(({ strides }) => strides.some((stride) => stride !== 0));
  return (int) =>
    moving.reduce((sum, { buffer, dtype }) => {
      const { role, size } = buffers[buffer]!;
      const width = byteWidth(dtype);
      const stays = role === 'state' || role === 'temp' || int(size) * width >= LARGE;
      return stays ? sum + width : sum;
    }, 0);
}

/** Whether a program that runs piece by piece computes for longer than it copies. */
export function outweighsCopies(kernel: SimpleKernel): boolean {
  const bytes = operandsOf(kernel).reduce((sum, { dtype }) => sum + byteWidth(dtype), 0);
  return costOf(exprsOf(kernel)) >= LEAST.perByte * bytes;
}

function effortOf(kernel: SimpleKernel, program: Program): Effort {
  if (!isDivisible(kernel)) return () => 0;
  const [kept, others] = axesOf(kernel);
  const product = kernel.kind === 'matmul' || kernel.kind === 'conv';
  const cost = kernel.kind === 'cumulative' ? STEP : kernel.kind === 'sort' ? COMPARISON : costOf(exprsOf(kernel));
  const moved = residentBytes(kernel, program);
  return (int) => {
    const parts = total(kept, int);
    if (parts < 2) return 0;
    const inner = total(others, int);
    if (product) return parts * (2 * inner + cost);
    // A byte costs as much as an operation.
    const each = Math.max(cost, moved(int));
    return parts * inner * each * (kernel.kind === 'sort' ? Math.log2(inner + 1) : 1);
  };
}

/** The work of a program's kernels in the order of `simpleKernels`, and how often each runs. */
export interface Efforts {
  readonly kernels: readonly Effort[];
  /** All that is worth dividing. */
  readonly program: Effort;
}

export function effortsOf(program: Program): Efforts {
  const list: { readonly effort: Effort; readonly trips: readonly Int[] }[] = [];
  const visit = (kernels: readonly Kernel[], trips: readonly Int[]): void => {
    for (const kernel of kernels) {
      if (isNested(kernel)) {
        const inner = kernel.kind === 'loop' && kernel.condition === undefined ? [...trips, kernel.trip] : trips;
        for (const body of bodiesOf(kernel)) visit(body, inner);
      } else list.push({ effort: effortOf(kernel, program), trips });
    }
  };
  visit(program.kernels, []);
  return {
    kernels: list.map(({ effort }) => effort),
    program: (int) => {
      let sum = 0;
      for (const { effort, trips } of list) {
        const own = effort(int);
        if (own >= LEAST.kernel) sum += own * total(trips, int);
      }
      return sum;
    },
  };
}
