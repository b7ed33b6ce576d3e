/**
 * Control flow, and the functions that transform functions.
 */
import * as autograd from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { casesOf, positive, real, whole, type Case } from '../case.ts';

const on = casesOf(ops);
const transform = casesOf(autograd, 'autograd.');
const X = real([3, 2]);
const V = real([3]);

export const CONTROL: readonly Case[] = [
  on('foriLoop', (f, x) => f(0, 3, (i: Tensor, y: Tensor) => y.mul(x).add(i), x), [V]),
  on(
    'scan',
    (f, x) => f((sum: Tensor, row: Tensor) => [sum.add(row.square()), sum.mul(row)], ops.zerosLike(x.at(0)), x),
    [X],
  ),
  on('map', (f, x) => f((row: Tensor) => row.square().sum(), x), [X]),
  on('associativeScan', (f, x) => f((a: Tensor, b: Tensor) => a.mul(b), x), [X]),
  on(
    'whileLoop',
    (f, x) =>
      f(
        (y: Tensor) => y.sum().less(100),
        (y: Tensor) => y.mul(2),
        x,
        { maximumIterations: 9 },
      ),
    [positive([3])],
  ),
  on(
    'cond',
    (f, x) =>
      f(
        x.sum().greater(0),
        () => x.square(),
        () => x.neg(),
      ),
    [V],
  ),
  on('switchCase', (f, i, x) => f(i, [(y: Tensor) => y.square(), (y: Tensor) => y.neg()], x), [whole([], 0, 2), V]),
  on('vectorize', (f, x) => f((y: Tensor) => y.square().add(1))(x), [X]),
  transform('jvp', (f, x, v) => f((y: Tensor) => y.square(), [x], [v]), [V, V]),
  transform(
    'customGradient',
    (f, x) =>
      f(
        (y) => y.mul(y),
        ({ inputs: [y], cotangent }) => [cotangent.mul(y!).mul(2)],
      )(x),
    [V],
  ),
  transform('vectorizedMap', (f, x) => f((row: Tensor) => row.square().sum(), x), [X]),
];
