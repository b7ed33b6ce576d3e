/**
 * The front of the order only: records that may belong to it are collected, and sorted and cut when there is no more room.
 */
import { computeDType, load, type Int, type SortKernel } from '@dl/tensor/backend';
import { loadVec, storeVec } from '../codegen/memory.ts';
import { MERGE_SORT, RECORD_BYTES } from '../library/merge-sort.ts';
import type { I32, Local } from '../wasm/code.ts';
import { each, keyOf } from './sort-keys.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Records beside twice those that are wanted: sorting a few wanted ones should be rare. */
const ROOM = 1024;

/** Bytes of workspace: the records twice. */
export function firstWorkspace(limit: number): number {
  return 2 * (2 * limit + ROOM) * RECORD_BYTES + 64;
}

/** The addresses and sizes of collected records. */
interface Collection {
  readonly records: Local<I32>;
  readonly spare: Local<I32>;
  /** Bytes in use, of those that are wanted, and of the room. */
  readonly used: Local<I32>;
  readonly wanted: Local<I32>;
  readonly room: Local<I32>;
}

export function writeFirst(w: KernelWriter, kernel: SortKernel, limit: Int): void {
  const { f } = w;
  const { shape, length, input, values, indices } = kernel;
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
  const count = f.keep(w.int(limit));
  const wanted = f.keep(f.i32_mul(f.get(count), f.i32(RECORD_BYTES)));
  const room = f.keep(f.i32_add(f.i32_shl(f.get(wanted), f.i32(1)), f.i32(ROOM * RECORD_BYTES)));
  const records = f.keep(w.workspace());
  const spare = f.keep(f.i32_add(f.get(records), f.get(room)));
  const used = f.local('i32');
  f.if(f.i32_gt_s(f.get(count), f.i32(0)), () =>
    space.each(axes, space.start(), (spot) =>
      f.scope(() => {
        collect(space, kernel, spot, { records, spare, used, wanted, room });
        const sorted = f.keep(f.call<I32>(w.linker.use(MERGE_SORT), f.get(records), f.get(spare), f.get(used)));
        each(space, spot, rank, count, (at) => {
          const position = f.keep(f.i32_load(f.get(sorted), 8));
          if (values) {
            const from = space.cell(space.shifted(spot, rank, position), 1, 0).place(0);
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

/** Goes along a line. Records whose key is not before the last that is wanted so far are left out, so equals keep their order. */
function collect(
  space: Space,
  kernel: SortKernel,
  spot: Spot,
  { records, spare, used, wanted, room }: Collection,
): void {
  const { f } = space.w;
  f.scope(() => {
    const [position, known] = [f.keep(f.i32(0)), f.keep(f.i32(0))];
    const [last, key] = [f.local('i64'), f.local('i64')];
    const n = f.keep(space.w.int(kernel.length));
    f.set(used, f.i32(0));
    each(space, spot, kernel.shape.length, n, (at) => {
      f.set(key, keyOf(f, kernel, space.cell(at, 1, 0).place(0)));
      f.if(f.i32_or(f.i32_eqz(f.get(known)), f.i64_lt_s(f.get(key), f.get(last))), () => {
        const to = f.keep(f.i32_add(f.get(records), f.get(used)));
        f.i64_store(f.get(to), f.get(key));
        f.i32_store(f.get(to), f.get(position), 8);
        f.set(used, f.i32_add(f.get(used), f.i32(RECORD_BYTES)));
        f.if(f.i32_eq(f.get(used), f.get(room)), () => {
          const sorted = f.keep(f.call<I32>(space.w.linker.use(MERGE_SORT), f.get(records), f.get(spare), f.get(used)));
          f.if(f.i32_eqz(f.i32_eq(f.get(sorted), f.get(records))), () => {
            f.set(spare, f.get(records));
            f.set(records, f.get(sorted));
          });
          f.set(used, f.get(wanted));
          f.set(known, f.i32(1));
          f.set(last, f.i64_load(f.i32_sub(f.i32_add(f.get(records), f.get(wanted)), f.i32(RECORD_BYTES))));
        });
      });
      f.set(position, f.i32_add(f.get(position), f.i32(1)));
    });
  });
}
