/**
 * Points for transformation tests, drawn from the samples of every op.
 */
import { SAMPLES } from '@dl/tensor/testing';
import type { OpAttrs, OpName } from '@dl/tensor/interpreter';
import { tensor, type Tensor } from '@dl/tensor';

/** A sample of an op, with values. */
export interface Point {
  readonly op: OpName;
  readonly attrs: OpAttrs[OpName];
  /** Draws the inputs anew: the same for the same seed. */
  readonly draw: (seed: number) => Tensor[];
  readonly shapes: readonly (readonly number[])[];
}

/** Elements up to which an op is sampled. */
const LARGEST = 200;

/** A number in [0, 1) from a seed and a position, spread so that no two of a small tensor are close. */
const unit = (seed: number, i: number): number => (0.754877666 * (i + 1) + 0.569840296 * seed) % 1;

/** The samples of an op that are small enough. */
export function pointsOf(op: OpName): Point[] {
  return (SAMPLES[op] as readonly { inputs: (typeof SAMPLES)['neg'][number]['inputs']; attrs: OpAttrs[OpName] }[])
    .filter(({ inputs }) => inputs.every(({ shape }) => shape.reduce((a, b) => a * b, 1) <= LARGEST))
    .map(({ inputs, attrs }) => ({
      op,
      attrs,
      shapes: inputs.map(({ shape }) => shape),
      draw: (seed) =>
        inputs.map(({ shape, domain, dtype }, k) => {
          const { low, high, integer = false } = domain ?? { low: -3, high: 3 };
          const size = shape.reduce((a, b) => a * b, 1);
          const values = Float64Array.from({ length: size }, (_, i) => {
            const u = unit(seed + 0.37 * k, i);
            if (dtype === 'bool') return Number(u < 0.5);
            return integer && dtype !== undefined ? low + Math.floor(u * (high - low + 1)) : low + u * (high - low);
          });
          return tensor(values, dtype ?? 'float64', shape);
        }),
    }));
}
