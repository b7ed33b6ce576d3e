/**
 * `keras.random`: random tensors with Keras's names. A number as `seed` gives the same numbers in every call; a
 * `SeedGenerator` moves on from call to call; without a seed, the generator of `setSeed` does.
 */
import { asTensor, castTo, type TensorLike } from './create.ts';
import { isFloating, type DType } from './dtype.ts';
import { ConfigError, DTypeError, ShapeError } from './errors.ts';
import { real, wholeNumber } from './functions/arguments.ts';
import { drawBinomial, drawLogGamma } from './functions/distributions.ts';
import { add, cast, exp, log, mul, neg, sigmoid, stopGradient, sub } from './functions/elementwise.ts';
import { expandDims } from './functions/movement.ts';
import { dropout as dropoutOf } from './functions/nn/normalization.ts';
import { defaultRandom, Generator, RandomStream, SeededStream } from './functions/random.ts';
import { argMax } from './functions/reduce.ts';
import { apply } from './runtime/interpreter.ts';
import { checkShape, describe, formatShape, normalizeAxis, type Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';

export { Generator as SeedGenerator };

/** Where random numbers come from. */
export interface SeedOptions {
  /** A number, a SeedGenerator, or nothing for the generator that all share. */
  readonly seed?: number | RandomStream | null;
}

/** Options of random floats. */
export interface RandomOptions extends SeedOptions {
  /** A floating dtype. Default float32. */
  readonly dtype?: DType;
}

function streamOf(seed: number | RandomStream | null | undefined, where: string): RandomStream {
  if (seed === undefined || seed === null) return defaultRandom();
  if (seed instanceof RandomStream) return seed;
  if (typeof seed === 'number') return new SeededStream(seed);
  throw new ConfigError(`random.${where}: expected a number or a SeedGenerator as seed, got ${describe(seed)}`);
}

function float(where: string, x: Tensor, dtype: DType | undefined): Tensor {
  if (dtype !== undefined && !isFloating(dtype)) {
    throw new DTypeError(`random.${where}: expected a floating dtype, got ${dtype}; use randint() for integers`);
  }
  return dtype === undefined ? x : castTo(x, dtype);
}

const single = (x: TensorLike, where: string): Tensor => castTo(asTensor(x, where), 'float32');

/** A parameter over the whole shape of the result. */
function over(x: TensorLike, shape: Shape, where: string): Tensor {
  return apply('broadcastTo', [stopGradient(single(x, where))], { shape });
}

/** Evenly distributed in [low, high). */
export function uniform(shape: Shape, low: TensorLike = 0, high: TensorLike = 1, options: RandomOptions = {}): Tensor {
  const u = streamOf(options.seed, 'uniform').uniform(shape);
  const [from, to] = [single(low, 'uniform'), single(high, 'uniform')];
  return float('uniform', add(mul(u, sub(to, from)), from), options.dtype);
}

/** Normally distributed. */
export function normal(
  shape: Shape,
  mean: TensorLike = 0,
  deviation: TensorLike = 1,
  options: RandomOptions = {},
): Tensor {
  const z = streamOf(options.seed, 'normal').normal(shape);
  return float('normal', add(mul(z, single(deviation, 'normal')), single(mean, 'normal')), options.dtype);
}

/** Normally distributed within two standard deviations of the mean. */
export function truncatedNormal(
  shape: Shape,
  mean: TensorLike = 0,
  deviation: TensorLike = 1,
  options: RandomOptions = {},
): Tensor {
  const z = streamOf(options.seed, 'truncatedNormal').truncatedNormal(shape);
  const scaled = add(mul(z, single(deviation, 'truncatedNormal')), single(mean, 'truncatedNormal'));
  return float('truncatedNormal', scaled, options.dtype);
}

/** Integers in [low, high), each as often but for 1 part in 2³² / (high − low). */
export function randint(
  shape: Shape,
  low: number,
  high: number,
  options: SeedOptions & { readonly dtype?: DType } = {},
): Tensor {
  return castTo(
    streamOf(options.seed, 'randint').randint(checkShape(shape, 'randint'), low, high),
    options.dtype ?? 'int32',
  );
}

function logGamma(stream: RandomStream, shape: Shape, alpha: TensorLike, where: string): Tensor {
  const a = over(alpha, checkShape(shape, where), where);
  return stream.draw((state) => drawLogGamma([state, a], { shape }));
}

/**
 * Gamma numbers with shape parameter `alpha` > 0 and scale 1. No gradient goes to `alpha`.
 *
 * @example gamma([1000], 2.5, { seed: 1 }); // mean 2.5, variance 2.5
 */
export function gamma(shape: Shape, alpha: TensorLike, options: RandomOptions = {}): Tensor {
  return float('gamma', exp(logGamma(streamOf(options.seed, 'gamma'), shape, alpha, 'gamma')), options.dtype);
}

/** Beta numbers in [0, 1], as the share that one of two gamma numbers has. No gradient goes to the parameters. */
export function beta(shape: Shape, alpha: TensorLike, beta_: TensorLike, options: RandomOptions = {}): Tensor {
  const stream = streamOf(options.seed, 'beta');
  const first = logGamma(stream, shape, alpha, 'beta');
  const second = logGamma(stream, shape, beta_, 'beta');
  return float('beta', sigmoid(sub(first, second)), options.dtype);
}

/**
 * How many of `counts` trials succeed, each with a probability, as whole floats. Meant for counts up to about 10⁵, where
 * float32 still tells chances apart.
 */
export function binomial(
  shape: Shape,
  counts: TensorLike,
  probabilities: TensorLike,
  options: RandomOptions = {},
): Tensor {
  checkShape(shape, 'binomial');
  const [n, p] = [over(counts, shape, 'binomial'), over(probabilities, shape, 'binomial')];
  const drawn = streamOf(options.seed, 'binomial').draw((state) => drawBinomial([state, n, p], { shape }));
  return float('binomial', drawn, options.dtype);
}

/**
 * Classes drawn by unnormalized log-probabilities [batch, classes]: int32 [batch, count]. By the largest of the logits plus
 * Gumbel noise.
 */
export function categorical(
  logits: TensorLike,
  count: number,
  options: SeedOptions & { readonly dtype?: DType } = {},
): Tensor {
  const t = real(logits, 'categorical');
  if (t.rank !== 2 || t.shape[1] === 0) {
    throw new ShapeError(`random.categorical: expected logits [batch, classes], got shape ${formatShape(t.shape)}`);
  }
  wholeNumber(count, 0, 'random.categorical: the number of samples');
  const [batch, classes] = t.shape as [number, number];
  // Off 0, so that the logarithms are finite.
  const u = add(streamOf(options.seed, 'categorical').uniform([batch, count, classes]), 2 ** -25);
  const noise = neg(log(neg(log(u))));
  return cast(argMax(add(expandDims(cast(t, 'float32'), 1), noise), -1), options.dtype ?? 'int32');
}

/** The slices along an axis in random order. */
export function shuffle(x: TensorLike, axis = 0, options: SeedOptions = {}): Tensor {
  const t = asTensor(x, 'shuffle');
  const place = normalizeAxis(axis, t.rank, 'random.shuffle');
  const order = streamOf(options.seed, 'shuffle').permutation(t.shape[place]!);
  return apply('gather', [t, order], { axes: [place] });
}

/** Sets elements to 0 with probability `rate` and divides the others by 1 − rate. */
export function dropout(
  x: TensorLike,
  rate: number,
  options: SeedOptions & { readonly noiseShape?: Shape | null } = {},
): Tensor {
  const generator = streamOf(options.seed, 'dropout');
  return dropoutOf(x, rate, options.noiseShape ? { noiseShape: options.noiseShape, generator } : { generator });
}
