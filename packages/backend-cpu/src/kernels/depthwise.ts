/**
 * Depthwise convolutions (one feature per group) and their gradients: vectors run along the groups, and no matrix is
 * built.
 */
import { byteWidth, computeDType, type ConvKernel, type Int, type Operand } from '@dl/tensor/backend';
import { Emitter } from '../codegen/emitter.ts';
import { loadVec, storeVec, type Place } from '../codegen/memory.ts';
import { madd, vecLocals, type Vec } from '../codegen/vec.ts';
import { useRelaxed } from '../settings.ts';
import type { Local, I32 } from '../wasm/code.ts';
import { planRows, RowWriter } from './depthwise-rows.ts';
import { Space, type Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Vectors of groups side by side. */
const VECTORS = 4;

export function isDepthwise({ groups, features, lhs, rhs, dtype }: ConvKernel): boolean {
  const float = dtype === 'float32' && computeDType(lhs.dtype) === 'float32' && computeDType(rhs.dtype) === 'float32';
  return float && groups !== 1 && features === 1 && lhs.strides[0] === 1 && rhs.strides[0] === 1;
}

export function writeDepthwise(w: KernelWriter, kernel: ConvKernel): void {
  const { f } = w;
  const rank = kernel.axes.length;
  const outputs = kernel.outputs.map(({ operand }) => operand);
  const positions = [kernel.batch, ...kernel.axes.map((axis) => axis.output)];
  const group = rank + 1;
  // Image and kernel are walked by hand along their spatial axes, so here they only know batch and group.
  const image: Operand = { ...kernel.lhs, strides: pick(kernel.lhs.strides, rank, 1) };
  const filter: Operand = { ...kernel.rhs, strides: pick(kernel.rhs.strides, rank, null) };
  const along = positions.map((_, axis) => axis);
  const plan = planRows(kernel);
  const space = new Space(w, {
    shape: [...positions, kernel.groups, 1],
    operands: kernel.operands,
    outputs,
    others: [image, filter],
    exprs: kernel.outputs.map(({ expr }) => expr),
    laneAxis: group,
    divisible: [...(plan ? along.slice(0, -1) : along), group],
  });
  const coords = positions.map(() => f.local('i32'));
  const rows = plan && new RowWriter(space, plan);
  const walk = rows ? null : walker(w, kernel);
  const nest = (d: number, spot: Spot): void => {
    if (rows && d === rank) return f.scope(() => rows.write(spot, coords.slice(1)));
    if (d === along.length) {
      return space.along(spot, { unroll: space.unrollable ? VECTORS : 1, overlap: false }, (at, lanes, vectors) => {
        const sums = Array.from({ length: vectors }, () => vecLocals(f, 'float32'));
        for (const [sum] of sums) f.set(sum!, f.bits(0));
        walk!(space, at, outputs.length, coords, lanes, sums);
        sums.forEach((sum, v) => {
          const values = new Emitter(space.cell(at, lanes, v, [sum])).emit(kernel.outputs.map(({ expr }) => expr));
          outputs.forEach((operand, o) => storeVec(f, operand.dtype, space.outputPlace(o, at, v), lanes, values[o]!));
        });
      });
    }
    f.set(coords[d]!, space.first(along[d]!));
    space.each([along[d]!], spot, (at) => {
      nest(d + 1, at);
      f.set(coords[d]!, f.i32_add(f.get(coords[d]!), f.i32(1)));
    });
  };
  nest(0, space.start());
}

/** Strides over [n, …positions, g, o] that follow the group, and the batch where an operand has one. */
function pick(strides: readonly Int[], rank: number, batch: number | null): Int[] {
  const still = Array.from({ length: rank }, () => 0);
  return [batch === null ? 0 : strides[batch]!, ...still, strides[0]!, 0];
}

/** Adds up the window of one position. */
function walker(
  w: KernelWriter,
  kernel: ConvKernel,
): (space: Space, at: Spot, first: number, coords: readonly Local<I32>[], lanes: 1 | 4, sums: readonly Vec[]) => void {
  const { f } = w;
  const fused = useRelaxed();
  const [, , lc, ...ls] = kernel.lhs.strides as [Int, Int, Int, ...Int[]];
  const [, , rc, ...rs] = kernel.rhs.strides as [Int, Int, Int, ...Int[]];
  const held = (stride: Int, { dtype }: Operand): Local<I32> => w.heldStride(stride, byteWidth(dtype));
  const imageStep = ls.map((stride) => held(stride, kernel.lhs));
  const filterStep = rs.map((stride) => held(stride, kernel.rhs));
  const [imageChannel, filterChannel] = [held(lc, kernel.lhs), held(rc, kernel.rhs)];
  return (space, at, first, coords, lanes, sums) => {
    const place = (which: number, v: number, pointer: Local<I32>): Place => ({
      ...space.outputPlace(first + which, at, v),
      pointer,
    });
    const multiply = (image: Local<I32>, filter: Local<I32>): void =>
      sums.forEach(([sum], v) =>
        f.scope(() => {
          const x = loadVec(f, kernel.lhs.dtype, place(0, v, image), lanes)[0]!;
          const y = loadVec(f, kernel.rhs.dtype, place(1, v, filter), lanes)[0]!;
          f.set(
            sum!,
            madd(
              f,
              fused,
              () => f.get(x),
              () => f.get(y),
              () => f.get(sum!),
            ),
          );
        }),
      );
    const spatial = (d: number, image: Local<I32>, filter: Local<I32>): void => {
      const axis = kernel.axes[d];
      if (!axis) return multiply(image, filter);
      f.scope(() => {
        const position = f.keep(f.i32_mul(f.get(coords[d + 1]!), w.int(axis.stride)));
        f.set(position, f.i32_sub(f.get(position), w.int(axis.padLow)));
        const row = f.keep(f.get(filter));
        f.times(
          () => w.int(axis.kernel),
          () => {
            f.scope(() => {
              const q = f.keep(f.get(position));
              const inside = f.keep(f.i32(1));
              if (axis.lhsDilation !== 1) {
                const fits = f.i32_eqz(f.i32_rem_s(f.get(q), w.int(axis.lhsDilation)));
                f.set(inside, f.i32_and(fits, f.i32_ge_s(f.get(q), f.i32(0))));
                f.set(q, f.i32_div_s(f.get(q), w.int(axis.lhsDilation)));
              }
              f.if(f.i32_and(f.get(inside), f.i32_lt_u(f.get(q), w.int(axis.input))), () => {
                const moved = f.keep(f.i32_mul(f.get(q), f.get(imageStep[d]!)));
                f.set(moved, f.i32_add(f.get(moved), f.get(image)));
                spatial(d + 1, moved, row);
              });
            });
            f.set(position, f.i32_add(f.get(position), w.int(axis.rhsDilation)));
            f.set(row, f.i32_add(f.get(row), f.get(filterStep[d]!)));
          },
        );
      });
    };
    const pointer = (which: number): Local<I32> => space.outputPlace(first + which, at, 0).pointer;
    if (kernel.channels === 1) return spatial(0, pointer(0), pointer(1));
    // Each channel's window is added up on its own before it joins the total, which keeps long sums accurate.
    const totals = sums.map(() => f.keepVector(f.bits(0)));
    const [image, filter] = [f.keep(f.get(pointer(0))), f.keep(f.get(pointer(1)))];
    f.times(
      () => w.int(kernel.channels),
      () => {
        f.scope(() => spatial(0, image, filter));
        sums.forEach(([sum], v) => {
          f.set(totals[v]!, f.f32x4_add(f.get(totals[v]!), f.get(sum!)));
          f.set(sum!, f.bits(0));
        });
        f.set(image, f.i32_add(f.get(image), f.get(imageChannel)));
        f.set(filter, f.i32_add(f.get(filter), f.get(filterChannel)));
      },
    );
    sums.forEach(([sum], v) => f.set(sum!, f.get(totals[v]!)));
  };
}
