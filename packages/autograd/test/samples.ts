/**
 * Points for tests of transformations, drawn from the samples of every op.
 */
import { vmap } from '@dl/autograd';
import { stack, tensor, type DType, type Tensor } from '@dl/tensor';
import { applyAll, OP_NAMES, OPS, type OpAttrs, type OpName } from '@dl/tensor/interpreter';
import { SAMPLES, type Sample } from '@dl/tensor/testing';
import { expect } from 'vitest';

/** Ops that are neither calls nor loops. */
export type Primitive = Exclude<OpName, 'call' | 'loop' | 'switch'>;
export const PRIMITIVES: readonly Primitive[] = OP_NAMES.filter(
  (op) => op !== 'call' && op !== 'loop' && op !== 'switch',
);

/** An op with attributes, and inputs for it. */
export interface Point {
  readonly text: string;
  readonly run: (...inputs: Tensor[]) => Tensor[];
  readonly shapes: readonly (readonly number[])[];
  /** Draws the inputs: the same for the same seed. */
  readonly draw: (seed: number) => Tensor[];
}

/** Elements up to which an op is sampled. */
const LARGEST = 200;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A number in [0, 1) from a seed and a position, spread so that no two of a small tensor are close. */
const unit = (seed: number, i: number): number => (0.754877666 * (i + 1) + 0.569840296 * seed) % 1;

function drawn({ inputs }: Sample, dtype: DType, seed: number): Tensor[] {
  return inputs.map(({ shape, domain = { low: -3, high: 3 }, dtype: fixed }, k) => {
    const whole = fixed !== undefined || dtype !== 'float64';
    const { low, high } = fixed === 'bool' ? { low: 0, high: 1 } : domain;
    const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
      const u = unit(seed + 0.37 * k, i);
      return whole ? Math.floor(low + u * (high - low + 1)) : low + u * (high - low);
    });
    return tensor(values, fixed ?? dtype, shape);
  });
}

/** The samples of an op that are small enough and take a dtype. */
export function pointsOf(op: Primitive, dtype: DType): Point[] {
  const samples = SAMPLES[op] as readonly Sample[];
  return samples
    .filter(({ inputs }) => inputs.every(({ shape }) => sizeOf(shape) <= LARGEST))
    .filter((sample) => {
      try {
        return OPS[op].infer(drawn(sample, dtype, 0), sample.attrs as never).length > 0;
      } catch {
        return false;
      }
    })
    .map((sample) => ({
      text: `${op} ${JSON.stringify(sample.attrs)} of ${sample.inputs.map(({ shape }) => `[${shape.join()}]`).join()}`,
      run: (...inputs) => applyAll(op, inputs, sample.attrs as OpAttrs[typeof op]),
      shapes: sample.inputs.map(({ shape }) => shape),
      draw: (seed) => drawn(sample, dtype, seed),
    }));
}

/** Fails where two tensors differ in shape, dtype or, beyond a tolerance relative to max(1, |expected|), values. */
export function expectTensor(actual: Tensor, expected: Tensor, tolerance: number, where: string): void {
  expect([actual.dtype, ...actual.shape], where).toEqual([expected.dtype, ...expected.shape]);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || a[i] === e[i]) continue;
    const error = Math.abs(a[i]! - e[i]!) / Math.max(1, Math.abs(e[i]!));
    if (!(error <= tolerance)) expect.fail(`${where}: element ${i} is ${a[i]}, expected ${e[i]}`);
  }
}

/** Fixed numbers of the shape and dtype of a tensor. */
export function weightsLike({ shape, size, dtype }: Tensor, seed = 0): Tensor {
  return tensor(
    Float64Array.from({ length: size }, (_, i) => Math.cos(1.3 * i + 0.4 + seed) + 0.2),
    dtype,
    shape,
  );
}

/** Fails where vmap of an op differs from the stack of its results, for any axes and any choice of shared inputs. */
export function checkBatching(op: Primitive): void {
  const points = (['float64', 'float32', 'int32', 'bool'] as const).flatMap((dtype) => pointsOf(op, dtype));
  expect(points.length).toBeGreaterThan(0);
  for (const { text, run, shapes, draw } of points) {
    const draws = [1, 2, 3].map(draw);
    for (const mask of choices(shapes.length)) {
      const single = draws.map((own) => run(...own.map((x, k) => (mask[k] ? x : draws[0]![k]!))));
      const least = Math.min(...shapes.filter((_, k) => mask[k]).map((shape) => shape.length));
      for (let axis = -1; axis <= least; axis++) {
        const inAxes = mask.map((is) => (is ? axis : null));
        const inputs = mask.map((is, k) =>
          is
            ? stack(
                draws.map((own) => own[k]!),
                axis,
              )
            : draws[0]![k]!,
        );
        vmap(run, { inAxes })(...inputs).forEach((y, i) => {
          const expected = stack(single.map((results) => results[i]!));
          expectTensor(y, expected, 1e-5, `${text} in axes ${inAxes.join()}, output ${i}`);
        });
      }
    }
  }
}

/** Every choice of at least one of `count` things. */
export function choices(count: number): boolean[][] {
  return Array.from({ length: 2 ** count - 1 }, (_, m) =>
    Array.from({ length: count }, (__, k) => ((m + 1) >> k) % 2 === 1),
  );
}
