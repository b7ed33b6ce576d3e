/**
 * Convolutions as implicit matrix products: blocks of the patch matrix are copied straight from the image, and the tiles
 * of the matrix product do the rest. Covers strides, padding, both dilations and groups, and so the gradients too.
 */
import { byteWidth, walk, type ConvKernel, type Int, type Operand } from '@dl/tensor/backend';
import { packPanels } from '../library/packing.ts';
import type { I32, Local } from '../wasm/code.ts';
import {
  BLOCK_BYTES,
  convBlocks,
  evenStride,
  LEAST_ROWS,
  LIST_BYTES,
  planConv,
  sizeOfK,
  type ConvPlan,
  type KAxis,
} from './conv-plan.ts';
import { isDepthwise, writeDepthwise } from './depthwise.ts';
import { PANEL_BYTES } from './element.ts';
import { patchWriter } from './patches.ts';
import { tapLister } from './taps.ts';
import { BLOCK_ROWS, keepEvenBlock } from './blocks.ts';
import { ProductWriter, type Extent, type Panels, type Product, type RowWalk } from './product.ts';
import { Space, type Spot } from './space.ts';
import { shareProduct, type Share } from './share.ts';
import type { KernelWriter } from './writer.ts';

export function writeConv(w: KernelWriter, kernel: ConvKernel): void {
  if (isDepthwise(kernel)) return writeDepthwise(w, kernel);
  const { f } = w;
  const plan = planConv(kernel);
  const rank = kernel.axes.length;
  const outputs = kernel.outputs.map(({ operand }) => operand);
  const shape = [kernel.batch, ...kernel.axes.map((axis) => axis.output), kernel.groups, kernel.features];
  const space = new Space(w, {
    shape,
    operands: kernel.operands,
    outputs,
    exprs: kernel.outputs.map(({ expr }) => expr),
    laneAxis: rank + 2,
  });
  const groups = new Space(w, {
    shape: [kernel.groups],
    operands: [],
    outputs: [],
    others: [onlyGroup(kernel.lhs), onlyGroup(kernel.rhs)],
    exprs: [],
    laneAxis: null,
  });
  const sizes = measure(w, plan, kernel);
  const share = shareProduct(w, sizes.m.local, sizes.n.local, plan.element);
  const packed = panelPacker(w, plan, sizes, share && share.columns);
  const fill = rowReader(w, plan, sizes);
  const rows = rowsOf(space, plan, kernel);
  const start = space.start();
  const body = (lhs: Local<I32>, rhs: Local<I32>, spot: Spot): void => {
    const panels = packed(rhs);
    const product: Product = {
      space,
      element: plan.element,
      outputs: kernel.outputs,
      columnAxis: rank + 2,
      rows,
      access: plan.taps ? 'listed' : plan.beside ? 'beside' : 'apart',
      m: sizes.m,
      n: sizes.n,
      k: sizes.k,
      share,
      blockK: sizes.blockK,
      blockRows: sizes.blockRows,
      sums: sizes.sums,
      prepare: (i, count, pc, kc) => fill(lhs, i, count, pc, kc),
    };
    new ProductWriter(product, spot, panels).write();
  };
  const group = groups.start();
  const pointer = (spot: Spot, which: 0 | 1): Local<I32> => spot.pointers[groups.accessOf(which)]!;
  if (kernel.groups === 1) return body(pointer(group, 0), pointer(group, 1), start);
  const inner = space.branch(start, rank + 1);
  groups.each([0], group, (at) => {
    f.scope(() => body(pointer(at, 0), pointer(at, 1), inner));
    space.move(inner, rank + 1, 1);
  });
}

/** An operand over the groups alone. */
function onlyGroup(operand: Operand): Operand {
  return { ...operand, strides: operand.strides.slice(0, 1) };
}

/** Sizes and addresses that the code of a conv keeps in locals. */
export interface ConvSizes {
  readonly m: Extent;
  readonly n: Extent;
  readonly k: Extent;
  readonly blockK: number | Local<I32>;
  readonly blockRows: number | Local<I32>;
  readonly sums: Local<I32>;
  readonly block: Local<I32>;
  readonly panels: Local<I32>;
}

function fixedInt(value: Int): number | null {
  return typeof value === 'number' ? value : null;
}

function measure(w: KernelWriter, plan: ConvPlan, kernel: ConvKernel): ConvSizes {
  const { f } = w;
  const { features, batch, axes } = kernel;
  const m = { size: null, local: f.keep(w.product([batch, ...axes.map((axis) => axis.output)])) };
  const n = { size: features, local: f.keep(w.int(features)) };
  const sizes = plan.kAxes.map((axis) => sizeOfK(kernel, axis));
  const k = f.keep(w.product(sizes));
  const sums = f.keep(w.workspace());
  const fixed = [...sizes, features].every((size) => fixedInt(size) !== null);
  if (fixed) {
    const blocks = convBlocks(plan, (value) => fixedInt(value)!);
    const block = f.keep(f.i32_add(f.get(sums), f.i32(blocks.sums)));
    const panels = f.keep(f.i32_add(f.get(block), f.i32(blocks.block)));
    const { blockK, blockRows } = blocks;
    return { m, n, k: { size: blocks.k, local: k }, blockK, blockRows, sums, block, panels };
  }
  // The same arithmetic as `convBlocks`, at run time.
  const { element, unitAxes, taps, pitch } = plan;
  const unit = f.keep(w.product(unitAxes.map((axis) => sizeOfK(kernel, axis))));
  const atLeast = (local: Local<I32>, least: number): void =>
    f.if(f.i32_lt_s(f.get(local), f.i32(least)), () => f.set(local, f.i32(least)));
  atLeast(unit, 1);
  const blockK = keepEvenBlock(w, k, unit);
  const row = f.keep(f.smaller(k, blockK));
  atLeast(row, 1);
  f.set(row, f.i32_mul(f.get(row), f.i32(element.width)));
  const blockRows = f.keep(f.i32(BLOCK_ROWS));
  const panels = f.local('i32');
  if (taps) {
    f.set(panels, f.i32_add(f.i32_mul(f.get(unit), f.i32(element.width)), f.i32(15)));
    f.set(panels, f.i32_add(f.i32_and(f.get(panels), f.i32(-16)), f.i32(taps.lists * LIST_BYTES)));
  } else if (pitch !== null) {
    f.set(panels, f.i32(64));
  } else {
    f.set(blockRows, f.i32_div_u(f.i32(BLOCK_BYTES), f.get(row)));
    atLeast(blockRows, LEAST_ROWS);
    f.if(f.i32_gt_s(f.get(blockRows), f.i32(BLOCK_ROWS)), () => f.set(blockRows, f.i32(BLOCK_ROWS)));
    const rows = f.i32_add(f.get(blockRows), f.i32(4));
    f.set(panels, f.i32_add(f.i32_mul(rows, f.i32_add(f.get(row), f.i32(32))), f.i32(64)));
  }
  const columns = f.i32_div_u(f.i32_add(f.get(n.local), f.i32(element.columns - 1)), f.i32(element.columns));
  const all = f.i32_mul(columns, f.i32(BLOCK_ROWS * PANEL_BYTES));
  const block = f.keep(f.select(all, f.i32(BLOCK_ROWS * PANEL_BYTES), f.i32_gt_s(f.get(k), f.get(blockK))));
  f.set(block, f.i32_add(f.get(block), f.get(sums)));
  f.set(panels, f.i32_and(f.i32_add(f.get(panels), f.i32(63)), f.i32(-64)));
  f.set(panels, f.i32_add(f.get(panels), f.get(block)));
  return { m, n, k: { size: null, local: k }, blockK, blockRows, sums, block, panels };
}

/** Makes blocks of A: the image itself, pointers into it, or copied patches. */
function rowReader(w: KernelWriter, plan: ConvPlan, sizes: ConvSizes): ReturnType<typeof patchWriter> {
  const { taps, pitch, element } = plan;
  if (taps) return tapLister(w, plan, taps, sizes);
  if (pitch === null) return patchWriter(w, plan, sizes);
  const { f } = w;
  const [am, ak] = [f.keep(f.i32(pitch * element.width)), w.heldStride(plan.kernel.lhs.strides[2]!, element.width)];
  return (lhs, i, _count, pc) => {
    const a = f.keep(f.i32_add(f.i32_mul(f.get(i), f.get(am)), f.i32_mul(f.get(pc), f.get(ak))));
    f.set(a, f.i32_add(f.get(a), f.get(lhs)));
    return { a, am: () => f.get(am), ak: () => f.get(ak) };
  };
}

/** How rows lie in the outputs: several axes, walked with carry. */
function rowsOf(space: Space, { rowAxes, beside }: ConvPlan, kernel: ConvKernel): Product['rows'] {
  const { f } = space.w;
  const even = !beside && evenAxis(kernel);
  return {
    axes: rowAxes,
    even: even ? rowAxes.at(-1)! : null,
    begin: (spot, i) => {
      if (even) {
        const at = space.shifted(spot, rowAxes.at(-1)!, i);
        return { at, next: () => space.move(at, rowAxes.at(-1)!, 1) };
      }
      return carried(space, rowAxes, spot, f.keep(f.get(i)));
    },
  };
}

/** Whether all operands walk through batch and positions as through one axis, whose index nobody asks for. */
function evenAxis(kernel: ConvKernel): boolean {
  const rank = kernel.axes.length;
  const sizes = [kernel.batch, ...kernel.axes.map((axis) => axis.output)];
  let indexed = false;
  const exprs = kernel.outputs.map(({ expr }) => expr);
  walk(exprs, (e) => (indexed ||= e.kind === 'index' && e.axis <= rank));
  if (indexed) return false;
  const used = [...kernel.operands, ...kernel.outputs.map(({ operand }) => operand)];
  return used.every(({ strides }) =>
    sizes.every((size, d) => {
      if (d === 0) return true;
      const [outer, inner] = [strides[d - 1]!, strides[d]!];
      if (outer === 0 && inner === 0) return true;
      return (
        typeof outer === 'number' && typeof inner === 'number' && typeof size === 'number' && outer === inner * size
      );
    }),
  );
}

/** A walk along several axes: coordinates count up, and where one runs over, the position is computed anew. */
function carried(space: Space, axes: readonly number[], spot: Spot, i: Local<I32>): RowWalk {
  const { f } = space.w;
  const coords = axes.map(() => f.local('i32'));
  const rest = f.keep(f.get(i));
  for (let d = axes.length - 1; d > 0; d--) {
    const size = space.shape[axes[d]!]!;
    f.set(coords[d]!, f.i32_rem_u(f.get(rest), space.w.int(size)));
    f.set(rest, f.i32_div_u(f.get(rest), space.w.int(size)));
  }
  f.set(coords[0]!, f.get(rest));
  const at = axes.reduce((walked, axis, d) => space.shifted(walked, axis, coords[d]!), spot);
  const inner = axes.at(-1)!;
  const place = (): void =>
    f.scope(() => {
      const moved = axes.reduce((walked, axis, d) => space.shifted(walked, axis, coords[d]!), spot);
      space.copy(moved, at);
    });
  const carry = (d: number): void => {
    if (d === 0) return;
    f.set(coords[d]!, f.i32(0));
    f.set(coords[d - 1]!, f.i32_add(f.get(coords[d - 1]!), f.i32(1)));
    if (d > 1) f.if(f.i32_ge_s(f.get(coords[d - 1]!), space.w.int(space.shape[axes[d - 1]!]!)), () => carry(d - 1));
  };
  return {
    at,
    next: () => {
      const last = axes.length - 1;
      f.set(coords[last]!, f.i32_add(f.get(coords[last]!), f.i32(1)));
      if (last === 0) return space.move(at, inner, 1);
      f.if(
        f.i32_lt_s(f.get(coords[last]!), space.w.int(space.shape[inner]!)),
        () => space.move(at, inner, 1),
        () => {
          carry(last);
          place();
        },
      );
    },
  };
}

/** Packs the kernel of a group into panels. */
function panelPacker(
  w: KernelWriter,
  plan: ConvPlan,
  sizes: ConvSizes,
  share: Share | null,
): (rhs: Local<I32>) => Panels {
  const { f } = w;
  const { kernel, element, kAxes, deep } = plan;
  const { dtype, strides } = kernel.rhs;
  const width = byteWidth(dtype);
  const [, ro, rc, ...rs] = strides as [Int, Int, Int, ...Int[]];
  const strideOf = (axis: KAxis): Int => (axis === 'channels' ? rc : rs[axis]!);
  // Where k is one axis in memory, it is packed as one.
  const even = evenStride(kernel, kAxes);
  const outer = even === null ? kAxes.slice(0, -1) : [];
  const steps = outer.map((axis) => w.heldStride(strideOf(axis), width));
  const [bk, bn] = [w.heldStride(even ?? strideOf(kAxes.at(-1)!), width), w.heldStride(ro, width)];
  const depth = deep && typeof sizes.blockK === 'number' ? f.i32(sizes.blockK) : f.get(sizes.k.local);
  const panel = f.keep(f.i32_mul(depth, f.i32(PANEL_BYTES)));
  const step = f.keep(f.i32(PANEL_BYTES));
  const count = (): I32 => (even === null ? w.int(sizeOfK(kernel, kAxes.at(-1)!)) : f.get(sizes.k.local));
  const columns = share ? share.count : sizes.n.local;
  const pack = (from: Local<I32>, many: () => I32, to: Local<I32>): void => {
    const fn = w.linker.use(packPanels(element, dtype));
    f.call(fn, f.get(from), f.get(bk), f.get(bn), many(), f.get(columns), f.get(to), f.get(panel));
  };
  const nest = (depth: number, from: Local<I32>, to: Local<I32>): void => {
    if (depth === outer.length) {
      pack(from, count, to);
      return f.set(to, f.i32_add(f.get(to), f.i32_mul(count(), f.i32(PANEL_BYTES))));
    }
    f.scope(() => {
      const at = f.keep(f.get(from));
      f.times(
        () => w.int(sizeOfK(kernel, outer[depth]!)),
        () => {
          nest(depth + 1, at, to);
          f.set(at, f.i32_add(f.get(at), f.get(steps[depth]!)));
        },
      );
    });
  };
  return (origin) => {
    const rhs = share ? f.keep(f.i32_add(f.i32_mul(f.get(share.from), f.get(bn)), f.get(origin))) : origin;
    if (!deep) {
      nest(0, rhs, f.keep(f.get(sizes.panels)));
      return { b: sizes.panels, bk: step, panel };
    }
    const fill = (pc: Local<I32>, kc: Local<I32>): void => {
      const from = f.keep(f.i32_add(f.i32_mul(f.get(pc), f.get(bk)), f.get(rhs)));
      pack(from, () => f.get(kc), sizes.panels);
    };
    return { b: sizes.panels, bk: step, panel, fill };
  };
}
