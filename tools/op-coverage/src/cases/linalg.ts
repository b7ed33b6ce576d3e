/**
 * Linear algebra. Signs of eigenvectors and singular vectors are arbitrary, so that products without them are compared.
 */
import type { Tensor } from '@dl/tensor';
import { linalg } from '@dl/tensor/ops';
import * as ops from '@dl/tensor/ops';
import { casesOf, matrix, real, type Case } from '../case.ts';

const on = casesOf(linalg, 'linalg.');
const SQUARE = matrix(3, 3);
const spd = (x: Tensor): Tensor => x.matmul(ops.swapAxes(x, -1, -2)).add(ops.eye(3, 3, 0, x.dtype));
const symmetric = (x: Tensor): Tensor => x.add(ops.swapAxes(x, -1, -2)).div(2);

export const LINALG: readonly Case[] = [
  on('cholesky', (f, x) => f(spd(x)), [SQUARE]),
  on('choleskyInverse', (f, x) => f(linalg.cholesky(spd(x))), [SQUARE]),
  on('logdet', (f, x) => f(spd(x)), [SQUARE]),
  on('det', (f, x) => f(x), [SQUARE]),
  on('slogdet', (f, x) => f(x), [SQUARE]),
  on('inv', (f, x) => f(x), [SQUARE]),
  on('solve', (f, a, b) => f(a, b), [SQUARE, real([3, 2])]),
  on('solveTriangular', (f, a, b) => f(a.add(ops.eye(3, 3, 0, a.dtype).mul(3)), b, { lower: true }), [
    SQUARE,
    real([3, 2]),
  ]),
  on('lu', (f, x) => f(x), [SQUARE]),
  on('luFactor', (f, x) => f(x), [SQUARE]),
  on('qr', (f, x) => f(x), [matrix(4, 3)]),
  on(
    'eigh',
    (f, x) => {
      const [w, v] = f(symmetric(x));
      return [w, v.square()];
    },
    [SQUARE],
  ),
  on(
    'svd',
    (f, x) => {
      const [u, s, vh] = f(x, { fullMatrices: false });
      return [u.square(), s, vh.square()];
    },
    [matrix(4, 3)],
  ),
  on('eig', async (f, x) => (await f(x)).map(([re, im]) => [re.square(), im.square()]), [SQUARE], {
    jit: 'computed on the host',
    vmap: 'computed on the host',
    derivative: 'computed on the host',
  }),
  on('pinv', (f, x) => f(x), [matrix(4, 3)]),
  on('lstsq', (f, a, b) => f(a, b), [matrix(4, 3), real([4])]),
  on('matrixPower', (f, x) => [f(x, 3), f(x, -2)], [SQUARE], { tolerance: 1e-3 }),
  on('matrixRank', (f, x) => f(x), [matrix(4, 3)]),
  on('norm', (f, x) => [f(x), f(x, { ord: 1, axis: 0 }), f(x, { ord: 'nuc' }), f(x, { ord: 2 })], [matrix(4, 3)]),
  on('expm', (f, x) => f(x), [SQUARE]),
];
