/**
 * Batch renormalization: the part of BatchNormalization that ties training to its moving statistics.
 */
import { add, clip, ConfigError, div, maximum, minimum, mul, relu, sqrt, square, stopGradient, sub } from '@dl/tensor';
import type { DType, Shape, Tensor, Variable } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Initializer } from '../initializers/constant.ts';

/** Limits of the corrections of batch renormalization; what is not given is not limited. */
export interface RenormClipping {
  /** Largest factor. */
  readonly rmax?: number | undefined;
  /** Smallest factor. */
  readonly rmin?: number | undefined;
  /** Largest offset, in both directions. */
  readonly dmax?: number | undefined;
}

/** Checks limits; none unless given. */
export function checkClipping(where: string, clipping: RenormClipping | null | undefined): RenormClipping {
  const limits = clipping ?? {};
  const { rmax = Infinity, rmin = -Infinity, dmax = 0 } = limits;
  const known = Object.keys(limits).every((key) => ['rmax', 'rmin', 'dmax'].includes(key));
  if (known && rmax >= rmin && dmax >= 0) return limits;
  throw new ConfigError(
    `${where}: renormClipping takes rmax ≥ rmin and dmax ≥ 0, got ${known ? JSON.stringify(limits) : describe(clipping)}`,
  );
}

/** Square roots of what another initializer gives. */
export class RootInitializer extends Initializer {
  readonly #squares: Initializer;

  constructor(squares: Initializer) {
    super();
    this.#squares = squares;
  }

  override apply(shape: Shape, dtype?: DType): Tensor {
    return sqrt(this.#squares.apply(shape, dtype));
  }
}

/** State of batch renormalization, one value per channel. */
export interface RenormState {
  readonly movingStddev: Variable;
  readonly mean: Variable;
  readonly stddev: Variable;
}

/**
 * Standardized values with the corrections of S. Ioffe, 2017: y·r + d, where r = σ/σ̄ and d = (μ − μ̄)/σ̄ with the slow
 * statistics σ̄ and μ̄. No gradient goes through r and d.
 */
export function renormalize(
  y: Tensor,
  mean: Tensor,
  variance: Tensor,
  state: RenormState,
  { rmax, rmin, dmax }: RenormClipping,
  epsilon: number,
): Tensor {
  const spread = (v: Variable): Tensor => v.read().reshape(mean.shape);
  const slow = maximum(spread(state.stddev), Math.sqrt(epsilon));
  let r = div(sqrt(add(variance, epsilon)), slow);
  let d = div(sub(mean, spread(state.mean)), slow);
  if (rmin !== undefined) r = maximum(r, rmin);
  if (rmax !== undefined) r = minimum(r, rmax);
  if (dmax !== undefined) d = clip(d, -dmax, dmax);
  return add(mul(y, stopGradient(r)), stopGradient(d));
}

/** Moves the slow statistics and the standard deviation of inference; gives the variance of inference that follows. */
export function moveRenorm(
  mean: Tensor,
  variance: Tensor,
  state: RenormState,
  momentum: { readonly slow: number; readonly moving: number },
  epsilon: number,
): Tensor {
  const deviation = sqrt(add(variance, epsilon));
  const move = (v: Variable, value: Tensor, rate: number): Tensor => {
    const next = v
      .read()
      .mul(rate)
      .add(value.reshape(v.shape).mul(1 - rate));
    v.assign(next);
    return next;
  };
  move(state.mean, mean, momentum.slow);
  move(state.stddev, deviation, momentum.slow);
  const moving = move(state.movingStddev, deviation, momentum.moving);
  return relu(sub(square(moving), epsilon));
}
