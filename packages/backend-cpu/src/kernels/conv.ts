/**
 * Convolutions as indirect matrix products: a tile of output positions is a list of pointers into the image, one per
 * window position and row; positions outside point to zeros. No patch matrix is built. Covers strides, padding, both
 * dilations and groups, and so the gradients too.
 */
import type { ConvKernel, Int, Operand } from '@dl/tensor/backend';
import type { I32, Local, Module } from '../wasm/assembler.ts';
import { microKernel, packPanels, PANEL, storeTile, TILE_BYTES, tileRows } from './gemm.ts';
import type { KernelWriter } from './writer.ts';

/** Coordinates of the rows of a tile are kept behind the tile: batch, then up to three spatial axes. */
const COORDS = TILE_BYTES;
const COORD_BYTES = 32;
const POINTERS = TILE_BYTES + 6 * COORD_BYTES + 64;

/** Bytes of workspace: tile, coordinates, pointers, a row of zeros, the packed kernel. */
export function convWorkspace({ axes, channels, features, lhs }: ConvKernel, int: (value: Int) => number): number {
  const taps = axes.reduce((product, axis) => product * int(axis.kernel), 1);
  const zeros = Math.max(1, int(channels)) * Math.max(1, Math.abs(int(lhs.strides[2]!))) * 4 + 64;
  return POINTERS + taps * 24 + zeros + Math.ceil(int(features) / PANEL) * PANEL * int(channels) * taps * 4 + 64;
}

export function writeConv(w: KernelWriter, kernel: ConvKernel, module: Module): void {
  const { f } = w;
  const rank = kernel.axes.length;
  const rows = tileRows();
  const micro = microKernel(module, rows);
  const pack = packPanels(module);
  const fixed = (value: () => I32): Local<I32> => {
    const local = f.local('i32');
    f.set(local, value());
    return local;
  };
  const bytes = (stride: Int): I32 => f.i32_shl(w.int(stride), f.i32(2));
  const [channels, features] = [fixed(() => w.int(kernel.channels)), fixed(() => w.int(kernel.features))];
  const taps = fixed(() => w.product(kernel.axes.map((axis) => axis.kernel)));
  const count = fixed(() => w.product([kernel.batch, ...kernel.axes.map((axis) => axis.output)]));
  const [lg, ln, lc, ...ls] = kernel.lhs.strides as [Int, Int, Int, ...Int[]];
  const [rg, ro, rc, ...rs] = kernel.rhs.strides as [Int, Int, Int, ...Int[]];
  const pointers = fixed(() => f.i32_add(w.workspace(), f.i32(POINTERS)));
  const zeros = fixed(() => f.i32_add(f.get(pointers), f.i32_mul(f.get(taps), f.i32(24))));
  const stepC = fixed(() => bytes(lc));
  const zeroBytes = fixed(() => f.i32_add(f.i32_mul(f.get(channels), absolute(w, stepC)), f.i32(64)));
  const packed = fixed(() => f.i32_add(f.get(zeros), f.get(zeroBytes)));
  const panelBytes = fixed(() => f.i32_shl(f.i32_mul(f.get(channels), f.get(taps)), f.i32(5)));
  const z = f.local('i32');
  f.for(
    z,
    () => f.i32(0),
    () => f.get(zeroBytes),
    4,
    () => f.i32_store(f.i32_add(f.get(zeros), f.get(z)), f.i32(0)),
  );
  // With a negative channel stride the pointer of a row of zeros starts at its end.
  const zeroRow = fixed(() =>
    f.select(
      f.i32_add(f.get(zeros), f.i32_sub(f.get(zeroBytes), f.i32(64))),
      f.get(zeros),
      f.i32_lt_s(f.get(stepC), f.i32(0)),
    ),
  );
  const [g, tile, j, panel, left, to] = [0, 1, 2, 3, 4, 5].map(() => f.local('i32')) as [
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
  ];
  const tap = kernel.axes.map(() => f.local('i32'));
  const position = Array.from({ length: rank + 3 }, () => f.local('i32'));
  const at = (operand: Operand, strides: readonly Int[], locals: readonly Local<I32>[]): I32 =>
    w.address({ ...operand, strides }, locals);
  w.nest([kernel.groups], [g], () => {
    f.set(position[rank + 1]!, f.get(g));
    f.set(to, f.get(packed));
    w.nest(
      kernel.axes.map((axis) => axis.kernel),
      tap,
      () => {
        f.call(
          pack,
          at(kernel.rhs, [rg, ...rs], [g, ...tap]),
          bytes(rc),
          bytes(ro),
          f.get(channels),
          f.get(features),
          f.get(to),
          f.get(panelBytes),
        );
        f.set(to, f.i32_add(f.get(to), f.i32_shl(f.get(channels), f.i32(5))));
      },
    );
    f.for(
      tile,
      () => f.i32(0),
      () => f.get(count),
      rows,
      () => {
        f.set(left, f.i32_sub(f.get(count), f.get(tile)));
        f.set(left, f.select(f.get(left), f.i32(rows), f.i32_lt_s(f.get(left), f.i32(rows))));
        pointToWindows(w, kernel, { tile, left, g, tap, pointers, zeroRow, rows, strides: [lg, ln, ...ls] });
        f.set(panel, f.get(packed));
        f.for(
          j,
          () => f.i32(0),
          () => f.get(features),
          PANEL,
          () => {
            f.call(micro, f.get(taps), f.get(channels), f.get(stepC), f.get(pointers), f.get(panel), w.workspace());
            storeTile(w, kernel, {
              position,
              column: j,
              columns: features,
              rows: () => f.get(left),
              enter: (r) => {
                const line = f.local('i32');
                f.set(line, f.i32_add(w.workspace(), f.i32_shl(f.get(r), f.i32(Math.log2(COORD_BYTES)))));
                for (let d = 0; d <= rank; d++) f.set(position[d]!, f.i32_load(f.get(line), COORDS + 4 * d));
              },
            });
            f.set(panel, f.i32_add(f.get(panel), f.get(panelBytes)));
          },
        );
      },
    );
  });
}

function absolute(w: KernelWriter, local: Local<I32>): I32 {
  const { f } = w;
  return f.select(f.i32_sub(f.i32(0), f.get(local)), f.get(local), f.i32_lt_s(f.get(local), f.i32(0)));
}

interface Windows {
  readonly tile: Local<I32>;
  readonly left: Local<I32>;
  readonly g: Local<I32>;
  readonly tap: readonly Local<I32>[];
  readonly pointers: Local<I32>;
  readonly zeroRow: Local<I32>;
  readonly rows: number;
  /** Strides of group, batch and spatial axes of the input. */
  readonly strides: readonly Int[];
}

/** Fills coordinates and pointers of a tile: for every window position, the address of each row's channels. */
function pointToWindows(w: KernelWriter, kernel: ConvKernel, p: Windows): void {
  const { f } = w;
  const rank = kernel.axes.length;
  const [r, flat, rest, line, slot, address, inside, q] = Array.from({ length: 8 }, () => f.local('i32')) as [
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
  ];
  const coords = Array.from({ length: rank + 1 }, () => f.local('i32'));
  const start = f.local('i32');
  f.for(
    r,
    () => f.i32(0),
    () => f.i32(p.rows),
    1,
    () => {
      // Rows beyond the last repeat it.
      f.set(flat, f.i32_sub(f.get(p.left), f.i32(1)));
      f.set(flat, f.i32_add(f.get(p.tile), f.select(f.get(r), f.get(flat), f.i32_lt_s(f.get(r), f.get(flat)))));
      f.set(rest, f.get(flat));
      for (let d = rank; d > 0; d--) {
        const size = kernel.axes[d - 1]!.output;
        f.set(coords[d]!, f.i32_rem_u(f.get(rest), w.int(size)));
        f.set(rest, f.i32_div_u(f.get(rest), w.int(size)));
      }
      f.set(coords[0]!, f.get(rest));
      f.set(line, f.i32_add(w.workspace(), f.i32_shl(f.get(r), f.i32(Math.log2(COORD_BYTES)))));
      coords.forEach((coord, d) => f.i32_store(f.get(line), f.get(coord), COORDS + 4 * d));
      f.set(start, w.address({ ...kernel.lhs, strides: p.strides.slice(0, 2) }, [p.g, coords[0]!]));
      f.set(slot, f.i32_add(f.get(p.pointers), f.i32_shl(f.get(r), f.i32(2))));
      w.nest(
        kernel.axes.map((axis) => axis.kernel),
        p.tap,
        () => {
          f.set(inside, f.i32(1));
          f.set(address, f.get(start));
          kernel.axes.forEach((axis, d) => {
            const along = f.i32_add(
              f.i32_mul(f.get(coords[d + 1]!), w.int(axis.stride)),
              f.i32_mul(f.get(p.tap[d]!), w.int(axis.rhsDilation)),
            );
            f.set(q, f.i32_sub(along, w.int(axis.padLow)));
            if (axis.lhsDilation !== 1) {
              f.set(inside, f.i32_and(f.get(inside), f.i32_eqz(f.i32_rem_s(f.get(q), w.int(axis.lhsDilation)))));
              // Negative positions must stay negative after the division.
              f.set(inside, f.i32_and(f.get(inside), f.i32_ge_s(f.get(q), f.i32(0))));
              f.set(q, f.i32_div_s(f.get(q), w.int(axis.lhsDilation)));
            }
            // One unsigned comparison covers both ends.
            f.set(inside, f.i32_and(f.get(inside), f.i32_lt_u(f.get(q), w.int(axis.input))));
            f.set(
              address,
              f.i32_add(f.get(address), f.i32_shl(f.i32_mul(f.get(q), w.int(p.strides[d + 2]!)), f.i32(2))),
            );
          });
          f.i32_store(f.get(slot), f.select(f.get(address), f.get(p.zeroRow), f.get(inside)));
          f.set(slot, f.i32_add(f.get(slot), f.i32(4 * p.rows)));
        },
      );
    },
  );
}
