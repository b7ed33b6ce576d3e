/**
 * How the values of weights, and of their gradients, are spread.
 */
import { variableGrads } from '@dl/autograd';
import { collectLosses, type Tensors, type Weight } from '@dl/layers';
import { ConfigError } from '@dl/tensor';
import { describe, sizeOf } from '@dl/tensor/interpreter';
import type { DataTree } from '../data/host-array.ts';
import type { AnyModel } from '../model.ts';
import { makeBatch } from '../training/on-batch.ts';
import type { BatchOptions } from '../training/options.ts';

/** The spread of some values. */
export interface Histogram {
  readonly name: string;
  /** How many finite values lie between neighbouring edges; the last part has both its ends. */
  readonly counts: readonly number[];
  /** One more than there are counts, in equal steps. */
  readonly edges: readonly number[];
  readonly size: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation, over the number of values. */
  readonly std: number;
  /** How many values are exactly 0, such as gradients of units that are never active. */
  readonly zeros: number;
  /** How many values are NaN or infinite; they count nowhere else but in `size`. */
  readonly nonFinite: number;
}

/** Options of histograms. */
export interface HistogramOptions {
  /** Parts of the range, 30 unless given. */
  readonly bins?: number | undefined;
}

/**
 * The spread of values: counts in equal parts of their range. Values that are all equal stand in the middle of a range of 1.
 * The same as `numpy.histogram` does, for finite values.
 *
 * @throws ConfigError unless `bins` is a positive integer.
 * @example histogram('x', [0, 1, 1, 4], { bins: 2 }).counts; // [3, 1]
 */
export function histogram(name: string, values: ArrayLike<number>, { bins = 30 }: HistogramOptions = {}): Histogram {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new ConfigError(`histogram: bins must be a positive integer, got ${describe(bins)}`);
  }
  let [low, high, total, finite, zeros] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    finite++;
    low = Math.min(low, value);
    high = Math.max(high, value);
    total += value;
    if (value === 0) zeros++;
  }
  const mean = total / finite;
  const [from, to] = finite === 0 ? [0, 1] : low === high ? [low - 0.5, low + 0.5] : [low, high];
  const counts = new Array<number>(bins).fill(0);
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    counts[Math.min(bins - 1, Math.floor(((value - from) / (to - from)) * bins))]!++;
    squares += (value - mean) ** 2;
  }
  return {
    name,
    counts,
    edges: Array.from({ length: bins + 1 }, (_, i) => (i === bins ? to : from + (i * (to - from)) / bins)),
    size: values.length,
    min: finite === 0 ? NaN : low,
    max: finite === 0 ? NaN : high,
    mean,
    std: Math.sqrt(squares / finite),
    zeros,
    nonFinite: values.length - finite,
  };
}

/**
 * How the values of each weight of a built model are spread, under the paths of the weights.
 *
 * @throws ConfigError for a model that is not built.
 * @example
 * const model = new Sequential([new Dense(2, { inputShape: [3] })]);
 * const [kernel, bias] = await weightHistograms(model);
 */
export async function weightHistograms(model: AnyModel, options: HistogramOptions = {}): Promise<Histogram[]> {
  if (!model.built)
    throw new ConfigError(`weightHistograms: build ${model.label} first; call it on data, or give an inputShape`);
  return Promise.all(model.weights.map(async ({ path, value }) => histogram(path, await value.data(), options)));
}

/**
 * How the gradients of the loss of a batch by each trainable weight are spread, in a training step of a compiled model that
 * is not made: weights and other state stay as they are. A weight that the loss does not depend on has gradients of 0.
 *
 * @throws ConfigError for a model that is not compiled.
 * @example
 * model.compile({ loss: 'mse' });
 * const gradients = await gradientHistograms(model, [[1, 2, 3]], [[0, 1]]);
 */
export async function gradientHistograms(
  model: AnyModel,
  x: DataTree,
  y: DataTree | null,
  { bins, ...rest }: HistogramOptions & Pick<BatchOptions, 'sampleWeight' | 'classWeight'> = {},
): Promise<Histogram[]> {
  if (!model.compiled) throw new ConfigError(`gradientHistograms: ${model.name} has no loss; call compile() first`);
  const batch = await makeBatch(model, 'gradientHistograms', x, y, rest);
  model.prepare(batch.x);
  const weights = model.trainableWeights;
  const state = model.variables.map((variable) => ({ variable, value: variable.value }));
  const { grads } = variableGrads(() => {
    const { value, losses } = collectLosses<Tensors>(() => model.apply(batch.x, { training: true }));
    return model.computeLoss({ ...batch, yPred: value, losses, training: true });
  }, weights);
  // The call moved statistics and random generators on.
  const changed = state.filter(({ variable }) => !weights.includes(variable as Weight));
  for (const { variable, value } of changed) variable.assign(value);
  return Promise.all(
    weights.map(async (weight, i) => {
      const gradient = grads[i];
      const values = await gradient?.data();
      return histogram(weight.path, values ?? new Float32Array(sizeOf(weight.shape)), { bins });
    }),
  );
}
