/**
 * Copies blocks of a convolution's patch matrix from the image: a row per output position, a column per element of the
 * window, zeros where the window hangs over the edge.
 */
import { byteWidth } from '@dl/tensor/backend';
import type { I32, Local } from '../wasm/code.ts';
import { sizeOfK, type ConvPlan, type KAxis } from './conv-plan.ts';
import type { ConvSizes } from './conv.ts';
import { BlockWriter } from './patch-block.ts';
import type { RowBlock } from './product.ts';
import { Windows } from './windows.ts';
import type { KernelWriter } from './writer.ts';

type Fill = (lhs: Local<I32>, i: Local<I32>, count: Local<I32>, pc: Local<I32>, kc: Local<I32>) => RowBlock;

/** Rows of a block that lie side by side are this many elements apart from the next k, so that vector stores may overrun. */
const OVERRUN = 4;

/** Writes the function that fills blocks, and returns what calls it. */
export function patchWriter(w: KernelWriter, plan: ConvPlan, sizes: ConvSizes): Fill {
  const { f } = w;
  const { beside, element } = plan;
  const fill = w.helper(7, (inner, [lhs, i, count, pc, kc, out, pitch]) =>
    new Patches(inner, plan, { lhs: lhs!, i: i!, count: count!, pc: pc!, kc: kc!, out: out!, pitch: pitch! }).write(),
  );
  return (lhs, i, count, pc, kc) => {
    const pitch = f.local('i32');
    if (beside) {
      const rows = (): I32 => (typeof sizes.blockRows === 'number' ? f.i32(sizes.blockRows) : f.get(sizes.blockRows));
      f.set(pitch, f.i32_mul(f.i32_add(rows(), f.i32(OVERRUN)), f.i32(element.width)));
    } else {
      f.set(pitch, f.i32_mul(f.get(kc), f.i32(element.width)));
    }
    fill(...[lhs, i, count, pc, kc, sizes.block, pitch].map((local) => (): I32 => f.get(local)));
    const near = (): I32 => f.i32(element.width);
    const far = (): I32 => f.get(pitch);
    return beside ? { a: sizes.block, am: near, ak: far } : { a: sizes.block, am: far, ak: near };
  };
}

interface Params {
  readonly lhs: Local<I32>;
  readonly i: Local<I32>;
  readonly count: Local<I32>;
  readonly pc: Local<I32>;
  readonly kc: Local<I32>;
  readonly out: Local<I32>;
  /** Bytes between rows of the block, or between its k where rows lie side by side. */
  readonly pitch: Local<I32>;
}

class Patches {
  readonly #block: BlockWriter;
  readonly #w: KernelWriter;
  readonly #plan: ConvPlan;
  readonly #params: Params;
  readonly #windows: Windows;
  readonly #channelStep: Local<I32>;

  constructor(w: KernelWriter, plan: ConvPlan, params: Params) {
    this.#w = w;
    this.#plan = plan;
    this.#params = params;
    this.#block = new BlockWriter(w, plan, params.pitch);
    this.#windows = new Windows(w, plan, params.lhs);
    const { dtype, strides } = plan.kernel.lhs;
    this.#channelStep = w.heldStride(strides[2]!, byteWidth(dtype));
  }

  write(): void {
    const { f } = this.#w;
    const { i, count, out, pitch } = this.#params;
    const { beside, element } = this.#plan;
    const windows = this.#windows;
    windows.begin(i);
    const left = f.keep(f.get(count));
    const run = f.keep(f.i32(1));
    f.repeat(() => {
      windows.enter();
      if (beside) {
        // As many rows as the batch has left lie side by side.
        f.set(run, windows.left());
        f.set(run, f.smaller(run, left));
      }
      f.scope(() => this.#window(run));
      const step = beside ? f.i32_mul(f.get(run), f.i32(element.width)) : f.get(pitch);
      f.set(out, f.i32_add(step, f.get(out)));
      windows.advance(() => f.get(run));
      return f.tee(left, f.i32_sub(f.get(left), f.get(run)));
    });
  }

  /** Fills one row of patches, or `run` rows side by side, for the present block of k. */
  #window(run: Local<I32>): void {
    const { f } = this.#w;
    const { kAxes, unitAxes, kernel, beside, element } = this.#plan;
    const outer = kAxes.slice(0, kAxes.length - unitAxes.length);
    const unit = f.keep(this.#w.product(unitAxes.map((axis) => sizeOfK(kernel, axis))));
    const units = f.local('i32');
    const to = f.keep(f.get(this.#params.out));
    const index = outer.map(() => f.local('i32'));
    const first = f.local('i32');
    f.if(f.get(unit), () => {
      f.set(first, f.i32_div_u(f.get(this.#params.pc), f.get(unit)));
      f.set(units, f.i32_div_u(f.get(this.#params.kc), f.get(unit)));
      for (let d = outer.length - 1; d > 0; d--) {
        const size = sizeOfK(kernel, outer[d]!);
        f.set(index[d]!, f.i32_rem_u(f.get(first), this.#w.int(size)));
        f.set(first, f.i32_div_u(f.get(first), this.#w.int(size)));
      }
      if (outer.length > 0) f.set(index[0]!, f.get(first));
      f.if(f.get(units), () =>
        f.repeat(() => {
          f.scope(() => this.#unit(outer, index, to, run, unit));
          const bytes = beside ? f.get(this.#params.pitch) : f.i32(element.width);
          f.set(to, f.i32_add(f.i32_mul(bytes, f.get(unit)), f.get(to)));
          this.#carry(outer, index, outer.length - 1);
          return f.tee(units, f.i32_sub(f.get(units), f.i32(1)));
        }),
      );
    });
  }

  #carry(outer: readonly KAxis[], index: readonly Local<I32>[], d: number): void {
    if (d < 0) return;
    const { f } = this.#w;
    f.set(index[d]!, f.i32_add(f.get(index[d]!), f.i32(1)));
    if (d === 0) return;
    f.if(f.i32_ge_s(f.get(index[d]!), this.#w.int(sizeOfK(this.#plan.kernel, outer[d]!))), () => {
      f.set(index[d]!, f.i32(0));
      this.#carry(outer, index, d - 1);
    });
  }

  /** One unit: the last spatial axis and what lies within, at an index of the outer axes of k. */
  #unit(
    outer: readonly KAxis[],
    index: readonly Local<I32>[],
    to: Local<I32>,
    run: Local<I32>,
    unit: Local<I32>,
  ): void {
    const { f } = this.#w;
    const from = f.keep(f.get(this.#windows.image));
    const inside = f.keep(f.i32(1));
    outer.forEach((axis, d) => {
      if (axis === 'channels') {
        f.set(from, f.i32_add(f.i32_mul(f.get(index[d]!), f.get(this.#channelStep)), f.get(from)));
        return;
      }
      this.#windows.tap(axis, index[d]!, from, inside);
    });
    const filled = (): void => {
      const last = this.#plan.unitAxes[0];
      if (last === undefined || last === 'channels') return this.#channels(from, to, run);
      this.#lastAxis(last, from, to, run);
    };
    if (outer.every((axis) => axis === 'channels')) return filled();
    f.if(f.get(inside), filled, () => this.#block.zeros(to, unit, run));
  }

  /** The last spatial axis: zeros, the part inside the image, zeros. */
  #lastAxis(d: number, from: Local<I32>, to: Local<I32>, run: Local<I32>): void {
    const { f } = this.#w;
    const axis = this.#plan.kernel.axes[d]!;
    if (axis.lhsDilation !== 1) return this.#tapByTap(d, from, to, run);
    const size = f.keep(this.#w.int(axis.kernel));
    const by = (): I32 => this.#w.int(axis.rhsDilation);
    const start = this.#windows.starts[d]!;
    const clamp = (value: Local<I32>): void => {
      f.set(value, f.select(f.i32(0), f.get(value), f.i32_lt_s(f.get(value), f.i32(0))));
      f.set(value, f.smaller(value, size));
    };
    // The first tap at or behind 0, and the first at or behind the end.
    const [low, high] = [f.local('i32'), f.local('i32')];
    const above = (distance: I32): I32 => {
      const rounded = f.i32_add(distance, f.i32_sub(by(), f.i32(1)));
      return axis.rhsDilation === 1 ? rounded : f.i32_div_s(rounded, by());
    };
    f.set(low, above(f.i32_sub(f.i32(0), f.get(start))));
    f.set(low, f.select(f.get(low), f.i32(0), f.i32_lt_s(f.get(start), f.i32(0))));
    clamp(low);
    f.set(high, f.i32_sub(this.#w.int(axis.input), f.get(start)));
    f.if(
      f.i32_gt_s(f.get(high), f.i32(0)),
      () => f.set(high, above(f.get(high))),
      () => f.set(high, f.i32(0)),
    );
    clamp(high);
    f.set(high, f.select(f.get(high), f.get(low), f.i32_gt_s(f.get(high), f.get(low))));
    const perTap = f.keep(this.#perTap());
    const many = (taps: () => I32): Local<I32> => f.keep(f.i32_mul(taps(), f.get(perTap)));
    const target = f.keep(f.get(to));
    const forward = (elements: Local<I32>): void => this.#forward(target, elements);
    const before = many(() => f.get(low));
    this.#block.zeros(target, before, run);
    forward(before);
    const at = f.keep(f.i32_add(f.i32_mul(f.get(low), by()), f.get(start)));
    this.#windows.move(d, at, from);
    f.set(size, f.i32_sub(f.get(size), f.get(high)));
    f.set(high, f.i32_sub(f.get(high), f.get(low)));
    const dense = many(() => f.get(high));
    this.#inside(d, from, target, dense, high, run);
    forward(dense);
    this.#block.zeros(
      target,
      many(() => f.get(size)),
      run,
    );
  }

  /** Elements of k per tap of the last spatial axis. */
  #perTap(): I32 {
    const channelsInside = this.#plan.unitAxes.includes('channels');
    return channelsInside ? this.#w.int(this.#plan.kernel.channels) : this.#w.f.i32(1);
  }

  /** Moves a target by elements of k. */
  #forward(target: Local<I32>, elements: Local<I32>): void {
    const { f } = this.#w;
    const { beside, element } = this.#plan;
    const bytes = beside ? f.get(this.#params.pitch) : f.i32(element.width);
    f.set(target, f.i32_add(f.i32_mul(bytes, f.get(elements)), f.get(target)));
  }

  /** Taps that all lie inside: one run where memory allows, otherwise tap by tap. */
  #inside(d: number, from: Local<I32>, to: Local<I32>, elements: Local<I32>, taps: Local<I32>, run: Local<I32>): void {
    const { f } = this.#w;
    const step = f.keep(this.#windows.tapStep(d));
    const each = (): void =>
      f.scope(() => {
        const target = f.keep(f.get(to));
        const perTap = f.keep(this.#perTap());
        f.if(f.get(taps), () =>
          f.repeat(() => {
            f.scope(() => this.#channels(from, target, run));
            f.set(from, f.i32_add(f.get(from), f.get(step)));
            this.#forward(target, perTap);
            return f.tee(taps, f.i32_sub(f.get(taps), f.i32(1)));
          }),
        );
      });
    if (this.#plan.beside) return each();
    const channelsInside = this.#plan.unitAxes.includes('channels');
    if (!channelsInside) return this.#block.copy(from, to, elements, step);
    const width = byteWidth(this.#plan.kernel.lhs.dtype);
    const whole = f.i32_mul(this.#w.int(this.#plan.kernel.channels), f.i32(width));
    const joins = f.i32_and(f.i32_eq(f.get(step), whole), f.i32_eq(f.get(this.#channelStep), f.i32(width)));
    f.if(joins, () => this.#block.copy(from, to, elements, this.#channelStep), each);
  }

  /** The last spatial axis of a dilated input. */
  #tapByTap(d: number, from: Local<I32>, to: Local<I32>, run: Local<I32>): void {
    const { f } = this.#w;
    const axis = this.#plan.kernel.axes[d]!;
    const target = f.keep(f.get(to));
    const perTap = f.keep(this.#perTap());
    f.times(
      () => this.#w.int(axis.kernel),
      (t) =>
        f.scope(() => {
          const at = f.keep(f.get(from));
          const inside = f.keep(f.i32(1));
          this.#windows.tap(d, t, at, inside);
          f.if(
            f.get(inside),
            () => f.scope(() => this.#channels(at, target, run)),
            () => this.#block.zeros(target, perTap, run),
          );
          this.#forward(target, perTap);
        }),
    );
  }

  /** All channels at one position, or the one that is present. */
  #channels(from: Local<I32>, to: Local<I32>, run: Local<I32>): void {
    const { f } = this.#w;
    const { kernel, unitAxes, beside } = this.#plan;
    const inside = unitAxes.includes('channels');
    const count = f.keep(inside ? this.#w.int(kernel.channels) : f.i32(1));
    if (!beside) return this.#block.copy(from, to, count, this.#channelStep);
    const [source, target] = [f.keep(f.get(from)), f.keep(f.get(to))];
    f.if(f.get(count), () =>
      f.repeat(() => {
        f.scope(() => this.#block.vectors(source, target, run, true));
        f.set(source, f.i32_add(f.get(source), f.get(this.#channelStep)));
        f.set(target, f.i32_add(f.get(target), f.get(this.#params.pitch)));
        return f.tee(count, f.i32_sub(f.get(count), f.i32(1)));
      }),
    );
  }
}
