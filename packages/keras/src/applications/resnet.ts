/**
 * Residual networks: ResNet and ResNetV2.
 */
import { Add, MaxPooling2D, ZeroPadding2D } from '@dl/layers';
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

const norm = (x: Tensor, name: string): Tensor => normalize(x, name, 1.001e-5);
const relu = (x: Tensor, name: string): Tensor => act(x, 'relu', name);
const pad = (x: Tensor, by: number, name: string): Tensor => new ZeroPadding2D(by, { name }).apply(x);

/** One block of a stage; `shortcut` is whether the way around has a convolution. */
type Block = (x: Tensor, filters: number, strides: number, shortcut: boolean, name: string) => Tensor;

/** 1 × 1, 3 × 3 and 1 × 1 convolutions, the last of four times the filters. */
const bottleneck: Block = (x, filters, strides, shortcut, name) => {
  const around = shortcut ? norm(conv(x, 4 * filters, 1, { strides, name: `${name}_0_conv` }), `${name}_0_bn`) : x;
  let y = conv(x, filters, 1, { strides, name: `${name}_1_conv` });
  y = relu(norm(y, `${name}_1_bn`), `${name}_1_relu`);
  y = conv(y, filters, 3, { padding: 'same', name: `${name}_2_conv` });
  y = relu(norm(y, `${name}_2_bn`), `${name}_2_relu`);
  y = norm(conv(y, 4 * filters, 1, { name: `${name}_3_conv` }), `${name}_3_bn`);
  return relu(new Add({ name: `${name}_add` }).apply([around, y]), `${name}_out`);
};

/** Two 3 × 3 convolutions. */
const basic: Block = (x, filters, strides, shortcut, name) => {
  const plain = { padding: 'same', useBias: false } as const;
  const around = shortcut
    ? norm(conv(x, filters, 1, { strides, useBias: false, name: `${name}_0_conv` }), `${name}_0_bn`)
    : x;
  let y = conv(x, filters, 3, { ...plain, strides, name: `${name}_1_conv` });
  y = relu(norm(y, `${name}_1_bn`), `${name}_1_relu`);
  y = norm(conv(y, filters, 3, { ...plain, name: `${name}_2_conv` }), `${name}_2_bn`);
  return relu(new Add({ name: `${name}_add` }).apply([around, y]), `${name}_out`);
};

function build<O extends ApplicationOptions>(
  options: O,
  where: string,
  block: Block,
  repeats: readonly number[],
): Built<O> {
  checkApplication(where, options);
  const input = inputOf(where, options, 224);
  const useBias = block === bottleneck;
  let x = conv(pad(input, 3, 'conv1_pad'), 64, 7, { strides: 2, useBias, name: 'conv1_conv' });
  x = pad(relu(norm(x, 'conv1_bn'), 'conv1_relu'), 1, 'pool1_pad');
  x = new MaxPooling2D(3, { strides: 2, name: 'pool1_pool' }).apply(x);
  repeats.forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      const strides = i === 0 && stage > 0 ? 2 : 1;
      const shortcut = i === 0 && (stage > 0 || block === bottleneck);
      x = block(x, 64 * 2 ** stage, strides, shortcut, `conv${stage + 2}_block${i + 1}`);
    }
  });
  return assemble(input, finish(x, options), options, options.name ?? where.toLowerCase());
}

/** ResNet-18 (K. He and others, 2015): basic blocks, 11,699,112 parameters. @example ResNet18({ classes: 10 }); */
export const ResNet18 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'ResNet18', basic, [2, 2, 2, 2]);

/** ResNet-34 (K. He and others, 2015): basic blocks, 21,814,696 parameters. @example ResNet34({ classes: 10 }); */
export const ResNet34 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'ResNet34', basic, [3, 4, 6, 3]);

/**
 * ResNet-50 (K. He and others, 2015): 25,636,712 parameters. Inputs are BGR with the means of ImageNet taken off.
 *
 * @example ResNet50({ includeTop: false, pooling: 'avg' });
 */
export const ResNet50 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'ResNet50', bottleneck, [3, 4, 6, 3]);

/** ResNet-101 (K. He and others, 2015): 44,707,176 parameters. @example ResNet101({ classes: 10 }); */
export const ResNet101 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'ResNet101', bottleneck, [3, 4, 23, 3]);

/** ResNet-152 (K. He and others, 2015): 60,419,944 parameters. @example ResNet152({ classes: 10 }); */
export const ResNet152 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  build(options, 'ResNet152', bottleneck, [3, 8, 36, 3]);

/** Normalization and activation come before the convolutions. */
function preactivated(x: Tensor, filters: number, strides: number, shortcut: boolean, name: string): Tensor {
  const before = relu(norm(x, `${name}_preact_bn`), `${name}_preact_relu`);
  const narrowed = strides > 1 ? new MaxPooling2D(1, { strides }).apply(x) : x;
  const around = shortcut ? conv(before, 4 * filters, 1, { strides, name: `${name}_0_conv` }) : narrowed;
  let y = conv(before, filters, 1, { useBias: false, name: `${name}_1_conv` });
  y = pad(relu(norm(y, `${name}_1_bn`), `${name}_1_relu`), 1, `${name}_2_pad`);
  y = conv(y, filters, 3, { strides, useBias: false, name: `${name}_2_conv` });
  y = relu(norm(y, `${name}_2_bn`), `${name}_2_relu`);
  y = conv(y, 4 * filters, 1, { name: `${name}_3_conv` });
  return new Add({ name: `${name}_out` }).apply([around, y]);
}

function buildV2<O extends ApplicationOptions>(options: O, where: string, repeats: readonly number[]): Built<O> {
  checkApplication(where, options);
  const input = inputOf(where, options, 224);
  let x = conv(pad(input, 3, 'conv1_pad'), 64, 7, { strides: 2, name: 'conv1_conv' });
  x = new MaxPooling2D(3, { strides: 2, name: 'pool1_pool' }).apply(pad(x, 1, 'pool1_pad'));
  repeats.forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      // The last block of a stage narrows the image for the next.
      const strides = i === count - 1 && stage < repeats.length - 1 ? 2 : 1;
      x = preactivated(x, 64 * 2 ** stage, strides, i === 0, `conv${stage + 2}_block${i + 1}`);
    }
  });
  x = relu(norm(x, 'post_bn'), 'post_relu');
  return assemble(input, finish(x, options), options, options.name ?? where.toLowerCase());
}

/** ResNet-50 V2 (K. He and others, 2016): 25,613,800 parameters. Inputs in [−1, 1]. @example ResNet50V2({ classes: 10 }); */
export const ResNet50V2 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  buildV2(options, 'ResNet50V2', [3, 4, 6, 3]);

/** ResNet-101 V2 (K. He and others, 2016): 44,675,560 parameters. @example ResNet101V2({ classes: 10 }); */
export const ResNet101V2 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  buildV2(options, 'ResNet101V2', [3, 4, 23, 3]);

/** ResNet-152 V2 (K. He and others, 2016): 60,380,648 parameters. @example ResNet152V2({ classes: 10 }); */
export const ResNet152V2 = <O extends ApplicationOptions = ApplicationOptions>(options: O = {} as O): Built<O> =>
  buildV2(options, 'ResNet152V2', [3, 8, 36, 3]);
