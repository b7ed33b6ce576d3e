/**
 * SymbolicTensor: what stands in for a tensor while a functional model is built.
 */
import type { DType, TypedArray } from './dtype.ts';
import { ConfigError } from './errors.ts';
import { layoutOf } from './layout.ts';
import type { Shape } from './shape.ts';
import { Tensor } from './tensor.ts';

/**
 * A tensor of a model under construction: it has a shape, in which open sizes are null, and a dtype, but no values.
 * Ops given one call {@link record} instead of computing.
 */
export abstract class SymbolicTensor extends Tensor {
  readonly #shape: readonly (number | null)[];
  readonly #dtype: DType;

  constructor(shape: readonly (number | null)[], dtype: DType) {
    super(layoutOf(dtype, []), null, 0, null, undefined);
    this.#shape = shape;
    this.#dtype = dtype;
    // Whatever reaches for memory by another way than an op is told so.
    Object.defineProperty(this, 'layout', {
      get: (): never => this.#refuse(),
    });
  }

  /** Records `fn` applied to `args` under the op's name, and returns the symbolic results. */
  abstract record(name: string, fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown;

  /** Sizes of the axes; null, whatever the type says, where a size is open, as that of the batch. */
  override get shape(): Shape {
    return this.#shape as Shape;
  }

  override get dtype(): DType {
    return this.#dtype;
  }

  override get rank(): number {
    return this.#shape.length;
  }

  override async data(): Promise<TypedArray> {
    return this.#refuse();
  }

  override dataSync(): TypedArray {
    return this.#refuse();
  }

  override toString(): string {
    return `SymbolicTensor(${this.dtype}[${this.#shape.map((n) => n ?? 'null').join(', ')}])`;
  }

  #refuse(): never {
    throw new ConfigError(
      `${String(this)} is the input or output of a model under construction and has no values; use ops and layers on it, and give data to the model`,
    );
  }
}
