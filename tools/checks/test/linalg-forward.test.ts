/**
 * Forward derivatives and many examples of linear algebra: against central differences, against the gradient, without the
 * iterations, and where values repeat.
 */
import { grad, jvp, vjp, vmap } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { eye, jit, setBackend, stack, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { eigh, lstsq, qr, solve, solveTriangular, svd } from '@dl/tensor/linalg';
import { irfft, rfft } from '@dl/tensor/signal';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNear } from './cases/support.ts';
import { DERIVATIVES } from './linalg-functions.ts';
import { normal, t } from './random-matrices.ts';

/** The derivative in a direction, from values on both sides. */
function differences(f: (...xs: Tensor[]) => Tensor, points: readonly Tensor[], along: readonly Tensor[]): number[] {
  const h = 1e-5;
  const at = (step: number): Tensor => f(...points.map((point, k) => point.add(along[k]!.mul(step))));
  return [
    ...at(h)
      .sub(at(-h))
      .div(2 * h)
      .dataSync(),
  ];
}

describe.each([
  ['reference', reference],
  ['cpu', cpu],
] as const)('%s', (_, make) => {
  beforeAll(() => setBackend(make()));

  describe.each(DERIVATIVES)('%s', (_name, f, given) => {
    test('tangents agree with differences and with the gradient', () => {
      const points = given();
      const along = points.map((point, k) => normal(point.shape, 31 + k));
      const { value, tangent } = jvp(f, [...points], along);
      expectNear(tangent.dataSync(), differences(f, points, along), { relative: 1e-6, floor: 1e-6 });
      const u = normal(value.shape, 41);
      const pulled = vjp(f, ...points).pullback(u) as readonly Tensor[];
      const backward = pulled.reduce((sum, part, k) => sum + part.mul(along[k]!).sum().itemSync(), 0);
      const size = pulled.reduce((sum, part, k) => sum + part.mul(along[k]!).abs().sum().itemSync(), 1);
      expect(Math.abs(tangent.mul(u).sum().itemSync() - backward)).toBeLessThan(1e-10 * size);
    });

    test('tangents of one argument alone, and of tangents', () => {
      const points = given();
      points.forEach((_point, k) => {
        const only = (x: Tensor): Tensor => f(...points.map((point, i) => (i === k ? x : point)));
        const v = normal(points[k]!.shape, 51);
        const first = (x: Tensor): Tensor => jvp(only, [x], [v]).tangent;
        expectNear(first(points[k]!).dataSync(), differences(only, [points[k]!], [v]), { relative: 1e-6, floor: 1e-6 });
        const second = jvp(first, [points[k]!], [v]).tangent.dataSync();
        expectNear(second, differences(first, [points[k]!], [v]), { relative: 1e-5, floor: 1e-5 });
      });
    });

    test('many examples, of all arguments and of one', () => {
      const points = given();
      const other = points.map((point, k) => point.add(normal(point.shape, 61 + k).mul(0.1)));
      const both = points.map((point, k) => stack([point, other[k]!]));
      expectNear(vmap(f)(...both).dataSync(), [...stack([f(...points), f(...other)]).dataSync()], {
        relative: 1e-9,
        floor: 1e-12,
      });
      points.forEach((_point, k) => {
        const at = (x: Tensor): Tensor => f(...points.map((point, i) => (i === k ? x : point)));
        const mapped = vmap(f, { inAxes: points.map((_p, i) => (i === k ? 0 : null)) });
        expectNear(
          mapped(...points.map((point, i) => (i === k ? both[k]! : point))).dataSync(),
          [...stack([at(points[k]!), at(other[k]!)]).dataSync()],
          { relative: 1e-9, floor: 1e-12 },
        );
      });
    });
  });

  test.each(DERIVATIVES)('no examples at all: %s', (_name, f, given) => {
    const points = given();
    const none = points.map((point) => zeros([0, ...point.shape], 'float64'));
    expect(vmap(f)(...none).shape).toEqual([0, ...f(...points).shape]);
  });

  test('tangents where values repeat are finite and right', () => {
    const one = eye(3, 3, 0, 'float64');
    const [turn] = qr(normal([3, 3], 72));
    const pair = turn.mul(tensor([1, 1, 4], 'float64')).matmul(t(turn));
    const v = normal([3, 3], 71);
    const trace = (x: Tensor): number => x.mul(one).sum().itemSync();
    for (const at of [one, pair]) {
      const [w, vectors] = jvp((x: Tensor) => eigh(x), [at], [v]).tangent;
      expect(w.sum().itemSync()).toBeCloseTo(trace(v), 8);
      expect(vectors.dataSync().every(Number.isFinite)).toBe(true);
    }
    // Σ of singular values changes by tr(Qᵀ dA) at an orthogonal Q.
    for (const at of [one, turn]) {
      const singular = jvp((x: Tensor) => svd(x, { computeUv: false }), [at], [v]).tangent;
      expect(singular.sum().itemSync()).toBeCloseTo(trace(t(at).matmul(v)), 8);
      for (const part of jvp((x: Tensor) => svd(x), [at], [v]).tangent)
        expect(part.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  test('tangents do not go through the iterations', () => {
    // The kernels that an iteration of each loop runs.
    const work = (f: (x: Tensor, v: Tensor) => readonly Tensor[]): number =>
      jit(f)
        .lower(normal([4, 4], 1), normal([4, 4], 2))
        .program.kernels.reduce((sum, kernel) => sum + (kernel.kind === 'loop' ? kernel.body.length : 0), 0);
    for (const f of [(x: Tensor): Tensor[] => eigh(x), (x: Tensor): Tensor[] => svd(x)]) {
      const plain = work((x, v) => f(x.add(v)));
      expect(plain).toBeGreaterThan(0);
      expect(work((x, v) => jvp(f, [x], [v]).tangent)).toBe(plain);
    }
  });

  test('tangents of systems with one argument that is fixed', () => {
    const [a, b] = [normal([3, 3], 81).add(eye(3, 3, 0, 'float64').mul(3)), normal([3], 82)];
    const lower = (x: Tensor, y: Tensor): Tensor => solveTriangular(x, y, { lower: true });
    for (const f of [solve, lower, lstsq] as ((x: Tensor, y: Tensor) => Tensor)[]) {
      expectNear(jvp(f, [a, b], [null, b]).tangent.dataSync(), [...f(a, b).dataSync()], { relative: 1e-10 });
      expectNear(jvp(f, [a, b], [a, null]).tangent.dataSync(), [...f(a, b).neg().dataSync()], {
        relative: 1e-10,
        floor: 1e-12,
      });
    }
  });

  test('columns that the matrix does not determine have no tangent', () => {
    const f = (x: Tensor): Tensor => qr(x, { mode: 'complete' })[0];
    expect(() => jvp(f, [normal([3, 2], 1)], [normal([3, 2], 2)])).toThrow(/not determined/);
  });

  test('a Fourier transform is linear: tangents are transforms, and examples are rows', () => {
    const [x, v] = [normal([2, 7], 91), normal([2, 7], 92)];
    const { tangent } = jvp((y: Tensor) => rfft(y), [x], [v]);
    rfft(v).forEach((part, k) => expectNear(tangent[k]!.dataSync(), [...part.dataSync()], { floor: 1e-13 }));
    // 7 is transformed directly, 60 in factors, 137 by a chirp.
    for (const n of [7, 60, 137]) {
      const [rows, weights] = [normal([3, n], 93), normal([3, n], 94)];
      const energy = (row: Tensor, weight: Tensor): Tensor =>
        irfft(rfft(row.mul(weight)).map((part) => part.mul(part)) as [Tensor, Tensor], { fftLength: n })
          .square()
          .sum();
      const slopes = vmap(grad(energy))(rows, weights);
      const each = [0, 1, 2].map((k) => grad(energy)(rows.at(k), weights.at(k)));
      expectNear(slopes.dataSync(), [...stack(each).dataSync()], { relative: 1e-9, floor: 1e-9 });
    }
  });
});
