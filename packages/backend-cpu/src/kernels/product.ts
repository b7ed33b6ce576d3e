/**
 * The loops of matrix products, shared by matmul and conv: blocks of rows, blocks of k, panels of columns, then register
 * tiles, each followed by the epilogue when its last block of k is done.
 */
import type { Int, Output, ScalarExpr } from '@dl/tensor/backend';
import { Emitter } from '../codegen/emitter.ts';
import { storeVec } from '../codegen/memory.ts';
import type { Vec } from '../codegen/vec.ts';
import { anyTile, type RowAccess } from '../library/tile.ts';
import type { I32, Local } from '../wasm/code.ts';
import { BLOCK_ROWS } from './blocks.ts';
import { PANEL_BYTES, tileRows, type Element } from './element.ts';
import type { Space, Spot } from './space.ts';
import type { ProductShare } from './share.ts';

/** A position that goes down the rows of the outputs. */
export interface RowWalk {
  readonly at: Spot;
  next(): void;
}

/** How rows lie in the outputs. */
export interface Rows {
  /** Axes of the epilogue's space along which rows lie. */
  readonly axes: readonly number[];
  /** Starts at row `i` of a position. */
  begin(spot: Spot, i: Local<I32>): RowWalk;
  /** The axis, where there is one and so rows lie evenly. */
  readonly even: number | null;
}

/** Rows of A for one block of k. */
export interface RowBlock {
  readonly a: Local<I32>;
  /** Bytes between rows and along k. */
  readonly am: () => I32;
  readonly ak: () => I32;
  /** Where `a` lists pointers to rows: bytes between lists, how many there are, and how many k each is for. */
  readonly lists?: { readonly step: number; readonly count: Local<I32>; readonly depth: Local<I32> };
}

/** Panels of B from the first column that this thread computes. */
export interface Panels {
  readonly b: Local<I32>;
  /** Bytes along k and between panels. */
  readonly bk: Local<I32>;
  readonly panel: Local<I32>;
  /** Makes the panels of one block of k ready, `kc` of k from `pc`; absent where they are ready for all k. */
  readonly fill?: (pc: Local<I32>, kc: Local<I32>) => void;
}

/** A size, and the local that holds it. */
export interface Extent {
  readonly size: Int | null;
  readonly local: Local<I32>;
}

/** What matmul and conv tell the loops. */
export interface Product {
  readonly space: Space;
  readonly element: Element;
  readonly outputs: readonly Output[];
  /** The axis of columns in the epilogue's space. */
  readonly columnAxis: number;
  readonly rows: Rows;
  readonly access: RowAccess;
  readonly m: Extent;
  readonly n: Extent;
  readonly k: Extent;
  /** Most k of a pass: a number, or a local. */
  readonly blockK: number | Local<I32>;
  /** Rows of a block of A. */
  readonly blockRows: number | Local<I32>;
  /** Where unfinished sums are kept: one tile, or a block of rows where k has several blocks. */
  readonly sums: Local<I32>;
  /** This thread's rows and columns; null for all. */
  readonly share: ProductShare | null;
  /** Makes rows of A ready: `count` from row `i`, `kc` of k from `pc`. */
  prepare(i: Local<I32>, count: Local<I32>, pc: Local<I32>, kc: Local<I32>): RowBlock;
}

/** What the loops around a tile have set. */
interface TileLoops {
  readonly block: RowBlock;
  /** First row of the block, and how many there are. */
  readonly i: Local<I32>;
  readonly count: Local<I32>;
  readonly pc: Local<I32>;
  readonly kc: Local<I32>;
  readonly b: Local<I32>;
  readonly column: Local<I32>;
  readonly sums: Local<I32>;
  readonly tiles: Local<I32>;
  /** Height of most tiles; the first `tall` are one higher. */
  readonly low: Local<I32>;
  readonly tall: Local<I32>;
  /** Whether this is the last block of k, and whether there are several; null where there is one for certain. */
  readonly last: Local<I32> | null;
  readonly several: Local<I32> | null;
}

export class ProductWriter {
  readonly #p: Product;
  readonly #spot: Spot;
  readonly #panels: Panels;
  /** Whether tiles go straight to the output. */
  readonly #direct: boolean;
  readonly #single: boolean;

  constructor(p: Product, spot: Spot, panels: Panels) {
    this.#p = p;
    this.#spot = spot;
    this.#panels = panels;
    this.#direct = isPlainStore(p);
    const { size } = p.k;
    this.#single = typeof size === 'number' && typeof p.blockK === 'number' && size <= p.blockK;
  }

  #value(value: number | Local<I32>): I32 {
    const { f } = this.#p.space.w;
    return typeof value === 'number' ? f.i32(value) : f.get(value);
  }

  write(): void {
    const { space, m, share } = this.#p;
    const { f } = space.w;
    f.scope(() => {
      const [i, count, pc, kc] = f.locals('i32', 4) as [Local<I32>, Local<I32>, Local<I32>, Local<I32>];
      const first = share ? share.rows.from : f.keep(f.i32(0));
      const end = share ? f.keep(f.i32_add(f.get(first), f.get(share.rows.count))) : m.local;
      let any = f.i32_gt_s(f.get(end), f.get(first));
      if (share) any = f.i32_and(any, f.i32_gt_s(f.get(share.columns.count), f.i32(0)));
      const rows = (body: () => void): void => {
        f.set(i, f.get(first));
        this.#inBlocks(i, count, end, this.#p.blockRows, body);
      };
      const { fill } = this.#panels;
      f.if(any, () => {
        if (!fill) return rows(() => this.#depth(pc, kc, () => this.#block(i, count, pc, kc)));
        this.#depth(pc, kc, () => {
          f.scope(() => fill(pc, kc));
          rows(() => this.#block(i, count, pc, kc));
        });
      });
    });
  }

  /** Goes through k, block by block. */
  #depth(pc: Local<I32>, kc: Local<I32>, body: () => void): void {
    const { space, k, blockK } = this.#p;
    const { f } = space.w;
    f.set(pc, f.i32(0));
    if (!this.#single) return this.#inBlocks(pc, kc, k.local, blockK, body);
    f.set(kc, f.get(k.local));
    body();
  }

  /** Runs `body` for blocks from `at` to `end`, at least once. */
  #inBlocks(at: Local<I32>, count: Local<I32>, end: Local<I32>, most: number | Local<I32>, body: () => void): void {
    const { f } = this.#p.space.w;
    f.repeat(() => {
      f.set(count, f.i32_sub(f.get(end), f.get(at)));
      f.if(f.i32_gt_s(f.get(count), this.#value(most)), () => f.set(count, this.#value(most)));
      body();
      return f.i32_lt_s(f.tee(at, f.i32_add(f.get(at), this.#value(most))), f.get(end));
    });
  }

  /** All tiles of a block of rows and a block of k. */
  #block(i: Local<I32>, count: Local<I32>, pc: Local<I32>, kc: Local<I32>): void {
    const { space, n, element, k, share } = this.#p;
    const { f } = space.w;
    f.scope(() => {
      const block = this.#p.prepare(i, count, pc, kc);
      const most = tileRows();
      const tiles = f.keep(f.i32_div_u(f.i32_add(f.get(count), f.i32(most - 1)), f.i32(most)));
      // Rows are shared out evenly, so that no tile is much lower than the others.
      const low = f.keep(f.i32_div_u(f.get(count), f.get(tiles)));
      const tall = f.keep(f.i32_rem_u(f.get(count), f.get(tiles)));
      const b = f.keep(f.get(this.#panels.b));
      const deep = this.#panels.fill !== undefined;
      if (!deep) f.set(b, f.i32_add(f.get(b), f.i32_mul(f.get(pc), f.get(this.#panels.bk))));
      const single = this.#single;
      const last = single ? null : f.keep(f.i32_ge_s(f.i32_add(f.get(pc), f.get(kc)), f.get(k.local)));
      // With one block of k every tile is finished at once and can use the same place.
      const several = single ? null : f.keep(f.i32_gt_s(f.get(k.local), this.#value(this.#p.blockK)));
      const column = f.keep(share ? f.get(share.columns.from) : f.i32(0));
      const sums = f.keep(f.get(this.#p.sums));
      if (deep) f.set(sums, f.i32_add(f.get(sums), f.i32_mul(f.get(i), f.i32(PANEL_BYTES))));
      const loops = { block, i, count, pc, kc, b, column, sums, tiles, low, tall, last, several };
      const panel = (width: number | null): void => {
        f.scope(() => this.#panel(loops, width));
        f.set(b, f.i32_add(f.get(b), f.get(this.#panels.panel)));
        f.set(column, f.i32_add(f.get(column), f.i32(element.columns)));
        const pitch = (): I32 => (deep ? f.get(this.#p.m.local) : f.i32(BLOCK_ROWS));
        if (several) f.set(sums, f.i32_add(f.get(sums), f.i32_mul(pitch(), this.#ifSeveral(several, PANEL_BYTES))));
      };
      if (typeof n.size !== 'number' || n.size >= element.columns) {
        const all = share ? share.columns.count : n.local;
        const whole = f.keep(f.i32_div_u(f.get(all), f.i32(element.columns)));
        f.if(f.get(whole), () =>
          f.repeat(() => {
            panel(element.columns);
            return f.tee(whole, f.i32_sub(f.get(whole), f.i32(1)));
          }),
        );
      }
      const width = typeof n.size === 'number' ? n.size % element.columns : null;
      if (width === 0) return;
      if (width !== null && share === null) return panel(width);
      const end = share ? f.i32_add(f.get(share.columns.from), f.get(share.columns.count)) : f.get(n.local);
      f.if(f.i32_gt_s(end, f.get(column)), () => panel(width));
    });
  }

  #ifSeveral(several: Local<I32>, bytes: number): I32 {
    const { f } = this.#p.space.w;
    return f.i32_mul(f.get(several), f.i32(bytes));
  }

  /** All tiles of a panel of columns; `width` is their number where that is known. */
  #panel(loops: TileLoops, width: number | null): void {
    const { space, element } = this.#p;
    const { f } = space.w;
    const { block, count, tiles, low, tall, last } = loops;
    const direct = this.#direct && width === element.columns;
    const out = direct ? this.#directPlace(loops) : { place: f.keep(f.get(loops.sums)), om: () => f.i32(PANEL_BYTES) };
    const a = f.keep(f.get(block.a));
    const [rows, times] = [f.keep(f.i32_add(f.get(low), f.i32(1))), f.keep(f.get(tall))];
    const some = (): void => f.if(f.get(times), () => this.#tiles(loops, a, rows, times, width, out));
    some();
    f.set(times, f.i32_mul(f.get(times), f.get(rows)));
    f.set(a, f.i32_add(f.get(a), f.i32_mul(f.get(times), block.am())));
    f.set(out.place, f.i32_add(f.get(out.place), f.i32_mul(f.get(times), out.om())));
    f.set(rows, f.get(low));
    f.set(times, f.i32_sub(f.get(tiles), f.get(tall)));
    some();
    if (direct) return;
    const finish = (): void => f.scope(() => this.#epilogue(loops, width, count));
    if (last) f.if(f.get(last), finish);
    else finish();
  }

  /** Where the first tile of a panel lies in the output. */
  #directPlace({ i, column }: TileLoops): { readonly place: Local<I32>; readonly om: () => I32 } {
    const { space, element, rows } = this.#p;
    const { f } = space.w;
    const output = space.accessOf(0);
    const stride = space.strideOf(output, rows.even!);
    const om = (): I32 => this.#value(stride);
    const place = f.keep(f.i32_mul(f.get(i), om()));
    f.set(place, f.i32_add(f.get(place), f.i32_mul(f.get(column), f.i32(element.width))));
    f.set(place, f.i32_add(f.get(place), f.get(this.#spot.pointers[output]!)));
    return { place, om };
  }

  /** Computes tiles of so many rows. */
  #tiles(
    { block, pc, kc, b, column }: TileLoops,
    a: Local<I32>,
    rows: Local<I32>,
    times: Local<I32>,
    width: number | null,
    out: { readonly place: Local<I32>; readonly om: () => I32 },
  ): void {
    const { space, element, access, n } = this.#p;
    const { f, linker } = space.w;
    const { lists } = block;
    const call = (vectors: number): void => {
      const fn = linker.use(anyTile(element, vectors, access));
      f.call(
        fn,
        f.get(a),
        lists ? f.i32(lists.step) : block.am(),
        block.ak(),
        f.get(b),
        f.get(this.#panels.bk),
        f.get(lists ? lists.depth : kc),
        lists ? f.get(lists.count) : f.i32(1),
        f.get(out.place),
        out.om(),
        f.get(pc),
        f.get(times),
        f.get(rows),
      );
    };
    const half = element.columns / 2;
    if (width !== null) return call(width <= half ? 1 : 2);
    const left = f.i32_sub(f.get(n.local), f.get(column));
    f.if(
      f.i32_le_s(left, f.i32(half)),
      () => call(1),
      () => call(2),
    );
  }

  /** Evaluates the outputs over a finished panel of a block of rows, and stores them. */
  #epilogue({ i, column, sums }: TileLoops, width: number | null, count: Local<I32>): void {
    const { space, element, columnAxis, outputs, n, rows } = this.#p;
    const { f } = space.w;
    const spot = space.shifted(this.#spot, columnAxis, column);
    if (width !== null && (width === element.columns || space.readsStraight(outputs.map(({ expr }) => expr)))) {
      const cells = Array.from({ length: Math.ceil(width / 4) }, (_, vector) => ({
        lanes: 4 as const,
        vector,
        stored: Math.min(4, width - 4 * vector),
      }));
      return this.#down(rows.begin(spot, i), cells, count, sums);
    }
    // Columns one by one.
    const at = space.branch(spot, columnAxis);
    const start = f.keep(f.get(sums));
    const left = f.keep(f.i32_sub(f.get(n.local), f.get(column)));
    f.repeat(() => {
      f.scope(() => this.#down(rows.begin(at, i), [{ lanes: 1, vector: 0, stored: 1 }], count, start));
      space.move(at, columnAxis, 1);
      f.set(start, f.i32_add(f.get(start), f.i32(element.width)));
      return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
    });
  }

  /** Goes down rows with some vectors side by side. */
  #down({ at, next }: RowWalk, cells: readonly CellPlan[], count: Local<I32>, sums: Local<I32>): void {
    const { space, outputs, rows: all } = this.#p;
    const { f } = space.w;
    const exprs: readonly ScalarExpr[] = outputs.map(({ expr }) => expr);
    const own = cells.map((): Vec[] => []);
    const known = cells.map(({ lanes, vector }, c) =>
      space.hoist(space.cell(at, lanes, vector, own[c]!), exprs, all.axes, true),
    );
    const from = f.keep(f.get(sums));
    const left = f.keep(f.get(count));
    f.repeat(() => {
      cells.forEach(({ lanes, vector, stored }, c) =>
        f.scope(() => {
          own[c]![0] = this.#sum(from, lanes, vector);
          const values = new Emitter(space.cell(at, lanes, vector, own[c]!), known[c]!).emit(exprs);
          outputs.forEach(({ operand }, o) =>
            storeVec(f, operand.dtype, space.outputPlace(o, at, vector), stored, values[o]!),
          );
        }),
      );
      next();
      f.set(from, f.i32_add(f.get(from), f.i32(PANEL_BYTES)));
      return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
    });
  }

  /** The finished sums of a vector of a tile's row. */
  #sum(line: Local<I32>, lanes: 1 | 4, vector: number): Vec {
    const { element, space } = this.#p;
    const { f } = space.w;
    if (element.width === 4) {
      const sum = lanes === 1 ? f.v128_load32_splat(f.get(line)) : f.v128_load(f.get(line), 16 * vector);
      return [f.keepVector(sum)];
    }
    if (lanes === 4) return [0, 16].map((offset) => f.keepVector(f.v128_load(f.get(line), offset)));
    const one = f.keepVector(f.v128_load64_splat(f.get(line)));
    return [one, one];
  }
}

interface CellPlan {
  readonly lanes: 1 | 4;
  readonly vector: number;
  /** Lanes that are stored. */
  readonly stored: number;
}

/** Whether the sums themselves are the output, side by side along the columns and evenly along the rows. */
function isPlainStore({ outputs, element, columnAxis, rows }: Product): boolean {
  const [only] = outputs;
  return (
    outputs.length === 1 &&
    rows.even !== null &&
    only!.expr.kind === 'stage' &&
    only!.operand.dtype === element.dtype &&
    only!.operand.strides[columnAxis] === 1
  );
}
