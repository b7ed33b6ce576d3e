/**
 * Linear algebra against numpy.linalg and torch.linalg: values, gradients, and compiled values.
 */
import { square, type Tensor } from '@dl/tensor';
import {
  cholesky,
  choleskyInverse,
  det,
  eig,
  eigh,
  expm,
  inv,
  logdet,
  lstsq,
  luFactor,
  matrixPower,
  matrixRank,
  norm,
  pinv,
  qr,
  slogdet,
  solve,
  solveTriangular,
  svd,
  type NormOrder,
} from '@dl/tensor/linalg';
import { expect, test } from 'vitest';
import { checkGolden, readGolden, unpack } from './golden.ts';

type Function = (x: Tensor, y: Tensor, options: never) => readonly Tensor[];

const thin = { fullMatrices: false };
const FUNCTIONS: { readonly [name: string]: Function } = {
  cholesky: (x) => [cholesky(x)],
  choleskyInverse: (x) => [choleskyInverse(x)],
  logdet: (x) => [logdet(x)],
  solve: (a, b) => [solve(a, b)],
  solveVector: (a, b) => [solve(a, b)],
  inv: (x) => [inv(x)],
  det: (x) => [det(x)],
  slogdet: (x) => slogdet(x),
  solveTriangular: (a, b) => [solveTriangular(a, b)],
  solveTriangularLower: (a, b) => [solveTriangular(a, b, { lower: true })],
  expm: (x) => [expm(x)],
  matrixPower: (x, _, n: number) => [matrixPower(x, n)],
  eigenvalues: (x) => [eigh(x)[0]],
  eigenvectorSquares: (x) => [square(eigh(x)[1])],
  qr: (x) => qr(x),
  singularValues: (x) => [svd(x, { computeUv: false })],
  singularVectorSquares: (x) => [square(svd(x, thin)[0]), square(svd(x, thin)[2])],
  luFactor: (x) => [luFactor(x)[0]],
  luPivots: (x) => [luFactor(x)[1]],
  pinv: (x) => [pinv(x)],
  lstsq: (a, b) => [lstsq(a, b)],
  lstsqValue: (a, b) => [lstsq(a, b)],
  matrixRank: (x) => [matrixRank(x)],
  norm: (x, _, { ord, axis }: { ord: string | number | null; axis: number | number[] | null }) => [
    norm(x, { ord: (ord === 'inf' ? Infinity : ord === '-inf' ? -Infinity : ord) as NormOrder, axis }),
  ],
};

const cases = readGolden('linalg.json');

test.each(Object.entries(FUNCTIONS))('%s is what numpy and torch compute', (name, f) => {
  const own = cases.filter((c) => c.name === name);
  expect(own.length).toBeGreaterThan(0);
  for (const golden of own) {
    // Gradients of vectors lose as much as the gaps between values are small.
    const single = name.endsWith('Squares') ? 5e-3 : 1e-3;
    checkGolden((x, y) => f(x!, y!, golden.options as never), golden, single);
  }
});

test('eig gives the eigenvalues of numpy, and vectors that belong to them', async () => {
  const own = cases.filter(({ name }) => name === 'eig');
  expect(own).toHaveLength(6);
  for (const { inputs, outputs } of own) {
    const x = unpack(inputs[0]!);
    const n = x.shape[0]!;
    const [[wr, wi], [vr, vi]] = await eig(x);
    const found = Array.from({ length: n }, (_, k) => [wr.dataSync()[k]!, wi.dataSync()[k]!] as const);
    found.sort(([a, b], [c, d]) => (Math.abs(a - c) > 1e-7 ? a - c : b - d));
    found.forEach(([re, im], k) => {
      expect(re).toBeCloseTo(outputs[0]!.data[k]!, 7);
      expect(im).toBeCloseTo(outputs[1]!.data[k]!, 7);
    });
    const real = x.matmul(vr).sub(vr.mul(wr).sub(vi.mul(wi)));
    const imaginary = x.matmul(vi).sub(vr.mul(wi).add(vi.mul(wr)));
    expect(real.abs().max().itemSync()).toBeLessThan(1e-12);
    expect(imaginary.abs().max().itemSync()).toBeLessThan(1e-12);
    square(vr)
      .add(square(vi))
      .sum(0)
      .dataSync()
      .forEach((length) => expect(length).toBeCloseTo(1, 12));
  }
});
