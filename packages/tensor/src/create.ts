/**
 * Making tensors from JS values and from shapes.
 */
import { checkDType, dtypeOfArray, isFloating, promote, promoteScalar, type DType, type TypedArray } from './dtype.ts';
import { BackendError, ConfigError, DTypeError, ShapeError } from './errors.ts';
import { flattenNested, type Nested } from './nested.ts';
import { apply } from './runtime/interpreter.ts';
import { VERSION } from './runtime/context.ts';
import { checkShape, describe, formatShape, sizeOf, type Shape } from './shape.ts';
import { Tensor } from './tensor.ts';
import { Variable } from './variable.ts';

/** What ops take wherever they take a tensor. Numbers and booleans are weakly typed. */
export type TensorLike = Tensor | Variable | Nested | TypedArray;

/** Row-major typed values with a shape, as datasets give them. */
export interface ArrayData {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/** Whether a value is typed values with a shape. */
export function isArrayData(value: unknown): value is ArrayData {
  return (
    typeof value === 'object' &&
    value !== null &&
    ArrayBuffer.isView((value as Partial<ArrayData>).data) &&
    'shape' in value
  );
}

function foreignVersion(value: unknown): string | undefined {
  return (value as { readonly [key: symbol]: string | undefined } | null)?.[Symbol.for('@dl/tensor.version')];
}

/**
 * Makes a tensor; a Tensor is returned as it is, a Variable gives its value.
 * Nested numbers become float32, booleans bool, typed arrays keep their type; `dtype` overrides. Values are copied.
 *
 * @throws ShapeError for ragged arrays or a shape that does not fit; DTypeError for values that are not numbers.
 * @example
 * tensor([[1, 2], [3, 4]]);
 * tensor(new Float32Array(6), undefined, [2, 3]);
 */
export function tensor(value: TensorLike | ArrayData, dtype?: DType, shape?: Shape): Tensor {
  if (dtype !== undefined) checkDType(dtype, 'tensor');
  if (value instanceof Variable) return tensor(value.value, dtype, shape);
  if (value instanceof Tensor) {
    const typed = dtype === undefined || dtype === value.dtype ? value : apply('cast', [value], { dtype });
    return shape === undefined ? typed : apply('reshape', [typed], { shape });
  }
  if (ArrayBuffer.isView(value)) return fromTypedArray(value as TypedArray, dtype, shape ?? [value.length]);
  if (isArrayData(value)) return fromTypedArray(value.data, dtype, shape ?? value.shape);
  const foreign = foreignVersion(value);
  if (foreign !== undefined) {
    throw new BackendError(
      `tensor: this tensor is of another copy of @dl/tensor (version ${foreign}, here ${VERSION}); install and bundle one copy only`,
    );
  }
  const { values, shape: found, bool } = flattenNested(value, 'tensor');
  const type = dtype ?? (bool ? 'bool' : 'float32');
  const wanted = shape === undefined ? found : checkSize(shape, values.length);
  return Tensor.fromValues(values, wanted, type);
}

function fromTypedArray(data: TypedArray, dtype: DType | undefined, shape: Shape): Tensor {
  const type = dtype ?? dtypeOfArray(data);
  return Tensor.fromValues(data, checkSize(shape, data.length), type);
}

function checkSize(shape: Shape, length: number): Shape {
  checkShape(shape, 'tensor');
  if (sizeOf(shape) !== length) {
    throw new ShapeError(`tensor: shape ${formatShape(shape)} holds ${sizeOf(shape)} elements, got ${length} values`);
  }
  return shape;
}

/** Turns an op's argument into a tensor; JS scalars become weakly typed literals of `like`'s promoted dtype. */
export function asTensor(value: TensorLike, where: string, like?: DType): Tensor {
  if (value instanceof Tensor) return value;
  if (value instanceof Variable) return value.read();
  if (typeof value === 'number')
    return Tensor.scalar(value, like === undefined ? 'float32' : promoteScalar(like, value));
  if (typeof value === 'boolean') return Tensor.scalar(Number(value), like ?? 'bool');
  if (typeof value === 'object' && value !== null) return tensor(value);
  throw new DTypeError(`${where}: expected a tensor, array or number, got ${describe(value)}`);
}

/** Both arguments of a binary op as tensors of one dtype, by Keras's promotion rules. */
export function promotePair(a: TensorLike, b: TensorLike, where: string): [Tensor, Tensor] {
  const scalarA = typeof a === 'number' || typeof a === 'boolean';
  const scalarB = typeof b === 'number' || typeof b === 'boolean';
  let x = scalarA && !scalarB ? null : asTensor(a, where);
  const y = scalarB ? asTensor(b, where, x!.dtype) : asTensor(b, where);
  x ??= asTensor(a, where, y.dtype);
  if (x.dtype === y.dtype) return [x, y];
  if (x.value?.weak && isFloating(y.dtype)) return [castTo(x, y.dtype), y];
  if (y.value?.weak && isFloating(x.dtype)) return [x, castTo(y, x.dtype)];
  const dtype = promote(x.dtype, y.dtype);
  return [castTo(x, dtype), castTo(y, dtype)];
}

/** Casts unless the dtype is right already; literals change type for free. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (x.literal !== undefined && isFloating(dtype)) return Tensor.scalar(x.literal, dtype);
  return apply('cast', [x], { dtype });
}

/** A tensor filled with one value; it takes the memory of one element. */
export function full(
  shape: Shape,
  value: number | boolean,
  dtype: DType = typeof value === 'boolean' ? 'bool' : 'float32',
): Tensor {
  checkShape(shape, 'full');
  return apply('broadcastTo', [Tensor.scalar(Number(value), checkDType(dtype, 'full'))], { shape });
}

/** Zeros. */
export function zeros(shape: Shape, dtype: DType = 'float32'): Tensor {
  return full(shape, 0, dtype);
}

/** Ones. */
export function ones(shape: Shape, dtype: DType = 'float32'): Tensor {
  return full(shape, 1, dtype);
}

/**
 * `start`, `start + step`, … below `stop`; with one argument, 0 to `stop`.
 * int32 when all arguments are integers, otherwise float32.
 *
 * @example arange(3); // [0, 1, 2]
 */
export function arange(start: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0 || ![from, to, step].every(Number.isFinite)) {
    throw new ConfigError(`arange: expected finite numbers and a step that is not 0, got ${from}, ${to}, ${step}`);
  }
  const count = Math.max(0, Math.ceil((to - from) / step));
  const type = dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32');
  return Tensor.fromValues(
    Float64Array.from({ length: count }, (_, i) => from + i * step),
    [count],
    type,
  );
}

/** `count` evenly spaced numbers from `start` to `stop`, both included. */
export function linspace(start: number, stop: number, count = 50, dtype: DType = 'float32'): Tensor {
  if (!Number.isInteger(count) || count < 0)
    throw new ConfigError(`linspace: count must be a non-negative integer, got ${count}`);
  const at = (i: number): number =>
    i === count - 1 && count > 1 ? stop : start + ((stop - start) * i) / Math.max(count - 1, 1);
  return Tensor.fromValues(
    Float64Array.from({ length: count }, (_, i) => at(i)),
    [count],
    dtype,
  );
}

/** Ones on the diagonal `offset` places right of the main one. */
export function eye(rows: number, columns: number = rows, offset = 0, dtype: DType = 'float32'): Tensor {
  const shape = checkShape([rows, columns], 'eye');
  const i = apply('iota', [], { shape, axis: 0, dtype: 'int32' });
  const j = apply('iota', [], { shape, axis: 1, dtype: 'int32' });
  const hit = apply('equal', [apply('add', [i, Tensor.scalar(offset, 'int32')], {}), j], {});
  return apply('cast', [hit], { dtype });
}
