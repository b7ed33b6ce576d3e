/**
 * MobileNet and MobileNetV2: networks of depthwise and pointwise convolutions.
 */
import {
  Activation,
  Add,
  Conv2D,
  DepthwiseConv2D,
  Dropout,
  GlobalAveragePooling2D,
  ReLU,
  Reshape,
  ZeroPadding2D,
} from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import {
  assemble,
  checkApplication,
  conv,
  finish,
  inputOf,
  norm,
  padForStride,
  roundChannels,
  type ApplicationOptions,
  type Built,
} from './shared.ts';

/** Options of {@link MobileNet}. */
export interface MobileNetOptions extends ApplicationOptions {
  /** Factor of the number of channels, 1 unless given. */
  readonly alpha?: number | undefined;
  /** Filters of depthwise convolutions per channel, 1 unless given. */
  readonly depthMultiplier?: number | undefined;
  /** Part that dropout drops before the classifier, 0.001 unless given. */
  readonly dropout?: number | undefined;
}

const relu6 = (x: Tensor, name: string): Tensor => new ReLU({ maxValue: 6, name }).apply(x);

/** Channels and strides of the thirteen blocks of MobileNet. */
const BLOCKS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/**
 * MobileNet (A. Howard and others, 2017): 4,253,864 parameters at alpha 1. Inputs in [−1, 1].
 *
 * @example const model = MobileNet({ inputShape: [128, 128, 3], alpha: 0.5, classes: 10 });
 */
export function MobileNet<O extends MobileNetOptions = MobileNetOptions>(options: O = {} as O): Built<O> {
  checkApplication('MobileNet', options, ['alpha', 'depthMultiplier', 'dropout']);
  const { alpha = 1, depthMultiplier = 1, dropout = 0.001, includeTop = true, classes = 1000 } = options;
  const input = inputOf('MobileNet', options, 224);
  let x = conv(input, Math.trunc(32 * alpha), 3, { padding: 'same', useBias: false, strides: 2, name: 'conv1' });
  x = relu6(norm(x, 'conv1_bn'), 'conv1_relu');
  BLOCKS.forEach(([channels, strides], i) => {
    const id = i + 1;
    const below: [number, number] = [0, 1];
    const padded = strides === 1 ? x : new ZeroPadding2D([below, below], { name: `conv_pad_${id}` }).apply(x);
    x = new DepthwiseConv2D(3, {
      padding: strides === 1 ? 'same' : 'valid',
      depthMultiplier,
      strides,
      useBias: false,
      name: `conv_dw_${id}`,
    }).apply(padded);
    x = relu6(norm(x, `conv_dw_${id}_bn`), `conv_dw_${id}_relu`);
    x = conv(x, Math.trunc(channels * alpha), 1, { padding: 'same', useBias: false, name: `conv_pw_${id}` });
    x = relu6(norm(x, `conv_pw_${id}_bn`), `conv_pw_${id}_relu`);
  });
  if (includeTop) {
    x = new GlobalAveragePooling2D({ keepDims: true }).apply(x);
    x = new Dropout(dropout, { name: 'dropout' }).apply(x);
    x = new Conv2D(classes, 1, { padding: 'same', name: 'conv_preds' }).apply(x);
    x = new Reshape([classes], { name: 'reshape_2' }).apply(x);
    x = new Activation(options.classifierActivation ?? 'softmax', { name: 'predictions' }).apply(x);
  } else {
    x = finish(x, options);
  }
  return assemble(input, x, options, options.name ?? `mobilenet_${alpha.toFixed(2)}`);
}

/** Options of {@link MobileNetV2}. */
export interface MobileNetV2Options extends ApplicationOptions {
  /** Factor of the number of channels, 1 unless given. */
  readonly alpha?: number | undefined;
}

/** Expansion, channels, repeats and first stride of the stages of MobileNetV2. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const slow = (x: Tensor, name: string): Tensor => norm(x, name, 1e-3, 0.999);

/** Expansion, depthwise convolution and projection, with a way around where shapes allow it. */
function inverted(x: Tensor, expansion: number, strides: number, channels: number, id: number): Tensor {
  const prefix = id === 0 ? 'expanded_conv_' : `block_${id}_`;
  const inputs = x.shape.at(-1)!;
  let y = x;
  if (id > 0) {
    y = conv(y, expansion * inputs, 1, { padding: 'same', useBias: false, name: `${prefix}expand` });
    y = relu6(slow(y, `${prefix}expand_BN`), `${prefix}expand_relu`);
  }
  if (strides === 2) y = padForStride(y, 3, `${prefix}pad`);
  const padding = strides === 1 ? 'same' : 'valid';
  y = new DepthwiseConv2D(3, { strides, useBias: false, padding, name: `${prefix}depthwise` }).apply(y);
  y = relu6(slow(y, `${prefix}depthwise_BN`), `${prefix}depthwise_relu`);
  y = conv(y, channels, 1, { padding: 'same', useBias: false, name: `${prefix}project` });
  y = slow(y, `${prefix}project_BN`);
  return inputs === channels && strides === 1 ? new Add({ name: `${prefix}add` }).apply([x, y]) : y;
}

/**
 * MobileNetV2 (M. Sandler and others, 2018): 3,538,984 parameters at alpha 1. Inputs in [−1, 1].
 *
 * @example const features = MobileNetV2({ includeTop: false, pooling: 'avg', inputShape: [96, 96, 3] });
 */
export function MobileNetV2<O extends MobileNetV2Options = MobileNetV2Options>(options: O = {} as O): Built<O> {
  checkApplication('MobileNetV2', options, ['alpha']);
  const { alpha = 1 } = options;
  const input = inputOf('MobileNetV2', options, 224);
  const first = roundChannels(32 * alpha);
  let x = conv(input, first, 3, { strides: 2, padding: 'same', useBias: false, name: 'Conv1' });
  x = relu6(slow(x, 'bn_Conv1'), 'Conv1_relu');
  let id = 0;
  for (const [expansion, channels, repeats, strides] of STAGES) {
    for (let i = 0; i < repeats; i++) {
      x = inverted(x, expansion, i === 0 ? strides : 1, roundChannels(Math.trunc(channels * alpha)), id++);
    }
  }
  const last = alpha > 1 ? roundChannels(1280 * alpha) : 1280;
  x = relu6(slow(conv(x, last, 1, { useBias: false, name: 'Conv_1' }), 'Conv_1_bn'), 'out_relu');
  x = finish(x, options, { pool: 'global_average_pooling2d' });
  return assemble(input, x, options, options.name ?? `mobilenetv2_${alpha.toFixed(2)}`);
}
