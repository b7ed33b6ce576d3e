/**
 * Eigenvalues of general matrices on the host.
 */
import { cpu } from '@dl/backend-cpu';
import { eye, setBackend, tensor, zeros, type Tensor } from '@dl/tensor';
import { eig } from '@dl/tensor/linalg';
import { beforeAll, expect, test } from 'vitest';
import { normal } from './random-matrices.ts';

beforeAll(() => setBackend(cpu()));

/** The largest element of A·V − V·diag(w), relative to that of A. */
async function residual(a: Tensor): Promise<number> {
  const [[wr, wi], [vr, vi]] = await eig(a);
  const [rowR, rowI] = [wr.expandDims(-2), wi.expandDims(-2)];
  const real = a.matmul(vr).sub(vr.mul(rowR).sub(vi.mul(rowI)));
  const imaginary = a.matmul(vi).sub(vr.mul(rowI).add(vi.mul(rowR)));
  const scale = Math.max(a.abs().max().itemSync(), 1e-300);
  return Math.max(real.abs().max().itemSync(), imaginary.abs().max().itemSync()) / scale;
}

/** The matrix whose characteristic polynomial has these coefficients. */
function companion(coefficients: readonly number[]): Tensor {
  const n = coefficients.length;
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => (i === 0 ? -coefficients[j]! : i === j + 1 ? 1 : 0)),
  );
  return tensor(rows, 'float64');
}

test('vectors belong to their values, for matrices of every kind', async () => {
  const cases: readonly Tensor[] = [
    normal([40, 40], 1),
    normal([3, 5, 5], 2),
    normal([7, 7], 3).mul(1e150),
    normal([7, 7], 4).mul(1e-150),
    normal([12, 3], 5).matmul(normal([3, 12], 6)),
    eye(6, 6, 0, 'float64'),
    eye(6, 6, 1, 'float64'),
    eye(6, 6, 1, 'float64').add(eye(6, 6, -5, 'float64')),
    zeros([4, 4], 'float64'),
    companion([-15, 85, -225, 274, -120]),
    companion([0, 0, 0, 0, 0, -1]),
  ];
  for (const a of cases) expect(await residual(a)).toBeLessThan(1e-13);
});

test('values are the roots of characteristic polynomials', async () => {
  const [[real, imaginary]] = await eig(companion([-15, 85, -225, 274, -120]));
  const sorted = [...real.dataSync()].sort((a, b) => a - b);
  sorted.forEach((x, i) => expect(x).toBeCloseTo(i + 1, 9));
  expect([...imaginary.dataSync()]).toEqual([0, 0, 0, 0, 0]);
  const [[cos, sin]] = await eig(companion([0, 0, 0, 0, -1]));
  cos.dataSync().forEach((x, i) => expect(Math.hypot(x, sin.dataSync()[i]!)).toBeCloseTo(1, 13));
  expect([...sin.dataSync()].filter((x) => x === 0)).toHaveLength(1);
});

test('symmetric matrices have real values and vectors', async () => {
  const x = normal([9, 9], 7);
  const [[, wi], [, vi]] = await eig(x.add(x.transpose()));
  expect(wi.abs().max().itemSync()).toBe(0);
  expect(vi.abs().max().itemSync()).toBe(0);
});

test('empty matrices and batches, and numbers that are not finite, pass', async () => {
  const [[w], [v]] = await eig(zeros([0, 0]));
  expect([[...w.shape], [...v.shape]]).toEqual([[0], [0, 0]]);
  const [[batch]] = await eig(zeros([0, 3, 3]));
  expect([...batch.shape]).toEqual([0, 3]);
  for (const bad of [NaN, Infinity]) {
    const [[re]] = await eig(
      tensor([
        [bad, 1, 2],
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect([...re.dataSync()]).toEqual([NaN, NaN, NaN]);
    expect(re.dtype).toBe('float32');
  }
});
