/**
 * How a convolution becomes a matrix product: which axes make up rows and k, in which order, and in which blocks.
 */
import { byteWidth, type ConvKernel, type Int } from '@dl/tensor/backend';
import { elementOf, PANEL_BYTES, type Element } from './element.ts';
import { BLOCK_K, BLOCK_ROWS, sumBytes } from './product.ts';
import { packedColumns } from './share.ts';

/** Bytes of a block of rows: well within the second-level cache. */
export const BLOCK_BYTES: number = 384 * 1024;
/** Fewest rows of a block. */
export const LEAST_ROWS = 24;

/** An axis of k: the channels, or a spatial axis of the kernel. */
export type KAxis = 'channels' | number;

export interface ConvPlan {
  readonly kernel: ConvKernel;
  readonly element: Element;
  /** Axes of rows in the epilogue's space [n, …spatial, g, o], outermost first. */
  readonly rowAxes: readonly number[];
  /** Whether rows lie side by side in the input, along the batch axis. */
  readonly beside: boolean;
  /** Axes of k, outermost first; the last ones make up a unit, which is never cut. */
  readonly kAxes: readonly KAxis[];
  readonly unitAxes: readonly KAxis[];
}

/** A conv as a product; rank 0 is fine. */
export function planConv(kernel: ConvKernel): ConvPlan {
  const element = elementOf(kernel.dtype);
  const rank = kernel.axes.length;
  const [, ln, lc, ...ls] = kernel.lhs.strides as [Int, Int, Int, ...Int[]];
  const spatial = kernel.axes.map((_, d) => d);
  const plain = byteWidth(kernel.lhs.dtype) === element.width && kernel.lhs.dtype !== 'bool';
  const beside = plain && ln === 1 && lc !== 1 && kernel.batch !== 1;
  const along = spatial.map((d) => d + 1);
  const last = spatial.slice(-1);
  // Where only the last spatial axis is dense, it goes innermost so that whole runs can be copied.
  const runs = rank > 0 && lc !== 1 && !beside && ls.at(-1) === 1 && kernel.axes.at(-1)!.rhsDilation === 1;
  const kAxes: KAxis[] = runs ? ['channels', ...spatial] : [...spatial, 'channels'];
  const unitAxes: KAxis[] = runs ? last : [...last, 'channels'];
  return { kernel, element, rowAxes: beside ? [...along, 0] : [0, ...along], beside, kAxes, unitAxes };
}

/** The size of an axis of k. */
export function sizeOfK({ axes, channels }: ConvKernel, axis: KAxis): Int {
  return axis === 'channels' ? channels : axes[axis]!.kernel;
}

/** Sizes of a conv's product, and how it is cut into blocks. */
export interface ConvBlocks {
  readonly k: number;
  readonly blockK: number;
  readonly blockRows: number;
  /** Bytes of the sums and of a block of A. */
  readonly sums: number;
  readonly block: number;
}

/** The same arithmetic that generated code does where sizes are parameters. */
export function convBlocks(plan: ConvPlan, int: (value: Int) => number): ConvBlocks {
  const { kernel, element, kAxes, unitAxes } = plan;
  const product = (axes: readonly KAxis[]): number =>
    axes.reduce<number>((total, axis) => total * int(sizeOfK(kernel, axis)), 1);
  const [k, unit] = [product(kAxes), Math.max(1, product(unitAxes))];
  const blockK = Math.max(1, Math.floor(BLOCK_K / unit)) * unit;
  const row = Math.max(1, Math.min(k, blockK)) * element.width;
  const blockRows = Math.min(BLOCK_ROWS, Math.max(LEAST_ROWS, Math.floor(BLOCK_BYTES / row)));
  const features = int(kernel.features);
  return {
    k,
    blockK,
    blockRows,
    sums: Math.ceil(sumBytes(features, k > blockK, element) / 64) * 64,
    block: Math.ceil(((blockRows + 4) * (row + 32) + 64) / 64) * 64,
  };
}

/** Bytes of workspace of each of some threads. */
export function convWorkspace(kernel: ConvKernel, int: (value: Int) => number, threads: number): number {
  const plan = planConv(kernel);
  const { sums, block, k } = convBlocks(plan, int);
  const rows = kernel.axes.reduce((count, axis) => count * int(axis.output), int(kernel.batch));
  const own = packedColumns(rows, int(kernel.features), plan.element, threads);
  return sums + block + Math.ceil(own / plan.element.columns) * PANEL_BYTES * k + 64;
}
