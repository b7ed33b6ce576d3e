/**
 * Composites of networks under transformations: forward against backward, and many examples, with their gradients, against
 * one by one.
 */
import { grad, jvp, vjp, vmap } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import * as t from '@dl/tensor';
import { setBackend, stack, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { choices, expectTensor, weightsLike } from '../../../../packages/autograd/test/samples.ts';

/** A scalar in which no component cancels another. */
const project = (y: Tensor): Tensor => y.mul(weightsLike(y)).mean();
const dot = (a: readonly Tensor[], b: readonly Tensor[]): number =>
  a.reduce((sum, x, i) => sum + x.mul(b[i]!).sum().itemSync(), 0);
const grid = (shape: readonly number[], seed = 0): Tensor => weightsLike(zeros(shape, 'float64'), seed);

/** Functions of the nn folder, each with inputs; those that are whole numbers do not move. */
const COMPOSITES: Readonly<Record<string, { readonly f: (...xs: Tensor[]) => Tensor; readonly at: () => readonly Tensor[] }>> = {
  ...Object.fromEntries(
    (
      [
        'softplus', 'softsign', 'silu', 'logSigmoid', 'mish', 'hardSigmoid', 'hardSilu', 'hardTanh', 'tanhShrink', 'relu6',
        'sparseSigmoid', 'sparsePlus', 'elu', 'celu', 'selu', 'leakyRelu', 'hardShrink', 'softShrink', 'squareplus', 'gelu',
        'softmax', 'logSoftmax', 'glu', 'layerNorm', 'rmsNorm', 'normalize',
      ] as const
    ).map((name) => [name, { f: (x?: Tensor) => t[name](x!.mul(1.7)), at: () => [grid([3, 4])] }]),
  ),
  threshold: { f: (x) => t.threshold(x!, 0.2, 1), at: () => [grid([3, 4])] },
  'softmax over several axes': { f: (x) => t.softmax(x!, [0, 1]), at: () => [grid([3, 4])] },
  'layerNorm with scale': { f: (x, s, o) => t.layerNorm(x!, [0, 1], { scale: s!, offset: o! }), at: () => [grid([2, 3]), grid([3], 1), grid([3], 2)] },
  batchNorm: { f: (x, m, v) => t.batchNorm(x!, m!, v!.square()), at: () => [grid([2, 3]), grid([3], 1), grid([3], 2)] },
  softmaxCrossEntropy: { f: (z, y) => t.softmaxCrossEntropy(t.softmax(y!), z!), at: () => [grid([2, 3]), grid([2, 3], 1)] },
  sparseSoftmaxCrossEntropy: { f: (z, y) => t.sparseSoftmaxCrossEntropy(y!, z!), at: () => [grid([2, 3]), tensor([2, 0], 'int32')] },
  sigmoidCrossEntropy: { f: (z, y) => t.sigmoidCrossEntropy(y!, z!), at: () => [grid([2, 3]), grid([2, 3], 1)] },
  conv: { f: (x, k) => t.conv(x!, k!, { padding: 'same', strides: 2 }), at: () => [grid([2, 5, 4, 2]), grid([3, 3, 2, 3], 1)] },
  'grouped conv': { f: (x, k) => t.conv(x!, k!, { groups: 2 }), at: () => [grid([1, 5, 4]), grid([3, 2, 6], 1)] },
  depthwiseConv: { f: (x, k) => t.depthwiseConv(x!, k!), at: () => [grid([1, 4, 4, 2]), grid([2, 3, 2, 2], 1)] },
  convTranspose: { f: (x, k) => t.convTranspose(x!, k!, { strides: 2 }), at: () => [grid([1, 3, 3, 2]), grid([3, 3, 3, 2], 1)] },
  maxPool: { f: (x) => t.maxPool(x!, 2, { strides: 1 }), at: () => [grid([1, 4, 4, 2])] },
  avgPool: { f: (x) => t.avgPool(x!, 3, { strides: 2, padding: 'same' }), at: () => [grid([1, 5, 5, 2])] },
  dropout: { f: (x) => t.dropout(x!, 0), at: () => [grid([3])] },
}; // prettier-ignore

describe.each([
  ['reference', reference],
  ['cpu', cpu],
] as const)('functions of networks on %s', (_, make) => {
  // prettier-ignore
  beforeAll(() => setBackend(make()));

  test.each(Object.entries(COMPOSITES))('%s', (name, composite) => {
    const f = composite.f;
    const at = composite.at();
    const moving = at.flatMap(({ dtype }, i) => (dtype === 'float64' ? [i] : []));
    const own = moving.map((i) => at[i]!);
    const g = (...some: Tensor[]): Tensor =>
      f(...at.map((x, i) => (moving.includes(i) ? some[moving.indexOf(i)]! : x)));
    const directions = own.map((x, i) => weightsLike(x, i + 3));
    const { value, tangent } = jvp(g, own, directions);
    const u = weightsLike(value, 9);
    const back = dot(vjp(g, ...own).pullback(u), directions);
    expect(Math.abs(dot([tangent], [u]) - back) / Math.max(1, Math.abs(back))).toBeLessThan(1e-9);
    for (const mask of choices(at.length)) {
      const examples = [0, 1, 2].map((k) =>
        at.map((x, i) => (mask[i] && x.dtype === 'float64' ? x.mul(1 - 0.3 * k) : x)),
      );
      const given = at.map((x, i) => (mask[i] ? stack(examples.map((inputs) => inputs[i]!)) : x));
      const many = vmap(f, { inAxes: mask.map((is) => (is ? 0 : null)) });
      expectTensor(many(...given), stack(examples.map((inputs) => f(...inputs))), 1e-9, `${name}, ${mask.join()}`);
      if (!mask.some((is, i) => is && at[i]!.dtype === 'float64')) continue;
      const perExample = vmap(
        (...xs: Tensor[]) => grad((...ys: Tensor[]) => project(f(...ys)), { argnums: mask.indexOf(true) })(...xs),
        {
          inAxes: mask.map((is) => (is ? 0 : null)),
        },
      );
      const by = mask.indexOf(true);
      const single = examples.map(
        (inputs) => grad((...ys: Tensor[]) => project(f(...ys)), { argnums: by })(...inputs) as Tensor,
      );
      expectTensor(perExample(...given) as Tensor, stack(single), 1e-8, `gradients of ${name}, ${mask.join()}`);
    }
  });
});
