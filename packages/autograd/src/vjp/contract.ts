/**
 * Derivatives of matrix products and convolutions: products and convolutions again, over views.
 */
import { flip, matmul, reshape, swapAxes, transpose, type Tensor } from '@dl/tensor';
import { apply, dilatedSize, type ConvAttrs } from '@dl/tensor/interpreter';
import { unbroadcast, type VjpRule } from './rule.ts';
import type { VjpTable } from './table.ts';

const matmulRule: VjpRule<'matmul'> = (dy, { inputs: [a, b] }) => [
  () => unbroadcast(matmul(dy, swapAxes(b!, -1, -2)), a!),
  () => {
    // Leading axes over which only `b` is broadcast are summed by the product itself.
    if (b!.rank === 2 && a!.rank > 2) {
      return matmul(transpose(reshape(a!, [-1, a!.shape.at(-1)!])), reshape(dy, [-1, dy.shape.at(-1)!]));
    }
    return unbroadcast(matmul(swapAxes(a!, -1, -2), dy), b!);
  },
];

interface Sizes {
  readonly lhs: number;
  readonly rhs: number;
  readonly out: number;
}

/** Dilated sizes of one spatial axis. */
function sizesOf(x: Tensor, kernel: Tensor, dy: Tensor, attrs: ConvAttrs, d: number): Sizes {
  return {
    lhs: dilatedSize(x.shape[d + 1]!, attrs.lhsDilation[d]!),
    rhs: dilatedSize(kernel.shape[d]!, attrs.rhsDilation[d]!),
    out: dilatedSize(dy.shape[d + 1]!, attrs.strides[d]!),
  };
}

/** Convolution of the cotangent with the flipped kernel, its channels and features exchanged within each group. */
function inputGrad(dy: Tensor, x: Tensor, kernel: Tensor, attrs: ConvAttrs): Tensor {
  const rank = attrs.strides.length;
  const spatial = attrs.strides.map((_, d) => d);
  const groups = attrs.featureGroups * attrs.batchGroups;
  const [channels, features] = kernel.shape.slice(-2) as [number, number];
  const turned = flip(kernel, spatial);
  const split = reshape(turned, [...kernel.shape.slice(0, -2), channels, groups, features / groups]);
  const swapped = transpose(split, [...spatial, rank + 2, rank + 1, rank]);
  const rhs = reshape(swapped, [...kernel.shape.slice(0, -2), features / groups, groups * channels]);
  const padding = spatial.map((d): readonly [number, number] => {
    const { lhs, rhs: window, out } = sizesOf(x, kernel, dy, attrs, d);
    const low = window - 1 - attrs.padding[d]![0];
    return [low, lhs + window - 1 - out - low];
  });
  const dx = apply('conv', [dy, rhs], {
    strides: attrs.lhsDilation,
    padding,
    lhsDilation: attrs.strides,
    rhsDilation: attrs.rhsDilation,
    featureGroups: groups,
    batchGroups: 1,
  });
  if (attrs.batchGroups === 1) return dx;
  // [batch / groups, …spatial, groups, channels] → groups of the batch side by side.
  const apart = reshape(dx, [...dx.shape.slice(0, -1), groups, channels]);
  const order = [rank + 1, ...Array.from({ length: rank + 1 }, (_, i) => i), rank + 2];
  return reshape(transpose(apart, order), x.shape);
}

/** Convolution of the input with the cotangent as kernel, contracting over the batch. */
function kernelGrad(dy: Tensor, x: Tensor, kernel: Tensor, attrs: ConvAttrs): Tensor {
  const rank = attrs.strides.length;
  const spatial = attrs.strides.map((_, d) => d);
  const lhs = transpose(x, [rank + 1, ...spatial.map((d) => d + 1), 0]);
  const rhs = transpose(dy, [...spatial.map((d) => d + 1), 0, rank + 1]);
  const padding = spatial.map((d): readonly [number, number] => {
    const { lhs: input, rhs: window, out } = sizesOf(x, kernel, dy, attrs, d);
    const low = attrs.padding[d]![0];
    return [low, out - input + window - low - 1];
  });
  const dKernel = apply('conv', [lhs, rhs], {
    strides: attrs.rhsDilation,
    padding,
    lhsDilation: attrs.lhsDilation,
    rhsDilation: attrs.strides,
    featureGroups: attrs.batchGroups,
    batchGroups: attrs.featureGroups,
  });
  return transpose(dKernel, [...spatial.map((d) => d + 1), 0, rank + 1]);
}

/** Rules of contractions. */
export const CONTRACTION_RULES: Pick<VjpTable, 'matmul' | 'conv'> = {
  matmul: matmulRule,
  conv: (dy, { inputs: [x, kernel], attrs }) => [
    () => inputGrad(dy, x!, kernel!, attrs),
    () => kernelGrad(dy, x!, kernel!, attrs),
  ],
};
