/**
 * Batch normalization in training: two passes of sums forward, one backward, and derivatives of any order.
 */
import { grad, gradcheck, variableGrads } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { BatchNormalization } from '@dl/layers';
import { Generator, jit, setBackend, Variable, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { afterAll, expect, test } from 'vitest';

afterAll(() => setBackend(reference()));

test.each([{}, { scale: false }, { center: false }, { axis: 1 }, { scale: false, center: false }])(
  'first and second derivatives of %o',
  (options) => {
    setBackend(reference());
    const norm = new BatchNormalization({ dtype: 'float64', ...options });
    norm.ensureBuilt([null, 5, 3]);
    const x = new Generator(1).normal([4, 5, 3], 0, 1, 'float64');
    const loss = (t: Tensor): Tensor => norm.apply(t, { training: true }).pow(3).sum();
    gradcheck(loss, [x]);
    gradcheck((t: Tensor) => grad(loss)(t).square().sum(), [x]);
  },
);

test('the gradient sums once over its inputs', () => {
  setBackend(cpu());
  const norm = new BatchNormalization();
  norm.ensureBuilt([null, 5, 3]);
  const x = new Variable(new Generator(1).normal([16, 5, 3]));
  const w = new Generator(2).normal([16, 5, 3]);
  const variables = [x, ...norm.trainableWeights];
  const gradients = (): readonly (Tensor | null)[] =>
    variableGrads(() => norm.apply(x.read(), { training: true }).mul(w).sum(), variables).grads;
  const step = jit(gradients);
  const kinds = step.lower().program.kernels.map(({ kind }) => kind);
  // Mean and variance, then both sums of the gradient together; all else is elementwise.
  expect(kinds.filter((kind) => kind === 'reduce').length).toBeLessThanOrEqual(3);
  const [eager, compiled] = [gradients(), step()];
  expect(eager).toHaveLength(3);
  eager.forEach((t, i) => {
    const other = compiled[i]!.dataSync();
    t!.dataSync().forEach((value, k) => expect(other[k]).toBeCloseTo(value, 4));
  });
});
