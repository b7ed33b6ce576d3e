// Turns a list of elements into one batch, field by field.
import { emptyLike, isNDArray, isTypedArray, sizeOf, type NDArray, type TypedArray } from './arrays.ts';
import { show } from './checks.ts';
import { ShapeError } from './errors.ts';

const plainPrototypes: readonly unknown[] = [Object.prototype, null];

/** Whether a value is a record (an object literal), as opposed to an instance of some class. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && plainPrototypes.includes(Object.getPrototypeOf(value));

const at = (field: string, row: number): string => `batch: element ${row}${field === '' ? '' : `, field ${field}`}`;

const stackNumbers = (values: readonly unknown[], field: string): NDArray => {
  const data = new Float32Array(values.length);
  for (const [i, value] of values.entries()) {
    if (typeof value !== 'number') {
      throw new ShapeError(
        `${at(field, i)}: expected a number as in element 0, got ${show(value)}; give missing values a default`,
      );
    }
    data[i] = value;
  }
  return { data, shape: [values.length] };
};

const stackArrays = (rows: readonly unknown[], field: string): NDArray => {
  const partsOf = (row: unknown, i: number): { data: TypedArray; shape: readonly number[] } => {
    if (isTypedArray(row)) return { data: row, shape: [row.length] };
    if (isNDArray(row)) return row;
    throw new ShapeError(`${at(field, i)}: expected a numeric array as in element 0, got ${show(row)}`);
  };
  const first = partsOf(rows[0], 0);
  const shape = first.shape.join(', ');
  const size = sizeOf(first.shape);
  const data = emptyLike(first.data, rows.length * size);
  for (const [i, row] of rows.entries()) {
    const part = partsOf(row, i);
    if (part.shape.join(', ') !== shape || part.data.length !== size) {
      throw new ShapeError(
        `${at(field, i)}: expected shape [${shape}] as in element 0, got [${part.shape.join(', ')}]; pad or crop rows first`,
      );
    }
    if (part.data.constructor !== first.data.constructor) {
      throw new ShapeError(
        `${at(field, i)}: expected ${first.data.constructor.name} as in element 0, got ${part.data.constructor.name}`,
      );
    }
    data.set(part.data, i * size);
  }
  return { data, shape: [rows.length, ...first.shape] };
};

/**
 * One batch from elements of one structure: numbers become float32, numeric rows of one shape an array with one more
 * axis, tuples and records are stacked field by field, anything else stays a list.
 */
export const stack = (rows: readonly unknown[], field = ''): unknown => {
  const first = rows[0];
  if (typeof first === 'number') return stackNumbers(rows, field);
  if (isTypedArray(first) || isNDArray(first)) return stackArrays(rows, field);
  if (Array.isArray(first)) {
    for (const [i, row] of rows.entries()) {
      if (!Array.isArray(row) || row.length !== first.length) {
        throw new ShapeError(`${at(field, i)}: expected a tuple of ${first.length} as in element 0, got ${show(row)}`);
      }
    }
    return first.map((_, k) =>
      stack(
        rows.map((row) => (row as readonly unknown[])[k]),
        `${field}[${k}]`,
      ),
    );
  }
  if (isRecord(first)) {
    const keys = Object.keys(first);
    for (const [i, row] of rows.entries()) {
      if (!isRecord(row) || Object.keys(row).length !== keys.length || keys.some((key) => !Object.hasOwn(row, key))) {
        throw new ShapeError(
          `${at(field, i)}: expected a record with ${keys.join(', ')} as in element 0, got ${
            isRecord(row) ? Object.keys(row).join(', ') : show(row)
          }`,
        );
      }
    }
    return Object.fromEntries(
      keys.map((key) => [
        key,
        stack(
          rows.map((row) => (row as Readonly<Record<string, unknown>>)[key]),
          field === '' ? key : `${field}.${key}`,
        ),
      ]),
    );
  }
  for (const [i, row] of rows.entries()) {
    if (typeof row !== typeof first) {
      throw new ShapeError(`${at(field, i)}: expected a ${typeof first} as in element 0, got ${show(row)}`);
    }
  }
  return [...rows];
};
