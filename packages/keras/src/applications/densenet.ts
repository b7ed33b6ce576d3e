/**
 * DenseNet: every block sees what all blocks before it in its stage gave.
 */
import { AveragePooling2D, Concatenate, MaxPooling2D, ZeroPadding2D } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import {
  act,
  assemble,
  checkApplication,
  conv,
  finish,
  inputOf,
  norm as normalize,
  type ApplicationOptions,
  type Built,
} from './shared.ts';

const GROWTH = 32;
const norm = (x: Tensor, name: string): Tensor => normalize(x, name, 1.001e-5);
const relu = (x: Tensor, name: string): Tensor => act(x, 'relu', name);

function denseBlock(x: Tensor, name: string): Tensor {
  let y = relu(norm(x, `${name}_0_bn`), `${name}_0_relu`);
  y = conv(y, 4 * GROWTH, 1, { useBias: false, name: `${name}_1_conv` });
  y = relu(norm(y, `${name}_1_bn`), `${name}_1_relu`);
  y = conv(y, GROWTH, 3, { padding: 'same', useBias: false, name: `${name}_2_conv` });
  return new Concatenate({ axis: -1, name: `${name}_concat` }).apply([x, y]);
}

/** Halves the channels and the sides of the image. */
function transition(x: Tensor, name: string): Tensor {
  const y = relu(norm(x, `${name}_bn`), `${name}_relu`);
  const narrowed = conv(y, x.shape.at(-1)! / 2, 1, { useBias: false, name: `${name}_conv` });
  return new AveragePooling2D(2, { strides: 2, name: `${name}_pool` }).apply(narrowed);
}

function build<O extends ApplicationOptions>(options: O, where: string, repeats: readonly number[]): Built<O> {
  checkApplication(where, options);
  const input = inputOf(where, options, 224);
  let x = new ZeroPadding2D(3, { name: 'zero_padding2d' }).apply(input);
  x = conv(x, 64, 7, { strides: 2, useBias: false, name: 'conv1_conv' });
  x = relu(norm(x, 'conv1_bn'), 'conv1_relu');
  x = new ZeroPadding2D(1, { name: 'zero_padding2d_1' }).apply(x);
  x = new MaxPooling2D(3, { strides: 2, name: 'pool1' }).apply(x);
  repeats.forEach((count, i) => {
    for (let k = 1; k <= count; k++) x = denseBlock(x, `conv${i + 2}_block${k}`);
    if (i < repeats.length - 1) x = transition(x, `pool${i + 2}`);
  });
  x = relu(norm(x, 'bn'), 'relu');
  return assemble(input, finish(x, options), options, options.name ?? where.toLowerCase());
}

/**
 * DenseNet-121 (G. Huang and others, 2016): 8,062,504 parameters. Inputs scaled by the means and deviations of ImageNet.
 *
 * @example DenseNet121({ includeTop: false, pooling: 'avg' });
 */
export const DenseNet121 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'DenseNet121', [6, 12, 24, 16]);

/** DenseNet-169 (G. Huang and others, 2016): 14,307,880 parameters. @example DenseNet169({ classes: 10 }); */
export const DenseNet169 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'DenseNet169', [6, 12, 32, 32]);

/** DenseNet-201 (G. Huang and others, 2016): 20,242,984 parameters. @example DenseNet201({ classes: 10 }); */
export const DenseNet201 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'DenseNet201', [6, 12, 48, 32]);
