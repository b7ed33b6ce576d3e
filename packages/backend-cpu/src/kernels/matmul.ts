/**
 * Matrix products: B is packed into panels of 8 columns, a register tile of 5 or 6 rows runs over A in place, and the
 * epilogue runs over each finished tile. Any strides of A and B are fine.
 */
import type { Int, MatmulKernel, Operand } from '@dl/tensor/backend';
import type { I32, Local, Module } from '../wasm/assembler.ts';
import { microKernel, packPanels, packRows, PANEL, storeTile, TILE_BYTES, tileRows } from './gemm.ts';
import type { KernelWriter } from './writer.ts';

/** Workspace: the tile, one pointer per row, the packed B. */
const POINTERS = TILE_BYTES;
const PACKED = TILE_BYTES + 64;

/** Bytes of workspace a product needs. */
export function matmulWorkspace({ m, n, k, a }: MatmulKernel, int: (value: Int) => number): number {
  const rows = a.strides.at(-1) === 1 ? 0 : Math.ceil(int(m) / tileRows()) * tileRows();
  return PACKED + (Math.ceil(int(n) / PANEL) * PANEL + rows) * int(k) * 4;
}

/** An operand at a position of the batch axes. */
function atBatch(operand: Operand, rank: number): Operand {
  return { ...operand, strides: operand.strides.slice(0, rank) };
}

export function writeMatmul(w: KernelWriter, kernel: MatmulKernel, module: Module): void {
  const { f } = w;
  const rank = kernel.batch.length;
  const rows = tileRows();
  const [am, ak] = kernel.a.strides.slice(rank) as [Int, Int];
  const [bk, bn] = kernel.b.strides.slice(rank) as [Int, Int];
  const micro = microKernel(module, rows);
  const pack = packPanels(module);
  const position = Array.from({ length: rank + 2 }, () => f.local('i32'));
  const batch = position.slice(0, rank);
  const fixed = (value: () => I32): Local<I32> => {
    const local = f.local('i32');
    f.set(local, value());
    return local;
  };
  const bytes = (stride: Int): I32 => f.i32_shl(w.int(stride), f.i32(2));
  const [m, n, k] = [fixed(() => w.int(kernel.m)), fixed(() => w.int(kernel.n)), fixed(() => w.int(kernel.k))];
  const stepM = fixed(() => bytes(am));
  const panelBytes = fixed(() => f.i32_shl(f.get(k), f.i32(5)));
  const packed = fixed(() => f.i32_add(w.workspace(), f.i32(PACKED)));
  const [i, j, a, panel, left] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  // Rows of A whose elements lie apart would miss the cache in every tile; they are packed first.
  const direct = ak === 1;
  const packA = direct ? null : packRows(module, rows);
  const packedA = f.local('i32');
  if (!direct) {
    const panels = f.i32_div_u(f.i32_add(f.get(n), f.i32(PANEL - 1)), f.i32(PANEL));
    f.set(packedA, f.i32_mul(panels, f.get(panelBytes)));
    f.set(packedA, f.i32_add(f.get(packedA), f.get(packed)));
  }
  const packB = (): void => {
    f.call(
      pack,
      w.address(atBatch(kernel.b, rank), batch),
      bytes(bk),
      bytes(bn),
      f.get(k),
      f.get(n),
      f.get(packed),
      f.get(panelBytes),
    );
  };
  // A matrix that all batches share is packed once.
  const shared = kernel.b.strides.slice(0, rank).every((stride) => stride === 0);
  batch.forEach((local) => f.set(local, f.i32(0)));
  if (shared) packB();
  w.nest(kernel.batch, batch, () => {
    if (!shared) packB();
    f.set(a, w.address(atBatch(kernel.a, rank), batch));
    if (packA) f.call(packA, f.get(a), f.get(stepM), bytes(ak), f.get(m), f.get(k), f.get(packedA));
    f.set(panel, f.get(packed));
    f.for(
      j,
      () => f.i32(0),
      () => f.get(n),
      PANEL,
      () => {
        f.for(
          i,
          () => f.i32(0),
          () => f.get(m),
          rows,
          () => {
            if (direct) pointToRows(w, a, i, m, stepM, rows);
            else pointToPacked(w, packedA, i, k, rows);
            f.call(
              micro,
              f.i32(1),
              f.get(k),
              direct ? bytes(ak) : f.i32(4 * rows),
              f.i32_add(w.workspace(), f.i32(POINTERS)),
              f.get(panel),
              w.workspace(),
            );
            f.set(left, f.i32_sub(f.get(m), f.get(i)));
            f.set(left, f.select(f.get(left), f.i32(rows), f.i32_lt_s(f.get(left), f.i32(rows))));
            storeTile(w, kernel, {
              position,
              column: j,
              columns: n,
              rows: () => f.get(left),
              enter: (r) => f.set(position[rank]!, f.i32_add(f.get(i), f.get(r))),
            });
          },
        );
        f.set(panel, f.i32_add(f.get(panel), f.get(panelBytes)));
      },
    );
  });
}

/** Addresses of the tile's rows in packed A, where they lie side by side. */
function pointToPacked(w: KernelWriter, packed: Local<I32>, i: Local<I32>, k: Local<I32>, rows: number): void {
  const { f } = w;
  const at = f.local('i32');
  f.set(at, f.i32_add(f.get(packed), f.i32_shl(f.i32_mul(f.get(i), f.get(k)), f.i32(2))));
  for (let r = 0; r < rows; r++) f.i32_store(w.workspace(), f.i32_add(f.get(at), f.i32(4 * r)), POINTERS + 4 * r);
}

/** Addresses of the tile's rows; rows beyond the last repeat it, and their results are not stored. */
function pointToRows(
  w: KernelWriter,
  a: Local<I32>,
  i: Local<I32>,
  m: Local<I32>,
  step: Local<I32>,
  rows: number,
): void {
  const { f } = w;
  const row = f.local('i32');
  for (let r = 0; r < rows; r++) {
    f.set(row, f.i32_add(f.get(i), f.i32(r)));
    f.set(row, f.select(f.get(row), f.i32_sub(f.get(m), f.i32(1)), f.i32_lt_s(f.get(row), f.get(m))));
    f.i32_store(w.workspace(), f.i32_add(f.get(a), f.i32_mul(f.get(row), f.get(step))), POINTERS + 4 * r);
  }
}
