/**
 * ConvNeXt: residual blocks of large depthwise kernels and pointwise layers, in the way of transformers.
 */
import {
  Activation,
  Conv2D,
  Dense,
  GlobalAveragePooling2D,
  LayerNormalization,
  LayerScale,
  Normalization,
} from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import { assemble, checkApplication, finish, inputOf, type ApplicationOptions, type Built } from './shared.ts';

/** Options of {@link ConvNeXtTiny}. */
export interface ConvNeXtOptions extends ApplicationOptions {
  /** Whether inputs from 0 to 255 are normalized by the model; true unless given. */
  readonly includePreprocessing?: boolean | undefined;
}

const norm = (x: Tensor, name: string): Tensor => new LayerNormalization({ epsilon: 1e-6, name }).apply(x);

function block(x: Tensor, channels: number, name: string): Tensor {
  let y = new Conv2D(channels, 7, { padding: 'same', groups: channels, name: `${name}_depthwise_conv` }).apply(x);
  y = norm(y, `${name}_layernorm`);
  y = new Dense(4 * channels, { name: `${name}_pointwise_conv_1` }).apply(y);
  y = new Activation('gelu', { name: `${name}_gelu` }).apply(y);
  y = new Dense(channels, { name: `${name}_pointwise_conv_2` }).apply(y);
  y = new LayerScale({ name: `${name}_layer_scale` }).apply(y);
  return x.add(new Activation('linear', { name: `${name}_identity` }).apply(y));
}

/**
 * ConvNeXt, tiny (Z. Liu and others, 2022): 28,589,128 parameters. Inputs from 0 to 255.
 *
 * @example const features = ConvNeXtTiny({ includeTop: false, pooling: 'avg', inputShape: [64, 64, 3] });
 */
export function ConvNeXtTiny<O extends ConvNeXtOptions = ConvNeXtOptions>(options: O = {} as O): Built<O> {
  checkApplication('ConvNeXtTiny', options, ['includePreprocessing']);
  const { includeTop = true, classes = 1000, classifierActivation = 'softmax' } = options;
  const name = options.name ?? 'convnext_tiny';
  const input = inputOf('ConvNeXtTiny', options, 224);
  let x = input;
  if (options.includePreprocessing ?? true) {
    const mean = [0.485 * 255, 0.456 * 255, 0.406 * 255];
    const variance = [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2];
    x = new Normalization(-1, { mean, variance, name: `${name}_prestem_normalization` }).apply(x);
  }
  [3, 3, 9, 3].forEach((depth, stage) => {
    const channels = 96 * 2 ** stage;
    if (stage === 0) {
      x = new Conv2D(channels, 4, { strides: 4, name: `${name}_stem_conv` }).apply(x);
      x = norm(x, `${name}_stem_layernorm`);
    } else {
      x = norm(x, `${name}_downsampling_layernorm_${stage - 1}`);
      x = new Conv2D(channels, 2, { strides: 2, name: `${name}_downsampling_conv_${stage - 1}` }).apply(x);
    }
    for (let i = 0; i < depth; i++) x = block(x, channels, `${name}_stage_${stage}_block_${i}`);
  });
  if (includeTop) {
    x = norm(new GlobalAveragePooling2D({ name: `${name}_head_gap` }).apply(x), `${name}_head_layernorm`);
    x = new Dense(classes, { activation: classifierActivation, name: `${name}_head_dense` }).apply(x);
  } else {
    x = norm(finish(x, { ...options, pooling: options.pooling ?? null }), `${name}_layernorm`);
  }
  return assemble(input, x, options, name);
}
