/**
 * Resampling as products with small matrices of weights: resizing, scaling, moving and blurring.
 */
import { castTo } from '../../create.ts';
import { unknownName } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import type { DType } from '../../dtype.ts';
import type { Tensor } from '../../tensor.ts';
import { matmul } from '../contract.ts';
import {
  abs,
  add,
  div,
  exp,
  floorDiv,
  greater,
  less,
  lessEqual,
  logicalAnd,
  maximum,
  mul,
  sin,
  square,
  sub,
  where,
} from '../elementwise.ts';
import { moveAxis, swapAxes } from '../movement.ts';
import { sum } from '../reduce.ts';

type Kernel = (x: Tensor) => Tensor;

const triangle: Kernel = (x) => maximum(sub(1, x), 0);

/** With a = −½ (R. Keys, 1981). */
const cubic: Kernel = (x) => {
  const near = add(mul(mul(sub(mul(x, 1.5), 2.5), x), x), 1);
  const far = add(mul(sub(mul(add(mul(x, -0.5), 2.5), x), 4), x), 2);
  return where(less(x, 1), near, where(less(x, 2), far, 0));
};

/** sinc(x)·sinc(x/r) up to r. */
const lanczos =
  (radius: number): Kernel =>
  (x) => {
    const zero = less(x, 1e-3);
    const angle = mul(where(zero, 1, x), Math.PI);
    const value = div(mul(mul(sin(angle), sin(div(angle, radius))), radius), square(angle));
    // Near 0 by the first two terms of the series.
    const centre = sub(1, mul(square(x), (Math.PI ** 2 * (1 + 1 / radius ** 2)) / 6));
    return where(zero, centre, where(less(x, radius), value, 0));
  };

const KERNELS: { readonly [name: string]: Kernel } = {
  linear: triangle,
  bilinear: triangle,
  trilinear: triangle,
  triangle,
  cubic,
  bicubic: cubic,
  tricubic: cubic,
  lanczos3: /* @__PURE__ */ lanczos(3),
  lanczos5: /* @__PURE__ */ lanczos(5),
};

/** Names of kernels. */
export function checkKernel(name: string, where: string, known: readonly string[] = Object.keys(KERNELS)): string {
  return known.includes(name) ? name : unknownName(where, 'interpolation', name, known);
}

/** Positions along one axis of a matrix, for what broadcasts against the other. */
function places(rows: number, columns: number, axis: 0 | 1, dtype: DType): Tensor {
  const shape = axis === 0 ? [rows, 1] : [1, columns];
  return castTo(apply('iota', [], { shape, axis, dtype: 'int32' }), dtype);
}

/**
 * Weights [output, input] for outputs that lie at (input position)·scale + translation, where pixel i has its centre at
 * i + ½. Rows add up to 1; outputs beyond the input are 0.
 */
export function resizeWeights(
  input: number,
  output: number,
  scale: Tensor,
  translation: Tensor,
  kernel: string,
  antialias: boolean,
): Tensor {
  const { dtype } = scale;
  const inverse = div(1, scale);
  const [i, j] = [places(output, input, 0, dtype), places(output, input, 1, dtype)];
  const at = sub(sub(mul(add(i, 0.5), inverse), mul(translation, inverse)), 0.5);
  const distance = abs(sub(at, j));
  const weights = KERNELS[kernel]!(antialias ? div(distance, maximum(inverse, 1)) : distance);
  const total = sum(weights, 1, true);
  const enough = greater(abs(total), 1e-4);
  const inside = logicalAnd(at.greaterEqual(-0.5), lessEqual(at, input - 0.5));
  return where(logicalAnd(inside, enough), div(weights, where(enough, total, 1)), 0);
}

/**
 * Weights [output, input] of a Gaussian window of `size` elements, whose first element falls on input i + `shift` for output
 * i. Inside the window they add up to 1.
 */
export function gaussianWeights(
  input: number,
  output: number,
  { size, sigma, shift }: { readonly size: number; readonly sigma: number; readonly shift: number },
  dtype: DType,
): Tensor {
  const middle = (size - 1) / 2;
  const offset = sub(sub(places(output, input, 1, dtype), places(output, input, 0, dtype)), shift + middle);
  let total = 0;
  for (let k = 0; k < size; k++) total += Math.exp(-0.5 * ((k - middle) / sigma) ** 2);
  const values = div(exp(mul(square(div(offset, sigma)), -0.5)), total);
  return where(lessEqual(abs(offset), middle), values, 0);
}

/** Multiplies an axis by a matrix [output, input]. */
export const alongAxis = (x: Tensor, axis: number, weights: Tensor): Tensor =>
  moveAxis(matmul(moveAxis(x, axis, -1), swapAxes(weights, 0, 1)), -1, axis);

/** The nearest pixel of `input` for each pixel of `output`, in exact integers. */
export function nearestPixels(input: number, output: number): Tensor {
  const i = apply('iota', [], { shape: [output], axis: 0, dtype: 'int32' });
  return floorDiv(mul(add(mul(i, 2), 1), input), 2 * output);
}
