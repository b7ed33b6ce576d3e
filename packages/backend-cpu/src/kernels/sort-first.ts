/**
 * The front of the order only: records that may belong to it are collected, and sorted and cut when there is no more room.
 */
import type { SortKernel } from '@dl/tensor/backend';
import { MERGE_SORT, RECORD_BYTES } from '../library/merge-sort.ts';
import type { Code, I32, Local } from '../wasm/code.ts';
import { each, keyOf } from './sort-keys.ts';
import type { Space, Spot } from './space.ts';

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

/** The same for one of the two, in bytes, given those of what is wanted. */
export function roomFor(f: Code, wanted: Local<I32>): I32 {
  return f.i32_add(f.i32_shl(f.get(wanted), f.i32(1)), f.i32(ROOM * RECORD_BYTES));
}

/** Goes along a line. Records whose key is not before the last that is wanted so far are left out, so equals keep their order. */
export function collect(
  space: Space,
  kernel: SortKernel,
  spot: Spot,
  n: Local<I32>,
  { records, spare, used, wanted, room }: Collection,
): void {
  const { f } = space.w;
  f.scope(() => {
    const [position, known] = [f.keep(f.i32(0)), f.keep(f.i32(0))];
    const [last, key] = [f.local('i64'), f.local('i64')];
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
