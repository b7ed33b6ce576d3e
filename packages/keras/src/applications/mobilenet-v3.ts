/**
 * MobileNetV3: inverted bottlenecks with squeeze-and-excitation and hard swish.
 */
import {
  Activation,
  Add,
  Conv2D,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  Multiply,
  ReLU,
  Rescaling,
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

/** Options of {@link MobileNetV3Small} and {@link MobileNetV3Large}. */
export interface MobileNetV3Options extends ApplicationOptions {
  /** Factor of the number of channels, 1 unless given. */
  readonly alpha?: number | undefined;
  /** Whether to leave out squeeze-and-excitation, hard swish and 5 × 5 kernels; false unless given. */
  readonly minimalistic?: boolean | undefined;
  /** Part that dropout drops before the classifier, 0.2 unless given. */
  readonly dropoutRate?: number | undefined;
  /** Whether inputs from 0 to 255 are brought to [−1, 1] by the model; true unless given. */
  readonly includePreprocessing?: boolean | undefined;
}

type Kind = 're_lu' | 'activation';

/** Expansion, channels, kernel, stride, squeeze and excitation, activation of one block. */
type Block = readonly [expansion: number, channels: number, kernel: 3 | 5, strides: 1 | 2, se: boolean, kind: Kind];

const SMALL: readonly Block[] = [
  [1, 16, 3, 2, true, 're_lu'],
  [72 / 16, 24, 3, 2, false, 're_lu'],
  [88 / 24, 24, 3, 1, false, 're_lu'],
  [4, 40, 5, 2, true, 'activation'],
  [6, 40, 5, 1, true, 'activation'],
  [6, 40, 5, 1, true, 'activation'],
  [3, 48, 5, 1, true, 'activation'],
  [3, 48, 5, 1, true, 'activation'],
  [6, 96, 5, 2, true, 'activation'],
  [6, 96, 5, 1, true, 'activation'],
  [6, 96, 5, 1, true, 'activation'],
];

const LARGE: readonly Block[] = [
  [1, 16, 3, 1, false, 're_lu'],
  [4, 24, 3, 2, false, 're_lu'],
  [3, 24, 3, 1, false, 're_lu'],
  [3, 40, 5, 2, true, 're_lu'],
  [3, 40, 5, 1, true, 're_lu'],
  [3, 40, 5, 1, true, 're_lu'],
  [6, 80, 3, 2, false, 'activation'],
  [2.5, 80, 3, 1, false, 'activation'],
  [2.3, 80, 3, 1, false, 'activation'],
  [2.3, 80, 3, 1, false, 'activation'],
  [6, 112, 3, 1, true, 'activation'],
  [6, 112, 3, 1, true, 'activation'],
  [6, 160, 5, 2, true, 'activation'],
  [6, 160, 5, 1, true, 'activation'],
  [6, 160, 5, 1, true, 'activation'],
];

const slow = (x: Tensor, name: string): Tensor => norm(x, name, 1e-3, 0.999);

const activate = (x: Tensor, kind: Kind, name: string): Tensor =>
  kind === 're_lu' ? new ReLU({ name }).apply(x) : new Activation('hard_silu', { name }).apply(x);

function squeezeExcite(x: Tensor, prefix: string): Tensor {
  const channels = x.shape.at(-1)!;
  let y = new GlobalAveragePooling2D({ keepDims: true, name: `${prefix}squeeze_excite_avg_pool` }).apply(x);
  const inner = roundChannels(channels * 0.25);
  y = conv(y, inner, 1, { padding: 'same', name: `${prefix}squeeze_excite_conv` });
  y = new ReLU({ name: `${prefix}squeeze_excite_relu` }).apply(y);
  y = conv(y, channels, 1, { padding: 'same', name: `${prefix}squeeze_excite_conv_1` });
  y = new Activation('hard_sigmoid', { name: `${prefix}squeeze_excite_hard_sigmoid` }).apply(y);
  return new Multiply({ name: `${prefix}squeeze_excite_mul` }).apply([x, y]);
}

function inverted(x: Tensor, [expansion, filters, kernel, strides, se, kind]: Block, id: number): Tensor {
  const inputs = x.shape.at(-1)!;
  const prefix = id === 0 ? 'expanded_conv_' : `expanded_conv_${id}_`;
  let y = x;
  if (id > 0) {
    y = conv(y, roundChannels(inputs * expansion), 1, { padding: 'same', useBias: false, name: `${prefix}expand` });
    y = activate(slow(y, `${prefix}expand_bn`), kind, `${prefix}expand_activation`);
  }
  if (strides === 2) y = padForStride(y, kernel, `${prefix}depthwise_pad`);
  const padding = strides === 1 ? 'same' : 'valid';
  y = new DepthwiseConv2D(kernel, { strides, padding, useBias: false, name: `${prefix}depthwise` }).apply(y);
  y = activate(slow(y, `${prefix}depthwise_bn`), kind, `${prefix}depthwise_activation`);
  if (se) y = squeezeExcite(y, prefix);
  y = slow(conv(y, filters, 1, { padding: 'same', useBias: false, name: `${prefix}project` }), `${prefix}project_bn`);
  return strides === 1 && inputs === filters ? new Add({ name: `${prefix}add` }).apply([x, y]) : y;
}

function build<O extends MobileNetV3Options>(
  options: O,
  where: string,
  blocks: readonly Block[],
  last: number,
): Built<O> {
  checkApplication(where, options, ['alpha', 'minimalistic', 'dropoutRate', 'includePreprocessing']);
  const { alpha = 1, minimalistic = false, includeTop = true, dropoutRate = 0.2, classes = 1000 } = options;
  const { includePreprocessing = true, classifierActivation = 'softmax' } = options;
  const kindOf = (kind: Kind): Kind => (minimalistic ? 're_lu' : kind);
  const input = inputOf(where, options, 224);
  let x = includePreprocessing ? new Rescaling(1 / 127.5, { offset: -1 }).apply(input) : input;
  x = slow(conv(x, 16, 3, { strides: 2, padding: 'same', useBias: false, name: 'conv' }), 'conv_bn');
  x = activate(x, kindOf('activation'), 'conv_activation');
  blocks.forEach(([expansion, channels, kernel, strides, se, kind], id) => {
    const filters = roundChannels(channels * alpha);
    const block: Block = [expansion, filters, minimalistic ? 3 : kernel, strides, se && !minimalistic, kindOf(kind)];
    x = inverted(x, block, id);
  });
  x = slow(
    conv(x, roundChannels(x.shape.at(-1)! * 6), 1, { padding: 'same', useBias: false, name: 'conv_1' }),
    'conv_1_bn',
  );
  x = activate(x, kindOf('activation'), 'conv_1_activation');
  if (includeTop) {
    x = new GlobalAveragePooling2D({ keepDims: true }).apply(x);
    x = conv(x, alpha > 1 ? roundChannels(last * alpha) : last, 1, { padding: 'same', name: 'conv_2' });
    x = activate(x, kindOf('activation'), 'conv_2_activation');
    if (dropoutRate > 0) x = new Dropout(dropoutRate).apply(x);
    x = new Conv2D(classes, 1, { padding: 'same', name: 'logits' }).apply(x);
    x = new Activation(classifierActivation, { name: 'predictions' }).apply(new Flatten().apply(x));
  } else {
    x = finish(x, options);
  }
  return assemble(input, x, options, options.name ?? where);
}

/**
 * MobileNetV3, small (A. Howard and others, 2019): 2,554,968 parameters at alpha 1. Inputs from 0 to 255.
 *
 * @example const model = MobileNetV3Small({ classes: 10 });
 */
export function MobileNetV3Small<O extends MobileNetV3Options = MobileNetV3Options>(options: O = {} as O): Built<O> {
  return build(options, 'MobileNetV3Small', SMALL, 1024);
}

/**
 * MobileNetV3, large (A. Howard and others, 2019): 5,507,432 parameters at alpha 1. Inputs from 0 to 255.
 *
 * @example const features = MobileNetV3Large({ includeTop: false, pooling: 'avg' });
 */
export function MobileNetV3Large<O extends MobileNetV3Options = MobileNetV3Options>(options: O = {} as O): Built<O> {
  return build(options, 'MobileNetV3Large', LARGE, 1280);
}
