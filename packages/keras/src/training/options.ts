/**
 * Options of compile, fit, evaluate and predict.
 */
import type { OptimizerLike } from '@dl/optim';
import type { Callback } from '../callbacks/callback.ts';
import type { DataTree } from '../data/host-array.ts';
import type { Shuffle } from '../data/source.ts';
import type { PortLike } from '../worker/port.ts';
import type { LossesLike, LossWeights } from './compiled-loss.ts';
import type { MetricsLike } from './compiled-metrics.ts';

/** How much is printed: 0 nothing, 1 a progress line, 2 one line per epoch; 'auto' is 1. */
export type Verbosity = 'auto' | 0 | 1 | 2;

/** Options of `compile`. */
export interface CompileOptions {
  /** An optimizer or its name; 'rmsprop' unless given. */
  readonly optimizer?: OptimizerLike | undefined;
  /**
   * A loss, its name, or a function that gives one value per sample; for several outputs also a list, or a record by the
   * names of outputs, with null for those that have none.
   */
  readonly loss?: LossesLike | undefined;
  /** Metrics that ignore sample weights: a list, or for several outputs one entry for each, by place or name. */
  readonly metrics?: MetricsLike | undefined;
  /** Metrics that use sample and class weights. */
  readonly weightedMetrics?: MetricsLike | undefined;
  /** Factors of the losses of the outputs, 1 unless given. */
  readonly lossWeights?: LossWeights | null | undefined;
  /**
   * Whether steps run op by op, so that a debugger and reading values work inside them; false unless given: every step
   * is traced once per batch shape and runs as one program.
   */
  readonly runEagerly?: boolean | undefined;
  /**
   * Steps that one call of the device runs, as a loop of one program, so that the host has less to do; 1 unless given.
   * Callbacks hear of the first batch of a call before it, and of the last after it.
   */
  readonly stepsPerExecution?: number | undefined;
  /** Whether a model with the policy 'mixed_float16' gets a LossScaleOptimizer around its own; true unless given. */
  readonly autoScaleLoss?: boolean | undefined;
}

/** Weights of classes by their number; 1 for those left out. */
export type ClassWeights = Readonly<Record<number, number>>;

/** What evaluation during training runs on: [x, y], [x, y, sampleWeight] or a dataset of batches. */
export type ValidationData =
  readonly [DataTree, DataTree] | readonly [DataTree, DataTree, DataTree] | AsyncIterable<unknown> | Iterable<unknown>;

/** Options of `fit`. */
export interface FitOptions {
  /** 32 unless given; not for datasets, which give batches themselves. */
  readonly batchSize?: number | undefined;
  /** Number of the last epoch, 1 unless given. */
  readonly epochs?: number | undefined;
  /** 'auto' unless given. */
  readonly verbose?: Verbosity | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** Part of the samples, taken from the end before shuffling, that is kept for validation; arrays only. */
  readonly validationSplit?: number | undefined;
  /** Takes precedence over `validationSplit`. */
  readonly validationData?: ValidationData | undefined;
  /** Whether samples are shuffled every epoch, 'batch' to shuffle inside batches; true unless given. Not for datasets. */
  readonly shuffle?: Shuffle | undefined;
  /** Turned into sample weights by the class of each target. */
  readonly classWeight?: ClassWeights | undefined;
  /** One weight per sample; for several outputs also a list or a record of them. */
  readonly sampleWeight?: DataTree | undefined;
  /** Number of epochs that ran before; 0 unless given. */
  readonly initialEpoch?: number | undefined;
  /** Batches of an epoch. The next epoch goes on where this one stopped; without it an epoch is one pass. */
  readonly stepsPerEpoch?: number | undefined;
  readonly validationSteps?: number | undefined;
  /** The batch size unless given. */
  readonly validationBatchSize?: number | undefined;
  /** Validation every so many epochs, or after the listed ones (counted from 1); 1 unless given. */
  readonly validationFreq?: number | readonly number[] | undefined;
  /**
   * Looks at the result of every op of a training step and throws where NaN or infinity first comes up, naming epoch,
   * batch, layer and op. Slow, for finding faults; false unless given.
   */
  readonly checkNumerics?: boolean | undefined;
  /**
   * Ends training after the step under way: `fit` throws the signal's reason, an `AbortError` unless another was given. The
   * model is as the last step made it, and what epochs gave so far is in `model.history`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Trains in a worker, so that this thread stays free: true for one that is started and ended, or a worker or a function that
   * makes one with the script `@dl/keras/fit-worker`. For Sequential and functional models of built-in layers, losses and
   * metrics. Callbacks run here: the model has the worker's state when hooks of epochs and tests are called, not in those of
   * batches. False unless given.
   */
  readonly worker?: boolean | PortLike | (() => PortLike) | undefined;
  /** Whether to measure where the time goes, print it, and give it as `history.profile`; false unless given. */
  readonly profile?: boolean | undefined;
}

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** 32 unless given. */
  readonly batchSize?: number | undefined;
  /** 'auto' unless given. */
  readonly verbose?: Verbosity | undefined;
  readonly sampleWeight?: DataTree | undefined;
  /** Batches to run, all unless given. */
  readonly steps?: number | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** Whether values come by name rather than in compile order; false unless given. */
  readonly returnDict?: boolean | undefined;
  /** Ends it after the step under way with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `predict`. */
export interface PredictOptions {
  /** 32 unless given. */
  readonly batchSize?: number | undefined;
  /** 'auto' unless given. */
  readonly verbose?: Verbosity | undefined;
  /** Batches to run, all unless given. */
  readonly steps?: number | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** Ends it after the step under way with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `trainOnBatch` and `testOnBatch`. */
export interface BatchOptions {
  readonly sampleWeight?: DataTree | undefined;
  /** For `trainOnBatch` only. */
  readonly classWeight?: ClassWeights | undefined;
  /** Whether values come by name rather than in compile order; false unless given. */
  readonly returnDict?: boolean | undefined;
}
