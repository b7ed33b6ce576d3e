/**
 * Functions of linear algebra with points at which they are differentiable.
 */
import { eye, type Tensor } from '@dl/tensor';
import {
  cholesky,
  choleskyInverse,
  det,
  eigh,
  expm,
  inv,
  logdet,
  lstsq,
  lu,
  luFactor,
  matrixPower,
  norm,
  pinv,
  qr,
  slogdet,
  solve,
  solveTriangular,
  svd,
} from '@dl/tensor/linalg';
import { normal, t } from './random-matrices.ts';

const square = (x: Tensor): Tensor => x.mul(x);
const symmetric = (x: Tensor): Tensor => x.add(t(x));
const positive = (x: Tensor): Tensor => x.matmul(t(x)).add(eye(3, 3, 0, 'float64'));
/** A function, and where its derivatives are taken. */
export const DERIVATIVES: readonly (readonly [name: string, f: (...xs: Tensor[]) => Tensor, points: () => Tensor[]])[] =
  [
    ['cholesky', (x) => cholesky(positive(x!)), () => [normal([2, 3, 3], 1)]],
    ['choleskyInverse', (x) => choleskyInverse(cholesky(positive(x!))), () => [normal([3, 3], 1)]],
    ['logdet', (x) => logdet(positive(x!)), () => [normal([3, 3], 1)]],
    ['solve', (a, b) => solve(a!, b!), () => [normal([3, 3], 2), normal([2, 3, 1], 3)]],
    [
      'solveTriangular',
      (a, b) => solveTriangular(a!, b!),
      () => [normal([3, 3], 4).add(eye(3, 3, 0, 'float64').mul(2)), normal([3], 3)],
    ],
    ['inv', (x) => inv(x!), () => [normal([3, 3], 5)]],
    ['det', (x) => det(x!), () => [normal([2, 3, 3], 5)]],
    ['slogdet', (x) => slogdet(x!)[1], () => [normal([3, 3], 5)]],
    ['luFactor', (x) => luFactor(x!)[0], () => [normal([3, 3], 6)]],
    ['luFactor tall', (x) => luFactor(x!)[0], () => [normal([4, 2], 7)]],
    ['luFactor wide', (x) => luFactor(x!)[0], () => [normal([2, 4], 7)]],
    ['lu', (x) => lu(x!)[1].matmul(lu(x!)[2]), () => [normal([3, 3], 6)]],
    ['qr', (x) => qr(x!)[0].matmul(square(qr(x!)[1])), () => [normal([4, 2], 8)]],
    ['qr wide', (x) => qr(x!)[0].matmul(square(qr(x!)[1])), () => [normal([2, 4], 8)]],
    ['svd', (x) => square(svd(x!)[0].slice([0, 0], [4, 2])).mul(svd(x!)[1]), () => [normal([4, 2], 9)]],
    ['svd wide', (x) => square(svd(x!, { fullMatrices: false })[2]), () => [normal([2, 4], 9)]],
    ['singular values', (x) => svd(x!, { computeUv: false }), () => [normal([3, 2], 9)]],
    ['eigh', (x) => square(eigh(symmetric(x!))[1]).mul(eigh(symmetric(x!))[0]), () => [normal([3, 3], 10)]],
    ['pinv', (x) => pinv(x!), () => [normal([4, 2], 11)]],
    ['lstsq', (a, b) => lstsq(a!, b!), () => [normal([4, 2], 12), normal([4], 13)]],
    ['expm', (x) => expm(x!), () => [normal([3, 3], 14)]],
    ['matrixPower', (x) => matrixPower(x!, -3), () => [normal([2, 2], 15)]],
    ['norm', (x) => norm(x!, { ord: 3, axis: 1 }), () => [normal([2, 3], 16)]],
    ['nuclear norm', (x) => norm(x!, { ord: 'nuc' }), () => [normal([2, 3], 16)]],
  ];
