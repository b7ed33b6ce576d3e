/**
 * Trainings that are run in several forms: what one is, how Keras models become one, and what a run leaves behind.
 */
import { clearSession, setSeed, tensor, type Model, type Tensor, type Variable } from '@dl/keras';
import { jit, type JitPassName } from '@dl/tensor';
import { testRandom } from '@dl/tensor/testing';
import { expect } from 'vitest';

/** A batch: inputs, targets and whatever else a step takes. */
export type TrainingBatch = readonly Tensor[];

/** A training from one initial state. */
export interface Training {
  readonly batches: readonly TrainingBatch[];
  /** One optimizer step in ops; returns losses, metrics and outputs. */
  readonly step: (...batch: TrainingBatch) => readonly Tensor[];
  /** Everything that steps change. */
  readonly variables: () => readonly Variable[];
  /** The same step as users run it, for models; returns the loss and the metrics. */
  readonly trainOnBatch?: (batch: TrainingBatch, runEagerly: boolean) => Promise<readonly number[]>;
}

/** Makes a training; called with the seed set. */
export type MakeTraining = () => Training;

/** How steps run. */
export type Form = 'eager' | 'compiled' | 'fit' | 'fit, op by op' | { readonly off: JitPassName };

/** What a run gave: results step by step, then the values of all Variables, each with a name for messages. */
export interface Outcome {
  readonly name: string;
  readonly values: Float64Array;
}

const SEED = 20;

/** Runs a training from its initial state; `within` runs each step. */
export async function runTraining(
  make: MakeTraining,
  form: Form,
  within: <T>(body: () => T) => T = (body) => body(),
): Promise<Outcome[]> {
  clearSession();
  setSeed(SEED);
  const { batches, step, variables, trainOnBatch } = make();
  const passes = typeof form === 'object' ? { passes: { off: [form.off] } } : {};
  const f = form === 'eager' ? step : jit(step, { name: 'step', ...passes });
  const outcomes: Outcome[] = [];
  for (const [i, batch] of batches.entries()) {
    if (form === 'fit' || form === 'fit, op by op') {
      const values = await trainOnBatch!(batch, form !== 'fit');
      values.forEach((value, k) => outcomes.push({ name: `metric ${k} of step ${i}`, values: Float64Array.of(value) }));
      continue;
    }
    for (const [k, result] of within(() => f(...batch)).entries()) {
      outcomes.push({ name: `result ${k} of step ${i}`, values: Float64Array.from(await result.data()) });
    }
  }
  for (const variable of variables()) {
    const name = `Variable '${variable.name}' [${variable.shape.join()}]`;
    outcomes.push({ name, values: Float64Array.from(await variable.value.data()) });
  }
  return outcomes;
}

/** Values below it count as rounding of sums of larger ones. */
const FLOOR = 1e-3;

/** The largest difference between two values of one name, as part of the largest element; Infinity where kinds differ. */
function distance(actual: Float64Array, wanted: Float64Array): number {
  if (actual.length !== wanted.length) return Infinity;
  let [scale, difference] = [FLOOR, 0];
  for (const [i, value] of wanted.entries()) {
    if (Object.is(actual[i], value) || actual[i] === value) continue;
    const gap = Math.abs(actual[i]! - value);
    if (!Number.isFinite(gap)) return Infinity;
    difference = Math.max(difference, gap);
  }
  for (const value of wanted) scale = Math.max(scale, Math.abs(value));
  return difference / scale;
}

/**
 * Fusion changes the order of sums: a few ulp (6e-8) a step, which cancellation in gradients and five steps multiply by up
 * to a hundred.
 */
export const TOLERANCE = 2e-5;

/**
 * Passes keep the bits of every node, but what is left is fused otherwise: the reference backend rounds less often in a
 * larger kernel, and sums are cut elsewhere. Folded scales round for themselves.
 */
export const toleranceWithout = (off: JitPassName): number => (off === 'foldScales' ? TOLERANCE : TOLERANCE / 4);

/** Fails where a run differs from what is wanted; `form` says which it is. */
export function expectSame(
  actual: readonly Outcome[],
  wanted: readonly Outcome[],
  tolerance: number,
  form: string,
): void {
  expect(actual.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
  for (const [i, { name, values }] of actual.entries()) {
    const gap = distance(values, wanted[i]!.values);
    if (gap > tolerance) {
      expect.fail(`${form}: ${name} differs by ${gap}: ${values.join(' ')}, wanted ${wanted[i]!.values.join(' ')}`);
    }
  }
}

/** A Keras model as a training. `batches` are [x, y] or [x, y, sampleWeight]. */
export function trainingOf(model: Model, batches: readonly TrainingBatch[]): Training {
  model.prepare(batches[0]![0]!);
  return {
    batches,
    step: (x, y, sampleWeight) => {
      model.trainStep({ x: x!, y: y!, sampleWeight: sampleWeight ?? null });
      const logged = model.namedMetrics.map(({ metric }) => metric.result());
      return [...logged, model.apply(x!, { training: false }) as Tensor];
    },
    variables: () => [
      ...model.variables,
      ...model.optimizer.variables,
      ...model.namedMetrics.flatMap(({ metric }) => metric.variables),
    ],
    trainOnBatch: async ([x, y, sampleWeight], runEagerly) => {
      model.runEagerly = runEagerly;
      const logs = await model.trainOnBatch(x!, y!, sampleWeight === undefined ? {} : { sampleWeight });
      return typeof logs === 'number' ? [logs] : (logs as number[]);
    },
  };
}

// ---- data

/** Numbers between −1 and 1, the same in every run for the same name. */
export function values(seed: number, shape: readonly number[], low = -1, high = 1): Tensor {
  const own = testRandom(seed);
  const size = shape.reduce((n, k) => n * k, 1);
  return tensor(
    Float32Array.from({ length: size }, () => low + (high - low) * own.next()),
    'float32',
    shape,
  );
}

/** Whole numbers from 0 below `limit`. */
export function ids(seed: number, shape: readonly number[], limit: number): Tensor {
  const own = testRandom(seed);
  const size = shape.reduce((n, k) => n * k, 1);
  return tensor(
    Int32Array.from({ length: size }, () => own.below(limit)),
    'int32',
    shape,
  );
}

/** One-hot rows. */
export function rows(seed: number, count: number, classes: number): Tensor {
  const own = testRandom(seed);
  const data = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) data[i * classes + own.below(classes)] = 1;
  return tensor(data, 'float32', [count, classes]);
}

/** How many steps a training takes. */
export const STEPS = 5;

/** A batch per step. */
export const steps = (make: (seed: number) => TrainingBatch): TrainingBatch[] =>
  Array.from({ length: STEPS }, (_, i) => make(1000 * (i + 1)));
