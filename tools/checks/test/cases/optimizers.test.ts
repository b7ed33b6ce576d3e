/**
 * Cases of optimizers: where epsilon goes, clipping, the maximum of AMSGrad.
 */
import { optimizers, setBackend, tensor, Variable } from '@dl/keras';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, expectNear, numbers } from './support.ts';

/** The weight after each gradient, from 1. */
async function path(optimizer: optimizers.Optimizer, gradients: readonly number[]): Promise<number[]> {
  const w = new Variable([1], { name: 'w' });
  const seen: number[] = [];
  for (const gradient of gradients) {
    optimizer.apply([tensor([gradient])], [w]);
    seen.push(...(await numbers(w.value)));
  }
  return seen;
}

describe.each(ALL_BACKENDS)('%s', { timeout: 180_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('C41 Adam adds epsilon to the uncorrected root, as Keras does', async () => {
    const { Adam } = optimizers;
    expectNear(await path(new Adam(1e-3, { epsilon: 1e-8 }), [1e-8]), [0.99996935], { relative: 1e-7 });
    expectNear(await path(new Adam(1e-3), [0.1]), [0.99900003], { relative: 1e-7 });
    expect(new Adam().getConfig()).toMatchObject({ epsilon: 1e-7, beta_1: 0.9, beta_2: 0.999 });
  });

  const clipped = async (options: object, gradients: readonly number[]): Promise<number[]> => {
    const variables = gradients.map((_g, i) => new Variable([0], { name: `w${i}` }));
    new optimizers.SGD(1, options).apply(
      gradients.map((g) => tensor([g])),
      variables,
    );
    return (await Promise.all(variables.map((v) => numbers(v.value)))).flat();
  };

  test('C43 clipping per variable, over all of them, and per value', async () => {
    expectNear(await clipped({ clipnorm: 1 }, [3, 4]), [-1, -1], { relative: 1e-6 });
    expectNear(await clipped({ globalClipnorm: 1 }, [3, 4]), [-0.6, -0.8], { relative: 1e-6 });
    expectNear(await clipped({ clipvalue: 1 }, [3, 4]), [-1, -1]);
    for (const name of ['clipnorm', 'globalClipnorm', 'clipvalue']) {
      expectNear(await clipped({ [name]: 1 }, [0, 0]), [0, 0]);
    }
  });

  test('C43 a NaN is not hidden', async () => {
    expectNear(await clipped({ clipnorm: 1 }, [NaN, 4]), [NaN, -1], { relative: 1e-6 });
    expectNear(await clipped({ clipvalue: 1 }, [NaN, 4]), [NaN, -1]);
    // One norm over all variables takes the others with it.
    expectNear(await clipped({ globalClipnorm: 1 }, [NaN, 4]), [NaN, NaN]);
  });

  test('C43 two options at once are an error', () => {
    const pairs = [
      { clipnorm: 1, clipvalue: 1 },
      { clipnorm: 1, globalClipnorm: 1 },
      { clipvalue: 1, globalClipnorm: 1 },
    ];
    for (const options of pairs) expect(() => new optimizers.SGD(1, options)).toThrow('SGD: give at most one of clip');
  });

  test.each([
    ['AMSGrad', true, [0.9, 0.834707, 0.785503]],
    ['plain Adam', false, [0.9, 0.831175, 0.776504]],
  ] as const)('C45 %s', async (_name, amsgrad, wanted) => {
    const optimizer = new optimizers.Adam(0.1, { beta1: 0.9, beta2: 0.9, epsilon: 1e-8, amsgrad });
    expectNear(await path(optimizer, [1, 0, 0]), wanted, { relative: 2e-6 });
  });
});
