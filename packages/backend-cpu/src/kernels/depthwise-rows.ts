/**
 * Depthwise convolutions of known sizes, row by row: a few neighbouring outputs are summed together in registers, so that
 * they share what they load. Where the window hangs over the edge is known while code is written.
 */
import { byteWidth, type ConvAxis, type ConvKernel, type Operand } from '@dl/tensor/backend';
import { Emitter, type Cell } from '../codegen/emitter.ts';
import { loadVec, storeVec, type Place } from '../codegen/memory.ts';
import { madd, vecLocals, type Vec } from '../codegen/vec.ts';
import { useRelaxed } from '../settings.ts';
import type { I32, Local, V128 } from '../wasm/code.ts';
import type { Space, Spot } from './space.ts';
import type { KernelWriter } from './writer.ts';

/** Outputs side by side: as many as registers allow with what they share. */
const SIDE = 4;
/** Most kernel positions along a row; more make too much code. */
const MOST_TAPS = 7;
/** Most blocks that are written out because they hang over the edge. */
const MOST_EDGES = 4;

/** Numbers of an axis. */
interface Fixed {
  readonly input: number;
  readonly kernel: number;
  readonly output: number;
  readonly stride: number;
  readonly padLow: number;
  readonly dilation: number;
}

/** Neighbouring outputs of a row from `first` on, and how many such blocks follow one another. */
interface Block {
  readonly first: number;
  readonly size: number;
  readonly count: number;
}

/** A depthwise conv whose numbers are all known. */
export interface RowPlan {
  readonly kernel: ConvKernel;
  /** All spatial axes but the last, and the last. */
  readonly outer: readonly Fixed[];
  readonly row: Fixed;
  readonly blocks: readonly Block[];
  readonly imageSteps: readonly number[];
  readonly filterSteps: readonly number[];
}

function fixedAxis({ input, kernel, output, stride, padLow, lhsDilation, rhsDilation }: ConvAxis): Fixed | null {
  const numbers = { input, kernel, output, stride, padLow, dilation: rhsDilation };
  const known = Object.values(numbers).every((value) => typeof value === 'number');
  return known && lhsDilation === 1 ? (numbers as Fixed) : null;
}

/** Where an output's window meets the input at a kernel position. */
function positionOf({ stride, padLow, dilation }: Fixed, output: number, tap: number): number {
  return output * stride - padLow + tap * dilation;
}

function isWhole(axis: Fixed, first: number): boolean {
  const [low, high] = [positionOf(axis, first, 0), positionOf(axis, first + SIDE - 1, axis.kernel - 1)];
  return first + SIDE <= axis.output && low >= 0 && high < axis.input;
}

/** Cuts a row into blocks; whole ones within the image that follow one another are one entry. */
function blocksOf(axis: Fixed): Block[] {
  const list: Block[] = [];
  for (let first = 0; first < axis.output; first += SIDE) {
    const last = list.at(-1);
    if (isWhole(axis, first)) {
      if (last && isWhole(axis, last.first)) list[list.length - 1] = { ...last, count: last.count + 1 };
      else list.push({ first, size: SIDE, count: 1 });
    } else {
      list.push({ first, size: Math.min(SIDE, axis.output - first), count: 1 });
    }
    if (list.length > MOST_EDGES) break;
  }
  return list;
}

/** The plan of a depthwise conv; null where it must go position by position. */
export function planRows(kernel: ConvKernel): RowPlan | null {
  const axes = kernel.axes.map(fixedAxis);
  const [, , , ...imageSteps] = kernel.lhs.strides;
  const [, , , ...filterSteps] = kernel.rhs.strides;
  const used = [...kernel.operands, ...kernel.outputs.map(({ operand }) => operand)];
  const numbers = [...imageSteps, ...filterSteps, ...used.flatMap(({ strides }) => strides)];
  if (kernel.channels !== 1 || axes.length === 0 || !numbers.every((value) => typeof value === 'number')) return null;
  if (axes.some((axis) => axis === null)) return null;
  const row = axes.at(-1)!;
  if (row.kernel > MOST_TAPS) return null;
  const blocks = blocksOf(row);
  if (blocks.length === 0 || blocks.length > MOST_EDGES) return null;
  const bytes = (steps: readonly unknown[], { dtype }: Operand): number[] =>
    steps.map((step) => (step as number) * byteWidth(dtype));
  return {
    kernel,
    outer: axes.slice(0, -1) as Fixed[],
    row,
    blocks,
    imageSteps: bytes(imageSteps, kernel.lhs),
    filterSteps: bytes(filterSteps, kernel.rhs),
  };
}

/** The part of a window along an outer axis that lies inside, for the present row. */
interface Window {
  readonly count: Local<I32>;
  readonly imageStep: number;
  readonly filterStep: number;
}

export class RowWriter {
  readonly #w: KernelWriter;
  readonly #plan: RowPlan;
  readonly #space: Space;
  /** How many operands the space has before the image and the filter. */
  readonly #first: number;

  /** `space` has pointers to image and filter behind those to the outputs; they move along batch and groups only. */
  constructor(space: Space, plan: RowPlan) {
    this.#w = space.w;
    this.#space = space;
    this.#plan = plan;
    this.#first = plan.kernel.outputs.length;
  }

  /** Writes one row of outputs; `coords` are its indices along the outer axes. */
  write(spot: Spot, coords: readonly Local<I32>[]): void {
    const { f } = this.#w;
    const { outer, row, blocks, imageSteps } = this.#plan;
    const space = this.#space;
    const axis = this.#plan.kernel.axes.length;
    const step = imageSteps.at(-1)!;
    const [image, filter] = [f.keep(f.i32(0)), f.keep(f.i32(0))];
    const windows = outer.map((numbers, d) => this.#window(numbers, d, coords[d]!, image, filter));
    const at = space.branch(spot, axis);
    const from = f.local('i32');
    for (const block of blocks) {
      const start = Math.max(0, positionOf(row, block.first, 0));
      f.set(from, f.i32_add(f.get(image), f.i32(start * step)));
      const body = (): void => {
        f.scope(() => this.#block(at, block, start, { image: from, filter, windows }));
        space.move(at, axis, block.size);
      };
      if (block.count === 1) {
        body();
        continue;
      }
      const left = f.keep(f.i32(block.count));
      f.repeat(() => {
        body();
        f.set(from, f.i32_add(f.get(from), f.i32(SIDE * row.stride * step)));
        return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
      });
    }
  }

  /** Finds the part of the window along an outer axis that lies inside, and moves both addresses to its start. */
  #window(axis: Fixed, d: number, coord: Local<I32>, image: Local<I32>, filter: Local<I32>): Window {
    const { f } = this.#w;
    const { kernel, stride, padLow, dilation, input, output } = axis;
    const [imageStep, filterStep] = [this.#plan.imageSteps[d]!, this.#plan.filterSteps[d]!];
    const position = f.keep(f.i32_sub(f.i32_mul(f.get(coord), f.i32(stride)), f.i32(padLow)));
    const low = f.keep(f.i32(0));
    const count = f.keep(f.i32(kernel));
    const over = (value: I32): I32 => f.i32_div_s(f.i32_add(value, f.i32(dilation - 1)), f.i32(dilation));
    if (positionOf(axis, 0, 0) < 0)
      f.if(f.i32_lt_s(f.get(position), f.i32(0)), () => {
        f.set(low, over(f.i32_sub(f.i32(0), f.get(position))));
      });
    if (positionOf(axis, output - 1, kernel - 1) >= input) {
      const high = f.keep(over(f.i32_sub(f.i32(input), f.get(position))));
      f.set(count, f.smaller(count, high));
    }
    f.set(count, f.i32_sub(f.get(count), f.get(low)));
    f.set(position, f.i32_add(f.get(position), f.i32_mul(f.get(low), f.i32(dilation))));
    f.set(image, f.i32_add(f.get(image), f.i32_mul(f.get(position), f.i32(imageStep))));
    f.set(filter, f.i32_add(f.get(filter), f.i32_mul(f.get(low), f.i32(filterStep))));
    return { count, imageStep: imageStep * dilation, filterStep };
  }

  /** Some neighbouring outputs, for all groups. */
  #block(
    spot: Spot,
    { first, size }: Block,
    start: number,
    { image, filter, windows }: { image: Local<I32>; filter: Local<I32>; windows: readonly Window[] },
  ): void {
    const { f } = this.#w;
    const space = this.#space;
    const { kernel } = this.#plan;
    const exprs = kernel.outputs.map(({ expr }) => expr);
    space.along(spot, { unroll: 1, overlap: false }, (at, lanes) => {
      const sums = Array.from({ length: size }, () => vecLocals(f, 'float32')[0]!);
      for (const sum of sums) f.set(sum, f.bits(0));
      const places = [image, filter].map((offset, which): Place => {
        const place = space.outputPlace(this.#first + which, at, 0);
        return { ...place, pointer: f.keep(f.i32_add(f.get(place.pointer), f.get(offset))) };
      });
      const nest = (d: number, [from, weights]: readonly Place[]): void => {
        const window = windows[d];
        if (!window) return this.#taps(first, start, from!, weights!, lanes, sums);
        f.scope(() => {
          const inner = [from!, weights!].map((place): Place => ({ ...place, pointer: f.keep(f.get(place.pointer)) }));
          const left = f.keep(f.get(window.count));
          f.if(f.i32_gt_s(f.get(left), f.i32(0)), () =>
            f.repeat(() => {
              nest(d + 1, inner);
              inner.forEach(({ pointer }, which) =>
                f.set(pointer, f.i32_add(f.get(pointer), f.i32(which === 0 ? window.imageStep : window.filterStep))),
              );
              return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
            }),
          );
        });
      };
      nest(0, places);
      sums.forEach((sum, j) => {
        const values = new Emitter(this.#cell(at, lanes, j, [sum])).emit(exprs);
        kernel.outputs.forEach(({ operand }, o) =>
          storeVec(f, operand.dtype, this.#shifted(operand, space.outputPlace(o, at, 0), j), lanes, values[o]!),
        );
      });
    });
  }

  /** Adds one row of the window to the sums of neighbouring outputs. */
  #taps(first: number, start: number, from: Place, weights: Place, lanes: 1 | 4, sums: readonly Local<V128>[]): void {
    const { f } = this.#w;
    const { row, kernel, imageSteps, filterSteps } = this.#plan;
    const fused = useRelaxed();
    f.scope(() => {
      const pixels = new Map<number, Local<V128>>();
      const pixel = (position: number): Local<V128> => {
        const known = pixels.get(position);
        if (known) return known;
        const offset = from.offset + (position - start) * imageSteps.at(-1)!;
        const loaded = loadVec(f, kernel.lhs.dtype, { ...from, offset }, lanes)[0]!;
        pixels.set(position, loaded);
        return loaded;
      };
      for (let tap = 0; tap < row.kernel; tap++) {
        const inside = sums.flatMap((sum, j) => {
          const position = positionOf(row, first + j, tap);
          return position >= 0 && position < row.input ? [{ sum, position }] : [];
        });
        if (inside.length === 0) continue;
        const offset = weights.offset + tap * filterSteps.at(-1)!;
        const weight = loadVec(f, kernel.rhs.dtype, { ...weights, offset }, lanes)[0]!;
        for (const { sum, position } of inside) {
          const x = pixel(position);
          f.set(
            sum,
            madd(
              f,
              fused,
              () => f.get(x),
              () => f.get(weight),
              () => f.get(sum),
            ),
          );
        }
      }
    });
  }

  /** What expressions see `j` outputs further along the row. */
  #cell(at: Spot, lanes: 1 | 4, j: number, sum: Vec): Cell {
    const { f } = this.#w;
    const cell = this.#space.cell(at, lanes, 0, [sum]);
    const axis = this.#plan.kernel.axes.length;
    return {
      ...cell,
      place: (operand) => this.#shifted(this.#plan.kernel.operands[operand]!, cell.place(operand), j),
      index: (along) => (along === axis && j > 0 ? f.i32_add(cell.index(along), f.i32(j)) : cell.index(along)),
    };
  }

  /** A place `j` outputs further along the row. */
  #shifted({ strides, dtype }: Operand, place: Place, j: number): Place {
    const step = (strides[this.#plan.kernel.axes.length] as number) * byteWidth(dtype);
    return { ...place, offset: place.offset + j * step };
  }
}
