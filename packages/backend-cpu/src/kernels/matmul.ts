/**
 * Matrix products. B is packed into panels unless its rows can be read as they are; A is read in place, or packed in
 * blocks where its elements lie far apart.
 */
import { byteWidth, type Int, type MatmulKernel, type Operand } from '@dl/tensor/backend';
import { packPanels, packRows } from '../library/packing.ts';
import type { Local, I32 } from '../wasm/code.ts';
import { elementOf, PANEL_BYTES, type Element } from './element.ts';
import { BLOCK_K, BLOCK_ROWS, evenBlock, isDeep, keepEvenBlock, sumBytes } from './blocks.ts';
import { ProductWriter, type Panels, type Product, type RowBlock } from './product.ts';
import { Space, type Spot } from './space.ts';
import { packedColumns, shareProduct, type Share } from './share.ts';
import type { KernelWriter } from './writer.ts';

/** B with fewer bytes than this is read in place. */
const DIRECT_BYTES = 64 * 1024;
/** Elements of A that lie further apart along k are packed, because every one would need a page of its own. */
const FAR_BYTES = 1024;
/** With so few rows B is read in place. */
const FEW_ROWS = 12;
/** With fewer columns packing A costs more than it saves. */
const FEW_COLUMNS = 32;

function ceilTo(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** Bytes of workspace of each of some threads: unfinished sums, a block of A, then its panels of B. */
export function matmulWorkspace(kernel: MatmulKernel, int: (value: Int) => number, threads: number): number {
  const { m, n, k, dtype } = kernel;
  const element = elementOf(dtype);
  const own = dividedBatch(kernel).length > 0 ? int(n) : packedColumns(int(m), int(n), element, threads);
  const deep = packsInTurn(kernel);
  const panels = Math.ceil(own / element.columns) * PANEL_BYTES * (deep ? BLOCK_K : int(k));
  const sums = sumBytes(int(n), int(k) > BLOCK_K, element, deep ? int(m) : BLOCK_ROWS);
  return ceilTo(sums, 64) + blockBytes(element) + panels + 64;
}

/** Whether blocks of B are packed one after the other. */
function packsInTurn(kernel: MatmulKernel): boolean {
  const { m, n, k, batch, dtype } = kernel;
  if (typeof m !== 'number' || typeof n !== 'number' || typeof k !== 'number') return false;
  const repeats = sharesB(kernel) && batch.some((size) => size !== 1);
  return m > FEW_ROWS && !repeats && isDeep(m, n, k, elementOf(dtype));
}

/** Bytes of a packed block of A. */
function blockBytes({ width }: Element): number {
  return BLOCK_ROWS * BLOCK_K * width;
}

/** Whether all batches have the same B. */
function sharesB({ batch, b }: MatmulKernel): boolean {
  return b.strides.slice(0, batch.length).every((stride) => stride === 0);
}

/** Batch axes that threads may divide instead of rows or columns; none where all batches share the work on B. */
function dividedBatch(kernel: MatmulKernel): readonly number[] {
  if (sharesB(kernel)) return [];
  return kernel.batch.flatMap((size, axis) => (size === 1 ? [] : [axis]));
}

/** How A is read. */
type Reading = 'apart' | 'beside' | 'packed';

function readingOf(a: Operand, element: Element, am: Int, ak: Int): Reading {
  if (byteWidth(a.dtype) !== element.width || a.dtype === 'bool') return 'packed';
  if (ak === 1) return 'apart';
  return am === 1 ? 'beside' : 'packed';
}

export function writeMatmul(w: KernelWriter, kernel: MatmulKernel): void {
  const { f } = w;
  const rank = kernel.batch.length;
  const element = elementOf(kernel.dtype);
  const shape = [...kernel.batch, kernel.m, kernel.n];
  const batch = kernel.batch.map((_, axis) => axis);
  // A matrix that all batches share is made ready once.
  const shared = sharesB(kernel);
  const divisible = dividedBatch(kernel);
  const space = new Space(w, {
    shape,
    operands: kernel.operands,
    outputs: kernel.outputs.map(({ operand }) => operand),
    exprs: kernel.outputs.map(({ expr }) => expr),
    laneAxis: rank + 1,
    divisible,
  });
  const factors = new Space(w, {
    shape: kernel.batch,
    operands: [],
    outputs: [],
    others: [batchOnly(kernel.a, rank), batchOnly(kernel.b, rank)],
    exprs: [],
    laneAxis: null,
    divisible,
  });
  const [am, ak] = kernel.a.strides.slice(rank) as [Int, Int];
  const [bk, bn] = kernel.b.strides.slice(rank) as [Int, Int];
  const [m, n, k] = [f.keep(w.int(kernel.m)), f.keep(w.int(kernel.n)), f.keep(w.int(kernel.k))];
  const bytes = (stride: Int, { dtype }: Operand): Local<I32> => w.heldStride(stride, byteWidth(dtype));
  const [stepM, stepK] = [bytes(am, kernel.a), bytes(ak, kernel.a)];
  const reading = readingOf(kernel.a, element, am, ak);
  const share = divisible.length > 0 ? null : shareProduct(w, m, n, element);
  const blockK = typeof kernel.k === 'number' ? evenBlock(kernel.k, 1) : keepEvenBlock(w, k, f.keep(f.i32(1)));
  const memory = workspaces(w, kernel, element, n, k);
  const matrix = (spot: Spot, which: 0 | 1): Local<I32> => spot.pointers[factors.accessOf(which)]!;
  const panels = panelsOf(
    w,
    kernel,
    element,
    { m, n, k, bk: bytes(bk, kernel.b), bn: bytes(bn, kernel.b) },
    bn === 1,
    share && share.columns,
    memory.panels,
  );
  const product = (a: Local<I32>): Product => ({
    space,
    element,
    outputs: kernel.outputs,
    columnAxis: rank + 1,
    rows: {
      axes: [rank],
      even: rank,
      begin: (spot, i) => {
        const at = space.shifted(spot, rank, i);
        return { at, next: () => space.move(at, rank, 1) };
      },
    },
    access: reading === 'beside' ? 'beside' : 'apart',
    m: { size: kernel.m, local: m },
    n: { size: kernel.n, local: n },
    k: { size: kernel.k, local: k },
    share,
    blockK,
    blockRows: BLOCK_ROWS,
    sums: memory.sums,
    prepare: (i, count, pc, kc): RowBlock => {
      const from = f.keep(f.i32_add(f.i32_mul(f.get(i), f.get(stepM)), f.i32_mul(f.get(pc), f.get(stepK))));
      f.set(from, f.i32_add(f.get(from), f.get(a)));
      if (reading === 'apart') return { a: from, am: () => f.get(stepM), ak: () => f.get(stepK) };
      const pack = w.linker.use(packRows(element, kernel.a.dtype));
      if (reading === 'beside') {
        const along = f.keep(f.get(stepK));
        const far = f.i32_gt_u(absolute(w, stepK), f.i32(FAR_BYTES));
        f.if(f.i32_and(far, f.i32_ge_s(f.get(n), f.i32(FEW_COLUMNS))), () => {
          const pitch = BLOCK_ROWS * element.width;
          const out = (): I32 => f.get(memory.block);
          f.call(pack, f.get(from), f.get(stepK), f.i32(element.width), f.get(kc), f.get(count), out(), f.i32(pitch));
          f.set(from, f.get(memory.block));
          f.set(along, f.i32(pitch));
        });
        return { a: from, am: () => f.i32(element.width), ak: () => f.get(along) };
      }
      const row = f.keep(f.i32_mul(f.get(kc), f.i32(element.width)));
      f.call(pack, f.get(from), f.get(stepM), f.get(stepK), f.get(count), f.get(kc), f.get(memory.block), f.get(row));
      return { a: memory.block, am: () => f.get(row), ak: () => f.i32(element.width) };
    },
  });
  const factorStart = factors.start();
  const b = shared ? panels(matrix(factorStart, 1)) : null;
  f.if(f.i32_gt_s(f.get(n), f.i32(0)), () =>
    eachTogether(factors, space, batch, factorStart, space.start(), (factor, spot) =>
      f.scope(() => {
        const ready = b ?? panels(matrix(factor, 1));
        new ProductWriter(product(matrix(factor, 0)), spot, ready).write();
      }),
    ),
  );
}

/** An operand over the batch axes. */
function batchOnly(operand: Operand, rank: number): Operand {
  return { ...operand, strides: operand.strides.slice(0, rank) };
}

/** The absolute value of an int32. */
function absolute(w: KernelWriter, local: Local<I32>): I32 {
  const { f } = w;
  return f.select(f.i32_sub(f.i32(0), f.get(local)), f.get(local), f.i32_lt_s(f.get(local), f.i32(0)));
}

/** Walks the same axes in two spaces. */
function eachTogether(
  one: Space,
  two: Space,
  axes: readonly number[],
  first: Spot,
  second: Spot,
  body: (first: Spot, second: Spot) => void,
): void {
  const [axis, ...rest] = axes;
  if (axis === undefined) return body(first, second);
  const { f } = one.w;
  f.scope(() => {
    const inner = two.branch(second, axis);
    one.each([axis], first, (at) => {
      eachTogether(one, two, rest, at, inner, body);
      two.move(inner, axis, 1);
    });
  });
}

/** Addresses within the workspace. */
function workspaces(
  w: KernelWriter,
  kernel: MatmulKernel,
  element: Element,
  n: Local<I32>,
  k: Local<I32>,
): { readonly sums: Local<I32>; readonly block: Local<I32>; readonly panels: Local<I32> } {
  const { f } = w;
  const sums = f.keep(w.workspace());
  const block = f.local('i32');
  if (typeof kernel.n === 'number' && typeof kernel.k === 'number') {
    const rows = packsInTurn(kernel) ? Number(kernel.m) : BLOCK_ROWS;
    const size = ceilTo(sumBytes(kernel.n, kernel.k > BLOCK_K, element, rows), 64);
    f.set(block, f.i32_add(f.get(sums), f.i32(size)));
  } else {
    const columns = f.i32_div_u(f.i32_add(f.get(n), f.i32(element.columns - 1)), f.i32(element.columns));
    const many = f.i32_mul(columns, f.i32(BLOCK_ROWS * PANEL_BYTES));
    const size = f.select(many, f.i32(BLOCK_ROWS * PANEL_BYTES), f.i32_gt_s(f.get(k), f.i32(BLOCK_K)));
    f.set(block, f.i32_and(f.i32_add(size, f.i32(63)), f.i32(-64)));
    f.set(block, f.i32_add(f.get(block), f.get(sums)));
  }
  const panels = f.keep(f.i32_add(f.get(block), f.i32(blockBytes(element))));
  return { sums, block, panels };
}

interface Sizes {
  readonly m: Local<I32>;
  readonly n: Local<I32>;
  readonly k: Local<I32>;
  /** Bytes of B along k and n. */
  readonly bk: Local<I32>;
  readonly bn: Local<I32>;
}

/** How the panels of a B at an address are made ready. */
function panelsOf(
  w: KernelWriter,
  kernel: MatmulKernel,
  element: Element,
  { m, n, k, bk, bn }: Sizes,
  sideBySide: boolean,
  share: Share | null,
  memory: Local<I32>,
): (b: Local<I32>) => Panels {
  const { f } = w;
  const { dtype } = kernel.b;
  const mayRead = sideBySide && byteWidth(dtype) === element.width && dtype !== 'bool';
  const [step, panel, address] = [f.local('i32'), f.local('i32'), f.local('i32')];
  return (origin) => {
    const b = share ? f.keep(f.i32_add(f.i32_mul(f.get(share.from), f.get(bn)), f.get(origin))) : origin;
    const columns = share ? share.count : n;
    const pack = (): void => {
      f.set(step, f.i32(PANEL_BYTES));
      f.set(panel, f.i32_mul(f.get(k), f.i32(PANEL_BYTES)));
      f.set(address, f.get(memory));
      const fn = w.linker.use(packPanels(element, dtype));
      f.call(fn, f.get(b), f.get(bk), f.get(bn), f.get(k), f.get(columns), f.get(memory), f.get(panel));
    };
    const read = (): void => {
      f.set(step, f.get(bk));
      f.set(panel, f.i32(PANEL_BYTES));
      f.set(address, f.get(b));
    };
    if (packsInTurn(kernel)) {
      f.set(step, f.i32(PANEL_BYTES));
      f.set(panel, f.i32(BLOCK_K * PANEL_BYTES));
      f.set(address, f.get(memory));
      const fill = (pc: Local<I32>, kc: Local<I32>): void => {
        const from = f.keep(f.i32_add(f.i32_mul(f.get(pc), f.get(bk)), f.get(b)));
        const fn = w.linker.use(packPanels(element, dtype));
        f.call(fn, f.get(from), f.get(bk), f.get(bn), f.get(kc), f.get(columns), f.get(memory), f.get(panel));
      };
      return { b: address, bk: step, panel, fill };
    }
    if (!mayRead) pack();
    else {
      const small = f.i32_le_s(f.i32_mul(f.get(k), f.get(bk)), f.i32(DIRECT_BYTES));
      f.if(f.i32_or(small, f.i32_le_s(f.get(m), f.i32(FEW_ROWS))), read, pack);
    }
    return { b: address, bk: step, panel };
  };
}
