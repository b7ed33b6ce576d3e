/**
 * grad, valueAndGrad, vjp and variableGrads.
 */
import { ConfigError, DTypeError, ones, ShapeError, Tensor, type Variable, zeros } from '@dl/tensor';
import {
  currentInterpreter,
  describe,
  formatShape,
  isFloating,
  leavesOf,
  mapTree,
  withInterpreter,
} from '@dl/tensor/interpreter';
import { checkFunction, prepare, synchronous } from './arguments.ts';
import { Tape } from './tape.ts';

/** Options of {@link grad} and {@link valueAndGrad}. */
export interface GradOptions {
  /** Which arguments to differentiate by: a position or several. Default 0. */
  readonly argnums?: number | readonly number[];
}

/** The places of the chosen arguments. */
export function selected(
  argnums: number | readonly number[],
  args: readonly unknown[],
  where: string,
): readonly number[] {
  const list = typeof argnums === 'number' ? [argnums] : argnums;
  for (const n of list) {
    if (!Number.isInteger(n) || n < 0 || n >= args.length) {
      throw new ConfigError(`${where}: argnums ${n} names no argument; the function was called with ${args.length}`);
    }
  }
  return list;
}

interface Recording {
  readonly tape: Tape;
  readonly result: unknown;
  readonly watched: readonly unknown[];
}

/** Runs `f` under a tape that watches the chosen arguments. */
function record(
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  argnums: readonly number[],
  where: string,
): Recording {
  checkFunction(f, where);
  const watched = args.map((arg, i) => (argnums.includes(i) ? prepare(arg, where) : arg));
  const tape = new Tape(currentInterpreter());
  for (const n of argnums) for (const leaf of leavesOf(watched[n])) tape.watch(leaf);
  const result = synchronous(
    withInterpreter(tape, () => f(...(watched as never[]))),
    where,
  );
  return { tape, result, watched };
}

function checkScalar(value: unknown, where: string): Tensor {
  if (!(value instanceof Tensor))
    throw new ConfigError(`${where}: the function must return a scalar tensor, got ${describe(value)}`);
  if (value.size !== 1) {
    throw new ShapeError(
      `${where}: the function must return a scalar, got shape ${formatShape(value.shape)}; reduce it with sum() or mean()`,
    );
  }
  if (!isFloating(value.dtype))
    throw new DTypeError(`${where}: the function must return a floating dtype, got ${value.dtype}`);
  return value;
}

/** The tree of an argument with each leaf replaced by its gradient. */
function gradientTree(tree: unknown, cotangents: ReadonlyMap<Tensor, Tensor>): unknown {
  return mapTree(tree, (leaf) => cotangents.get(leaf) ?? zeros(leaf.shape, leaf.dtype));
}

/** Gradients have the structure of the arguments they belong to. */
export type Gradients<A> = A;

/**
 * A function that returns the value of `f` and its gradient by the chosen arguments (by default the first).
 * `f` must return a scalar tensor; arguments may be nested arrays and objects of tensors. Composes with itself.
 *
 * @throws ShapeError when the result is no scalar, DTypeError for integer arguments.
 * @example
 * const { value, grads } = valueAndGrad((x: Tensor) => x.square().sum())(tensor([1, 2]));
 * // grads is [2, 4]
 */
export function valueAndGrad<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  { argnums = 0 }: GradOptions = {},
): (...args: A) => { value: Tensor; grads: Gradients<A[0]> } {
  return (...args) => {
    const list = selected(argnums, args, 'valueAndGrad');
    const { tape, result, watched } = record(f as (...a: never[]) => unknown, args, list, 'valueAndGrad');
    const value = checkScalar(result, 'valueAndGrad');
    const cotangents = tape.isWatched(value)
      ? tape.backward([[value, ones(value.shape, value.dtype)]])
      : new Map<Tensor, Tensor>();
    const trees = list.map((n) => gradientTree(watched[n], cotangents));
    return { value, grads: (typeof argnums === 'number' ? trees[0] : trees) as A[0] };
  };
}

/**
 * The gradient function of a scalar function, by its first argument or by `argnums`.
 *
 * @example
 * const cube = (x: Tensor) => x.mul(x).mul(x);
 * grad(cube)(tensor(2)); // 12
 * grad(grad(cube))(tensor(2)); // 12, the second derivative 6x
 */
export function grad<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => Gradients<A[0]> {
  const both = valueAndGrad(f, options);
  return (...args) => both(...args).grads;
}

/**
 * The value of `f` and the function that pulls a cotangent of it back to cotangents of all arguments.
 * The pull-back can be called once.
 *
 * @example
 * const { value, pullback } = vjp((x: Tensor) => x.square(), tensor([1, 2]));
 * pullback(tensor([1, 1])); // [[2, 4]]
 */
export function vjp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): { value: R; pullback: (cotangent: R) => A } {
  const { tape, result, watched } = record(
    f as (...a: never[]) => unknown,
    args,
    args.map((_, i) => i),
    'vjp',
  );
  const results = leavesOf(result);
  let used = false;
  return {
    value: result as R,
    pullback: (cotangent) => {
      if (used) throw new ConfigError('vjp: the pullback was called twice; its tape is gone after the first call');
      const seeds = leavesOf(cotangent);
      if (seeds.length !== results.length)
        throw new ConfigError(`vjp: expected ${results.length} cotangents, got ${seeds.length}`);
      seeds.forEach((seed, i) => {
        const { shape } = results[i]!;
        if (formatShape(seed.shape) !== formatShape(shape)) {
          throw new ShapeError(
            `vjp: cotangent ${i} must have shape ${formatShape(shape)}, got ${formatShape(seed.shape)}`,
          );
        }
      });
      used = true;
      const pairs = results.flatMap((tensor, i) => (tape.isWatched(tensor) ? [[tensor, seeds[i]!] as const] : []));
      const cotangents = tape.backward(pairs);
      return watched.map((tree) => gradientTree(tree, cotangents)) as unknown as A;
    },
  };
}

/**
 * Runs `fn` and returns its value with its gradient by each Variable; null where the value does not depend on it.
 *
 * @throws ShapeError when the value is no scalar.
 * @example
 * const { value, grads } = variableGrads(() => model.apply(x).sub(y).square().mean(), model.trainableWeights);
 */
export function variableGrads(
  fn: () => Tensor,
  variables: readonly Variable[],
): { value: Tensor; grads: (Tensor | null)[] } {
  checkFunction(fn, 'variableGrads');
  const tape = new Tape(currentInterpreter(), new Set(variables));
  const value = synchronous(withInterpreter(tape, fn), 'variableGrads');
  checkScalar(value, 'variableGrads');
  const cotangents = tape.isWatched(value)
    ? tape.backward([[value, ones(value.shape, value.dtype)]])
    : new Map<Tensor, Tensor>();
  return { value, grads: variables.map((variable) => tape.ofVariable(variable, cotangents)) };
}
