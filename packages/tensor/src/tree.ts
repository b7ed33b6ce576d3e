/**
 * Trees: nested arrays and plain objects whose leaves are tensors, as arguments and results of transformations.
 */
import { Tensor } from './tensor.ts';

/** Tensors in nested arrays and objects; other leaves (numbers, strings, null) are carried along. */
export type Tree =
  Tensor | number | boolean | string | null | undefined | readonly Tree[] | { readonly [key: string]: Tree };

/** All tensors of a tree, depth first, object keys in insertion order. */
export function leavesOf(tree: unknown): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  if (Array.isArray(tree)) return tree.flatMap(leavesOf);
  if (isPlain(tree)) return Object.values(tree).flatMap(leavesOf);
  return [];
}

/** Copies a tree with its tensors replaced, in the order of {@link leavesOf}. */
export function mapTree<T>(tree: T, f: (leaf: Tensor) => unknown): T {
  if (tree instanceof Tensor) return f(tree) as T;
  if (Array.isArray(tree)) return tree.map((item) => mapTree(item, f)) as T;
  if (isPlain(tree)) {
    return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapTree(value, f)])) as T;
  }
  return tree;
}

/** Puts tensors in the places of those of a tree. */
export function fillTree<T>(tree: T, tensors: readonly Tensor[]): T {
  let next = 0;
  return mapTree(tree, () => tensors[next++]!);
}

/** Whether a value is a plain object, whose properties belong to the tree. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
