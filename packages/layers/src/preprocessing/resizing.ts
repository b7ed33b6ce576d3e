/**
 * Resizing of images: bilinear and nearest, by three conventions of where the pixels are.
 */
import { ShapeError, tensor, type DType, type Tensor, type TensorLike } from '@dl/tensor';
import { apply, castTo, composite, formatShape, isFloating } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../base/checks.ts';

/** How values between pixels are found. */
export type Interpolation = 'bilinear' | 'nearest';

/**
 * Which place of the input an output pixel `i` of `n` stands for, with `m` input pixels: 'half-pixel' (i + ½)·m/n − ½, as
 * Keras and PyTorch; 'align-corners' i·(m − 1)/(n − 1); 'legacy' i·m/n, as early TensorFlow.
 */
export type Coordinates = 'half-pixel' | 'align-corners' | 'legacy';

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** 'bilinear' unless given. */
  readonly interpolation?: Interpolation | undefined;
  /** 'half-pixel' unless given. */
  readonly coordinates?: Coordinates | undefined;
}

const INTERPOLATIONS = ['bilinear', 'nearest'] as const;
const COORDINATES = ['half-pixel', 'align-corners', 'legacy'] as const;

/** The place in the input of every output pixel, not below 0. */
function places(from: number, to: number, coordinates: Coordinates): number[] {
  return Array.from({ length: to }, (_, i) => {
    if (coordinates === 'align-corners') return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    if (coordinates === 'legacy') return (i * from) / to;
    return Math.max(((i + 0.5) * from) / to - 0.5, 0);
  });
}

/** The nearest pixel of every output pixel; halves go up, as in Keras. */
function nearestPixels(from: number, to: number, coordinates: Coordinates): number[] {
  const exact = places(from, to, coordinates);
  const pick = (at: number, i: number): number => {
    if (coordinates === 'half-pixel') return Math.floor(((i + 0.5) * from) / to);
    return coordinates === 'legacy' ? Math.floor(at) : Math.round(at);
  };
  return exact.map((at, i) => Math.min(pick(at, i), from - 1));
}

/** Where the values along one axis come from: one pixel, or two and the part of the second. */
function sources(
  from: number,
  to: number,
  interpolation: Interpolation,
  coordinates: Coordinates,
  dtype: DType,
): readonly Tensor[] {
  const pixels = (list: readonly number[]): Tensor => tensor(Int32Array.from(list));
  if (interpolation === 'nearest') return [pixels(nearestPixels(from, to, coordinates))];
  const at = places(from, to, coordinates);
  const low = at.map((value) => Math.min(Math.floor(value), from - 1));
  const high = low.map((value) => Math.min(value + 1, from - 1));
  return [
    pixels(low),
    pixels(high),
    tensor(
      Float64Array.from(at, (value, i) => value - low[i]!),
      dtype,
    ),
  ];
}

const along = /* @__PURE__ */ composite<{ readonly axis: number }>('resizeAxis', ([x, low, high, part], { axis }) => {
  const left = apply('gather', [x!, low!], { axes: [axis] });
  if (high === undefined) return left;
  const right = apply('gather', [x!, high], { axes: [axis] });
  const shape = left.shape.map((n, d) => (d === axis ? n : 1));
  return left.add(right.sub(left).mul(part!.reshape(shape)));
});

/**
 * Resizes images [batch, height, width, channels] to `[height, width]`. Integers become float32, except for 'nearest'.
 * Nothing is averaged when images shrink.
 *
 * @throws ShapeError when the input is not of rank 4 or has no pixels.
 * @example resize(ones([1, 2, 2, 1]), [4, 4]).shape; // [1, 4, 4, 1]
 */
export function resize(x: TensorLike, size: readonly [number, number], options: ResizeOptions = {}): Tensor {
  const interpolation = checkWord('resize', 'interpolation', options.interpolation ?? 'bilinear', INTERPOLATIONS);
  const coordinates = checkWord('resize', 'coordinates', options.coordinates ?? 'half-pixel', COORDINATES);
  const [height, width] = [checkCount('resize', 'height', size[0]), checkCount('resize', 'width', size[1])];
  const given = tensor(x);
  if (given.rank !== 4 || given.shape[1] === 0 || given.shape[2] === 0) {
    throw new ShapeError(
      `resize: expected images [batch, height, width, channels] with pixels, got shape ${formatShape(given.shape)}`,
    );
  }
  const real = interpolation === 'nearest' || isFloating(given.dtype) ? given : castTo(given, 'float32');
  return [height, width].reduce((image, to, i) => {
    const from = image.shape[i + 1]!;
    if (from === to) return image;
    return along([image, ...sources(from, to, interpolation, coordinates, real.dtype)], { axis: i + 1 });
  }, real);
}
