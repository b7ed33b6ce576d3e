/**
 * Walks down the rows of a convolution's patch matrix, which are its output positions, and knows where in the image the
 * window of each begins.
 */
import { byteWidth, type ConvAxis, type Int } from '@dl/tensor/backend';
import type { I32, Local } from '../wasm/code.ts';
import type { ConvPlan } from './conv-plan.ts';
import type { KernelWriter } from './writer.ts';

export class Windows {
  readonly #w: KernelWriter;
  readonly #plan: ConvPlan;
  readonly #lhs: Local<I32>;
  /** Bytes of the input per step of an axis. */
  readonly #spatialStep: readonly Local<I32>[];
  readonly #batchStep: Local<I32>;
  /** Index along each row axis, in the plan's order. */
  readonly #coords: readonly Local<I32>[];
  /** Where the window of the present row begins along each spatial axis. */
  readonly starts: readonly Local<I32>[];
  /** Address of the image of the present row. */
  readonly image: Local<I32>;

  constructor(w: KernelWriter, plan: ConvPlan, lhs: Local<I32>) {
    const { f } = w;
    this.#w = w;
    this.#plan = plan;
    this.#lhs = lhs;
    const { dtype, strides } = plan.kernel.lhs;
    const [, ln, , ...ls] = strides as [Int, Int, Int, ...Int[]];
    const held = (stride: Int): Local<I32> => w.heldStride(stride, byteWidth(dtype));
    this.#spatialStep = ls.map(held);
    this.#batchStep = held(ln);
    this.#coords = plan.rowAxes.map(() => f.local('i32'));
    this.starts = plan.kernel.axes.map(() => f.local('i32'));
    this.image = f.local('i32');
  }

  #rowSize(d: number): Int {
    const axis = this.#plan.rowAxes[d]!;
    const { batch, axes } = this.#plan.kernel;
    return axis === 0 ? batch : axes[axis - 1]!.output;
  }

  /** Index along an axis of the epilogue's space. */
  #coordOf(axis: number): Local<I32> {
    return this.#coords[this.#plan.rowAxes.indexOf(axis)]!;
  }

  /** Starts at a row. */
  begin(row: Local<I32>): void {
    const { f } = this.#w;
    const rest = f.keep(f.get(row));
    for (let d = this.#coords.length - 1; d > 0; d--) {
      f.set(this.#coords[d]!, f.i32_rem_u(f.get(rest), this.#w.int(this.#rowSize(d))));
      f.set(rest, f.i32_div_u(f.get(rest), this.#w.int(this.#rowSize(d))));
    }
    f.set(this.#coords[0]!, f.get(rest));
  }

  /** Sets the image and the starts of the present row. */
  enter(): void {
    const { f } = this.#w;
    const batch = f.i32_mul(f.get(this.#coordOf(0)), f.get(this.#batchStep));
    f.set(this.image, f.i32_add(batch, f.get(this.#lhs)));
    this.#plan.kernel.axes.forEach((axis, d) => {
      const at = f.i32_mul(f.get(this.#coordOf(d + 1)), this.#w.int(axis.stride));
      f.set(this.starts[d]!, f.i32_sub(at, this.#w.int(axis.padLow)));
    });
  }

  /** How many rows are left along the innermost axis. */
  left(): I32 {
    const { f } = this.#w;
    const last = this.#coords.length - 1;
    return f.i32_sub(this.#w.int(this.#rowSize(last)), f.get(this.#coords[last]!));
  }

  /** Goes on along the innermost axis. */
  advance(by: () => I32): void {
    const { f } = this.#w;
    const carry = (d: number): void => {
      const coord = this.#coords[d]!;
      f.set(coord, f.i32_add(f.get(coord), d === this.#coords.length - 1 ? by() : f.i32(1)));
      if (d === 0) return;
      f.if(f.i32_ge_s(f.get(coord), this.#w.int(this.#rowSize(d))), () => {
        f.set(coord, f.i32(0));
        carry(d - 1);
      });
    };
    carry(this.#coords.length - 1);
  }

  /** Moves an address to a kernel position along a spatial axis, and clears `inside` where it lies outside. */
  tap(d: number, index: Local<I32>, from: Local<I32>, inside: Local<I32>): void {
    const { f } = this.#w;
    const axis = this.#plan.kernel.axes[d]!;
    const at = f.keep(f.i32_mul(f.get(index), this.#w.int(axis.rhsDilation)));
    f.set(at, f.i32_add(f.get(at), f.get(this.starts[d]!)));
    this.#undilate(axis, at, inside);
    // One unsigned comparison covers both ends.
    f.set(inside, f.i32_and(f.get(inside), f.i32_lt_u(f.get(at), this.#w.int(axis.input))));
    this.move(d, at, from);
  }

  /** Moves an address along a spatial axis. */
  move(d: number, by: Local<I32>, from: Local<I32>): void {
    const { f } = this.#w;
    f.set(from, f.i32_add(f.i32_mul(f.get(by), f.get(this.#spatialStep[d]!)), f.get(from)));
  }

  /** Bytes between neighbouring kernel positions along a spatial axis. */
  tapStep(d: number): I32 {
    const { f } = this.#w;
    return f.i32_mul(f.get(this.#spatialStep[d]!), this.#w.int(this.#plan.kernel.axes[d]!.rhsDilation));
  }

  /** Turns a position of the dilated input into one of the input. */
  #undilate({ lhsDilation }: ConvAxis, at: Local<I32>, inside: Local<I32>): void {
    if (lhsDilation === 1) return;
    const { f } = this.#w;
    f.set(inside, f.i32_and(f.get(inside), f.i32_eqz(f.i32_rem_s(f.get(at), this.#w.int(lhsDilation)))));
    // Negative positions must stay negative after the division.
    f.set(inside, f.i32_and(f.get(inside), f.i32_ge_s(f.get(at), f.i32(0))));
    f.set(at, f.i32_div_s(f.get(at), this.#w.int(lhsDilation)));
  }
}
