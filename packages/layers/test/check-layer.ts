/**
 * checkLayer: what every layer must get right, in one call.
 */
import { grad, variableGrads } from '@dl/autograd';
import type { Layer, LayerShape, Tensors } from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { setBackend, tensor, Tensor, type DType } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { expect } from 'vitest';

setBackend(reference());

/** What to check, and with what. */
export interface LayerCase<I extends Tensors> {
  /** Makes the layer; it is called several times with a dtype. */
  readonly make: (options: { readonly dtype: DType }) => Layer<I, Tensor>;
  /** Shape of the input, or of each. */
  readonly shape: readonly number[] | readonly (readonly number[])[];
  /** Expected shape of the output. */
  readonly output: readonly number[];
  /** Expected number of weights' elements; 0 unless given. */
  readonly params?: number;
  /** Input values in place of generated ones, for layers that take ids. */
  readonly values?: readonly number[];
  /** Whether gradients are checked; true unless given. */
  readonly gradients?: boolean;
  readonly training?: boolean;
}

const wave = (n: number, shift: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + shift) + 0.1 * Math.cos(5.1 * i));

/** Values that pull on every element differently. */
const project = (y: Tensor): Tensor => y.mul(tensor(wave(y.size, 0.3), y.dtype, y.shape)).sum();

const several = (shape: LayerCase<Tensors>['shape']): shape is readonly (readonly number[])[] =>
  Array.isArray(shape[0]);

function inputsOf<I extends Tensors>({ shape, values }: LayerCase<I>): I {
  const make = (s: readonly number[], k: number): Tensor => {
    const size = s.reduce((a, b) => a * b, 1);
    return tensor(values === undefined ? wave(size, k) : Float64Array.from(values), 'float64', s);
  };
  return (several(shape) ? shape.map(make) : make(shape, 0)) as I;
}

/** Replaces every weight by values that are not special. */
function disturb(layer: Layer<Tensors, Tensor>): void {
  layer.weights.forEach((weight, k) => {
    const size = weight.shape.reduce((a, b) => a * b, 1);
    const values = wave(size, 3 + k).map((v) => (weight.name === 'moving_variance' ? Math.abs(v) + 0.5 : 0.5 * v));
    weight.assign(tensor(values, weight.dtype, weight.shape));
  });
}

/**
 * Checks output shape (computed ahead, and real), number of weights, a configuration round trip with equal outputs, weights
 * in and out, and the gradients by inputs and weights against finite differences in float64.
 */
export function checkLayer<I extends Tensors>(what: LayerCase<I>): void {
  const { make, output, params = 0, gradients = true, training = false } = what;
  const inputs = inputsOf(what);
  const run = (layer: Layer<I, Tensor>, x: I): Tensor => layer.apply(x as never, { training });
  const layer = make({ dtype: 'float64' });
  const first = run(layer, inputs);
  expect(first.shape, 'output shape').toEqual(output);
  expect(first.dtype).toBe('float64');
  const open = (x: Tensor): LayerShape => x.shape.map((n, axis) => (axis === 0 ? null : n));
  const shapes = inputs instanceof Tensor ? open(inputs) : (inputs as readonly Tensor[]).map(open);
  expect(make({ dtype: 'float64' }).computeOutputShape(shapes as never), 'computeOutputShape').toEqual([
    null,
    ...output.slice(1),
  ]);
  expect(layer.countParams(), 'countParams').toBe(params);
  disturb(layer as unknown as Layer<Tensors, Tensor>);

  const { className } = layer.constructor as typeof Layer;
  const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, never>;
  const copy = deserializeLayer(className, config) as unknown as Layer<I, Tensor>;
  expect(copy.getConfig()).toEqual(layer.getConfig());
  copy.ensureBuilt(shapes as never);
  copy.setWeights(layer.getWeights());
  expect(copy.weights.map((w) => w.name)).toEqual(layer.weights.map((w) => w.name));
  if (!training) expect(run(copy, inputs).dataSync()).toEqual(run(layer, inputs).dataSync());

  if (gradients) checkGradients(layer, inputs, (x) => project(run(layer, x)));
}

/** Gradients by floating inputs and trainable weights against central differences. */
function checkGradients<I extends Tensors>(layer: Layer<I, Tensor>, inputs: I, f: (x: I) => Tensor): void {
  const weights = layer.trainableWeights;
  const { grads } = variableGrads(() => f(inputs), weights);
  const state = layer.nonTrainableWeights.map((w) => w.value);
  const restore = (): void => layer.nonTrainableWeights.forEach((w, i) => w.assign(state[i]!));
  weights.forEach((weight, k) => {
    const start = weight.value;
    compare(`${weight.name}`, start, grads[k]!, (value) => {
      weight.assign(value);
      restore();
      const result = f(inputs).itemSync();
      weight.assign(start);
      return result;
    });
  });
  const list = (inputs instanceof Tensor ? [inputs] : inputs) as readonly Tensor[];
  list.forEach((input, k) => {
    const at = (value: Tensor): I =>
      (inputs instanceof Tensor ? value : list.map((x, i) => (i === k ? value : x))) as I;
    compare(`input ${k}`, input, grad((x: Tensor) => f(at(x)))(input), (value) => {
      restore();
      return f(at(value)).itemSync();
    });
  });
}

function compare(what: string, at: Tensor, gradient: Tensor, f: (value: Tensor) => number): void {
  const values = at.dataSync();
  const analytic = gradient.dataSync();
  const step = 1e-5;
  for (let i = 0; i < values.length; i++) {
    const moved = (by: number): number => {
      const next = Float64Array.from(values);
      next[i]! += by;
      return f(tensor(next, at.dtype, at.shape));
    };
    const numeric = (moved(step) - moved(-step)) / (2 * step);
    const error = Math.abs(analytic[i]! - numeric) / Math.max(1, Math.abs(numeric));
    expect(error, `gradient by ${what} at ${i}: ${analytic[i]}, by differences ${numeric}`).toBeLessThan(1e-6);
  }
}

/** Compares within |a − b| ≤ tolerance·max(1, |b|). */
export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string, tolerance = 1e-6): void {
  expect(got.length, what).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) {
    const limit = tolerance * Math.max(1, Math.abs(wanted[i]!));
    expect(Math.abs(got[i]! - wanted[i]!), `${what}[${i}]: ${got[i]} for ${wanted[i]}`).toBeLessThanOrEqual(limit);
  }
}

/** All numbers of nested arrays. */
export const flat = (value: unknown): number[] => [value].flat(16) as number[];
