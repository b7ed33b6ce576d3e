/**
 * How a convolution becomes a matrix product: which axes make up rows and k, in which order, and in which blocks.
 */
import { byteWidth, type ConvAxis, type ConvKernel, type Int } from '@dl/tensor/backend';
import { elementOf, PANEL_BYTES, type Element } from './element.ts';
import { BLOCK_ROWS, evenBlock, isDeep, sumBytes } from './blocks.ts';
import { packedColumns } from './share.ts';

/** Bytes of a block of rows: well within the second-level cache. */
export const BLOCK_BYTES: number = 384 * 1024;
/** Fewest rows of a block. */
export const LEAST_ROWS = 24;

/** Bytes of a list with a pointer for each row of a block. */
export const LIST_BYTES: number = 4 * BLOCK_ROWS;
/** Most lists: more would leave no room in the first-level cache. */
const MOST_LISTS = 50;
/** With fewer k per list, starting on a list costs more than copying patches. */
const LEAST_DEPTH = 3;

/** An axis of k: the channels, or a spatial axis of the kernel. */
export type KAxis = 'channels' | number;

/** How tiles read rows of an image in place. */
export interface Taps {
  /** Spatial axes for whose kernel positions there are lists. */
  readonly axes: readonly number[];
  /** Axes without lists, because all of the window lies side by side there. */
  readonly moved: readonly number[];
  readonly lists: number;
}

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
  /** Null where patches are copied. */
  readonly taps: Taps | null;
  /** Whether blocks of B are packed one after the other. */
  readonly deep: boolean;
  /** Elements between rows of an image whose positions are the matrix as it is; null where they are not. */
  readonly pitch: number | null;
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
  // Gradients of kernels have images as channels, which lie far apart.
  const apart = beside && !(known([lc, ...ls]) && ls.some((stride) => Number(stride) > Number(lc)));
  const outward = runs || apart;
  const kAxes: KAxis[] = outward ? ['channels', ...spatial] : [...spatial, 'channels'];
  const unitAxes: KAxis[] = outward ? last : [...last, 'channels'];
  const rowAxes = beside ? [...along, 0] : [0, ...along];
  const inPlace = plain && !beside && !runs;
  const pitch = inPlace ? pitchOf(kernel) : null;
  const taps = inPlace && pitch === null ? tapsOf(kernel) : null;
  // Nothing that is read in place need be kept together but the k of a list.
  const units: readonly KAxis[] = taps ? [...taps.moved, 'channels'] : pitch === null ? unitAxes : [];
  const rows = [kernel.batch, ...kernel.axes.map(({ output }) => output)];
  const depths = kAxes.map((axis) => sizeOfK(kernel, axis));
  const deep =
    known([kernel.features, ...rows]) &&
    known(depths) &&
    evenStride(kernel, kAxes) !== null &&
    isDeep(productOf(rows as number[]), Number(kernel.features), productOf(depths), element);
  return { kernel, element, rowAxes, beside, kAxes, unitAxes: units, taps, pitch, deep };
}

function productOf(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Elements of B from one k to the next; null where they are not the same everywhere. */
export function evenStride(kernel: ConvKernel, kAxes: readonly KAxis[]): number | null {
  const { strides } = kernel.rhs;
  const steps = kAxes.map((axis) => (axis === 'channels' ? strides[2]! : strides[axis + 3]!));
  const sizes = kAxes.map((axis) => sizeOfK(kernel, axis));
  if (!known(steps) || !known(sizes)) return null;
  return evenSteps(steps, sizes);
}

/** The innermost step, where axes outside it go on from where it ends; null where they do not. */
function evenSteps(steps: readonly number[], sizes: readonly number[]): number | null {
  for (let d = 1; d < sizes.length; d++)
    if (steps[d - 1] !== steps[d]! * sizes[d]! && sizes.slice(0, d).some((size) => size !== 1)) return null;
  return steps.at(-1)!;
}

function known(sizes: readonly Int[]): sizes is readonly number[] {
  return sizes.every((size) => typeof size === 'number');
}

/** Whether windows hang over the edge nowhere along an axis. */
function staysInside({ input, kernel, output, stride, padLow, rhsDilation, lhsDilation }: ConvAxis): boolean {
  if (lhsDilation !== 1 || !known([input, kernel, output, stride, padLow, rhsDilation])) return false;
  const last = (Number(output) - 1) * Number(stride) + (Number(kernel) - 1) * Number(rhsDilation);
  return Number(padLow) <= 0 && last - Number(padLow) < Number(input);
}

/** See {@link ConvPlan.pitch}. */
function pitchOf({ axes, batch, lhs }: ConvKernel): number | null {
  const [, ln, , ...ls] = lhs.strides as [Int, Int, Int, ...Int[]];
  if (!known(lhs.strides) || !axes.every((axis) => axis.kernel === 1 && axis.padLow === 0 && staysInside(axis)))
    return null;
  const steps = [ln, ...ls.map((stride, d) => Number(stride) * Number(axes[d]!.stride))] as number[];
  return evenSteps(
    steps,
    [batch, ...axes.map(({ output }) => output)].map((size) => (typeof size === 'number' ? size : NaN)),
  );
}

function tapsOf({ axes, channels, lhs }: ConvKernel): Taps | null {
  const spatial = axes.map((_, d) => d);
  const sizes = axes.map(({ kernel }) => kernel);
  if (lhs.strides[2] !== 1 || !known(sizes)) return null;
  const last = axes.length - 1;
  const joins =
    typeof channels === 'number' &&
    last >= 0 &&
    lhs.strides[last + 3] === channels &&
    axes[last]!.rhsDilation === 1 &&
    staysInside(axes[last]!);
  const listed = joins ? spatial.slice(0, -1) : spatial;
  const moved = joins ? [last] : [];
  const lists = productOf(listed.map((d) => sizes[d]!));
  const depth = typeof channels === 'number' ? channels * productOf(moved.map((d) => sizes[d]!)) : LEAST_DEPTH;
  return lists < 1 || lists > MOST_LISTS || depth < LEAST_DEPTH ? null : { axes: listed, moved, lists };
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
  const { kernel, element, kAxes, unitAxes, taps, pitch, deep } = plan;
  const product = (axes: readonly KAxis[]): number =>
    axes.reduce<number>((total, axis) => total * int(sizeOfK(kernel, axis)), 1);
  const [k, unit] = [product(kAxes), Math.max(1, product(unitAxes))];
  const blockK = evenBlock(k, unit);
  const row = Math.max(1, Math.min(k, blockK)) * element.width;
  const copies = taps === null && pitch === null;
  const fitting = copies ? Math.floor(BLOCK_BYTES / row) : BLOCK_ROWS;
  const blockRows = Math.min(BLOCK_ROWS, Math.max(LEAST_ROWS, fitting));
  let block = 64;
  if (taps) block = taps.lists * LIST_BYTES + Math.ceil((unit * element.width) / 16) * 16;
  else if (copies) block = (blockRows + 4) * (row + 32) + 64;
  const features = int(kernel.features);
  return {
    k,
    blockK,
    blockRows,
    sums: Math.ceil(sumBytes(features, k > blockK, element, deep ? rowsOf(kernel, int) : BLOCK_ROWS) / 64) * 64,
    block: Math.ceil(block / 64) * 64,
  };
}

/** Output positions of all images. */
function rowsOf({ batch, axes }: ConvKernel, int: (value: Int) => number): number {
  return axes.reduce((count, axis) => count * int(axis.output), int(batch));
}

/** Bytes of workspace of each of some threads. */
export function convWorkspace(kernel: ConvKernel, int: (value: Int) => number, threads: number): number {
  const plan = planConv(kernel);
  const { sums, block, k, blockK } = convBlocks(plan, int);
  const own = packedColumns(rowsOf(kernel, int), int(kernel.features), plan.element, threads);
  return sums + block + Math.ceil(own / plan.element.columns) * PANEL_BYTES * (plan.deep ? blockK : k) + 64;
}
