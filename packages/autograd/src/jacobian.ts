/**
 * jacobian, jacfwd, jacrev, hessian and hvp: derivatives of all results by all arguments, from the directional ones.
 */
import { cast, ConfigError, eye, reshape, slice, transpose, zerosLike, type Shape, type Tensor } from '@dl/tensor';
import { describe, isFloating, leavesOf, mapTree } from '@dl/tensor/interpreter';
import { checkFunction, prepare } from './arguments.ts';
import { grad, selected, vjp, type GradOptions } from './grad.ts';
import { jvp } from './jvp/jvp.ts';
import { vmap } from './vmap/vmap.ts';

/** Options of {@link jacobian}. */
export interface JacobianOptions extends GradOptions {
  /**
   * 'reverse' (the default) takes one backward pass of the size of the results, 'forward' one forward pass of the size of
   * the arguments; choose the smaller.
   */
  readonly mode?: 'forward' | 'reverse';
}

type Any = (...args: never[]) => unknown;

/** For each tensor of a tree, the unit vectors of all of them together: one direction per row. */
function directions(leaves: readonly Tensor[]): Tensor[] {
  const total = leaves.reduce((sum, { size }) => sum + size, 0);
  const unit = eye(total);
  let from = 0;
  return leaves.map(({ shape, size, dtype }) => {
    const columns = slice(unit, [0, from], [total, size]);
    from += size;
    return cast(reshape(columns, [total, ...shape]), dtype);
  });
}

/** A tree with other tensors in place of its own. */
function filled<T>(tree: T, leaves: readonly unknown[]): T {
  let next = 0;
  return mapTree(tree, () => leaves[next++]);
}

/** The rows of directions that belong to each tensor, with those in its shape. */
function split(rows: Tensor, leaves: readonly Tensor[]): Tensor[] {
  let from = 0;
  return leaves.map(({ shape, size }) => {
    const rest = rows.shape.slice(1);
    const own = slice(rows, [from, ...rest.map(() => 0)], [size, ...rest]);
    from += size;
    return reshape(own, [...shape, ...rest]);
  });
}

/** Moves the axes of the argument, which come first, behind those of the result. */
function argumentLast(x: Tensor, argument: Shape): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(argument.length), ...axes.slice(0, argument.length)]);
}

/** Per result, per argument: [...shape of the result, ...shape of the argument]. */
function forward(f: Any, args: readonly unknown[], list: readonly number[]): { result: unknown; parts: Tensor[][] } {
  const leaves = list.flatMap((n) => leavesOf(args[n]));
  let result: unknown;
  const push = (...tangents: Tensor[]): Tensor[] => {
    let next = 0;
    const trees: unknown[] = args.map(() => null);
    for (const n of list) trees[n] = mapTree(args[n], () => tangents[next++]);
    const both = jvp(f as (...a: unknown[]) => unknown, [...args], trees as object[]);
    result = both.value;
    return leavesOf(both.tangent);
  };
  const columns = vmap(push)(...directions(leaves));
  return { result, parts: columns.map((rows) => split(rows, leaves).map((x, k) => argumentLast(x, leaves[k]!.shape))) };
}

function reverse(f: Any, args: readonly unknown[], list: readonly number[]): { result: unknown; parts: Tensor[][] } {
  const chosen = list.map((n) => args[n]);
  const inner = (...some: unknown[]): unknown => {
    const all = [...args];
    list.forEach((n, k) => (all[n] = some[k]));
    return (f as (...a: unknown[]) => unknown)(...all);
  };
  const { value, pullback } = vjp(inner, ...chosen);
  const results = leavesOf(value);
  const pull = (...cotangents: Tensor[]): Tensor[] => leavesOf(pullback(filled(value, cotangents)));
  const rows = vmap(pull)(...directions(results));
  const byArgument = rows.map((all) => split(all, results));
  return { result: value, parts: results.map((_, i) => byArgument.map((parts) => parts[i]!)) };
}

/**
 * The derivative of every element of the result of `f` by every element of the chosen arguments (by default the first), as
 * a function of the same arguments. For a result of shape [...m] and an argument of shape [...n] it has shape
 * [...m, ...n]. A result that is a tree gives that tree with, in place of each tensor, the tree of the arguments.
 *
 * All directions are computed at once, so memory grows with their number. Follows `jax.jacrev` and `jax.jacfwd`.
 *
 * @example
 * jacobian((x: Tensor) => x.square())(tensor([1, 2])); // [[2, 0], [0, 4]]
 */
export function jacobian<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options?: JacobianOptions & { readonly argnums?: number },
): (...args: A) => A[0];
export function jacobian<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  options?: JacobianOptions,
): (...args: A) => unknown;
export function jacobian(
  f: (...args: never[]) => unknown,
  { argnums = 0, mode = 'reverse' }: JacobianOptions = {},
): (...args: never[]) => unknown {
  checkFunction(f, 'jacobian');
  if (mode !== 'forward' && mode !== 'reverse')
    throw new ConfigError(`jacobian: mode must be 'forward' or 'reverse', got ${describe(mode)}`);
  return (...raw) => {
    const list = selected(argnums, raw, 'jacobian');
    const args = (raw as readonly unknown[]).map((arg, i) => (list.includes(i) ? prepare(arg, 'jacobian') : arg));
    const { result, parts } = (mode === 'forward' ? forward : reverse)(f, args, list);
    let next = 0;
    return mapTree(result, () => {
      const own = parts[next++]!;
      let from = 0;
      const trees = list.map((n) => {
        const count = leavesOf(args[n]).length;
        from += count;
        return filled(args[n], own.slice(from - count, from));
      });
      return typeof argnums === 'number' ? trees[0] : trees;
    });
  };
}

/** {@link jacobian} by forward differentiation; better where there are fewer arguments than results. */
export function jacfwd<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => A[0] {
  return jacobian(f, { ...options, mode: 'forward' } as { argnums?: number });
}

/** {@link jacobian} by reverse differentiation; better where there are fewer results than arguments. */
export function jacrev<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => A[0] {
  return jacobian(f, { ...options, mode: 'reverse' } as { argnums?: number });
}

/**
 * The second derivatives of a scalar function by the chosen arguments (by default the first): forward over reverse. For
 * an argument of shape [...n], [...n, ...n]. Follows `jax.hessian`.
 *
 * @example hessian((x: Tensor) => x.mul(x).mul(x).sum())(tensor([1, 2])); // [[6, 0], [0, 12]]
 */
export function hessian<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => A[0] {
  return jacobian(grad(f, options) as (...args: A) => Tensor, { ...options, mode: 'forward' } as { argnums?: number });
}

/**
 * The product of the second derivatives of a scalar function by its arguments with a vector, without the matrix: the change
 * of the gradient in a direction, at a few times the cost of a gradient (B. Pearlmutter, 1994). Arguments that are not
 * floating tensors get zeros.
 *
 * @example hvp((x: Tensor) => x.mul(x).mul(x).sum(), [tensor([1, 2])], [tensor([1, 1])]); // [[6, 12]]
 */
export function hvp<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  primals: readonly [...A],
  vectors: Parameters<typeof jvp<A, A>>[2],
): A {
  const floats = (arg: unknown): boolean => {
    const leaves = leavesOf(arg);
    return leaves.length > 0 && leaves.every(({ dtype }) => isFloating(dtype));
  };
  const given = vectors as readonly unknown[];
  const list = primals.flatMap((arg, i) => ((given[i] ?? null) !== null || floats(arg) ? [i] : []));
  const gradient = grad(f, { argnums: list }) as unknown as (...args: A) => unknown[];
  const { tangent } = jvp(gradient, primals, vectors);
  return primals.map((arg, i) =>
    list.includes(i) ? tangent[list.indexOf(i)] : mapTree(arg, zerosLike),
  ) as unknown as A;
}
