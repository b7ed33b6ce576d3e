/**
 * Patches of images and volumes, and back.
 */
import { ones, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { describe, formatShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { div, maximum } from '../elementwise.ts';
import { framesOf, overlapAdd } from '../frames.ts';
import { moveAxis, reshape, slice, transpose } from '../movement.ts';
import { pad } from '../pad.ts';
import { perAxis, resolvePadding } from '../nn/convolution.ts';
import { op } from '../op.ts';
import { computable, imagesOf, inDTypeOf, type ImageOptions } from './layout.ts';

interface PatchAttrs {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** [batch, ...spatial, channels] to [batch, ...counts, patch · channels]. */
const extracted = /* @__PURE__ */ composite<PatchAttrs>(
  'extractPatches',
  ([x], { size, strides, dilation, padding }) => {
    const rank = size.length;
    let frames = pad(x!, [0, ...padding, 0]);
    for (let d = rank - 1; d >= 0; d--) frames = framesOf(frames, d + 1, size[d]!, strides[d]!, dilation[d]!);
    // Now [batch, count, size, count, size, …, channels].
    const counts = size.map((_, d) => 1 + 2 * d);
    const inner = size.map((_, d) => 2 + 2 * d);
    const moved = transpose(frames, [0, ...counts, ...inner, 2 * rank + 1]);
    return reshape(moved, [...moved.shape.slice(0, rank + 1), size.reduce((a, b) => a * b, x!.shape.at(-1)!)]);
  },
);

/** Options of {@link extractPatches}. */
export interface ExtractPatchesOptions extends ImageOptions {
  /** How far apart patches begin; by default their size. */
  readonly strides?: number | readonly number[] | null;
  /** How far apart the pixels of a patch are. Default 1. */
  readonly dilationRate?: number | readonly number[];
  /** 'same' adds zeros at the edges. Default 'valid'. */
  readonly padding?: 'valid' | 'same';
}

function patchAttrs(
  size: number | readonly number[],
  spatial: number,
  { strides, dilationRate = 1, padding = 'valid' }: ExtractPatchesOptions,
  shape: readonly number[],
  where: string,
): PatchAttrs {
  if (padding !== 'valid' && padding !== 'same')
    throw new ConfigError(`${where}: unknown padding ${describe(padding)}; use 'valid' or 'same'`);
  const sizes = perAxis(size, spatial, `${where}: size`);
  const steps = perAxis(strides ?? sizes, spatial, `${where}: strides`);
  const dilation = perAxis(dilationRate, spatial, `${where}: dilationRate`);
  const reach = sizes.map((n, d) => (n - 1) * dilation[d]! + 1);
  return { size: sizes, strides: steps, dilation, padding: resolvePadding(padding, shape, reach, steps, where) };
}

function extract(
  images: TensorLike,
  size: number | readonly number[],
  options: ExtractPatchesOptions,
  spatial: number,
  where: string,
): Tensor {
  const { x, restore } = imagesOf(images, options.dataFormat, where, spatial);
  return restore(extracted([x], patchAttrs(size, spatial, options, x.shape.slice(1, -1), where)));
}

/**
 * Patches of images, [batch, rows, columns, height · width · channels] for size [height, width]; or of volumes for a size of
 * three numbers. A single number stands for both axes of an image. Follows `keras.ops.image.extract_patches`.
 *
 * @throws ConfigError for sizes, strides or a padding that do not fit.
 * @example extractPatches(images, 16); // patches of a vision transformer
 */
export const extractPatches: (
  images: TensorLike,
  size: number | readonly number[],
  options?: ExtractPatchesOptions,
) => Tensor = /* @__PURE__ */ op(
  'extractPatches',
  (images: TensorLike, size: number | readonly number[], options: ExtractPatchesOptions = {}) =>
    extract(images, size, options, typeof size !== 'number' && size.length === 3 ? 3 : 2, 'extractPatches'),
);

/** Patches of volumes [batch, depth, height, width, channels]; see {@link extractPatches}. */
export const extractPatches3d: (
  volumes: TensorLike,
  size: number | readonly number[],
  options?: ExtractPatchesOptions,
) => Tensor = /* @__PURE__ */ op(
  'extractPatches3d',
  (volumes: TensorLike, size: number | readonly number[], options: ExtractPatchesOptions = {}) =>
    extract(volumes, size, options, 3, 'extractPatches3d'),
);

/** Means of overlapping patches: [batch, ...counts, ...size, channels] to [batch, ...extent, channels]. */
function folded(x: Tensor, strides: readonly number[]): Tensor {
  const rank = strides.length;
  // Channels second; then the first count and its size go last and become one axis, until none are left.
  const sum = strides.reduce(
    (t, stride, d) => overlapAdd(moveAxis(moveAxis(t, 2, -1), 1 + rank - d, -1), stride),
    moveAxis(x, -1, 1),
  );
  const mean = strides.reduce((t, stride, d) => {
    const counts = overlapAdd(ones([x.shape[1 + d]!, x.shape[1 + rank + d]!], x.dtype), stride);
    return div(
      t,
      reshape(
        maximum(counts, 1),
        t.shape.map((n, axis) => (axis === 2 + d ? n : 1)),
      ),
    );
  }, sum);
  return moveAxis(mean, 1, -1);
}

interface ReconstructAttrs extends PatchAttrs {
  readonly output: readonly number[];
}

const reconstructed = /* @__PURE__ */ composite<ReconstructAttrs>(
  'reconstructPatches',
  ([x], { size, strides, padding, output }) => {
    const channels = x!.shape.at(-1)! / size.reduce((a, b) => a * b, 1);
    const counts = x!.shape.slice(1, -1);
    const whole = folded(reshape(x!, [x!.shape[0]!, ...counts, ...size, channels]), strides);
    const low = padding.map(([before]) => before);
    const there = output.map((n, d) => Math.min(n, whole.shape[d + 1]! - low[d]!));
    const part = slice(whole, [0, ...low, 0], [whole.shape[0]!, ...there, channels]);
    return pad(part, [0, ...output.map((n, d): [number, number] => [0, n - there[d]!]), 0]);
  },
);

/** Options of {@link reconstructPatches}. */
export type ReconstructPatchesOptions = Omit<ExtractPatchesOptions, 'dilationRate'>;

/**
 * Images of `outputSize` [height, width] from the patches that {@link extractPatches} gives for the same size, strides and
 * padding; volumes for three numbers. Where patches overlap, the mean counts; where there is none, the result is 0. Follows
 * `keras.ops.image.reconstruct_patches`.
 *
 * @throws ShapeError when patches do not fit the size.
 * @example reconstructPatches(extractPatches(images, 4), 4, [32, 32]); // images
 */
export const reconstructPatches: (
  patches: TensorLike,
  size: number | readonly number[],
  outputSize: readonly number[],
  options?: ReconstructPatchesOptions,
) => Tensor = /* @__PURE__ */ op(
  'reconstructPatches',
  (
    patches: TensorLike,
    size: number | readonly number[],
    outputSize: readonly number[],
    options: ReconstructPatchesOptions = {},
  ) => {
    const where = 'reconstructPatches';
    const spatial = typeof size !== 'number' && size.length === 3 ? 3 : 2;
    const { x, restore } = imagesOf(patches, options.dataFormat, where, spatial);
    const output = perAxis(outputSize, spatial, `${where}: outputSize`);
    const attrs = patchAttrs(size, spatial, options, output, where);
    const extent = output.map((n, d) => n + attrs.padding[d]![0] + attrs.padding[d]![1]);
    const counts = extent.map((n, d) => Math.floor((n - attrs.size[d]!) / attrs.strides[d]!) + 1);
    const area = attrs.size.reduce((a, b) => a * b, 1);
    if (counts.some((n, d) => n !== x.shape[d + 1]) || x.shape.at(-1)! % area !== 0) {
      throw new ShapeError(
        `${where}: patches of size [${attrs.size.join(', ')}] of images [${output.join(', ')}] have shape ` +
          `[batch, ${counts.join(', ')}, ${area} · channels], got ${formatShape(x.shape)}`,
      );
    }
    return restore(inDTypeOf(reconstructed([computable(x)], { ...attrs, output }), x));
  },
);
