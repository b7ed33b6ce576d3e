/**
 * The register tile of matrix products: a few rows times two vectors of columns, summed over k. Not unrolled over k,
 * which makes V8 spill.
 */
import { tileRows, type Element } from '../kernels/element.ts';
import { useRelaxed } from '../settings.ts';
import type { Code, I32, Local } from '../wasm/code.ts';
import { routine, type Routine } from './library.ts';

/**
 * How rows of A are reached: each by its own pointer, side by side from one, or from lists of pointers, each for a part
 * of k.
 */
export type RowAccess = 'apart' | 'beside' | 'listed';

/** Parameters of a tile; all distances in bytes. */
const PARAMS = [
  // A and its distances between rows and along k; where rows are listed, the first list and the distance between lists
  'i32',
  'i32',
  'i32',
  // B and its distance along k
  'i32',
  'i32',
  // how many k, and where rows are listed how many lists of so many
  'i32',
  'i32',
  // where the tile goes, the distance between its rows, and whether to add to what is there
  'i32',
  'i32',
  'i32',
] as const;

/** `out[r][0..] = Σ_k a[r][k] · b[k][0..]` for a fixed number of rows and one or two vectors. */
function tile(element: Element, rows: number, vectors: number, access: RowAccess): Routine {
  const fused = useRelaxed() ? 'fused' : 'plain';
  const name = `tile.${element.name}.${rows}x${vectors}.${access}.${fused}`;
  return routine(name, PARAMS, [], (f, [a, am, ak, b, bk, count, lists, out, om, add]) => {
    const acc = f.locals('v128', rows * vectors);
    const columns = f.locals('v128', vectors);
    const value = f.local('v128');
    const k = f.local('i32');
    const row = access === 'apart' ? pointers(f, a, am, rows) : access === 'beside' ? [a] : f.locals('i32', rows);
    const target = pointers(f, out, om, rows);
    const each = (visit: (r: number, v: number) => void): void => {
      for (let r = 0; r < rows; r++) for (let v = 0; v < vectors; v++) visit(r, v);
    };
    f.if(
      f.get(add),
      () => each((r, v) => f.set(acc[r * vectors + v]!, f.v128_load(f.get(target[r]!), 16 * v))),
      () => each((r, v) => f.set(acc[r * vectors + v]!, f.bits(0))),
    );
    const sum = (): void => {
      f.set(k, f.get(count));
      f.repeat(() => {
        columns.forEach((column, v) => f.set(column, f.v128_load(f.get(b), 16 * v)));
        for (let r = 0; r < rows; r++) {
          const pointer = access === 'beside' ? a : row[r]!;
          f.set(value, element.splat(f, f.get(pointer), access === 'beside' ? r * element.width : 0));
          columns.forEach((column, v) => {
            const into = acc[r * vectors + v]!;
            f.set(
              into,
              element.accumulate(
                f,
                () => f.get(value),
                () => f.get(column),
                () => f.get(into),
              ),
            );
          });
          if (access !== 'beside') f.set(pointer, f.i32_add(f.get(pointer), f.get(ak)));
        }
        if (access === 'beside') f.set(a, f.i32_add(f.get(a), f.get(ak)));
        f.set(b, f.i32_add(f.get(b), f.get(bk)));
        return f.tee(k, f.i32_sub(f.get(k), f.i32(1)));
      });
    };
    f.if(f.get(count), () => {
      if (access !== 'listed') return sum();
      f.repeat(() => {
        row.forEach((pointer, r) => f.set(pointer, f.i32_load(f.get(a), 4 * r)));
        sum();
        f.set(a, f.i32_add(f.get(a), f.get(am)));
        return f.tee(lists, f.i32_sub(f.get(lists), f.i32(1)));
      });
    });
    each((r, v) => f.v128_store(f.get(target[r]!), f.get(acc[r * vectors + v]!), 16 * v));
  });
}

/** A pointer for each row. */
function pointers(f: Code, first: Local<I32>, distance: Local<I32>, rows: number): Local<I32>[] {
  const list = [first];
  for (let r = 1; r < rows; r++) list.push(f.keep(f.i32_add(f.get(list[r - 1]!), f.get(distance))));
  return list;
}

/** A tile whose number of rows is its last argument, 1 … the tile's most. */
export function anyTile(element: Element, vectors: number, access: RowAccess): Routine {
  const most = tileRows();
  const fused = useRelaxed() ? 'fused' : 'plain';
  const name = `tiles.${element.name}.${vectors}.${access}.${fused}`;
  return routine(name, [...PARAMS, 'i32'] as const, [], (f, params, linker) => {
    const rows = params[PARAMS.length]!;
    const args = params.slice(0, PARAMS.length);
    const choose = (count: number): void => {
      const call = (): void => {
        f.call(linker.use(tile(element, count, vectors, access)), ...args.map((arg) => f.get(arg)));
      };
      if (count === 1) return call();
      f.if(f.i32_eq(f.get(rows), f.i32(count)), call, () => choose(count - 1));
    };
    choose(most);
  });
}
