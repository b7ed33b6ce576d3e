/**
 * gradcheck: compares gradients with central finite differences in float64, and with forward differentiation.
 */
import { ConfigError, DlError, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { grad } from './grad.ts';
import { jvp } from './jvp/jvp.ts';

/** Options of {@link gradcheck}. */
export interface GradcheckOptions {
  /** Step of the differences, relative to max(1, |x|). Default 1e-5. */
  readonly step?: number;
  /** Largest accepted |analytic − numeric| / max(1, |numeric|). Default 1e-6. */
  readonly tolerance?: number;
  /** 1 checks the gradient, 2 the gradient of a fixed projection of the gradient as well. Default 1. */
  readonly order?: 1 | 2;
  /** Whether forward differentiation must agree, to first order and over the gradient. Default true. */
  readonly forward?: boolean;
}

/** Fixed numbers like none of which another is. */
function weights({ size, shape }: Tensor): Tensor {
  return tensor(
    Float64Array.from({ length: size }, (_, i) => Math.cos(1.3 * i + 0.4) + 0.2),
    'float64',
    shape,
  );
}

/** A scalar of any tensor, in which no component cancels another. */
function project(y: Tensor): Tensor {
  return y.mul(weights(y)).sum();
}

/**
 * Checks the gradient of `f` by every input at the given points, and that forward differentiation gives the same. `f` may
 * return any shape; values are float64. Needs a backend with float64 and synchronous reads (reference, cpu).
 *
 * @throws DlError naming the input, the position and both derivatives when they differ.
 * @example gradcheck((x) => x.tanh(), [[0.1, -2]]);
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Tensor,
  points: readonly TensorLike[],
  options: GradcheckOptions = {},
): void {
  const { order = 1 } = options;
  if (order !== 1 && order !== 2) throw new ConfigError(`gradcheck: order must be 1 or 2, got ${String(order)}`);
  const inputs = points.map((point) => tensor(point, 'float64'));
  const scalar = (...xs: Tensor[]): Tensor => project(f(...xs));
  compare(scalar, inputs, options, 'first');
  if (order === 1) return;
  inputs.forEach((_, n) => {
    const first = grad(scalar, { argnums: n }) as (...xs: Tensor[]) => Tensor;
    compare(
      (...xs) => project(first(...xs)),
      inputs,
      { ...options, tolerance: (options.tolerance ?? 1e-6) * 10 },
      'second',
    );
  });
}

function compare(
  f: (...xs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { step = 1e-5, tolerance = 1e-6, forward = true }: GradcheckOptions,
  which: string,
): void {
  const directions = inputs.map(weights);
  let [along, size] = [0, 1];
  inputs.forEach((input, n) => {
    const analytic = (grad(f, { argnums: n })(...inputs) as Tensor).dataSync();
    directions[n]!.dataSync().forEach((weight, i) => {
      along += analytic[i]! * weight;
      size += Math.abs(analytic[i]! * weight);
    });
    const values = input.dataSync();
    for (let i = 0; i < values.length; i++) {
      const h = step * Math.max(1, Math.abs(values[i]!));
      const at = (value: number): number => {
        const moved = Float64Array.from(values);
        moved[i] = value;
        return f(...inputs.map((x, k) => (k === n ? tensor(moved, 'float64', x.shape) : x))).itemSync();
      };
      const numeric = (at(values[i]! + h) - at(values[i]! - h)) / (2 * h);
      const error = Math.abs(analytic[i]! - numeric) / Math.max(1, Math.abs(numeric));
      if (!(error <= tolerance)) {
        throw new DlError(
          `gradcheck: ${which} derivative by input ${n} at element ${i} (x = ${values[i]}) is ${analytic[i]}, finite differences give ${numeric}`,
        );
      }
    }
  });
  if (!forward) return;
  const tangent = jvp(f, [...inputs], directions).tangent.itemSync();
  if (!(Math.abs(tangent - along) <= tolerance * size)) {
    throw new DlError(
      `gradcheck: forward differentiation gives the ${which} derivative ${tangent} in a direction in which the gradient gives ${along}`,
    );
  }
}
