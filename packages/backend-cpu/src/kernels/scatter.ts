/**
 * Scatters: updates are taken in order. Vectors run along an axis that the target shares with the updates, where no two
 * lanes can meet; without such an axis updates go one by one.
 */
import { byteWidth, computeDType, type ScalarExpr, type ScatterKernel } from '@dl/tensor/backend';
import { differs, Emitter } from '../codegen/emitter.ts';
import { loadVec, storeVec, type LaneStep } from '../codegen/memory.ts';
import { vecLocals, type Vec } from '../codegen/vec.ts';
import type { I32, Local } from '../wasm/code.ts';
import { sameInt } from './access.ts';
import { combine } from './accumulate.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** An axis of the updates that is a coordinate of the target as it stands. */
interface Shared {
  readonly axis: number;
  readonly coord: number;
}

/** The shared axis along which the target is dense, or any other; null without one. */
export function sharedAxis({ coords, shape, dims, operands, target }: ScatterKernel): Shared | null {
  const found: Shared[] = [];
  coords.forEach((e, coord) => {
    if (e.kind !== 'index' || !sameInt(shape[e.axis]!, dims[coord]!)) return;
    const alone = coords.every((other, i) => i === coord || !differs(other, e.axis, operands));
    if (alone) found.push({ axis: e.axis, coord });
  });
  return found.find(({ coord }) => target.strides[coord] === 1) ?? found.at(-1) ?? null;
}

export function writeScatter(w: KernelWriter, kernel: ScatterKernel): void {
  const { shape, operands, coords, value } = kernel;
  const shared = sharedAxis(kernel);
  const space = new Space(w, {
    shape,
    operands,
    outputs: [],
    exprs: [...coords, value],
    laneAxis: shared === null ? null : shared.axis,
    // Elsewhere two updates may meet, whose order counts.
    divisible: shared === null ? [] : [shared.axis],
  });
  const outer = shape.map((_, axis) => axis).filter((axis) => axis !== space.laneAxis);
  space.each(outer, space.start(), (spot) =>
    w.f.scope(() => {
      const { address, inside } = targetAddress(space, kernel, spot, shared);
      w.f.if(w.f.get(inside), () =>
        space.along(spot, { unroll: 1, overlap: false }, (at, lanes) =>
          w.f.scope(() => update(space, kernel, at, lanes, address, shared)),
        ),
      );
    }),
  );
}

/** Where the target lies by all coordinates but the shared one, and whether they are in range. */
function targetAddress(
  space: Space,
  { coords, dims, target }: ScatterKernel,
  spot: Spot,
  shared: Shared | null,
): { readonly address: Local<I32>; readonly inside: Local<I32> } {
  const { w } = space;
  const { f } = w;
  const own = coords.map((expr, i) => ({ expr, i })).filter(({ i }) => i !== shared?.coord);
  const values = new Emitter(space.cell(spot, 1, 0)).emit(own.map(({ expr }) => expr));
  const address = f.keep(w.origin(target));
  const inside = f.keep(f.i32(1));
  own.forEach(({ i }, at) => {
    const coord = f.keep(f.i32_lane(f.get(values[at]![0]!), 0));
    // One unsigned comparison covers both ends.
    f.set(inside, f.i32_and(f.get(inside), f.i32_lt_u(f.get(coord), w.int(dims[i]!))));
    const stride = w.heldStride(target.strides[i]!, byteWidth(target.dtype));
    f.set(address, f.i32_add(f.get(address), f.i32_mul(f.get(coord), f.get(stride))));
  });
  return { address, inside };
}

/** Takes one vector of updates, or one update. */
function update(
  space: Space,
  { op, target, value }: ScatterKernel,
  at: Spot,
  lanes: 1 | 4,
  address: Local<I32>,
  shared: Shared | null,
): void {
  const { w } = space;
  const { f } = w;
  const width = byteWidth(target.dtype);
  let pointer = address;
  let step: LaneStep = { kind: 'same' };
  if (shared !== null) {
    const stride = w.strideBytes(target.strides[shared.coord]!, width);
    const along = w.heldStride(target.strides[shared.coord]!, width);
    pointer = f.keep(f.i32_mul(f.get(at.index[shared.axis]!), f.get(along)));
    f.set(pointer, f.i32_add(f.get(pointer), f.get(address)));
    step = stride === width ? { kind: 'unit' } : { kind: 'apart', bytes: stride };
  }
  const [update_] = new Emitter(space.cell(at, lanes, 0)).emit([value] as [ScalarExpr]) as [Vec];
  const place = { pointer, offset: 0, step };
  // A single lane is one element wherever the others would lie.
  if (op === 'set') return storeVec(f, target.dtype, place, lanes, update_);
  const dtype = computeDType(target.dtype);
  const old = vecLocals(f, dtype);
  loadVec(f, target.dtype, place, lanes).forEach((part, i) => f.set(old[i]!, f.get(part)));
  combine(f, op === 'add' ? 'sum' : op === 'mul' ? 'prod' : op, dtype, old, update_);
  storeVec(f, target.dtype, place, lanes, old);
}
