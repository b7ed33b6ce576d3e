/**
 * EfficientNetV2: fused and plain inverted bottlenecks.
 */
import { DepthwiseConv2D, Normalization, Rescaling } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import { excite, plain, residual, scaled, swish } from './efficientnet-parts.ts';
import {
  assemble,
  checkApplication,
  conv,
  finish,
  inputOf,
  norm as normalize,
  type ApplicationOptions,
  type Builder,
  type Built,
} from './shared.ts';

/** Options of the EfficientNets V2. */
export interface EfficientNetV2Options extends ApplicationOptions {
  /** Whether inputs from 0 to 255 are normalized by the model; true unless given. */
  readonly includePreprocessing?: boolean | undefined;
}

/** Repeats, channels in and out, expansion, part of the channels in squeeze-and-excitation (0: fused block), stride. */
type Stage = readonly [repeats: number, inputs: number, outputs: number, expansion: number, se: number, strides: 1 | 2];

const BASE: readonly Stage[] = [
  [1, 32, 16, 1, 0, 1],
  [2, 16, 32, 4, 0, 2],
  [2, 32, 48, 4, 0, 2],
  [3, 48, 96, 4, 0.25, 2],
  [5, 96, 112, 6, 0.25, 1],
  [8, 112, 192, 6, 0.25, 2],
];

const SMALL: readonly Stage[] = [
  [2, 24, 24, 1, 0, 1],
  [4, 24, 48, 4, 0, 2],
  [4, 48, 64, 4, 0, 2],
  [6, 64, 128, 4, 0.25, 2],
  [9, 128, 160, 6, 0.25, 1],
  [15, 160, 256, 6, 0.25, 2],
];

const MEDIUM: readonly Stage[] = [
  [3, 24, 24, 1, 0, 1],
  [5, 24, 48, 4, 0, 2],
  [5, 48, 80, 4, 0, 2],
  [7, 80, 160, 4, 0.25, 2],
  [14, 160, 176, 6, 0.25, 1],
  [18, 176, 304, 6, 0.25, 2],
  [5, 304, 512, 6, 0.25, 1],
];

const LARGE: readonly Stage[] = [
  [4, 32, 32, 1, 0, 1],
  [7, 32, 64, 4, 0, 2],
  [7, 64, 96, 4, 0, 2],
  [10, 96, 192, 4, 0.25, 2],
  [19, 192, 224, 6, 0.25, 1],
  [25, 224, 384, 6, 0.25, 2],
  [7, 384, 640, 6, 0.25, 1],
];

/** Means and variances of the channels of ImageNet. */
const MEAN = [0.485, 0.456, 0.406];
const VARIANCE = [0.229 ** 2, 0.224 ** 2, 0.225 ** 2];

const norm = (x: Tensor, name: string): Tensor => normalize(x, name, 1e-3, 0.9);

interface BlockSettings {
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly se: number;
  readonly strides: number;
  readonly dropRate: number;
  readonly name: string;
}

/** Expansion, depthwise convolution, squeeze-and-excitation, projection. */
function separate(x: Tensor, { inputs, outputs, expansion, se, strides, name }: BlockSettings): Tensor {
  const filters = inputs * expansion;
  let y = x;
  if (expansion !== 1) {
    y = conv(y, filters, 1, plain(`${name}expand_conv`));
    y = swish(norm(y, `${name}expand_bn`), `${name}expand_activation`);
  }
  y = new DepthwiseConv2D(3, {
    strides,
    padding: 'same',
    useBias: false,
    depthwiseInitializer: scaled(),
    name: `${name}dwconv2`,
  }).apply(y);
  y = swish(norm(y, `${name}bn`), `${name}activation`);
  y = excite(y, Math.max(1, Math.trunc(inputs * se)), name);
  return norm(conv(y, outputs, 1, plain(`${name}project_conv`)), `${name}project_bn`);
}

/** Expansion and depthwise convolution as one. */
function fused(x: Tensor, { inputs, outputs, expansion, strides, name }: BlockSettings): Tensor {
  if (expansion === 1) {
    const y = norm(conv(x, outputs, 3, { ...plain(`${name}project_conv`), strides }), `${name}project_bn`);
    return swish(y, `${name}project_activation`);
  }
  const y = conv(x, inputs * expansion, 3, { ...plain(`${name}expand_conv`), strides });
  const wide = swish(norm(y, `${name}expand_bn`), `${name}expand_activation`);
  return norm(conv(wide, outputs, 1, plain(`${name}project_conv`)), `${name}project_bn`);
}

function block(x: Tensor, settings: BlockSettings): Tensor {
  const { se, strides, dropRate, name } = settings;
  return residual(x, se === 0 ? fused(x, settings) : separate(x, settings), strides, dropRate, name);
}

function preprocess(x: Tensor, where: string): Tensor {
  if (!where.startsWith('EfficientNetV2B') || x.shape.at(-1) !== 3) {
    return new Rescaling(1 / 128, { offset: -1 }).apply(x);
  }
  return new Normalization(-1, { mean: MEAN, variance: VARIANCE }).apply(new Rescaling(1 / 255).apply(x));
}

function build<O extends EfficientNetV2Options>(
  options: O,
  where: string,
  stages: readonly Stage[],
  [width, depth, size]: readonly [width: number, depth: number, size: number],
): Built<O> {
  checkApplication(where, options, ['includePreprocessing']);
  const input = inputOf(where, options, size);
  const wide = (channels: number): number => Math.max(8, Math.floor((channels * width + 4) / 8) * 8);
  let x = (options.includePreprocessing ?? true) ? preprocess(input, where) : input;
  x = conv(x, wide(stages[0]![1]), 3, { ...plain('stem_conv'), strides: 2 });
  x = swish(norm(x, 'stem_bn'), 'stem_activation');
  const counts = stages.map(([repeats]) => Math.ceil(repeats * depth));
  const total = counts.reduce((a, b) => a + b, 0);
  let done = 0;
  stages.forEach(([, inputs, outputs, expansion, se, strides], stage) => {
    for (let i = 0; i < counts[stage]!; i++) {
      x = block(x, {
        inputs: wide(i === 0 ? inputs : outputs),
        outputs: wide(outputs),
        expansion,
        se,
        strides: i === 0 ? strides : 1,
        dropRate: (0.2 * done++) / total,
        name: `block${stage + 1}${String.fromCharCode(97 + i)}_`,
      });
    }
  });
  x = swish(norm(conv(x, wide(1280), 1, plain('top_conv')), 'top_bn'), 'top_activation');
  return assemble(input, finish(x, options, {}, 0.2), options, options.name ?? where.toLowerCase());
}

/** Makes the builder of one size. */
const sized =
  (where: string, stages: readonly Stage[], sizes: readonly [number, number, number]) =>
  <O extends EfficientNetV2Options = EfficientNetV2Options>(options: O = {} as O): Built<O> =>
    build(options, where, stages, sizes);

/** EfficientNetV2 B0 (M. Tan, Q. Le, 2021): 7,200,312 parameters; 224 × 224. @example EfficientNetV2B0({ classes: 10 }); */
export const EfficientNetV2B0: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2B0',
  BASE,
  [1, 1, 224],
);
/** EfficientNetV2 B1: 8,212,124 parameters; 240 × 240. @example EfficientNetV2B1({ classes: 10 }); */
export const EfficientNetV2B1: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2B1',
  BASE,
  [1, 1.1, 240],
);
/** EfficientNetV2 B2: 10,178,374 parameters; 260 × 260. @example EfficientNetV2B2({ classes: 10 }); */
export const EfficientNetV2B2: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2B2',
  BASE,
  [1.1, 1.2, 260],
);
/** EfficientNetV2 B3: 14,467,622 parameters; 300 × 300. @example EfficientNetV2B3({ classes: 10 }); */
export const EfficientNetV2B3: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2B3',
  BASE,
  [1.2, 1.4, 300],
);
/** EfficientNetV2 S: 21,612,360 parameters; 384 × 384. @example EfficientNetV2S({ classes: 10 }); */
export const EfficientNetV2S: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2S',
  SMALL,
  [1, 1, 384],
);
/** EfficientNetV2 M: 54,431,388 parameters; 480 × 480. @example EfficientNetV2M({ classes: 10 }); */
export const EfficientNetV2M: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2M',
  MEDIUM,
  [1, 1, 480],
);
/** EfficientNetV2 L: 119,027,848 parameters; 480 × 480. @example EfficientNetV2L({ classes: 10 }); */
export const EfficientNetV2L: Builder<EfficientNetV2Options> = /* @__PURE__ */ sized(
  'EfficientNetV2L',
  LARGE,
  [1, 1, 480],
);
