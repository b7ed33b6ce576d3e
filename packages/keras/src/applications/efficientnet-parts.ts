/**
 * What the blocks of both EfficientNets share.
 */
import { Add, Dropout, GlobalAveragePooling2D, Multiply, Reshape, type ConvLayerOptions } from '@dl/layers';
import { VarianceScaling } from '@dl/layers/initializers';
import type { Tensor } from '@dl/tensor';
import { act, conv } from './shared.ts';

/** Kernels start with twice the variance that keeps that of gradients. */
export const scaled = (): VarianceScaling => new VarianceScaling({ scale: 2, mode: 'fan_out' });

/** Options of a convolution without a bias. */
export const plain = (name: string): ConvLayerOptions => ({
  padding: 'same',
  useBias: false,
  kernelInitializer: scaled(),
  name,
});

export const swish = (x: Tensor, name: string): Tensor => act(x, 'swish', name);

/** Squeeze-and-excitation: channels are weighted by what their means over the image say. */
export function excite(x: Tensor, inner: number, name: string): Tensor {
  const channels = x.shape.at(-1)!;
  const dense = (y: Tensor, filters: number, activation: string, part: string): Tensor =>
    conv(y, filters, 1, { padding: 'same', activation, kernelInitializer: scaled(), name: `${name}${part}` });
  let se = new GlobalAveragePooling2D({ name: `${name}se_squeeze` }).apply(x);
  se = new Reshape([1, 1, channels], { name: `${name}se_reshape` }).apply(se);
  se = dense(dense(se, inner, 'swish', 'se_reduce'), channels, 'sigmoid', 'se_expand');
  return new Multiply({ name: `${name}se_excite` }).apply([x, se]);
}

/** The block's result beside its input where shapes allow it; in training some images leave the block out. */
export function residual(x: Tensor, y: Tensor, strides: number, dropRate: number, name: string): Tensor {
  if (strides !== 1 || x.shape.at(-1) !== y.shape.at(-1)) return y;
  const kept = dropRate > 0 ? new Dropout(dropRate, { noiseShape: [null, 1, 1, 1], name: `${name}drop` }).apply(y) : y;
  return new Add({ name: `${name}add` }).apply([kept, x]);
}
