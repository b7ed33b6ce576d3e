/**
 * Random one-kernel programs over random layouts, and their data. Values are small multiples of ⅛, so that sums and
 * products are exact in float32 and results can be compared bit by bit.
 */
import {
  computeDType,
  viewBytes,
  byteWidth,
  toFloat16Bits,
  type BufferSpec,
  type DType,
  type Int,
  type Kernel,
  type Operand,
  type ParamSpec,
  type Program,
  type TypedArray,
} from '@dl/tensor/backend';
import type { TestRandom } from '@dl/tensor/testing';

export interface RandomCase {
  readonly program: Program;
  readonly args: readonly TypedArray[];
  readonly params: readonly number[];
}

/** How the numbers of a buffer are drawn. */
export type Fill = 'eighths' | 'powers' | 'wild' | { readonly below: number };

/** Collects the buffers and parameters of a program. */
export class ProgramBuilder {
  readonly random: TestRandom;
  readonly #buffers: BufferSpec[] = [];
  readonly #args: TypedArray[] = [];
  readonly #params: ParamSpec[] = [];
  readonly #values: number[] = [];
  readonly #dynamic: boolean;

  constructor(random: TestRandom) {
    this.random = random;
    this.#dynamic = random.next() < 0.35;
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  /** A number of the kernel: an immediate, or in some programs a run-time parameter. */
  int(value: number): Int {
    if (!this.#dynamic || (Math.abs(value) <= 1 && this.chance(0.9))) return value;
    const known = this.#values.indexOf(value);
    if (known >= 0) return { param: known };
    this.#values.push(value);
    return { param: this.#params.push({ dtype: 'int32' }) - 1 };
  }

  ints(values: readonly number[]): Int[] {
    return values.map((value) => this.int(value));
  }

  #order(rank: number): number[] {
    const order = Array.from({ length: rank }, (_, axis) => axis);
    if (this.chance(0.6)) return order;
    return order
      .map((axis) => [this.random.next(), axis] as const)
      .sort(([a], [b]) => a - b)
      .map(([, axis]) => axis);
  }

  /** Strides over a shape: permuted, turned round, spread out; `repeats` allows strides of 0. */
  #layout(
    shape: readonly number[],
    repeats: boolean,
    gaps: boolean,
  ): { strides: number[]; offset: number; size: number } {
    const strides = shape.map(() => 0);
    let [step, offset] = [gaps && this.chance(0.3) ? 2 : 1, gaps ? this.random.below(6) : 0];
    for (const axis of this.#order(shape.length).reverse()) {
      const size = shape[axis]!;
      if (repeats && this.chance(0.12)) continue;
      strides[axis] = step;
      if (this.chance(0.12)) {
        strides[axis] = -step;
        offset += step * Math.max(0, size - 1);
      }
      step *= Math.max(1, size) + (gaps && this.chance(0.1) ? 1 : 0);
    }
    return { strides, offset, size: step + offset };
  }

  #operand(spec: BufferSpec, data: TypedArray, strides: readonly number[], offset: number): Operand {
    const buffer = this.#buffers.push(spec) - 1;
    this.#args.push(data);
    return { buffer, dtype: spec.dtype, offset: this.int(offset), strides: this.ints(strides) };
  }

  input(dtype: DType, shape: readonly number[], fill: Fill = 'eighths'): Operand {
    const { strides, offset, size } = this.#layout(shape, true, this.chance(0.4));
    return this.#operand(
      { role: 'input', dtype, size: this.int(size) },
      this.#data(dtype, size, fill),
      strides,
      offset,
    );
  }

  /** Something to write: every element of an output, or some elements of a state. */
  output(dtype: DType, shape: readonly number[], kept = this.chance(0.25)): Operand {
    const { strides, offset, size } = this.#layout(shape, false, kept);
    const total = kept ? size : shape.reduce((a, b) => a * b, 1);
    const role = kept ? 'state' : 'output';
    const data = this.#data(dtype, total, kept ? 'eighths' : { below: 1 });
    return this.#operand({ role, dtype, size: this.int(total) }, data, strides, offset);
  }

  #data(dtype: DType, size: number, fill: Fill): TypedArray {
    const array = viewBytes(dtype, new ArrayBuffer(size * byteWidth(dtype)));
    for (let i = 0; i < size; i++) {
      const x = this.#number(dtype, fill);
      array[i] = dtype === 'float16' ? toFloat16Bits(x) : x;
    }
    return array;
  }

  #number(dtype: DType, fill: Fill): number {
    const { random } = this;
    if (typeof fill === 'object') return random.below(fill.below);
    if (dtype === 'bool') return random.below(2);
    if (fill === 'wild' && this.chance(0.05)) return random.pick([NaN, Infinity, -Infinity, 0, -0, 100, -100]);
    if (fill === 'powers') return random.pick([1, -1, 2, 1, 1]);
    const whole = random.below(33) - 16;
    const compute = computeDType(dtype);
    if (compute === 'uint32' || dtype.startsWith('u')) return random.below(17);
    return compute === 'int32' ? whole : whole / 8;
  }

  /** A temporary. */
  temp(dtype: DType, size: number): number {
    this.#buffers.push({ role: 'temp', dtype, size });
    this.#args.push(new Uint8Array(0));
    return this.#buffers.length - 1;
  }

  finish(...kernels: readonly Kernel[]): RandomCase {
    const args = this.#buffers.flatMap(({ role }, i) => (role === 'temp' ? [] : [i]));
    return {
      program: { name: 'random', buffers: this.#buffers, args, params: this.#params, kernels },
      args: args.map((i) => this.#args[i]!),
      params: this.#values,
    };
  }
}

/** A shape of some sizes with at most so many elements. */
export function randomShape(random: TestRandom, rank: number, sizes: readonly number[], most: number): number[] {
  for (;;) {
    const shape = Array.from({ length: rank }, () => random.pick(sizes));
    if (shape.reduce((a, b) => a * b, 1) <= most) return shape;
  }
}
