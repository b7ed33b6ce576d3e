// Columns in memory: one row by number, or many rows gathered straight into a batch.
import { checkNDArray, emptyLike, isNDArray, isTypedArray, ndarray, sizeOf, type NDArray } from './arrays.ts';
import { show } from './checks.ts';
import { ConfigError, ShapeError } from './errors.ts';
import { isRecord } from './stack.ts';
import type { Column } from './types.ts';

/** Rows that can be read in any order. */
export interface Table<T> {
  readonly length: number;
  /** One row. Numeric rows are views of the column, not copies. */
  row(index: number): T;
  /** The batch of these rows, copied. */
  gather(indices: Int32Array): unknown;
}

const isConsecutive = (indices: Int32Array): boolean => {
  const first = indices[0] ?? 0;
  for (let i = 1; i < indices.length; i++) if (indices[i] !== first + i) return false;
  return true;
};

/** Copies rows of an array with at least one axis. */
export const gatherRows = (array: NDArray, indices: Int32Array): NDArray => {
  const { data, shape } = array;
  const rowSize = sizeOf(shape.slice(1));
  const count = indices.length;
  const batchShape = [count, ...shape.slice(1)];
  if (count > 0 && isConsecutive(indices)) {
    const start = indices[0]! * rowSize;
    return { data: data.slice(start, start + count * rowSize), shape: batchShape };
  }
  const out = emptyLike(data, count * rowSize);
  if (rowSize >= 16) {
    for (let i = 0; i < count; i++) {
      const start = indices[i]! * rowSize;
      out.set(data.subarray(start, start + rowSize), i * rowSize);
    }
  } else {
    for (let i = 0, target = 0; i < count; i++) {
      const start = indices[i]! * rowSize;
      for (let k = 0; k < rowSize; k++) out[target++] = data[start + k]!;
    }
  }
  return { data: out, shape: batchShape };
};

const scalarTable = (array: NDArray): Table<unknown> => ({
  length: array.data.length,
  row: (index) => array.data[index],
  gather: (indices) => gatherRows(array, indices),
});

const arrayTable = (array: NDArray): Table<unknown> => {
  const rowShape = array.shape.slice(1);
  const rowSize = sizeOf(rowShape);
  return {
    length: array.shape[0]!,
    row: (index) => ({ data: array.data.subarray(index * rowSize, (index + 1) * rowSize), shape: rowShape }),
    gather: (indices) => gatherRows(array, indices),
  };
};

const listTable = (values: readonly unknown[]): Table<unknown> => ({
  length: values.length,
  row: (index) => values[index],
  gather: (indices) => Array.from(indices, (index) => values[index]),
});

/** The table of one column; throws when it is ragged, not numeric, or its shape does not fit its data. */
export const columnTable = (where: string, column: Column): Table<unknown> => {
  if (isTypedArray(column)) return scalarTable({ data: column, shape: [column.length] });
  if (isNDArray(column)) {
    checkNDArray(where, column);
    if (column.shape.length === 0) throw new ShapeError(`${where}: a scalar (shape []) has no rows`);
    return arrayTable(column);
  }
  if (Array.isArray(column)) {
    if (typeof column[0] === 'string') {
      const wrong = column.findIndex((value) => typeof value !== 'string');
      if (wrong >= 0) throw new ShapeError(`${where}: expected a string in row ${wrong}, got ${show(column[wrong])}`);
      return listTable(column);
    }
    const array = ndarray(column);
    return array.shape.length === 1 ? scalarTable(array) : arrayTable(array);
  }
  throw new ConfigError(
    `${where}: expected a typed array, { data, shape }, nested arrays or strings, got ${show(column)}`,
  );
};

const checkLengths = (where: string, tables: readonly (readonly [string, Table<unknown>])[]): number => {
  const [name, first] = tables[0]!;
  for (const [other, table] of tables) {
    if (table.length !== first.length) {
      throw new ShapeError(
        `${where}: columns differ in rows, ${name} has ${first.length} and ${other} has ${table.length}`,
      );
    }
  }
  return first.length;
};

/** The table whose rows are records. */
export const recordTable = (where: string, columns: Readonly<Record<string, Column>>): Table<unknown> => {
  if (!isRecord(columns) || Object.keys(columns).length === 0) {
    throw new ConfigError(`${where}: expected columns by name, got ${show(columns)}`);
  }
  const tables = Object.entries(columns).map(
    ([name, column]) => [name, columnTable(`${where}, column ${name}`, column)] as const,
  );
  return {
    length: checkLengths(where, tables),
    row: (index) => Object.fromEntries(tables.map(([name, table]) => [name, table.row(index)])),
    gather: (indices) => Object.fromEntries(tables.map(([name, table]) => [name, table.gather(indices)])),
  };
};

/** The table whose rows are tuples. */
export const tupleTable = (where: string, columns: readonly Column[]): Table<unknown> => {
  const tables = columns.map((column, i) => [`${i}`, columnTable(`${where}, column ${i}`, column)] as const);
  return {
    length: checkLengths(where, tables),
    row: (index) => tables.map(([, table]) => table.row(index)),
    gather: (indices) => tables.map(([, table]) => table.gather(indices)),
  };
};
