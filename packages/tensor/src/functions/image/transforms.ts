/**
 * Affine, perspective and elastic transforms of images.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError, unknownName } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { describe, formatShape, sameShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { add, div, mul, neg } from '../elementwise.ts';
import { concat, expandDims, reshape, slice, squeeze, unstack } from '../movement.ts';
import { solve } from '../linalg/solve.ts';
import { op } from '../op.ts';
import { defaultRandom, type Generator } from '../random.ts';
import { checkFillMode, interpolate, type FillMode, type Sampling } from './coordinates.ts';
import { blur } from './filters.ts';
import { computable, imagesOf, inDTypeOf, type ImageOptions } from './layout.ts';

/** How pixels between pixels are found. */
export type Interpolation = 'nearest' | 'bilinear';

function orderOf(interpolation: Interpolation, where: string): 0 | 1 {
  if (interpolation === 'nearest') return 0;
  if (interpolation === 'bilinear') return 1;
  return unknownName(where, 'interpolation', interpolation, ['nearest', 'bilinear']);
}

/** Positions along an axis of [batch, height, width, channels], as [1, height, 1] or [1, 1, width]. */
function grid(x: Tensor, axis: 1 | 2): Tensor {
  const n = x.shape[axis]!;
  return castTo(apply('iota', [], { shape: axis === 1 ? [1, n, 1] : [1, 1, n], axis, dtype: 'int32' }), x.dtype);
}

/** Pixels of a batch at coordinates [batch, height, width]. */
function pixelsAt(x: Tensor, row: Tensor, column: Tensor, sampling: Sampling): Tensor {
  const batch = apply('iota', [], { shape: [x.shape[0]!, 1, 1], axis: 0, dtype: 'int32' });
  return interpolate(x, [batch], [row, column], sampling);
}

/** Output pixel (x, y) is input pixel ((a₀x + a₁y + a₂)/k, (b₀x + b₁y + b₂)/k) with k = c₀x + c₁y + 1. */
const projected = /* @__PURE__ */ composite<Sampling>('projectiveTransform', ([image, transform], sampling) => {
  const [a0, a1, a2, b0, b1, b2, c0, c1] = unstack(transform!, 1).map((t) => expandDims(t, [1, 2])) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const [y, x] = [grid(image!, 1), grid(image!, 2)];
  const k = add(add(mul(c0, x), mul(c1, y)), 1);
  const row = div(add(add(mul(b0, x), mul(b1, y)), b2), k);
  const column = div(add(add(mul(a0, x), mul(a1, y)), a2), k);
  return pixelsAt(image!, row, column, sampling);
});

/** Options of transforms. */
export interface TransformOptions extends ImageOptions {
  /** Default 'bilinear'. */
  readonly interpolation?: Interpolation;
  /** What lies outside of the image with the mode 'constant'. Default 0. */
  readonly fillValue?: number;
}

/** Options of {@link affineTransform}. */
export interface AffineTransformOptions extends TransformOptions {
  /** Default 'constant'. */
  readonly fillMode?: FillMode;
}

/**
 * Transforms images by eight numbers [a0, a1, a2, b0, b1, b2, c0, c1], or eight for each image: the pixel at (x, y) of the
 * result is that at ((a0·x + a1·y + a2)/k, (b0·x + b1·y + b2)/k) with k = c0·x + c1·y + 1. Follows
 * `keras.ops.image.affine_transform`; c0 and c1 count, as with TensorFlow.
 *
 * @throws ShapeError unless the transform has shape [8] or [batch, 8], ConfigError for options that are not known.
 * @example affineTransform(photo, [1, 0, -2, 0, 1, 0, 0, 0]); // moved to the right by two pixels
 */
export const affineTransform: (images: TensorLike, transform: TensorLike, options?: AffineTransformOptions) => Tensor =
  /* @__PURE__ */ op(
    'affineTransform',
    (
      images: TensorLike,
      transform: TensorLike,
      { interpolation = 'bilinear', fillMode = 'constant', fillValue = 0, dataFormat }: AffineTransformOptions = {},
    ) => {
      const where = 'affineTransform';
      const { x, restore } = imagesOf(images, dataFormat, where);
      const image = computable(x);
      const t = castTo(asTensor(transform, where), image.dtype);
      if ((t.rank !== 1 && t.rank !== 2) || t.shape.at(-1) !== 8) {
        throw new ShapeError(`${where}: expected a transform of shape [8] or [batch, 8], got ${formatShape(t.shape)}`);
      }
      const sampling = { order: orderOf(interpolation, where), fillMode: checkFillMode(fillMode, where), fillValue };
      const rows = perImage(t.rank === 1 ? expandDims(t, 0) : t, image, where);
      return restore(inDTypeOf(projected([image, rows], sampling), x));
    },
  );

/** One row for each image; a single one serves all. */
function perImage(rows: Tensor, image: Tensor, where: string): Tensor {
  const [count, batch] = [rows.shape[0]!, image.shape[0]!];
  if (count !== 1 && count !== batch)
    throw new ShapeError(`${where}: expected one transform or ${batch}, one per image, got ${count}`);
  return apply('broadcastTo', [rows], { shape: [batch, ...rows.shape.slice(1)] });
}

/**
 * The eight numbers [a0, a1, a2, b0, b1, b2, c0, c1] of {@link affineTransform} that take each of four end points (x, y) back
 * to its start point; points are [4, 2] or [batch, 4, 2].
 *
 * @throws ShapeError for other shapes.
 */
export const computeHomography: (startPoints: TensorLike, endPoints: TensorLike) => Tensor = /* @__PURE__ */ op(
  'computeHomography',
  (startPoints: TensorLike, endPoints: TensorLike) => {
    const [start, end] = [startPoints, endPoints].map((t) => computable(asTensor(t, 'computeHomography'))) as [
      Tensor,
      Tensor,
    ];
    const fits = (t: Tensor): boolean => (t.rank === 2 || t.rank === 3) && t.shape.at(-2) === 4 && t.shape.at(-1) === 2;
    if (!fits(start) || !sameShape(start.shape, end.shape)) {
      throw new ShapeError(
        `computeHomography: expected start and end points of shape [4, 2] or [batch, 4, 2], got ${formatShape(start.shape)} and ${formatShape(end.shape)}`,
      );
    }
    const [x, y] = [slice(end, corner(end, 0), column(end)), slice(end, corner(end, 1), column(end))];
    const ones = add(mul(x, 0), 1);
    const zeros = mul(x, 0);
    // Both equations of each point, for unknowns in the order of the result.
    const equations = (target: Tensor, own: readonly Tensor[]): Tensor =>
      concat([...own, neg(mul(target, x)), neg(mul(target, y))], -1);
    const [sx, sy] = [slice(start, corner(start, 0), column(start)), slice(start, corner(start, 1), column(start))];
    const matrix = concat(
      [equations(sx, [x, y, ones, zeros, zeros, zeros]), equations(sy, [zeros, zeros, zeros, x, y, ones])],
      -2,
    );
    return squeeze(solve(matrix, concat([sx, sy], -2)), -1);
  },
);

const corner = (t: Tensor, last: number): number[] => t.shape.map((_, axis) => (axis === t.rank - 1 ? last : 0));
const column = (t: Tensor): number[] => [...t.shape.slice(0, -1), 1];

/**
 * Transforms images so that four start points (x, y) come to four end points; points are [4, 2], or [batch, 4, 2] for each
 * image its own. Follows `keras.ops.image.perspective_transform`.
 *
 * @throws ShapeError when points do not fit, ConfigError for an unknown interpolation.
 * @example perspectiveTransform(photo, [[0, 0], [9, 0], [0, 9], [9, 9]], [[1, 1], [8, 0], [0, 9], [9, 9]]);
 */
export const perspectiveTransform: (
  images: TensorLike,
  startPoints: TensorLike,
  endPoints: TensorLike,
  options?: TransformOptions,
) => Tensor = /* @__PURE__ */ op(
  'perspectiveTransform',
  (
    images: TensorLike,
    startPoints: TensorLike,
    endPoints: TensorLike,
    { interpolation = 'bilinear', fillValue = 0, dataFormat }: TransformOptions = {},
  ) => {
    const where = 'perspectiveTransform';
    const { x, restore } = imagesOf(images, dataFormat, where);
    const image = computable(x);
    const numbers = computeHomography(startPoints, endPoints);
    const rows = perImage(castTo(reshape(numbers, [-1, 8]), image.dtype), image, where);
    const sampling: Sampling = { order: orderOf(interpolation, where), fillMode: 'constant', fillValue };
    return restore(inDTypeOf(projected([image, rows], sampling), x));
  },
);

const displaced = /* @__PURE__ */ composite<Sampling>('displace', ([image, shift], sampling) => {
  const [down, right] = unstack(shift!, 3) as [Tensor, Tensor];
  return pixelsAt(image!, add(grid(image!, 1), down), add(grid(image!, 2), right), sampling);
});

/** Options of {@link elasticTransform}. */
export interface ElasticTransformOptions extends TransformOptions {
  /** How far pixels move. Default 20. */
  readonly alpha?: number;
  /** How smooth the displacements are, as the deviation of a Gaussian in pixels. Default 5. */
  readonly sigma?: number;
  /** Default 'reflect'. */
  readonly fillMode?: FillMode;
  readonly generator?: Generator;
}

/**
 * Moves the pixels of images by smooth random displacements (P. Simard and others, 2003): normal numbers of deviation
 * `sigma`, blurred, times `alpha`. Follows `keras.ops.image.elastic_transform`.
 *
 * @throws ConfigError for options that are not known or a deviation that is not positive.
 * @example elasticTransform(images, { alpha: 10, generator: new Generator(1) });
 */
export const elasticTransform: (images: TensorLike, options?: ElasticTransformOptions) => Tensor = /* @__PURE__ */ op(
  'elasticTransform',
  (images: TensorLike, options: ElasticTransformOptions = {}) => {
    const where = 'elasticTransform';
    const { alpha = 20, sigma = 5, interpolation = 'bilinear', fillMode = 'reflect', fillValue = 0 } = options;
    const { x, restore } = imagesOf(images, options.dataFormat, where);
    const image = computable(x);
    const sampling = { order: orderOf(interpolation, where), fillMode: checkFillMode(fillMode, where), fillValue };
    if (!(sigma > 0)) throw new ConfigError(`${where}: sigma must be positive, got ${describe(sigma)}`);
    const size = Math.floor(6 * sigma) | 1;
    const random = options.generator ?? defaultRandom();
    const noise = random.normal([...image.shape.slice(0, 3), 2], 0, sigma);
    const shift = mul(blur(castTo(noise, image.dtype), [size, size], [sigma, sigma]), alpha);
    return restore(inDTypeOf(displaced([image, shift], sampling), x));
  },
);
