/**
 * Images as patches and back: unfold, fold, depthToSpace, spaceToDepth.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { dilatedSize } from '../../ops/contract.ts';
import { apply } from '../../runtime/interpreter.ts';
import { formatShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { filled, wholeNumber } from '../arguments.ts';
import { reshape, slice, transpose } from '../movement.ts';
import { op } from '../op.ts';
import { pad } from '../pad.ts';
import { withChannelsLast, type FormatOptions } from './data-format.ts';

/** Options of {@link unfold} and {@link fold}; one number serves both axes. */
export interface PatchOptions {
  readonly dilation?: number | readonly [number, number];
  /** Zeros at both ends of each axis. */
  readonly padding?: number | readonly [number, number];
  readonly stride?: number | readonly [number, number];
}
type Size = number | readonly [number, number];

const both = (value: Size, least: number, where: string): [number, number] => {
  const [a, b] = typeof value === 'number' ? [value, value] : value;
  return [wholeNumber(a, least, where), wholeNumber(b, least, where)];
};

/** For both axes the place of each kernel element in each patch: index tensors [patch elements, patches]. */
function grid(
  name: string,
  image: readonly [number, number],
  kernelSize: Size,
  { dilation = 1, padding = 0, stride = 1 }: PatchOptions,
) {
  const kernel = both(kernelSize, 1, `${name}: kernel size`);
  const steps = both(stride, 1, `${name}: stride`);
  const gaps = both(dilation, 1, `${name}: dilation`);
  const pads = both(padding, 0, `${name}: padding`);
  const counts = image.map((n, d) => {
    return Math.floor((n + 2 * pads[d]! - dilatedSize(kernel[d]!, gaps[d]!)) / steps[d]!) + 1;
  }) as [number, number];
  if (counts.some((n) => n < 1)) {
    throw new ShapeError(`${name}: a kernel ${formatShape(kernel)} does not fit into an image ${formatShape(image)}`);
  }
  const [elements, patches] = [kernel[0] * kernel[1], counts[0] * counts[1]];
  const places = (axis: 0 | 1): Tensor => {
    const part = (i: number, width: number): number => (axis === 0 ? Math.floor(i / width) : i % width);
    const values = Int32Array.from({ length: elements * patches }, (_, i) => {
      const [element, patch] = [Math.floor(i / patches), i % patches];
      return part(patch, counts[1]) * steps[axis] + part(element, kernel[1]) * gaps[axis];
    });
    return Tensor.fromValues(values, [elements, patches], 'int32');
  };
  return { places: [places(0), places(1)], pads, elements, patches };
}

/**
 * Patches of images [batch, channels, height, width] as columns: [batch, channels·kernel elements, patches], those of one
 * channel together. As `torch.nn.Unfold`.
 */
export const unfold: (x: TensorLike, kernelSize: Size, options?: PatchOptions) => Tensor = /* @__PURE__ */ op(
  'unfold',
  (x: TensorLike, kernelSize: Size, options: PatchOptions = {}) => {
    const t = asTensor(x, 'unfold');
    if (t.rank !== 4) {
      throw new ShapeError(`unfold: expected [batch, channels, height, width], got shape ${formatShape(t.shape)}`);
    }
    const [batch, channels, height, width] = t.shape as [number, number, number, number];
    const { places, pads, elements, patches } = grid('unfold', [height, width], kernelSize, options);
    const padded = pad(t, [0, 0, pads[0], pads[1]]);
    return reshape(apply('gather', [padded, ...places], { axes: [2, 3] }), [batch, channels * elements, patches]);
  },
);

/**
 * The sum of patches in their places: the transpose of {@link unfold}, from [batch, channels·kernel elements, patches] to
 * [batch, channels, …outputSize].
 */
export const fold: (x: TensorLike, outputSize: Size, kernelSize: Size, options?: PatchOptions) => Tensor =
  /* @__PURE__ */ op('fold', (x: TensorLike, outputSize: Size, kernelSize: Size, options: PatchOptions = {}) => {
    const raw = asTensor(x, 'fold');
    const t = raw.dtype === 'bool' ? castTo(raw, 'int32') : raw;
    const [height, width] = both(outputSize, 1, 'fold: output size');
    const { places, pads, elements, patches } = grid('fold', [height, width], kernelSize, options);
    const channels = (t.shape[1] ?? 0) / elements;
    if (t.rank !== 3 || !Number.isInteger(channels) || t.shape[2] !== patches) {
      throw new ShapeError(
        `fold: expected [batch, channels × ${elements}, ${patches}] for images ${formatShape([height, width])}, got shape ${formatShape(t.shape)}`,
      );
    }
    const batch = t.shape[0]!;
    const [high, wide] = [height + 2 * pads[0], width + 2 * pads[1]];
    const blank = filled([batch, channels, high, wide], 0, t.dtype);
    const summed = apply('scatter', [blank, ...places, reshape(t, [batch, channels, elements, patches])], {
      axes: [2, 3],
      op: 'add',
    });
    return slice(summed, [0, 0, ...pads], [batch, channels, height, width]);
  });

type Rearrange = (x: TensorLike, blockSize: number, options?: FormatOptions) => Tensor;

/** Images of rank 4, channels last, and a block size of at least 2. */
const blocks = (name: string, run: (t: Tensor, block: number) => Tensor): Rearrange =>
  /* @__PURE__ */ op(name, (x: TensorLike, blockSize: number, { dataFormat }: FormatOptions = {}) => {
    const block = wholeNumber(blockSize, 2, `${name}: block size`);
    return withChannelsLast(x, dataFormat, name, (t) => {
      if (t.rank !== 4) throw new ShapeError(`${name}: expected images of rank 4, got shape ${formatShape(t.shape)}`);
      return run(t, block);
    });
  });

/** Moves blocks of channels into squares of block × block pixels: [n, h, w, b²·c] to [n, h·b, w·b, c]. */
export const depthToSpace: Rearrange = /* @__PURE__ */ blocks('depthToSpace', (t, b) => {
  const [n, h, w, depth] = t.shape as [number, number, number, number];
  const c = depth / (b * b);
  if (!Number.isInteger(c)) {
    throw new ConfigError(`depthToSpace: ${depth} channels are no multiple of ${b * b}, the square of the block size`);
  }
  return reshape(transpose(reshape(t, [n, h, w, b, b, c]), [0, 1, 3, 2, 4, 5]), [n, h * b, w * b, c]);
});

/** Moves squares of block × block pixels into channels: [n, h·b, w·b, c] to [n, h, w, b²·c]. */
export const spaceToDepth: Rearrange = /* @__PURE__ */ blocks('spaceToDepth', (t, b) => {
  const [n, h, w, c] = t.shape as [number, number, number, number];
  if (h % b !== 0 || w % b !== 0) {
    throw new ConfigError(`spaceToDepth: the image ${formatShape([h, w])} does not divide into blocks of ${b}`);
  }
  return reshape(transpose(reshape(t, [n, h / b, b, w / b, b, c]), [0, 1, 3, 2, 4, 5]), [n, h / b, w / b, b * b * c]);
});
