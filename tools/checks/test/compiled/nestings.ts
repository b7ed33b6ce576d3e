/**
 * Transformations in each other, up to three deep, and the same by gradients alone.
 */
import { checkpoint, grad, jvp, vmap } from '@dl/autograd';
import { jit, stack, type Tensor } from '@dl/tensor';
import { weightsLike } from '../../../../packages/autograd/test/samples.ts';

export type Scalar = (x: Tensor) => Tensor;
export type Transform = 'jit' | 'grad' | 'jvp' | 'vmap' | 'checkpoint';

/** A scalar in which no component cancels another. */
export const project = (y: Tensor): Tensor => y.mul(weightsLike(y)).mean();

const EXAMPLES = [1, -0.4];
const derivative =
  (f: Scalar): Scalar =>
  (x) =>
    project(grad(f)(x));

type Table = { readonly [T in Transform]: (f: Scalar) => Scalar };

/** Each transformation as a function from scalar functions to scalar functions. */
const TRANSFORMS: Table = {
  jit: (f) => jit(f),
  grad: derivative,
  jvp: (f) => (x) => jvp(f, [x], [weightsLike(x, 2)]).tangent,
  vmap: (f) => (x) => project(vmap(f)(stack(EXAMPLES.map((k) => x.mul(k))))),
  checkpoint: (f) => checkpoint(f),
};

/** The same by gradients alone. */
const PLAIN: Table = {
  jit: (f) => f,
  grad: derivative,
  jvp: (f) => (x) => grad(f)(x).mul(weightsLike(x, 2)).sum(),
  vmap: (f) => (x) => project(stack(EXAMPLES.map((k) => f(x.mul(k))))),
  checkpoint: (f) => f,
};

const NAMES = Object.keys(TRANSFORMS) as Transform[];

/** All nestings of one to three. */
export const NESTINGS: readonly (readonly Transform[])[] = [
  ...NAMES.map((a) => [a]),
  ...NAMES.flatMap((a) => NAMES.map((b) => [a, b])),
  ...NAMES.flatMap((a) => NAMES.flatMap((b) => NAMES.map((c) => [a, b, c]))),
];

/** A function under a nesting, the first transformation outermost. */
export const transformed = (names: readonly Transform[], f: Scalar): Scalar =>
  names.reduceRight((g, name) => TRANSFORMS[name](g), f);

/** As {@link transformed}, by gradients alone. */
export const plainly = (names: readonly Transform[], f: Scalar): Scalar =>
  names.reduceRight((g, name) => PLAIN[name](g), f);

/** What derivatives of a nesting agree to: those of third order are sums of large terms. */
export const toleranceOf = (names: readonly Transform[]): number =>
  1e-7 * 10 ** names.filter((name) => name === 'grad' || name === 'jvp').length;
