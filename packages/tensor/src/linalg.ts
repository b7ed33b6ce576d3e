/**
 * `@dl/tensor/linalg`: linear algebra over the last two axes, as in `keras.ops.linalg` and `numpy.linalg`.
 */
export { cholesky, choleskyInverse, type CholeskyOptions } from './functions/linalg/cholesky.ts';
export { eig } from './functions/linalg/eig.ts';
export { eigh } from './functions/linalg/eigh.ts';
export { expm, matrixPower } from './functions/linalg/powers.ts';
export { lu, luFactor } from './functions/linalg/lu.ts';
export { lstsq, matrixRank, pinv } from './functions/linalg/pinv.ts';
export { norm, type NormOptions, type NormOrder } from './functions/linalg/norm.ts';
export { qr, type QrOptions } from './functions/linalg/qr.ts';
export { det, inv, logdet, slogdet, solve } from './functions/linalg/solve.ts';
export { solveTriangular } from './functions/linalg/triangular.ts';
export { svd, type SvdOptions } from './functions/linalg/svd.ts';
