/**
 * Training steps: the ways to run them, and weights to start from.
 */
import { jit, optimizers, tensor, tidy, Variable, variableGrads, type Tensor } from '@dl/keras';
import { heUniform } from '../workloads/report.ts';

/** How a function of tensors is run: op by op, or through `jit`. */
export type Mode = 'eager' | 'compiled';

/** The ways there are. */
export const MODES: readonly Mode[] = ['eager', 'compiled'];

/** A function of tensors, run in one of the ways. */
export function inMode<A extends readonly Tensor[]>(mode: Mode, fn: (...args: A) => Tensor): (...args: A) => Tensor {
  if (mode === 'compiled') return jit(fn);
  return (...args) => tidy(() => fn(...args));
}

/** What is trained. */
export interface Network {
  readonly variables: readonly Variable[];
  readonly forward: (x: Tensor) => Tensor;
  readonly loss: (x: Tensor, y: Tensor) => Tensor;
}

/** A step by Adam as users write it; the loss comes back. */
export function stepOf({ variables, loss }: Network): (x: Tensor, y: Tensor) => Tensor {
  const optimizer = new optimizers.Adam(0.001);
  return (x, y) => {
    const { value, grads } = variableGrads(() => loss(x, y), variables);
    optimizer.apply(grads, variables);
    return value;
  };
}

/** A variable of He-uniform weights. */
export function weights(shape: readonly number[], seed: number): Variable {
  return new Variable(tensor(heUniform(shape, seed), 'float32', shape));
}

/** A variable of zeros, or of another value. */
export function constant(shape: readonly number[], value = 0): Variable {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Variable(tensor(new Float32Array(size).fill(value), 'float32', shape));
}
