/**
 * Copying runs of elements into a block of patches, and clearing them.
 */
import { byteWidth } from '@dl/tensor/backend';
import { copyElement } from '../library/packing.ts';
import type { Local, I32 } from '../wasm/code.ts';
import type { ConvPlan } from './conv-plan.ts';
import type { KernelWriter } from './writer.ts';

export class BlockWriter {
  readonly #w: KernelWriter;
  readonly #plan: ConvPlan;
  /** Bytes between k where rows lie side by side. */
  readonly #pitch: Local<I32>;

  constructor(w: KernelWriter, plan: ConvPlan, pitch: Local<I32>) {
    this.#w = w;
    this.#plan = plan;
    this.#pitch = pitch;
  }

  /** Copies elements that lie `step` bytes apart into a row of a block. */
  copy(from: Local<I32>, to: Local<I32>, count: Local<I32>, step: Local<I32>): void {
    const { f } = this.#w;
    const { element, kernel } = this.#plan;
    const width = byteWidth(kernel.lhs.dtype);
    const apart = (): void =>
      f.scope(() => {
        const [source, target, left] = [f.keep(f.get(from)), f.keep(f.get(to)), f.keep(f.get(count))];
        f.if(f.get(left), () =>
          f.repeat(() => {
            f.scope(() => copyElement(f, element, kernel.lhs.dtype, source, target));
            f.set(source, f.i32_add(f.get(source), f.get(step)));
            f.set(target, f.i32_add(f.get(target), f.i32(element.width)));
            return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
          }),
        );
      });
    if (width !== element.width || kernel.lhs.dtype === 'bool') return apart();
    f.if(f.i32_eq(f.get(step), f.i32(width)), () => f.scope(() => this.vectors(from, to, count, true)), apart);
  }

  /** Zeros in place of elements of k. */
  zeros(to: Local<I32>, elements: Local<I32>, run: Local<I32>): void {
    const { f } = this.#w;
    if (!this.#plan.beside) return f.scope(() => this.vectors(to, to, elements, false));
    f.scope(() => {
      const [target, left] = [f.keep(f.get(to)), f.keep(f.get(elements))];
      f.if(f.get(left), () =>
        f.repeat(() => {
          f.scope(() => this.vectors(target, target, run, false));
          f.set(target, f.i32_add(f.get(target), f.get(this.#pitch)));
          return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
        }),
      );
    });
  }

  /** Copies whole vectors, or clears them; what overruns is written over later or never read. */
  vectors(from: Local<I32>, to: Local<I32>, count: Local<I32>, copies: boolean): void {
    const { f } = this.#w;
    const lanes = 16 / this.#plan.element.width;
    const [source, target, left] = [f.keep(f.get(from)), f.keep(f.get(to)), f.keep(f.get(count))];
    f.if(f.i32_gt_s(f.get(left), f.i32(0)), () =>
      f.repeat(() => {
        f.v128_store(f.get(target), copies ? f.v128_load(f.get(source)) : f.bits(0));
        if (copies) f.set(source, f.i32_add(f.get(source), f.i32(16)));
        f.set(target, f.i32_add(f.get(target), f.i32(16)));
        return f.i32_gt_s(f.tee(left, f.i32_sub(f.get(left), f.i32(lanes))), f.i32(0));
      }),
    );
  }
}
