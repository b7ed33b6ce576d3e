/**
 * Sorts: every line becomes records of an ordered 64-bit key and a position, which the library sorts.
 */
import { BackendError, byteWidth, computeDType, load, type Int, type SortKernel } from '@dl/tensor/backend';
import { loadVec, storeVec, type Place } from '../codegen/memory.ts';
import { MERGE_SORT, RECORD_BYTES } from '../library/merge-sort.ts';
import type { Code, I32, Local } from '../wasm/code.ts';
import { collect, firstWorkspace, roomFor } from './sort-first.ts';
import { each, keyOf } from './sort-keys.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Bytes between copies of a line's elements. */
const RAW_BYTES = 8;
/** Offsets into a line's records are int32. */
const LONGEST = 2 ** 25;

/** Bytes of workspace: the records twice, and a copy of the line. */
export function sortWorkspace({ length, limit }: SortKernel, int: (value: Int) => number): number {
  if (limit !== undefined) return firstWorkspace(int(limit));
  const n = int(length);
  if (n > LONGEST) throw new BackendError(`cpu: sort: a line has ${n} elements, at most ${LONGEST} can be sorted`);
  return n * (2 * RECORD_BYTES + RAW_BYTES) + 64;
}

export function writeSort(w: KernelWriter, kernel: SortKernel): void {
  const { f } = w;
  const { shape, length, limit, input, values, indices } = kernel;
  const rank = shape.length;
  const axes = shape.map((_, axis) => axis);
  const outputs = [values, indices].filter((operand) => operand !== null);
  const space = new Space(w, {
    shape: [...shape, length],
    operands: [input],
    outputs,
    exprs: [load(0, computeDType(input.dtype))],
    laneAxis: null,
    divisible: axes,
  });
  const n = f.keep(w.int(length));
  const count = f.keep(w.int(limit ?? length));
  const wanted = f.keep(f.i32_mul(f.get(count), f.i32(RECORD_BYTES)));
  const room = f.keep(limit === undefined ? f.get(wanted) : roomFor(f, wanted));
  const records = f.keep(w.workspace());
  const spare = f.keep(f.i32_add(f.get(records), f.get(room)));
  const raw = f.keep(f.i32_add(f.get(spare), f.get(room)));
  const used = f.keep(f.get(wanted));
  f.if(f.i32_gt_s(f.get(count), f.i32(0)), () =>
    space.each(axes, space.start(), (spot) =>
      f.scope(() => {
        if (limit === undefined) read(space, kernel, spot, n, records, raw);
        else collect(space, kernel, spot, n, { records, spare, used, wanted, room });
        const sorted = f.keep(f.call<I32>(w.linker.use(MERGE_SORT), f.get(records), f.get(spare), f.get(used)));
        each(space, spot, rank, count, (at) => {
          const position = f.keep(f.i32_load(f.get(sorted), 8));
          if (values) {
            // A line that is written whole may be the one that is read.
            const copy = (): Place => here(f.keep(f.i32_add(f.i32_mul(f.get(position), f.i32(RAW_BYTES)), f.get(raw))));
            const from = limit === undefined ? copy() : space.cell(space.shifted(spot, rank, position), 1, 0).place(0);
            storeVec(f, values.dtype, space.outputPlace(0, at, 0), 1, loadVec(f, input.dtype, from, 1));
          }
          if (indices) {
            const splat = f.keepVector(f.i32x4_splat(f.get(position)));
            storeVec(f, indices.dtype, space.outputPlace(outputs.length - 1, at, 0), 1, [splat]);
          }
          f.set(sorted, f.i32_add(f.get(sorted), f.i32(RECORD_BYTES)));
        });
      }),
    ),
  );
}

function here(pointer: Local<I32>): Place {
  return { pointer, offset: 0, step: { kind: 'same' } };
}

/** Copies a line, and makes its records. */
function read(space: Space, kernel: SortKernel, spot: Spot, n: Local<I32>, records: Local<I32>, raw: Local<I32>): void {
  const { f } = space.w;
  const { shape, input } = kernel;
  f.scope(() => {
    const [to, copy] = [f.keep(f.get(records)), f.keep(f.get(raw))];
    const position = f.keep(f.i32(0));
    each(space, spot, shape.length, n, (at) => {
      const place = space.cell(at, 1, 0).place(0);
      copyElement(f, byteWidth(input.dtype), place.pointer, copy);
      const target = f.get(to);
      f.i64_store(target, keyOf(f, kernel, place));
      f.i32_store(f.get(to), f.get(position), 8);
      f.set(to, f.i32_add(f.get(to), f.i32(RECORD_BYTES)));
      f.set(copy, f.i32_add(f.get(copy), f.i32(RAW_BYTES)));
      f.set(position, f.i32_add(f.get(position), f.i32(1)));
    });
  });
}

/** Copies the bytes of one element. */
function copyElement(f: Code, width: number, from: Local<I32>, to: Local<I32>): void {
  if (width === 8) return f.i64_store(f.get(to), f.i64_load(f.get(from)));
  if (width === 4) return f.i32_store(f.get(to), f.i32_load(f.get(from)));
  if (width === 2) return f.i32_store16(f.get(to), f.i32_load16_u(f.get(from)));
  return f.i32_store8(f.get(to), f.i32_load8_u(f.get(from)));
}
