/**
 * The register tile of matrix products: a few rows times two vectors of columns, summed over k. Not unrolled over k,
 * which makes V8 spill.
 */
import { tileRows, type Element } from '../kernels/element.ts';
import { useRelaxed } from '../settings.ts';
import type { Callable, Code, I32, Local } from '../wasm/code.ts';
import type { Module, Params } from '../wasm/module.ts';
import { routine, type Routine } from './library.ts';

/**
 * How rows of A are reached: each by its own pointer, side by side from one, or from lists of pointers, each for a part
 * of k.
 */
export type RowAccess = 'apart' | 'beside' | 'listed';

interface TileKind {
  readonly element: Element;
  readonly rows: number;
  readonly vectors: number;
  readonly access: RowAccess;
}

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
  // where the tiles go, the distance between rows, and whether to add to what is there
  'i32',
  'i32',
  'i32',
] as const;

/** Writes `out[r][0..] = Σ_k a[r][k] · b[k][0..]` for a fixed number of rows and one or two vectors. */
function writeTile(
  f: Code,
  [a, am, ak, b, bk, count, lists, out, om, add]: Params<typeof PARAMS>,
  { element, rows, vectors, access }: TileKind,
): void {
  const acc = f.locals('v128', rows * vectors);
  const columns = f.locals('v128', vectors);
  const value = f.local('v128');
  const k = f.local('i32');
  const row = access === 'apart' ? pointers(f, a, am, rows) : access === 'beside' ? [a] : f.locals('i32', rows);
  const target = pointers(f, out, om, rows);
  const each = (visit: (r: number, v: number) => void): void => {
    for (let r = 0; r < rows; r++) for (let v = 0; v < vectors; v++) visit(r, v);
  };
  const advance = (pointer: Local<I32>, by: Local<I32>): void => f.set(pointer, f.i32_add(f.get(pointer), f.get(by)));
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
        if (access !== 'beside') advance(pointer, ak);
      }
      if (access === 'beside') advance(a, ak);
      advance(b, bk);
      return f.tee(k, f.i32_sub(f.get(k), f.i32(1)));
    });
  };
  f.if(
    f.get(add),
    () => each((r, v) => f.set(acc[r * vectors + v]!, f.v128_load(f.get(target[r]!), 16 * v))),
    () => each((r, v) => f.set(acc[r * vectors + v]!, f.bits(0))),
  );
  f.if(f.get(access === 'listed' ? lists : count), () => {
    if (access !== 'listed') return sum();
    f.repeat(() => {
      row.forEach((pointer, r) => f.set(pointer, f.i32_load(f.get(a), 4 * r)));
      sum();
      advance(a, am);
      return f.tee(lists, f.i32_sub(f.get(lists), f.i32(1)));
    });
  });
  each((r, v) => f.v128_store(f.get(target[r]!), f.get(acc[r * vectors + v]!), 16 * v));
}

/** A pointer for each row. */
function pointers(f: Code, first: Local<I32>, distance: Local<I32>, rows: number): Local<I32>[] {
  const list = [first];
  for (let r = 1; r < rows; r++) list.push(f.keep(f.i32_add(f.get(list[r - 1]!), f.get(distance))));
  return list;
}

/** Adds a column of tiles to a module; the tile is a function of its own, because V8 spills in loops around it. */
function tiles(module: Module, kind: TileKind): Callable {
  const { element, rows, access } = kind;
  const tile = module.fn(PARAMS, []);
  writeTile(tile.code, tile.params, kind);
  const { code: f, params } = module.fn([...PARAMS, 'i32'] as const, []);
  const [a, am, , , , , , out, om] = params;
  const times = params[PARAMS.length]!;
  const down = (): I32 => {
    if (access === 'apart') return f.i32_mul(f.get(am), f.i32(rows));
    return f.i32(rows * (access === 'beside' ? element.width : 4));
  };
  f.repeat(() => {
    f.call(tile.code, ...params.slice(0, PARAMS.length).map((param) => f.get(param)));
    f.set(a, f.i32_add(f.get(a), down()));
    f.set(out, f.i32_add(f.get(out), f.i32_mul(f.get(om), f.i32(rows))));
    return f.tee(times, f.i32_sub(f.get(times), f.i32(1)));
  });
  return f;
}

/**
 * Tiles one below the other. Behind the tile's parameters come how many there are, and how many rows each has, 1 … the
 * tile's most.
 */
export function anyTile(element: Element, vectors: number, access: RowAccess): Routine {
  const most = tileRows();
  const fused = useRelaxed() ? 'fused' : 'plain';
  const name = `tiles.${element.name}.${vectors}.${access}.${fused}`;
  return routine(name, [...PARAMS, 'i32', 'i32'] as const, [], (f, params, { module }) => {
    const rows = params[PARAMS.length + 1]!;
    const args = params.slice(0, PARAMS.length + 1);
    const choose = (count: number): void => {
      const call = (): void => {
        f.call(tiles(module, { element, rows: count, vectors, access }), ...args.map((arg) => f.get(arg)));
      };
      if (count === 1) return call();
      f.if(f.i32_eq(f.get(rows), f.i32(count)), call, () => choose(count - 1));
    };
    choose(most);
  });
}
