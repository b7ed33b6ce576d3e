/**
 * Derivatives of linear algebra against finite differences, first and second order, and where values repeat.
 */
import { grad, gradcheck } from '@dl/autograd';
import { eye, setBackend, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { eigh, norm, pinv, svd } from '@dl/tensor/linalg';
import { expect, test } from 'vitest';
import { DERIVATIVES } from './linalg-functions.ts';

setBackend(reference());

test.each(DERIVATIVES)('%s has the right first and second derivatives', (_, f, points) => {
  gradcheck(f, points(), {
    order: 2,
    tolerance: 1e-5,
  });
});

test('gradients stay finite where values repeat and at the norm of zero', () => {
  const one = eye(3, 3, 0, 'float64');
  const finite = (g: Tensor): boolean => g.dataSync().every(Number.isFinite);
  expect(
    finite(
      grad((x: Tensor) =>
        eigh(x)[0]
          .mul(tensor([1, 2, 3], 'float64'))
          .sum(),
      )(one),
    ),
  ).toBe(true);
  expect([...grad((x: Tensor) => svd(x)[1].sum())(one).dataSync()]).toEqual([...one.dataSync()]);
  expect([...grad((x: Tensor) => norm(x))(zeros([3])).dataSync()]).toEqual([0, 0, 0]);
  expect(finite(grad((x: Tensor) => pinv(x).sum())(zeros([2, 3])))).toBe(true);
});
