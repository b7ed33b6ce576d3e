/**
 * What must hold of factorizations, whatever the numbers: products, orthogonality, order, edge sizes, singular matrices and
 * messages.
 */
import { grad } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { eye, jit, setBackend, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { compiledPrograms } from '@dl/tensor/interpreter';
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
  lu,
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
} from '@dl/tensor/linalg';
import { beforeEach, describe, expect, test } from 'vitest';
import { normal, t, type Float } from './random-matrices.ts';

beforeEach(() => setBackend(cpu()));

const epsilon = (dtype: Float): number => (dtype === 'float64' ? 2 ** -52 : 2 ** -23);

/** The largest difference between two tensors in units of n·ε·scale. */
function error(a: Tensor, b: Tensor, scale: number, n: number): number {
  if (a.size === 0) return 0;
  return a.sub(b).abs().max().itemSync() / (Math.max(scale, 1e-300) * n * epsilon(a.dtype as Float));
}

/** Matrices of every kind: random, of low rank, with clusters of singular values, badly scaled, with columns of zeros. */
function matrixOf(kind: string, m: number, n: number, dtype: Float): Tensor {
  const x = normal([m, n], m * 31 + n, dtype);
  const graded = tensor(
    Float64Array.from({ length: n }, (_, j) => 10 ** (-j / 3)),
    dtype,
  );
  switch (kind) {
    case 'low rank':
      return normal([m, 2], 1, dtype).matmul(normal([2, n], 2, dtype));
    case 'clusters':
      return qr(normal([m, n], 3, dtype))[0].matmul(
        qr(normal([n, n], 4, dtype))[0].mul(
          tensor(
            Float64Array.from({ length: n }, (_, j) => 1 + (j % 2)),
            dtype,
          ),
        ),
      );
    case 'graded':
      return x.mul(graded);
    case 'hilbert':
      return tensor(
        Float64Array.from({ length: m * n }, (_, i) => 1 / (1 + (i % n) + Math.floor(i / n))),
        dtype,
        [m, n],
      );
    case 'large':
      return x.mul(dtype === 'float64' ? 1e200 : 1e30);
    case 'tiny':
      return x.mul(dtype === 'float64' ? 1e-200 : 1e-30);
    case 'zero':
      return zeros([m, n], dtype);
    default:
      return x;
  }
}

const KINDS = ['random', 'low rank', 'clusters', 'graded', 'hilbert', 'large', 'tiny', 'zero'];
const SIZES = [
  [1, 1],
  [2, 2],
  [7, 7],
  [9, 4],
  [33, 33],
] as const;

describe.each(['float64', 'float32'] as const)('%s', (dtype) => {
  test.each(KINDS)('%s matrices are the products of their factors', (kind) => {
    for (const [rows, columns] of SIZES) {
      for (const wide of rows === columns ? [false] : [false, true]) {
        const a = wide ? t(matrixOf(kind, rows, columns, dtype)) : matrixOf(kind, rows, columns, dtype);
        const [m, n] = a.shape as [number, number];
        const k = Math.min(m, n);
        const size = a.abs().max().itemSync();
        const [q, r] = qr(a);
        expect(error(q.matmul(r), a, size, 10)).toBeLessThan(n);
        expect(error(t(q).matmul(q), eye(k, k, 0, dtype), 1, 10)).toBeLessThan(n);
        const [full] = qr(a, { mode: 'complete' });
        expect(error(t(full).matmul(full), eye(m, m, 0, dtype), 1, 10)).toBeLessThan(m);
        const [p, l, u] = lu(a);
        expect(error(p.matmul(l).matmul(u), a, size, 10)).toBeLessThan(n);
        const [left, s, right] = svd(a);
        const own = left
          .slice([0, 0], [m, k])
          .mul(s)
          .matmul(right.slice([0, 0], [k, n]));
        expect(error(own, a, size, 10)).toBeLessThan(n);
        expect(error(t(left).matmul(left), eye(m, m, 0, dtype), 1, 10)).toBeLessThan(m);
        expect(error(right.matmul(t(right)), eye(n, n, 0, dtype), 1, 10)).toBeLessThan(n);
        const list = [...s.dataSync()];
        expect(list).toEqual([...list].sort((x, y) => y - x));
        expect(Math.min(...list)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test.each(KINDS)('symmetric %s matrices are diagonal in their eigenvectors', (kind) => {
    for (const n of [1, 2, 3, 16, 33]) {
      const x = matrixOf(kind, n, n, dtype);
      const a = x.add(t(x));
      const [w, v] = eigh(a);
      const size = Math.max(a.abs().max().itemSync(), w.abs().max().itemSync());
      expect(error(a.matmul(v), v.mul(w), size, 10)).toBeLessThan(n + 1);
      expect(error(t(v).matmul(v), eye(n, n, 0, dtype), 1, 10)).toBeLessThan(n + 1);
      const list = [...w.dataSync()];
      expect(list).toEqual([...list].sort((p, q) => p - q));
    }
  });

  test('equations of 150 unknowns are solved to rounding, for batches that broadcast', () => {
    const a = normal([2, 1, 150, 150], 5, dtype);
    const b = normal([3, 150, 2], 6, dtype);
    const x = solve(a, b);
    expect([...x.shape]).toEqual([2, 3, 150, 2]);
    expect(error(a.matmul(x), b, x.abs().max().itemSync() * 5, 150)).toBeLessThan(1);
    const p = a.matmul(t(a)).add(eye(150, 150, 0, dtype));
    const l = cholesky(p);
    expect(error(l.matmul(t(l)), p, p.abs().max().itemSync(), 150)).toBeLessThan(1);
    expect(error(choleskyInverse(l).matmul(p), eye(150, 150, 0, dtype), 5e3, 150)).toBeLessThan(1);
    expect(error(cholesky(p, { upper: true }), t(l), 1, 1)).toBe(0);
    expect(error(choleskyInverse(t(l), { upper: true }), choleskyInverse(l), 1, 1)).toBe(0);
  });
});

test('everything takes empty matrices and empty batches', () => {
  for (const shape of [
    [0, 0],
    [2, 0, 0],
    [0, 3, 3],
  ]) {
    const x = zeros(shape, 'float64');
    const n = shape.at(-1)!;
    const lead = shape.slice(0, -2);
    for (const y of [cholesky(x), inv(x), expm(x), matrixPower(x, 3), pinv(x), choleskyInverse(x), solve(x, x)]) {
      expect([...y.shape]).toEqual(shape);
    }
    for (const y of [...qr(x), ...lu(x), eigh(x)[1], svd(x)[0], svd(x)[2]]) expect([...y.shape]).toEqual(shape);
    for (const y of [eigh(x)[0], svd(x)[1], luFactor(x)[1]]) expect([...y.shape]).toEqual([...lead, n]);
    for (const y of [det(x), logdet(x), ...slogdet(x), matrixRank(x), norm(x, { axis: [-2, -1] })]) {
      expect([...y.shape]).toEqual(lead);
    }
    expect(
      det(x)
        .dataSync()
        .every((d) => d === 1),
    ).toBe(true);
  }
  const tall = zeros([4, 0], 'float32');
  expect(svd(tall).map((y) => [...y.shape])).toEqual([[4, 4], [0], [0, 0]]);
  expect(svd(t(tall), { fullMatrices: false }).map((y) => [...y.shape])).toEqual([[0, 0], [0], [0, 4]]);
  expect(qr(tall, { mode: 'complete' })[0].dataSync()).toEqual(eye(4).dataSync());
  expect([...pinv(tall).shape]).toEqual([0, 4]);
});

test('singular and indefinite matrices give zeros, infinities and NaN instead of errors', () => {
  const singular = tensor(
    [
      [1, 2],
      [2, 4],
    ],
    'float64',
  );
  expect(det(singular).itemSync()).toBeCloseTo(0, 15);
  const [sign, log] = slogdet(singular);
  expect([sign.abs().itemSync(), log.itemSync()]).toEqual([0, -Infinity]);
  expect(
    inv(singular)
      .dataSync()
      .every((x) => !Number.isFinite(x)),
  ).toBe(true);
  expect(
    solve(singular, [1, 0])
      .dataSync()
      .every((x) => !Number.isFinite(x)),
  ).toBe(true);
  expect(matrixRank(singular).itemSync()).toBe(1);
  expect([
    ...cholesky([
      [4, 2],
      [2, -1],
    ]).dataSync(),
  ]).toEqual([2, 0, 1, NaN]);
  expect(
    logdet([
      [1, 0],
      [0, -1],
    ]).itemSync(),
  ).toBeNaN();
  const nan = tensor([
    [NaN, 1],
    [1, 2],
  ]);
  for (const y of [det(nan), eigh(nan)[0], svd(nan)[1], expm(nan), qr(nan)[1], norm(nan)]) {
    expect(y.dataSync().some(Number.isNaN)).toBe(true);
  }
});

test('only the triangle that counts is read', () => {
  const dirty = tensor([
    [4, NaN],
    [2, 5],
  ]);
  expect([...cholesky(dirty).dataSync()]).toEqual([2, 0, 1, 2]);
  expect([...solveTriangular(dirty, [4, 7], { lower: true }).dataSync()]).toEqual([1, 1]);
  expect(eigh(dirty)[0].sum().itemSync()).toBeCloseTo(9, 5);
});

test('matrices of integers and booleans give float32, float64 stays', () => {
  expect(
    det(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        'int32',
      ),
    ).dtype,
  ).toBe('float32');
  expect(
    inv(
      tensor([
        [true, false],
        [true, true],
      ]),
    ).dtype,
  ).toBe('float32');
  expect(norm(tensor([3, 4], 'uint8')).itemSync()).toBe(5);
  expect(inv(eye(2, 2, 0, 'float16')).dtype).toBe('float32');
  expect(svd(eye(2, 2, 0, 'float64'))[1].dtype).toBe('float64');
  expect(matrixRank(eye(3)).dtype).toBe('int32');
  expect(luFactor(eye(3))[1].dtype).toBe('int32');
});

test('least squares minimize, with the smallest solution where there are many', () => {
  const a = tensor(
    [
      [1, 0],
      [1, 1],
      [1, 2],
    ],
    'float64',
  );
  lstsq(a, [1, 3, 5])
    .dataSync()
    .forEach((x, i) => expect(x).toBeCloseTo([1, 2][i]!, 12));
  const wide = lstsq([[1, 1]], [2]).dataSync();
  wide.forEach((x) => expect(x).toBeCloseTo(1, 5));
  const cut = lstsq(
    tensor(
      [
        [1, 0],
        [0, 1e-3],
      ],
      'float64',
    ),
    [1, 1],
    { rcond: 0.1 },
  );
  expect([...cut.dataSync()].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([1, 0]);
  expect(
    matrixRank(
      tensor([
        [1, 0],
        [0, 1e-3],
      ]),
      { tol: 0.1 },
    ).itemSync(),
  ).toBe(1);
});

test('exponentials of large matrices keep what is small', () => {
  const decaying = expm(
    tensor(
      [
        [-1e4, 0],
        [0, 1],
      ],
      'float64',
    ),
  );
  expect([...decaying.dataSync()].map((x, i) => Math.abs(x - [0, 0, 0, Math.E][i]!) < 1e-9)).not.toContain(false);
  expect([
    ...expm(
      tensor(
        [
          [0, 1e6],
          [0, 0],
        ],
        'float64',
      ),
    ).dataSync(),
  ]).toEqual([1, 1e6, 0, 1]);
  expect(expm(zeros([2, 2])).arraySync()).toEqual(eye(2).arraySync());
});

test('a factorization is one program, made once', () => {
  const backend = reference();
  setBackend(backend);
  const x = normal([5, 5], 1);
  for (const f of [(y: Tensor) => luFactor(y)[0], (y: Tensor) => qr(y)[0], (y: Tensor) => svd(y)[0], det, inv]) {
    const before = compiledPrograms(backend);
    f(x);
    expect(compiledPrograms(backend) - before).toBeLessThanOrEqual(2);
    const after = compiledPrograms(backend);
    f(normal([5, 5], 2));
    expect(compiledPrograms(backend)).toBe(after);
  }
});

test('factorizations and their gradients compile into larger programs', () => {
  const step = (a: Tensor, b: Tensor): Tensor =>
    grad((x: Tensor) => norm(solve(x.matmul(t(x)).add(eye(4, 4, 0, 'float64')), b)).add(svd(x)[1].sum()))(a);
  const [a, b] = [normal([4, 4], 3), normal([4, 2], 4)];
  const [eager, compiled] = [step(a, b).dataSync(), jit(step)(a, b).dataSync()];
  compiled.forEach((x, i) => expect(x).toBeCloseTo(eager[i]!, 12));
});

test('messages say what is wrong', async () => {
  expect(() => cholesky([1, 2])).toThrow(/cholesky: expected matrices in the last two axes, got shape \[2\]/);
  expect(() => det([[1, 2]])).toThrow(/det: expected square matrices in the last two axes, got shape \[1, 2\]/);
  expect(() => solve(eye(3), [1, 2])).toThrow(/solve: 3 equations \[3, 3\] need as many rows in b, got shape \[2\]/);
  expect(() => lstsq(eye(3), [[1], [2]])).toThrow(/lstsq: 3 equations/);
  expect(() => qr(eye(2), { mode: 'ful' as 'complete' })).toThrow(/qr: unknown mode 'ful'/);
  expect(() => matrixPower(eye(2), 0.5)).toThrow(/matrixPower: the exponent must be a whole number, got 0.5/);
  expect(() => norm([1, 2], { ord: 'fro' })).toThrow(/norm: ord 'fro' is a norm of matrices/);
  expect(() => norm(eye(2), { ord: 3 })).toThrow(/norm: ord 3 is no norm of matrices/);
  expect(() => norm(zeros([2, 2, 2]), { ord: 1 })).toThrow(/norm: expected one axis or two different ones/);
  expect(() => grad((x: Tensor) => qr(x, { mode: 'complete' })[0].sum())(zeros([3, 2]))).toThrow(/use mode 'reduced'/);
  await expect(eig([[1, 2]])).rejects.toThrow(/eig: expected square matrices/);
  let refused: Promise<unknown> | undefined;
  jit((x: Tensor) => {
    refused = eig(x);
    return x;
  })(eye(2));
  await expect(refused).rejects.toThrow(/eig: eigenvalues of general matrices are computed on the host/);
});
