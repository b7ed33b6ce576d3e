/**
 * Gradient clipping: per variable, over all variables, and per element.
 */
import {
  add,
  clip,
  ConfigError,
  div,
  maximum,
  minimum,
  mul,
  sqrt,
  square,
  where,
  isFinite as finite,
  type Tensor,
} from '@dl/tensor';

/** At most one of the three may be given. */
export interface ClippingOptions {
  /** Largest norm of the gradient of each variable. */
  readonly clipnorm?: number | null | undefined;
  /** Largest absolute value of each element. */
  readonly clipvalue?: number | null | undefined;
  /** Largest norm of all gradients together. */
  readonly globalClipnorm?: number | null | undefined;
}

/** The options with null for those not given. */
export interface Clipping {
  readonly clipnorm: number | null;
  readonly clipvalue: number | null;
  readonly globalClipnorm: number | null;
}

/** Checks that at most one option is given, and that it is positive. */
export function checkClipping(where: string, options: ClippingOptions): Clipping {
  const { clipnorm = null, clipvalue = null, globalClipnorm = null } = options;
  const clipping = { clipnorm, clipvalue, globalClipnorm };
  const given = Object.entries(clipping).filter(([, value]) => value !== null);
  if (given.length > 1) {
    throw new ConfigError(`${where}: give at most one of ${given.map(([name]) => name).join(', ')}`);
  }
  for (const [name, value] of given) {
    if (!(typeof value === 'number' && value > 0)) {
      throw new ConfigError(`${where}: ${name} must be a positive number, got ${String(value)}`);
    }
  }
  return clipping;
}

/**
 * Scales each gradient to a norm of at most `limit`: g·c / max(‖g‖, c). A NaN stays one.
 *
 * @example clipByNorm(tensor([3, 4]), 1); // [0.6, 0.8]
 */
export function clipByNorm(gradient: Tensor, limit: number): Tensor {
  const norm = sqrt(square(gradient).sum());
  return mul(gradient, div(limit, maximum(norm, limit)));
}

/** √Σ‖g‖² over all gradients. */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  return sqrt(gradients.map((g) => square(g).sum()).reduce((a, b) => add(a, b)));
}

/**
 * Scales all gradients by one factor so that their common norm is at most `limit`. When the norm is not finite, all
 * become NaN: a broken gradient is not hidden.
 *
 * @example clipByGlobalNorm([tensor(3), tensor(4)], 1); // [0.6, 0.8]
 */
export function clipByGlobalNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  if (gradients.length === 0) return [];
  const norm = globalNorm(gradients);
  const factor = mul(minimum(div(1, norm), 1 / limit), limit);
  const safe = where(finite(norm), factor, NaN);
  return gradients.map((g) => mul(g, safe));
}

/** Limits each element to ±`limit`. */
export function clipByValue(gradient: Tensor, limit: number): Tensor {
  return clip(gradient, -limit, limit);
}

/** Applies whichever option is set. */
export function clipGradients(gradients: readonly Tensor[], clipping: Clipping): readonly Tensor[] {
  const { clipnorm, clipvalue, globalClipnorm } = clipping;
  if (clipnorm !== null) return gradients.map((g) => clipByNorm(g, clipnorm));
  if (globalClipnorm !== null) return clipByGlobalNorm(gradients, globalClipnorm);
  if (clipvalue !== null) return gradients.map((g) => clipByValue(g, clipvalue));
  return gradients;
}
