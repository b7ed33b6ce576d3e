/**
 * Layers of several inputs as functions: each makes a layer and applies it.
 */
import type { Tensor } from '@dl/tensor';
import type { Layer, LayerOptions } from '../base/layer.ts';
import { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract, type DotOptions } from './merging.ts';

type Apply = Layer<readonly Tensor[]>['apply'];
type Inputs = Parameters<Apply>[0];
type Output = ReturnType<Apply>;

/**
 * The sum of its inputs: {@link Add} as a function.
 *
 * @example add([tensor([[1, 2]]), tensor([[3, 4]])]); // [[4, 6]]
 */
export function add(inputs: Inputs, options: LayerOptions = {}): Output {
  return new Add(options).apply(inputs);
}

/**
 * The first of two inputs minus the second: {@link Subtract} as a function.
 *
 * @example subtract([tensor([[3, 4]]), tensor([[1, 2]])]); // [[2, 2]]
 */
export function subtract(inputs: Inputs, options: LayerOptions = {}): Output {
  return new Subtract(options).apply(inputs);
}

/**
 * The product of its inputs: {@link Multiply} as a function.
 *
 * @example multiply([tensor([[1, 2]]), tensor([[3, 4]])]); // [[3, 8]]
 */
export function multiply(inputs: Inputs, options: LayerOptions = {}): Output {
  return new Multiply(options).apply(inputs);
}

/**
 * The mean of its inputs: {@link Average} as a function.
 *
 * @example average([tensor([[1, 2]]), tensor([[3, 4]])]); // [[2, 3]]
 */
export function average(inputs: Inputs, options: LayerOptions = {}): Output {
  return new Average(options).apply(inputs);
}

/**
 * The largest of its inputs, element by element: {@link Maximum} as a function.
 *
 * @example maximum([tensor([[1, 5]]), tensor([[3, 4]])]); // [[3, 5]]
 */
export function maximum(inputs: Inputs, options: LayerOptions = {}): Output {
  return new Maximum(options).apply(inputs);
}

/**
 * The smallest of its inputs, element by element: {@link Minimum} as a function.
 *
 * @example minimum([tensor([[1, 5]]), tensor([[3, 4]])]); // [[1, 4]]
 */
export function minimum(inputs: Inputs, options: LayerOptions = {}): Output {
  return new Minimum(options).apply(inputs);
}

/**
 * Its inputs side by side along an axis, the last unless given: {@link Concatenate} as a function.
 *
 * @example concatenate([tensor([[1, 2]]), tensor([[3]])]); // [[1, 2, 3]]
 */
export function concatenate(inputs: Inputs, axis = -1, options: LayerOptions = {}): Output {
  return new Concatenate({ ...options, axis }).apply(inputs);
}

/**
 * The product of two inputs, summed over one axis of each, the last unless given: {@link Dot} as a function.
 *
 * @example dot([tensor([[1, 2]]), tensor([[3, 4]])]); // [[11]]
 */
export function dot(inputs: Inputs, axes: number | readonly [number, number] = -1, options: DotOptions = {}): Output {
  return new Dot(axes, options).apply(inputs);
}
