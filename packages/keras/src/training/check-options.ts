/**
 * Checks of the options of compile, fit, evaluate, predict and the steps on one batch.
 */
import { ConfigError, unknownName } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { BatchOptions, CompileOptions, EvaluateOptions, FitOptions, PredictOptions } from './options.ts';

type Names<O> = Readonly<Record<keyof O, true>>;

const COMPILE: Names<CompileOptions> = {
  optimizer: true,
  loss: true,
  metrics: true,
  weightedMetrics: true,
  lossWeights: true,
  runEagerly: true,
  stepsPerExecution: true,
  autoScaleLoss: true,
};
const FIT: Names<FitOptions> = {
  batchSize: true,
  epochs: true,
  verbose: true,
  callbacks: true,
  validationSplit: true,
  validationData: true,
  shuffle: true,
  classWeight: true,
  sampleWeight: true,
  initialEpoch: true,
  stepsPerEpoch: true,
  validationSteps: true,
  validationBatchSize: true,
  validationFreq: true,
  checkNumerics: true,
  signal: true,
  profile: true,
  worker: true,
};
const EVALUATE: Names<EvaluateOptions> = {
  batchSize: true,
  verbose: true,
  sampleWeight: true,
  steps: true,
  callbacks: true,
  returnDict: true,
  signal: true,
};
const PREDICT: Names<PredictOptions> = {
  batchSize: true,
  verbose: true,
  steps: true,
  callbacks: true,
  signal: true,
};
const BATCH: Names<BatchOptions> = { sampleWeight: true, classWeight: true, returnDict: true };

/** Methods with options. */
type Method = 'compile' | 'fit' | 'evaluate' | 'predict' | 'trainOnBatch' | 'testOnBatch';

const KNOWN: Readonly<Record<Method, object>> = {
  compile: COMPILE,
  fit: FIT,
  evaluate: EVALUATE,
  predict: PREDICT,
  trainOnBatch: BATCH,
  testOnBatch: BATCH,
};

/** Throws for options that are no object, or an option that a method does not know, with the nearest names. */
export function checkOptions(where: Method, options: object): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError(`${where}: expected an object of options, got ${describe(options)}`);
  }
  const known = Object.keys(KNOWN[where]);
  for (const key of Object.keys(options)) if (!known.includes(key)) unknownName(where, 'option', key, known);
  const { signal } = options as { readonly signal?: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new ConfigError(
      `${where}: signal must be an AbortSignal, got ${describe(signal)}; pass the signal of an AbortController`,
    );
  }
}

/** A positive integer option. */
export function checkPositive(where: string, name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${where}: ${name} must be a positive integer, got ${describe(value)}`);
}

/** Throws for values of fit's options that cannot be. */
export function checkFitOptions(options: FitOptions): void {
  checkOptions('fit', options);
  const { batchSize, epochs, stepsPerEpoch, validationSteps, validationBatchSize, initialEpoch = 0 } = options;
  const counts = { batchSize, epochs, stepsPerEpoch, validationSteps, validationBatchSize };
  for (const [name, value] of Object.entries(counts)) if (value !== undefined) checkPositive('fit', name, value);
  if (!Number.isInteger(initialEpoch) || initialEpoch < 0) {
    throw new ConfigError(`fit: initialEpoch must be an integer ≥ 0, got ${describe(initialEpoch)}`);
  }
  const { shuffle = true, validationFreq = 1 } = options;
  if (typeof shuffle !== 'boolean' && shuffle !== 'batch') {
    throw new ConfigError(`fit: shuffle must be true, false or 'batch', got ${describe(shuffle)}`);
  }
  for (const epoch of [validationFreq].flat()) checkPositive('fit', 'validationFreq', epoch);
  if (options.classWeight !== undefined && options.sampleWeight !== undefined) {
    throw new ConfigError('fit: give classWeight or sampleWeight, not both; multiply them into sampleWeight');
  }
}
