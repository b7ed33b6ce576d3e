/**
 * Shared parts of matrix products and convolutions: the register tile, panel packing, and the epilogue over a tile.
 * V8 has 15 usable vector registers: 5 × 8 with multiply and add needs 14, 6 × 8 with fused multiply-add 15. One more
 * would spill and halve the speed, and so would unrolling over k.
 */
import type { MatmulKernel, Output } from '@dl/tensor/backend';
import { useRelaxed } from '../wasm/features.ts';
import type { Code, I32, Local, Module, V128 } from '../wasm/assembler.ts';
import type { KernelWriter } from './writer.ts';

/** Columns of a panel of B. */
export const PANEL = 8;
/** Bytes of a finished tile at the start of the workspace. */
export const TILE_BYTES = 256;

/** Rows of the register tile. */
export function tileRows(): number {
  return useRelaxed() ? 6 : 5;
}

const micros = new WeakMap<Module, Code>();
const packers = new WeakMap<Module, Code>();
const rowPackers = new WeakMap<Module, Code>();

/**
 * `tile[r][0..8] = Σ over taps Σ over k of A[pointers[tap][r] + k·ak] × panel[tap][k][0..8]`, strides in bytes.
 * Arguments: taps, k, ak, pointers, panel, tile.
 */
export function microKernel(module: Module, rows: number): Code {
  const known = micros.get(module);
  if (known) return known;
  const { code: f, params } = module.fn(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);
  micros.set(module, f);
  const [taps, size, ak, pointers, panel, tile] = params;
  const fused = useRelaxed();
  const acc = Array.from({ length: rows * 2 }, () => f.local('v128'));
  const [b0, b1, a] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const row = Array.from({ length: rows }, () => f.local('i32'));
  const k = f.local('i32');
  acc.forEach((local) => f.set(local, f.splat(0)));
  const accumulate = (into: Local<V128>, b: Local<V128>): void => {
    if (fused) f.set(into, f.f32x4_relaxed_madd(f.get(a), f.get(b), f.get(into)));
    else f.set(into, f.f32x4_add(f.get(into), f.f32x4_mul(f.get(a), f.get(b))));
  };
  f.loop(() => {
    row.forEach((local, r) => f.set(local, f.i32_load(f.get(pointers), 4 * r)));
    f.set(k, f.get(size));
    f.if(f.get(k), () =>
      f.loop(() => {
        f.set(b0, f.v128_load(f.get(panel)));
        f.set(b1, f.v128_load(f.get(panel), 16));
        row.forEach((local, r) => {
          f.set(a, f.v128_load32_splat(f.get(local)));
          accumulate(acc[2 * r]!, b0);
          accumulate(acc[2 * r + 1]!, b1);
          f.set(local, f.i32_add(f.get(local), f.get(ak)));
        });
        f.set(panel, f.i32_add(f.get(panel), f.i32(32)));
        f.br_if(0, f.tee(k, f.i32_sub(f.get(k), f.i32(1))));
      }),
    );
    f.set(pointers, f.i32_add(f.get(pointers), f.i32(4 * rows)));
    f.br_if(0, f.tee(taps, f.i32_sub(f.get(taps), f.i32(1))));
  });
  acc.forEach((local, i) => f.v128_store(f.get(tile), f.get(local), 16 * i));
  return f;
}

/**
 * Copies B[k][n] into panels of 8 columns, zero-padded on the right.
 * Arguments: b, bytes per k, bytes per n, k, n, out, bytes per panel.
 */
export function packPanels(module: Module): Code {
  const known = packers.get(module);
  if (known) return known;
  const { code: f, params } = module.fn(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);
  packers.set(module, f);
  const [b, bk, bn, size, n, out, panelBytes] = params;
  const [j, k, c, from, to, columns] = [0, 1, 2, 3, 4, 5].map(() => f.local('i32')) as [
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
  ];
  const column = (body: () => void): void => {
    f.for(
      c,
      () => f.i32(0),
      () => f.get(columns),
      1,
      () => {
        f.set(from, f.i32_add(f.get(b), f.i32_mul(f.i32_add(f.get(j), f.get(c)), f.get(bn))));
        f.set(to, f.i32_add(f.get(out), f.i32_shl(f.get(c), f.i32(2))));
        body();
      },
    );
  };
  const everyK = (body: () => void): void =>
    f.for(
      k,
      () => f.i32(0),
      () => f.get(size),
      1,
      body,
    );
  const advance = (): void => {
    f.set(from, f.i32_add(f.get(from), f.get(bk)));
    f.set(to, f.i32_add(f.get(to), f.i32(32)));
  };
  f.for(
    j,
    () => f.i32(0),
    () => f.get(n),
    PANEL,
    () => {
      f.set(columns, f.i32_sub(f.get(n), f.get(j)));
      f.set(columns, f.select(f.get(columns), f.i32(PANEL), f.i32_lt_s(f.get(columns), f.i32(PANEL))));
      const whole = f.i32_and(f.i32_eq(f.get(columns), f.i32(PANEL)), f.i32_eq(f.get(bn), f.i32(4)));
      f.if(
        whole,
        () => {
          f.set(from, f.i32_add(f.get(b), f.i32_shl(f.get(j), f.i32(2))));
          f.set(to, f.get(out));
          everyK(() => {
            f.v128_store(f.get(to), f.v128_load(f.get(from)));
            f.v128_store(f.get(to), f.v128_load(f.get(from), 16), 16);
            advance();
          });
        },
        () => {
          f.if(f.i32_lt_s(f.get(columns), f.i32(PANEL)), () => {
            f.set(to, f.get(out));
            everyK(() => {
              f.v128_store(f.get(to), f.splat(0));
              f.v128_store(f.get(to), f.splat(0), 16);
              f.set(to, f.i32_add(f.get(to), f.i32(32)));
            });
          });
          column(() =>
            everyK(() => {
              f.i32_store(f.get(to), f.i32_load(f.get(from)));
              advance();
            }),
          );
        },
      );
      f.set(out, f.i32_add(f.get(out), f.get(panelBytes)));
    },
  );
  return f;
}

/**
 * Copies A[m][k] into tiles of `rows` rows, each tile k by k; rows beyond the last repeat it.
 * Arguments: a, bytes per m, bytes per k, m, k, out.
 */
export function packRows(module: Module, rows: number): Code {
  const known = rowPackers.get(module);
  if (known) return known;
  const { code: f, params } = module.fn(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);
  rowPackers.set(module, f);
  const [a, am, ak, m, size, out] = params;
  const [i, k, last] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const from = Array.from({ length: rows }, () => f.local('i32'));
  f.set(last, f.i32_sub(f.get(m), f.i32(1)));
  f.for(
    i,
    () => f.i32(0),
    () => f.get(m),
    rows,
    () => {
      from.forEach((local, r) => {
        f.set(local, f.i32_add(f.get(i), f.i32(r)));
        f.set(local, f.select(f.get(local), f.get(last), f.i32_lt_s(f.get(local), f.get(last))));
        f.set(local, f.i32_add(f.get(a), f.i32_mul(f.get(local), f.get(am))));
      });
      f.for(
        k,
        () => f.i32(0),
        () => f.get(size),
        1,
        () => {
          from.forEach((local, r) => {
            f.i32_store(f.get(out), f.i32_load(f.get(local)), 4 * r);
            f.set(local, f.i32_add(f.get(local), f.get(ak)));
          });
          f.set(out, f.i32_add(f.get(out), f.i32(4 * rows)));
        },
      );
    },
  );
  return f;
}

/** Where a tile lies in the output. */
export interface TilePlace {
  /** Locals of the kernel's whole index space; the last is the column's. */
  readonly position: readonly Local<I32>[];
  /** First column of the panel, and the number of columns in all. */
  readonly column: Local<I32>;
  readonly columns: Local<I32>;
  /** Number of rows that exist. */
  readonly rows: () => I32;
  /** Sets the locals of row `r` of the tile. */
  readonly enter: (r: Local<I32>) => void;
}

/** Runs the epilogue over a finished tile. */
export function storeTile(
  w: KernelWriter,
  kernel: { readonly outputs: readonly Output[]; readonly operands: MatmulKernel['operands'] },
  place: TilePlace,
): void {
  const { f } = w;
  const axis = place.position.length - 1;
  const at = place.position[axis]!;
  const [r, acc, end, line] = [f.local('i32'), f.local('v128'), f.local('i32'), f.local('i32')];
  f.set(end, f.i32_add(f.get(place.column), f.i32(PANEL)));
  f.set(end, f.select(f.get(end), f.get(place.columns), f.i32_lt_s(f.get(end), f.get(place.columns))));
  f.for(
    r,
    () => f.i32(0),
    place.rows,
    1,
    () => {
      place.enter(r);
      // Address of the accumulator of column 0 of the matrix, so that the column's index finds its own.
      f.set(
        line,
        f.i32_sub(f.i32_add(w.workspace(), f.i32_shl(f.get(r), f.i32(5))), f.i32_shl(f.get(place.column), f.i32(2))),
      );
      w.along(
        {
          axis,
          size: 0,
          from: () => f.get(place.column),
          to: () => f.get(end),
          vector: true,
          position: place.position,
          operands: kernel.operands,
          stages: [acc],
          exprs: kernel.outputs.map((o) => o.expr),
        },
        (lanes, count) => {
          const address = (): I32 => f.i32_add(f.get(line), f.i32_shl(f.get(at), f.i32(2)));
          f.set(acc, count === 4 ? f.v128_load(address()) : f.v128_load32_splat(address()));
          w.store(kernel.outputs, lanes, count, axis, place.position);
        },
      );
    },
  );
}
