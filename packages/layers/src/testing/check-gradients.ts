/**
 * Gradients of a layer against central differences.
 */
import { isFloating } from '@dl/tensor/interpreter';
import { tensor, Tensor, type Variable } from '@dl/tensor';
import type { Layer } from '../base/layer.ts';
import { asList, type Tensors } from '../base/tensors.ts';
import type { Report } from './report.ts';
import { wave } from './values.ts';

/** The functions of `@dl/autograd` that gradients are checked with. */
export interface Differentiation {
  readonly grad: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor;
  readonly variableGrads: (
    f: () => Tensor,
    variables: readonly Variable[],
  ) => { readonly grads: readonly (Tensor | null)[] };
}

const STEP = 1e-5;
const TOLERANCE = 1e-6;

/** Pulls on every element of the outputs differently. */
function project(outputs: Tensors): Tensor {
  const parts = asList(outputs).map((y, k) => y.mul(tensor(wave(y.size, 0.3 + k), y.dtype, y.shape)).sum());
  return parts.reduce((a, b) => a.add(b));
}

/**
 * Compares the gradients by floating inputs and by trainable weights with central differences. State, that of random
 * generators too, is the same in every run.
 */
export function checkGradients<I extends Tensors>(
  layer: Layer<Tensors, Tensors>,
  inputs: I,
  run: (x: I) => Tensors,
  { grad, variableGrads }: Differentiation,
  report: Report,
): void {
  const weights = layer.trainableWeights.filter((weight) => isFloating(weight.dtype));
  const state = layer.variables.filter((v) => !(weights as readonly Variable[]).includes(v));
  const start = state.map((v) => v.value);
  const f = (x: I): Tensor => {
    state.forEach((v, i) => v.assign(start[i]!));
    return project(run(x));
  };
  const compare = (what: string, at: Tensor, gradient: Tensor | null, value: (moved: Tensor) => number): void => {
    if (gradient === null) return report('gradients', `${what} has no gradient`);
    const [values, analytic] = [at.dataSync(), gradient.dataSync()];
    for (let i = 0; i < values.length; i++) {
      const moved = (by: number): number => {
        const next = Float64Array.from(values as Float64Array);
        next[i]! += by;
        return value(tensor(next, at.dtype, at.shape));
      };
      const numeric = (moved(STEP) - moved(-STEP)) / (2 * STEP);
      const error = Math.abs(Number(analytic[i]) - numeric);
      if (error <= TOLERANCE * Math.max(1, Math.abs(numeric))) continue;
      report('gradients', `by ${what} at ${i}: ${analytic[i]}, by differences ${numeric}`);
    }
  };
  const { grads } = variableGrads(() => f(inputs), weights);
  weights.forEach((weight, k) => {
    const original = weight.value;
    compare(`weight '${weight.name}'`, original, grads[k]!, (value) => {
      weight.assign(value);
      const result = f(inputs).itemSync();
      weight.assign(original);
      return result;
    });
  });
  const list = asList(inputs);
  list.forEach((input, k) => {
    const at = (x: Tensor): I => (inputs instanceof Tensor ? x : list.map((other, i) => (i === k ? x : other))) as I;
    compare(`input ${k}`, input, grad((x) => f(at(x)))(input), (value) => f(at(value)).itemSync());
  });
  state.forEach((v, i) => v.assign(start[i]!));
}
