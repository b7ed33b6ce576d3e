/**
 * Tensor: an immutable n-dimensional array. Methods cover the primitive ops; everything else is a function.
 */
import type { Backend } from './backend/backend.ts';
import type { DType, TypedArray } from './dtype.ts';
import { BackendError, ConfigError, DisposedError, ShapeError } from './errors.ts';
import type { Value } from './graph/graph.ts';
import { layoutOf, type Layout } from './layout.ts';
import { getBackend, VERSION } from './runtime/context.ts';
import { contiguousCopy, materialize } from './runtime/eager.ts';
import { withInterpreter } from './runtime/interpreter.ts';
import { track, tracking } from './runtime/scope.ts';
import { decode, encode } from './runtime/host.ts';
import { Storage } from './runtime/storage.ts';
import { formatShape, sizeOf, type Shape } from './shape.ts';
import { toNested, type Nested } from './nested.ts';
import { formatTensor, toPrimitive } from './print.ts';
import type { TensorLike } from './create.ts';
import * as ew from './functions/elementwise.ts';
import * as red from './functions/reduce.ts';
import * as mov from './functions/movement.ts';
import { matmul } from './functions/contract.ts';
import { at, type Index } from './functions/at.ts';

/** Axes to reduce over; absent means all. */
type Axes = number | readonly number[] | null;

/**
 * An immutable n-dimensional array of one dtype.
 * Make one with `tensor()`, `zeros()` and friends; read it with `await t.data()`, `await t.item()` or `await t.array()`.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * (await x.mul(2).sum().item()) === 20;
 */
export class Tensor {
  /** @internal dtype, shape and strides. */
  readonly layout: Layout;
  /** @internal */
  readonly storage: Storage | null;
  /** @internal Start in the storage, in elements. */
  readonly offset: number;
  /** @internal The graph value of a symbolic tensor. */
  readonly value: Value | null;
  /** @internal The number of a weakly typed scalar. */
  readonly literal: number | undefined;
  #disposed = false;

  protected constructor(
    layout: Layout,
    storage: Storage | null,
    offset: number,
    value: Value | null,
    literal: number | undefined,
  ) {
    this.layout = layout;
    this.storage = storage;
    this.offset = offset;
    this.value = value;
    this.literal = literal;
    if (storage !== null) storage.hold();
  }

  /** @internal A tensor over memory. */
  static stored(layout: Layout, storage: Storage, offset: number): Tensor {
    const t = new Tensor(layout, storage, offset, null, undefined);
    if (tracking()) track(t);
    return t;
  }

  /** @internal A tensor of a graph being traced. */
  static symbolic(layout: Layout, value: Value): Tensor {
    return new Tensor(layout, null, 0, value, undefined);
  }

  /** @internal A scalar known to the compiler as a parameter. */
  static scalar(value: number, dtype: DType): Tensor {
    return new Tensor(layoutOf(dtype, []), null, 0, null, value);
  }

  /** @internal A tensor from row-major host values, on the default backend. */
  static fromValues(values: ArrayLike<number>, shape: Shape, dtype: DType, backend: Backend = getBackend()): Tensor {
    const storage = new Storage(backend, dtype, sizeOf(shape));
    backend.write(storage.buffer, encode(values, storage.size, dtype), dtype);
    return Tensor.stored(layoutOf(dtype, shape), storage, 0);
  }

  /** @internal Another handle on the same memory, freed by scopes as if it were new. */
  alias(): Tensor {
    return this.storage === null ? this : Tensor.stored(this.layout, this.storage, this.offset);
  }

  /** @internal Another handle on the same memory that no scope frees. */
  share(): Tensor {
    return new Tensor(this.layout, this.storage, this.offset, this.value, this.literal);
  }

  /** Sizes of the axes, outermost first. */
  get shape(): Shape {
    return this.layout.shape;
  }

  get dtype(): DType {
    return this.layout.dtype;
  }

  /** Number of axes. */
  get rank(): number {
    return this.layout.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.layout.size;
  }

  /** The backend that holds the elements. */
  get backend(): Backend {
    return this.storage?.backend ?? getBackend();
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * The elements in row-major order, as a new typed array (`float16` as `Float32Array`, `bool` as 0 and 1).
   *
   * @throws ConfigError inside `jit` or another trace, where there is no value to read.
   */
  async data(): Promise<TypedArray> {
    const { storage, offset } = this.#readable();
    return decode(await storage.backend.read(storage.buffer, this.dtype, offset, this.size), this.dtype);
  }

  /** As {@link data}, at once; only on backends that can read synchronously. */
  dataSync(): TypedArray {
    const { storage, offset } = this.#readable();
    const { readSync, name } = storage.backend;
    if (!readSync)
      throw new BackendError(`dataSync: the ${name} backend cannot read synchronously; use await t.data()`);
    return decode(readSync.call(storage.backend, storage.buffer, this.dtype, offset, this.size), this.dtype);
  }

  #readable(): { storage: Storage; offset: number } {
    if (this.value !== null) {
      throw new ConfigError('cannot read a value inside jit() or another traced function; return it instead');
    }
    if (this.#disposed) throw new DisposedError(`a tensor of shape ${formatShape(this.shape)} is read after dispose()`);
    const source = withInterpreter(null, () => {
      const real = materialize(this);
      return real.layout.contiguous ? real : contiguousCopy(real);
    });
    return { storage: source.storage!, offset: source.offset };
  }

  /** The only element, as a number (`bool` as 0 or 1). */
  async item(): Promise<number> {
    this.#checkItem('item');
    return (await this.data())[0]!;
  }

  /** As {@link item}, at once. */
  itemSync(): number {
    this.#checkItem('itemSync');
    return this.dataSync()[0]!;
  }

  #checkItem(name: string): void {
    if (this.size !== 1)
      throw new ShapeError(`${name}: expected a tensor with one element, got shape ${formatShape(this.shape)}`);
  }

  /** The elements as nested arrays (a number for a scalar, booleans for `bool`). */
  async array(): Promise<Nested> {
    return toNested(await this.data(), this.shape, this.dtype);
  }

  /** As {@link array}, at once. */
  arraySync(): Nested {
    return toNested(this.dataSync(), this.shape, this.dtype);
  }

  /** NumPy-like text; large tensors are shortened. Symbolic tensors show shape and dtype only. */
  toString(): string {
    if (this.value !== null || this.#disposed || !this.backend.readSync) {
      return `Tensor(${this.dtype}${formatShape(this.shape)}${this.#disposed ? ', disposed' : ''})`;
    }
    return formatTensor(this.dataSync(), this.shape, this.dtype);
  }

  /** Gives the memory back early where nothing else holds it. Using the tensor afterwards throws. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.storage?.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Copies to another backend. */
  async to(backend: Backend): Promise<Tensor> {
    if (this.storage?.backend === backend) return this;
    const values = await this.data();
    return Tensor.fromValues(values, this.shape, this.dtype, backend);
  }

  add(other: TensorLike): Tensor {
    return ew.add(this, other);
  }

  sub(other: TensorLike): Tensor {
    return ew.sub(this, other);
  }

  mul(other: TensorLike): Tensor {
    return ew.mul(this, other);
  }

  div(other: TensorLike): Tensor {
    return ew.div(this, other);
  }

  /** Remainder with the sign of the divisor, as in NumPy and Python. */
  mod(other: TensorLike): Tensor {
    return ew.mod(this, other);
  }

  pow(exponent: TensorLike): Tensor {
    return ew.pow(this, exponent);
  }

  maximum(other: TensorLike): Tensor {
    return ew.maximum(this, other);
  }

  minimum(other: TensorLike): Tensor {
    return ew.minimum(this, other);
  }

  equal(other: TensorLike): Tensor {
    return ew.equal(this, other);
  }

  notEqual(other: TensorLike): Tensor {
    return ew.notEqual(this, other);
  }

  less(other: TensorLike): Tensor {
    return ew.less(this, other);
  }

  lessEqual(other: TensorLike): Tensor {
    return ew.lessEqual(this, other);
  }

  greater(other: TensorLike): Tensor {
    return ew.greater(this, other);
  }

  greaterEqual(other: TensorLike): Tensor {
    return ew.greaterEqual(this, other);
  }

  neg(): Tensor {
    return ew.neg(this);
  }

  abs(): Tensor {
    return ew.abs(this);
  }

  exp(): Tensor {
    return ew.exp(this);
  }

  log(): Tensor {
    return ew.log(this);
  }

  sqrt(): Tensor {
    return ew.sqrt(this);
  }

  square(): Tensor {
    return ew.square(this);
  }

  sin(): Tensor {
    return ew.sin(this);
  }

  cos(): Tensor {
    return ew.cos(this);
  }

  tanh(): Tensor {
    return ew.tanh(this);
  }

  sigmoid(): Tensor {
    return ew.sigmoid(this);
  }

  relu(): Tensor {
    return ew.relu(this);
  }

  floor(): Tensor {
    return ew.floor(this);
  }

  cast(dtype: DType): Tensor {
    return ew.cast(this, dtype);
  }

  sum(axes?: Axes, keepDims = false): Tensor {
    return red.sum(this, axes, keepDims);
  }

  mean(axes?: Axes, keepDims = false): Tensor {
    return red.mean(this, axes, keepDims);
  }

  prod(axes?: Axes, keepDims = false): Tensor {
    return red.prod(this, axes, keepDims);
  }

  max(axes?: Axes, keepDims = false): Tensor {
    return red.max(this, axes, keepDims);
  }

  min(axes?: Axes, keepDims = false): Tensor {
    return red.min(this, axes, keepDims);
  }

  argMax(axis?: number | null, keepDims = false): Tensor {
    return red.argMax(this, axis, keepDims);
  }

  argMin(axis?: number | null, keepDims = false): Tensor {
    return red.argMin(this, axis, keepDims);
  }

  reshape(shape: readonly number[]): Tensor {
    return mov.reshape(this, shape);
  }

  flatten(): Tensor {
    return mov.reshape(this, [-1]);
  }

  transpose(permutation?: readonly number[]): Tensor {
    return mov.transpose(this, permutation);
  }

  broadcastTo(shape: Shape): Tensor {
    return mov.broadcastTo(this, shape);
  }

  squeeze(axes?: Axes): Tensor {
    return mov.squeeze(this, axes);
  }

  expandDims(axis: number | readonly number[]): Tensor {
    return mov.expandDims(this, axis);
  }

  /**
   * `size` elements per axis from `start`; a view, no copy. Without `size`, everything from `start` on; a number is
   * short for the first axis.
   */
  slice(start: number | readonly number[], size?: number | readonly number[]): Tensor {
    return mov.slice(this, start, size);
  }

  flip(axes?: Axes): Tensor {
    return mov.flip(this, axes);
  }

  /** NumPy-style indexing: numbers, `range()`, `null` for a whole axis, `'new'`, `'...'` or index tensors. */
  at(...index: readonly Index[]): Tensor {
    return at(this, ...index);
  }

  matmul(other: TensorLike): Tensor {
    return matmul(this, other);
  }
}

Object.defineProperties(Tensor.prototype, {
  [Symbol.for('@dl/tensor.version')]: { value: VERSION },
  [Symbol.toPrimitive]: { value: toPrimitive },
  [Symbol.for('nodejs.util.inspect.custom')]: { value: Tensor.prototype.toString },
});
