/**
 * Packing: copying matrices into the order in which tiles read them, converting narrow elements on the way.
 */
import { byteWidth, type DType } from '@dl/tensor/backend';
import { loadVector } from '../codegen/memory.ts';
import { PANEL_BYTES, type Element } from '../kernels/element.ts';
import type { Code, I32, Local, V128 } from '../wasm/code.ts';
import { routine, type Routine } from './library.ts';

/** Copies one element, as the product's element type. */
export function copyElement(f: Code, element: Element, dtype: DType, from: Local<I32>, to: Local<I32>): void {
  if (element.width === 8) return f.i64_store(f.get(to), f.i64_load(f.get(from)));
  if (byteWidth(dtype) === 4) return f.i32_store(f.get(to), f.i32_load(f.get(from)));
  const place = { pointer: from, offset: 0, step: { kind: 'same' } } as const;
  const value = f.keepVector(loadVector(f, dtype, place, 1));
  if (dtype === 'bool') f.set(value, f.v128_and(f.get(value), f.bits(1)));
  f.v128_store32_lane(f.get(to), f.get(value), 0);
}

/** Turns four rows of four elements into four columns. */
export function transposed(f: Code, rows: readonly Local<V128>[]): Local<V128>[] {
  const [a, b, c, d] = rows.map((row) => (): V128 => f.get(row)) as [() => V128, () => V128, () => V128, () => V128];
  const low = f.keepVector(f.shuffle(a(), b(), [0, 4, 1, 5]));
  const high = f.keepVector(f.shuffle(a(), b(), [2, 6, 3, 7]));
  const low2 = f.keepVector(f.shuffle(c(), d(), [0, 4, 1, 5]));
  const high2 = f.keepVector(f.shuffle(c(), d(), [2, 6, 3, 7]));
  return [
    f.keepVector(f.shuffle(f.get(low), f.get(low2), [0, 1, 4, 5])),
    f.keepVector(f.shuffle(f.get(low), f.get(low2), [2, 3, 6, 7])),
    f.keepVector(f.shuffle(f.get(high), f.get(high2), [0, 1, 4, 5])),
    f.keepVector(f.shuffle(f.get(high), f.get(high2), [2, 3, 6, 7])),
  ];
}

/**
 * Copies `b[k][n]` into panels of 32 bytes a row, zero-padded on the right.
 * Arguments: b, bytes per k, bytes per n, k, n, out, bytes per panel.
 */
export function packPanels(element: Element, dtype: DType): Routine {
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return routine(`panels.${element.name}.${dtype}`, params, [], (f, [b, bk, bn, count, n, out, panel]) => {
    const plain = element.width === byteWidth(dtype);
    const four = plain && element.width === 4;
    const { columns } = element;
    const [left, from, to, c, k, wide] = f.locals('i32', 6) as [
      Local<I32>,
      Local<I32>,
      Local<I32>,
      Local<I32>,
      Local<I32>,
      Local<I32>,
    ];
    const advance = (pointer: Local<I32>, by: () => I32): void => f.set(pointer, f.i32_add(f.get(pointer), by()));
    const down = (body: () => void): void => {
      f.set(k, f.get(count));
      f.repeat(() => {
        body();
        return f.tee(k, f.i32_sub(f.get(k), f.i32(1)));
      });
    };
    /** Some panels whose columns lie side by side: each cache line is read once. */
    const rows = (panels: number): void => {
      f.set(from, f.get(b));
      f.scope(() => {
        const places = [f.keep(f.get(out))];
        for (let p = 1; p < panels; p++) places.push(f.keep(f.i32_add(f.get(places[p - 1]!), f.get(panel))));
        down(() => {
          places.forEach((place, p) => {
            f.v128_store(f.get(place), f.v128_load(f.get(from), PANEL_BYTES * p));
            f.v128_store(f.get(place), f.v128_load(f.get(from), PANEL_BYTES * p + 16), 16);
            advance(place, () => f.i32(PANEL_BYTES));
          });
          advance(from, () => f.get(bk));
        });
      });
    };
    const one = (): void => {
      f.if(f.i32_lt_s(f.get(wide), f.i32(columns)), () => {
        f.set(to, f.get(out));
        down(() => {
          f.v128_store(f.get(to), f.bits(0));
          f.v128_store(f.get(to), f.bits(0), 16);
          advance(to, () => f.i32(PANEL_BYTES));
        });
      });
      f.for(
        c,
        () => f.i32(0),
        () => f.get(wide),
        1,
        () => {
          const column = f.i32_mul(f.get(c), f.get(bn));
          f.set(from, f.i32_add(column, f.get(b)));
          const place = f.i32_mul(f.get(c), f.i32(element.width));
          f.set(to, f.i32_add(place, f.get(out)));
          down(() => {
            copyElement(f, element, dtype, from, to);
            advance(from, () => f.get(bk));
            advance(to, () => f.i32(PANEL_BYTES));
          });
        },
      );
    };
    f.if(f.i32_eqz(f.get(count)), () => f.set(n, f.i32(0)));
    f.set(left, f.get(n));
    if (plain) {
      const many = SIDE * columns;
      const together = f.i32_and(f.i32_eq(f.get(bn), f.i32(element.width)), f.i32_ge_s(f.get(left), f.i32(many)));
      f.if(together, () =>
        f.repeat(() => {
          rows(SIDE);
          advance(b, () => f.i32(SIDE * PANEL_BYTES));
          advance(out, () => f.i32_mul(f.get(panel), f.i32(SIDE)));
          return f.i32_ge_s(f.tee(left, f.i32_sub(f.get(left), f.i32(many))), f.i32(many));
        }),
      );
    }
    f.if(f.i32_gt_s(f.get(left), f.i32(0)), () =>
      f.repeat(() => {
        f.set(wide, f.i32(columns));
        f.set(wide, f.smaller(wide, left));
        const whole = (stride: Local<I32>): I32 =>
          f.i32_and(f.i32_eq(f.get(wide), f.i32(columns)), f.i32_eq(f.get(stride), f.i32(element.width)));
        if (four) {
          f.if(
            whole(bn),
            () => rows(1),
            () => f.if(whole(bk), () => turnedPanel(f, b, bn, count, out), one),
          );
        } else if (plain) f.if(whole(bn), () => rows(1), one);
        else one();
        const step = f.i32_mul(f.get(bn), f.i32(columns));
        f.set(b, f.i32_add(step, f.get(b)));
        advance(out, () => f.get(panel));
        return f.i32_gt_s(f.tee(left, f.i32_sub(f.get(left), f.i32(columns))), f.i32(0));
      }),
    );
  });
}

/** Panels that are packed together. */
const SIDE = 4;

/** A panel whose elements lie side by side along k: blocks of 4 × 4 are turned in registers. */
function turnedPanel(f: Code, b: Local<I32>, bn: Local<I32>, count: Local<I32>, out: Local<I32>): void {
  f.scope(() => {
    for (const half of [0, 1]) {
      const left = f.keep(f.get(count));
      const to = f.keep(f.i32_add(f.get(out), f.i32(16 * half)));
      const start = f.i32_mul(f.get(bn), f.i32(4 * half));
      const from = [f.keep(f.i32_add(start, f.get(b)))];
      for (let c = 1; c < 4; c++) from.push(f.keep(f.i32_add(f.get(from[c - 1]!), f.get(bn))));
      const advance = (count_: number): void => {
        from.forEach((pointer) => f.set(pointer, f.i32_add(f.get(pointer), f.i32(4 * count_))));
        f.set(to, f.i32_add(f.get(to), f.i32(PANEL_BYTES * count_)));
      };
      f.if(f.i32_ge_s(f.get(left), f.i32(4)), () =>
        f.repeat(() => {
          f.scope(() => {
            const loaded = from.map((pointer) => f.keepVector(f.v128_load(f.get(pointer))));
            transposed(f, loaded).forEach((row, i) => f.v128_store(f.get(to), f.get(row), PANEL_BYTES * i));
          });
          advance(4);
          return f.i32_ge_s(f.tee(left, f.i32_sub(f.get(left), f.i32(4))), f.i32(4));
        }),
      );
      f.if(f.get(left), () =>
        f.repeat(() => {
          from.forEach((pointer, c) => f.i32_store(f.get(to), f.i32_load(f.get(pointer)), 4 * c));
          advance(1);
          return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
        }),
      );
    }
  });
}

/**
 * Copies `a[m][k]` row by row.
 * Arguments: a, bytes per m, bytes per k, m, k, out, bytes per row of out.
 */
export function packRows(element: Element, dtype: DType): Routine {
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return routine(`rows.${element.name}.${dtype}`, params, [], (f, [a, am, ak, m, count, out, om]) => {
    const [from, to, left] = f.locals('i32', 3) as [Local<I32>, Local<I32>, Local<I32>];
    const plain = element.width === byteWidth(dtype);
    const single = (): void => {
      f.if(f.get(left), () =>
        f.repeat(() => {
          copyElement(f, element, dtype, from, to);
          f.set(from, f.i32_add(f.get(from), f.get(ak)));
          f.set(to, f.i32_add(f.get(to), f.i32(element.width)));
          return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
        }),
      );
    };
    const lanes = 16 / element.width;
    f.times(
      () => f.get(m),
      () => {
        f.set(from, f.get(a));
        f.set(to, f.get(out));
        f.set(left, f.get(count));
        if (plain) {
          const straight = f.i32_eq(f.get(ak), f.i32(element.width));
          f.if(f.i32_and(straight, f.i32_ge_s(f.get(left), f.i32(lanes))), () =>
            f.repeat(() => {
              f.v128_store(f.get(to), f.v128_load(f.get(from)));
              f.set(from, f.i32_add(f.get(from), f.i32(16)));
              f.set(to, f.i32_add(f.get(to), f.i32(16)));
              return f.i32_ge_s(f.tee(left, f.i32_sub(f.get(left), f.i32(lanes))), f.i32(lanes));
            }),
          );
        }
        single();
        f.set(a, f.i32_add(f.get(a), f.get(am)));
        f.set(out, f.i32_add(f.get(out), f.get(om)));
      },
    );
  });
}
