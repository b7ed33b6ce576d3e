/**
 * Cases of numerics: large logits, both ends of a function's range, long sums, NaN.
 */
import { grad, losses, setBackend, valueAndGrad, type Tensor } from '@dl/keras';
import * as t from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, expectNear, expectTensor, numbers } from './support.ts';

const column = (list: readonly number[]): number[][] => list.map((value) => [value]);

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (name, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('C01 binary cross-entropy of large logits: per element, mean and gradient', async () => {
    const z = [100, -100, 40, 0];
    const y = [0, 1, 1, 1];
    const each = [100, 100, 4.248354e-18, 0.693147];
    const tiny = { floor: 1e-17 };
    await expectTensor(t.sigmoidCrossEntropy(y, z), each, tiny);
    const separate = new losses.BinaryCrossentropy({ fromLogits: true, reduction: 'none' });
    await expectTensor(separate.apply(column(y), column(z)), each, tiny);
    const mean = new losses.BinaryCrossentropy({ fromLogits: true });
    const { value, grads } = valueAndGrad((x: Tensor) => mean.apply(column(y), x))(t.tensor(column(z)));
    await expectTensor(value, [50.173287]);
    await expectTensor(grads, [0.25, -0.25, 0, -0.125], tiny);
  });

  test('C01 probabilities of 0 and 1 are clipped, so loss and gradient stay finite', async () => {
    const loss = new losses.BinaryCrossentropy({ reduction: 'none' });
    // 1 − 1e−7 is not a float32; what is nearest decides the first number.
    await expectTensor(loss.apply([[0], [1]], [[1], [0]]), [15.942385, 16.118095], { relative: 1e-4 });
    await expectTensor(loss.apply([[0], [1]], [[0], [1]]), [0, 0], { floor: 2e-7 });
    const slope = grad((p: Tensor) => loss.apply([[0], [1], [0], [1]], p).sum())(t.tensor([[1], [0], [0], [1]]));
    expect((await numbers(slope)).every(Number.isFinite)).toBe(true);
  });

  test('C03 softmax cross-entropy of logits hundreds apart', async () => {
    const z = t.tensor([[-431, 279, 427]]);
    const forms: readonly ((x: Tensor) => Tensor)[] = [
      (x) => t.softmaxCrossEntropy([[1, 0, 0]], x).sum(),
      (x) => t.sparseSoftmaxCrossEntropy(t.tensor([0], 'int32'), x).sum(),
      (x) => new losses.CategoricalCrossentropy({ fromLogits: true }).apply([[1, 0, 0]], x),
      (x) => new losses.SparseCategoricalCrossentropy({ fromLogits: true }).apply([0], x),
    ];
    for (const form of forms) {
      const { value, grads } = valueAndGrad(form)(z);
      await expectTensor(value, [858]);
      await expectTensor(grads, [-1, 0, 1]);
    }
    await expectTensor(grad((x: Tensor) => t.softmax(x).sum())(t.tensor([-1047, -981, 1891])), [0, 0, 0]);
  });

  test('C05 softplus, log1p and expm1 at both ends', async () => {
    const x = t.tensor([1000, 100, 0, -20, -100]);
    const floor = 4e-44;
    await expectTensor(t.softplus(x), [1000, 100, 0.693147, 2.061154e-9, 3.72e-44], { floor });
    const slope = grad((v: Tensor) => t.softplus(v).sum());
    await expectTensor(slope(t.tensor([1000, 100, -20, -100])), [1, 1, 2.061154e-9, 3.72e-44], { floor });
    await expectTensor(t.log1p([1e-10]), [1e-10], { relative: 1e-6 });
    await expectTensor(t.expm1([1e-10]), [1e-10], { relative: 1e-6 });
  });

  test('C05 smooth functions keep their slopes at the kink of their parts', async () => {
    const slopes: readonly (readonly [(x: Tensor) => Tensor, number])[] = [
      [t.softplus, 0.5],
      [t.logSigmoid, 0.5],
      [t.mish, 0.6],
      [t.elu, 1],
      [(x) => t.elu(x, 2), 2],
      [t.celu, 1],
      [t.selu, 1.7580993408473766],
      [(x) => new losses.LogCosh().apply(t.zerosLike(x).reshape([1, 1]), x.reshape([1, 1])), 0],
    ];
    const zero = t.tensor([0]);
    for (const [f, slope] of slopes) await expectTensor(grad((v: Tensor) => f(v).sum())(zero), [slope]);
    const bend = grad((v: Tensor) => grad((u: Tensor) => t.softplus(u).sum())(v).sum());
    await expectTensor(bend(zero), [0.25]);
  });

  test('C07 long float32 sums: scalar, axis and mean paths agree', async () => {
    // The reference backend interprets and the software driver is slow, so these two sum fewer.
    const scale = name === 'cpu' ? 1 : 16;
    const tenths = t.full([10_000_000 / scale], 0.1);
    const tight = { relative: 1e-6 };
    await expectTensor(tenths.sum(), [1_000_000 / scale], tight);
    await expectTensor(tenths.reshape([-1, 1]).sum(0), [1_000_000 / scale], tight);
    await expectTensor(tenths.mean(), [0.1], tight);
    await expectTensor(tenths.reshape([-1, 1]).mean(0), [0.1], tight);
    await expectTensor(t.ones([20_000_000 / scale, 1]).mean(0), [1], { relative: 1e-6 });
    await expectTensor(t.ones([4096 / scale, 4097]).mean(), [1], { relative: 0 });
    await expectTensor(t.ones([4096 / scale, 4097]).sum(), [(4096 / scale) * 4097], { relative: 1e-6 });
  });

  test('C09 NaN is seen and carried', async () => {
    expect(await numbers(t.isNan([Infinity, 0.5, 4, -38.8, NaN]))).toEqual([0, 0, 0, 0, 1]);
    const results = [
      t.max([1, NaN, 3]),
      t.relu([NaN]),
      t.minimum([NaN], 1),
      t.minimum(1, [NaN]),
      t.pow(t.tensor([1]), t.tensor([NaN])),
      t.pow(t.tensor([NaN]), t.tensor([0])),
      t.pow(t.tensor([NaN]), 0),
    ];
    const values: number[] = [];
    for (const result of results) values.push(...(await numbers(result)));
    expectNear(values, [NaN, NaN, NaN, NaN, 1, 1, 1]);
  });
});
