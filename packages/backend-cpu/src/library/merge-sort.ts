/**
 * A stable merge sort of records of 16 bytes that begin with a signed 64-bit key.
 */
import type { I32, Local } from '../wasm/code.ts';
import { routine, type Routine } from './library.ts';

export const RECORD_BYTES = 16;
/** Bytes of the runs that insertion sorts first. */
const RUN = 8 * RECORD_BYTES;

/** Arguments: records, as much memory again, bytes of the records. Returns where the sorted records are. */
export const MERGE_SORT: Routine = routine('sort.merge', ['i32', 'i32', 'i32'], ['i32'], (f, [a, b, bytes]) => {
  const [lo, end, p, q, width, i, j, k] = f.locals('i32', 8) as [
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
    Local<I32>,
  ];
  const [middle, high] = [f.local('i32'), f.local('i32')];
  const record = f.local('v128');
  const key = f.local('i64');
  const add = (pointer: Local<I32>, by: number): void => f.set(pointer, f.i32_add(f.get(pointer), f.i32(by)));
  const forward = (from: Local<I32>): void => {
    f.v128_store(f.get(k), f.v128_load(f.get(from)));
    add(from, RECORD_BYTES);
    add(k, RECORD_BYTES);
  };
  /** The address of an offset that is no further than the end of the records. */
  const within = (offset: Local<I32>): I32 => f.i32_add(f.get(a), f.smaller(offset, bytes));
  // Runs, each by insertion. Addresses may be anywhere below 2³²: they are compared as unsigned, offsets as signed.
  f.for(
    lo,
    () => f.i32(0),
    () => f.get(bytes),
    RUN,
    () => {
      f.set(q, f.i32_add(f.get(lo), f.i32(RUN)));
      f.set(end, within(q));
      f.set(i, f.i32_add(f.get(a), f.get(lo)));
      f.set(p, f.i32_add(f.get(i), f.i32(RECORD_BYTES)));
      f.block(() =>
        f.loop(() => {
          f.br_if(1, f.i32_ge_u(f.get(p), f.get(end)));
          f.set(record, f.v128_load(f.get(p)));
          f.set(key, f.i64_load(f.get(p)));
          f.set(q, f.get(p));
          f.block(() =>
            f.loop(() => {
              f.br_if(1, f.i32_eq(f.get(q), f.get(i)));
              f.set(j, f.i32_sub(f.get(q), f.i32(RECORD_BYTES)));
              f.br_if(1, f.i32_eqz(f.i64_lt_s(f.get(key), f.i64_load(f.get(j)))));
              f.v128_store(f.get(q), f.v128_load(f.get(j)));
              f.set(q, f.get(j));
              f.br(0);
            }),
          );
          f.v128_store(f.get(q), f.get(record));
          add(p, RECORD_BYTES);
          f.br(0);
        }),
      );
    },
  );
  f.set(width, f.i32(RUN));
  f.block(() =>
    f.loop(() => {
      f.br_if(1, f.i32_ge_s(f.get(width), f.get(bytes)));
      f.set(lo, f.i32(0));
      f.set(k, f.get(b));
      f.repeat(() => {
        f.set(i, f.i32_add(f.get(a), f.get(lo)));
        f.set(lo, f.i32_add(f.get(lo), f.get(width)));
        f.set(middle, within(lo));
        f.set(j, f.get(middle));
        f.set(lo, f.i32_add(f.get(lo), f.get(width)));
        f.set(high, within(lo));
        const either = (): I32 => f.i32_and(f.i32_lt_u(f.get(i), f.get(middle)), f.i32_lt_u(f.get(j), f.get(high)));
        f.if(either(), () =>
          f.repeat(() => {
            // Equal keys come from the left, which keeps their order.
            f.if(
              f.i64_lt_s(f.i64_load(f.get(j)), f.i64_load(f.get(i))),
              () => forward(j),
              () => forward(i),
            );
            return either();
          }),
        );
        for (const [from, to] of [
          [i, middle],
          [j, high],
        ] as const)
          f.if(f.i32_lt_u(f.get(from), f.get(to)), () =>
            f.repeat(() => {
              forward(from);
              return f.i32_lt_u(f.get(from), f.get(to));
            }),
          );
        return f.i32_lt_s(f.get(lo), f.get(bytes));
      });
      f.set(k, f.get(a));
      f.set(a, f.get(b));
      f.set(b, f.get(k));
      f.set(width, f.i32_shl(f.get(width), f.i32(1)));
      f.br(0);
    }),
  );
  f.get(a);
});
