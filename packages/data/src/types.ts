// How the types of columns, rows and batches follow from each other. Types only.
import type { NDArray, NestedNumbers, TypedArray } from './arrays.ts';

/** One value per row: numbers, numeric rows of one shape, or strings. The first axis counts the rows. */
export type Column = TypedArray | NDArray | NestedNumbers | readonly string[];

/** A column, or named columns of one length. */
export type Columns = Column | Readonly<Record<string, Column>>;

/**
 * What one row of a column is: a number for a typed array or a flat array of numbers, a string for strings, otherwise an
 * {@link NDArray} without the first axis; a record of those for a record.
 */
export type RowOf<C> =
  C extends NDArray<infer A>
    ? NDArray<A>
    : C extends TypedArray | readonly number[]
      ? number
      : C extends readonly string[]
        ? string
        : C extends readonly unknown[]
          ? NDArray<Float32Array>
          : { readonly [K in keyof C]: RowOf<C[K]> };

/** Rows of several columns, in order. */
export type RowsOf<C extends readonly Column[]> = { readonly [K in keyof C]: RowOf<C[K]> };

/** What a batch of one primitive is. */
type BatchedPrimitive<T> = T extends number ? NDArray : T extends string ? string[] : T[];

/**
 * What a batch of elements is: numbers and numeric rows become one {@link NDArray} with the batch as first axis, tuples
 * and records are batched field by field, everything else becomes an array.
 */
export type Batched<T> = [T] extends [NDArray<infer A>]
  ? NDArray<A>
  : [T] extends [TypedArray]
    ? NDArray<T>
    : [T] extends [boolean]
      ? boolean[]
      : [T] extends [number | string | null | undefined]
        ? BatchedPrimitive<Exclude<T, null | undefined>>
        : [T] extends [readonly unknown[]]
          ? { readonly [K in keyof T]: Batched<T[K]> }
          : [T] extends [Readonly<Record<string, unknown>>]
            ? { readonly [K in keyof T]: Batched<T[K]> }
            : T[];
