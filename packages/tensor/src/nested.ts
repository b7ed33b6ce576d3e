/**
 * Nested JS arrays in and out.
 */
import type { DType, TypedArray } from './dtype.ts';
import { DTypeError, ShapeError } from './errors.ts';
import { describe, formatShape, type Shape } from './shape.ts';

/** A number, a boolean, or arrays of them of any depth. */
export type Nested = number | boolean | readonly Nested[];

/** Row-major values of a nested array, its shape, and whether all leaves were booleans. */
export function flattenNested(
  value: unknown,
  where: string,
): { values: number[]; shape: Shape; bool: boolean; integer: boolean } {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = (level as unknown[])[0])
    shape.push((level as unknown[]).length);
  const values: number[] = [];
  let bool = true;
  let integer = true;
  const visit = (node: unknown, depth: number, path: string): void => {
    if (Array.isArray(node)) {
      if (depth >= shape.length || node.length !== shape[depth]) {
        throw new ShapeError(
          `${where}: ragged array: ${path || 'the array'} has ${depth >= shape.length ? 'an array' : `${node.length} elements`}, ` +
            `expected ${depth >= shape.length ? 'a number' : shape[depth]} as in its first sibling (shape ${formatShape(shape)})`,
        );
      }
      node.forEach((item, i) => visit(item, depth + 1, `${path}[${i}]`));
      return;
    }
    if (depth !== shape.length) {
      throw new ShapeError(
        `${where}: ragged array: ${path} is ${describe(node)}, expected an array of ${shape[depth]}`,
      );
    }
    if (typeof node === 'number') {
      bool = false;
      integer &&= Number.isInteger(node);
      values.push(node);
    } else if (typeof node === 'boolean') {
      values.push(Number(node));
    } else {
      throw new DTypeError(`${where}: expected numbers or booleans, got ${describe(node)}${path ? ` at ${path}` : ''}`);
    }
  };
  visit(value, 0, '');
  return { values, shape, bool: bool && values.length > 0, integer };
}

/** Nested arrays from row-major values. */
export function toNested(values: TypedArray, shape: Shape, dtype: DType): Nested {
  let at = 0;
  const build = (axis: number): Nested => {
    if (axis === shape.length) {
      const value = values[at++]!;
      return dtype === 'bool' ? value !== 0 : value;
    }
    return Array.from({ length: shape[axis]! }, () => build(axis + 1));
  };
  return build(0);
}
