/**
 * EfficientNet B0 to B7: inverted bottlenecks with squeeze-and-excitation, scaled in width, depth and resolution together.
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
  norm,
  padForStride,
  roundChannels,
  type ApplicationOptions,
  type Builder,
  type Built,
} from './shared.ts';

/** Options of the EfficientNets. */
export interface EfficientNetOptions extends ApplicationOptions {
  /** Part that dropout drops before the classifier; by the size of the network unless given. */
  readonly dropoutRate?: number | undefined;
  /** Part of the residual branches that is dropped in the last block, less before; 0.2 unless given. */
  readonly dropConnectRate?: number | undefined;
}

/** Kernel, repeats, channels in and out, expansion and stride of the stages at width and depth 1. */
const STAGES = [
  [3, 1, 32, 16, 1, 1],
  [3, 2, 16, 24, 6, 2],
  [5, 2, 24, 40, 6, 2],
  [3, 3, 40, 80, 6, 2],
  [5, 3, 80, 112, 6, 1],
  [5, 4, 112, 192, 6, 2],
  [3, 1, 192, 320, 6, 1],
] as const;

interface BlockSettings {
  readonly kernel: number;
  readonly strides: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly dropRate: number;
  readonly name: string;
}

function block(x: Tensor, { kernel, strides, inputs, outputs, expansion, dropRate, name }: BlockSettings): Tensor {
  const filters = inputs * expansion;
  let y = x;
  if (expansion !== 1) {
    y = conv(y, filters, 1, plain(`${name}expand_conv`));
    y = swish(norm(y, `${name}expand_bn`), `${name}expand_activation`);
  }
  if (strides === 2) y = padForStride(y, kernel, `${name}dwconv_pad`);
  y = new DepthwiseConv2D(kernel, {
    strides,
    padding: strides === 2 ? 'valid' : 'same',
    useBias: false,
    depthwiseInitializer: scaled(),
    name: `${name}dwconv`,
  }).apply(y);
  y = swish(norm(y, `${name}bn`), `${name}activation`);
  y = excite(y, Math.max(1, Math.trunc(inputs * 0.25)), name);
  y = norm(conv(y, outputs, 1, plain(`${name}project_conv`)), `${name}project_bn`);
  return residual(x, y, strides, dropRate, name);
}

function build<O extends EfficientNetOptions>(
  options: O,
  where: string,
  [width, depth, size, dropout]: readonly [width: number, depth: number, size: number, dropout: number],
): Built<O> {
  checkApplication(where, options, ['dropoutRate', 'dropConnectRate']);
  const { dropoutRate = dropout, dropConnectRate = 0.2 } = options;
  const input = inputOf(where, options, size);
  const wide = (channels: number): number => roundChannels(channels * width);
  let x = new Rescaling(1 / 255).apply(input);
  x = new Normalization(-1, { name: 'normalization' }).apply(x);
  x = conv(padForStride(x, 3, 'stem_conv_pad'), wide(32), 3, { ...plain('stem_conv'), padding: 'valid', strides: 2 });
  x = swish(norm(x, 'stem_bn'), 'stem_activation');
  const counts = STAGES.map(([, repeats]) => Math.ceil(repeats * depth));
  const total = counts.reduce((a, b) => a + b, 0);
  let done = 0;
  STAGES.forEach(([kernel, , inputs, outputs, expansion, strides], stage) => {
    for (let i = 0; i < counts[stage]!; i++) {
      x = block(x, {
        kernel,
        strides: i === 0 ? strides : 1,
        inputs: wide(i === 0 ? inputs : outputs),
        outputs: wide(outputs),
        expansion,
        dropRate: (dropConnectRate * done++) / total,
        name: `block${stage + 1}${String.fromCharCode(97 + i)}_`,
      });
    }
  });
  x = conv(x, wide(1280), 1, plain('top_conv'));
  x = swish(norm(x, 'top_bn'), 'top_activation');
  return assemble(input, finish(x, options, {}, dropoutRate), options, options.name ?? where.toLowerCase());
}

/** Makes the builder of one size. */
const sized =
  (where: string, sizes: readonly [number, number, number, number]) =>
  <O extends EfficientNetOptions = EfficientNetOptions>(options: O = {} as O): Built<O> =>
    build(options, where, sizes);

/** EfficientNet B0 (M. Tan, Q. Le, 2019): 5,330,571 parameters; 224 × 224 from 0 to 255. @example EfficientNetB0(); */
export const EfficientNetB0: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB0',
  [1.0, 1.0, 224, 0.2],
);
/** EfficientNet B1: 7,856,239 parameters; 240 × 240. @example EfficientNetB1({ classes: 10 }); */
export const EfficientNetB1: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB1',
  [1.0, 1.1, 240, 0.2],
);
/** EfficientNet B2: 9,177,569 parameters; 260 × 260. @example EfficientNetB2({ classes: 10 }); */
export const EfficientNetB2: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB2',
  [1.1, 1.2, 260, 0.3],
);
/** EfficientNet B3: 12,320,535 parameters; 300 × 300. @example EfficientNetB3({ classes: 10 }); */
export const EfficientNetB3: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB3',
  [1.2, 1.4, 300, 0.3],
);
/** EfficientNet B4: 19,466,823 parameters; 380 × 380. @example EfficientNetB4({ classes: 10 }); */
export const EfficientNetB4: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB4',
  [1.4, 1.8, 380, 0.4],
);
/** EfficientNet B5: 30,562,527 parameters; 456 × 456. @example EfficientNetB5({ classes: 10 }); */
export const EfficientNetB5: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB5',
  [1.6, 2.2, 456, 0.4],
);
/** EfficientNet B6: 43,265,143 parameters; 528 × 528. @example EfficientNetB6({ classes: 10 }); */
export const EfficientNetB6: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB6',
  [1.8, 2.6, 528, 0.5],
);
/** EfficientNet B7: 66,658,687 parameters; 600 × 600. @example EfficientNetB7({ classes: 10 }); */
export const EfficientNetB7: Builder<EfficientNetOptions> = /* @__PURE__ */ sized(
  'EfficientNetB7',
  [2.0, 3.1, 600, 0.5],
);
