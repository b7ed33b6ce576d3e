/**
 * fit: epochs of training steps, with validation between them.
 */
import { ConfigError, freshSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { History } from '../callbacks/history.ts';
import type { Logs } from '../callbacks/callback.ts';
import type { DataTree } from '../data/host-array.ts';
import {
  ArraySource,
  isBatches,
  IterableSource,
  type ArrayColumns,
  type Batch,
  type BatchSource,
} from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { setUpCallbacks } from './callback-setup.ts';
import { atBatch, checkNumerics } from './check-numerics.ts';
import { checkFitOptions } from './check-options.ts';
import { runEvaluation } from './evaluate.ts';
import { sortLogs } from './logs.ts';
import type { FitOptions } from './options.ts';
import { Pace } from './pace.ts';
import { classWeigher, prepareColumns, splitColumns } from './prepare.ts';
import { readLogs, runSteps, type StepLogs } from './steps.ts';

interface Sources {
  readonly training: BatchSource;
  readonly validation: BatchSource | null;
}

async function makeSources(
  model: AnyModel,
  x: unknown,
  y: DataTree | undefined,
  options: FitOptions,
): Promise<Sources> {
  const { batchSize = 32, shuffle = true, classWeight, validationSplit = 0 } = options;
  if (isBatches(x)) {
    if (validationSplit > 0 && options.validationData === undefined) {
      throw new ConfigError('fit: validationSplit works for arrays only; give validationData for a dataset');
    }
    if (y !== undefined || options.sampleWeight !== undefined) {
      throw new ConfigError('fit: a dataset gives targets and weights itself; pass neither y nor sampleWeight');
    }
    const weigh = classWeight === undefined ? null : classWeigher(classWeight);
    return { training: new IterableSource(x, 'fit', weigh), validation: await makeValidation(model, options) };
  }
  const all = await prepareColumns(model, 'fit', x as DataTree, y, options.sampleWeight);
  const split = validationSplit > 0 && options.validationData === undefined;
  const [kept, held] = split ? splitColumns(all, validationSplit) : [all, null];
  const training = classWeight === undefined ? kept : weigh(kept, classWeight);
  const size = options.validationBatchSize ?? batchSize;
  return {
    training: new ArraySource(training, batchSize, shuffle, freshSeed()),
    validation: held === null ? await makeValidation(model, options) : new ArraySource(held, size, false, 0),
  };
}

function weigh(columns: ArrayColumns, classWeight: NonNullable<FitOptions['classWeight']>): ArrayColumns {
  if (columns.y === null) throw new ConfigError('fit: classWeight needs targets');
  return { ...columns, sampleWeight: classWeigher(classWeight)(columns.y) };
}

async function makeValidation(model: AnyModel, options: FitOptions): Promise<BatchSource | null> {
  const { validationData: data, batchSize = 32 } = options;
  if (data === undefined) return null;
  if (isBatches(data)) return new IterableSource(data, 'fit: validationData', null);
  const length = Array.isArray(data) ? (data as readonly unknown[]).length : 0;
  const pair = length === 2 || length === 3;
  if (!pair) {
    throw new ConfigError(
      `fit: validationData must be [x, y], [x, y, sampleWeight] or a dataset, got ${describe(data)}`,
    );
  }
  const [x, y, sampleWeight] = data as readonly [DataTree, DataTree, DataTree | undefined];
  const columns = await prepareColumns(model, 'fit: validationData', x, y, sampleWeight);
  return new ArraySource(columns, options.validationBatchSize ?? batchSize, false, 0);
}

/** Whether validation comes after this epoch (counted from 0). */
function validates(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === 'number' ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}

/** Trains a compiled model. */
export async function fit(model: AnyModel, x: unknown, y: DataTree | undefined, options: FitOptions): Promise<History> {
  checkFitOptions(options);
  const { epochs = 1, initialEpoch = 0, stepsPerEpoch, validationFreq = 1 } = options;
  model.refreshTrainables();
  if (model.weights.length > 0 && model.trainableWeights.length === 0) {
    console.warn(
      `fit: no weight of ${model.name} is trainable, so nothing is learnt; set trainable = true and compile again`,
    );
  }
  const { training, validation } = await makeSources(model, x, y, options);
  const steps = stepsPerEpoch ?? training.steps;
  if (steps === Infinity) throw new ConfigError('fit: the dataset is endless; give stepsPerEpoch');
  const history = new History();
  model.history = history;
  const facts = { epochs, steps, verbose: options.verbose };
  const callbacks = setUpCallbacks('fit', model, options.callbacks ?? [], facts, history);
  let epoch = initialEpoch;
  let place = 0;
  // Layers are built with the first batch, so the programs are asked for then.
  let train = (batch: Batch): StepLogs => (train = model.stepFunctions().train)(batch);
  const checked = (batch: Batch): StepLogs =>
    atBatch(epoch, place++, () => checkNumerics(batch, (data) => model.trainStep(data)));
  const run = {
    model,
    callbacks,
    pace: new Pace(),
    step: options.checkNumerics === true ? checked : (batch: Batch): StepLogs => train(batch),
    begin: 'onTrainBatchBegin',
    end: 'onTrainBatchEnd',
    visible: true,
    stoppable: true,
  } as const;

  model.stopTraining = false;
  await callbacks.call('onTrainBegin');
  let logs: Logs = {};
  // With stepsPerEpoch a pass goes on from epoch to epoch until the data runs out.
  let stream = stepsPerEpoch === undefined ? null : training.open(initialEpoch);
  for (; epoch < epochs && !model.stopTraining; epoch++) {
    place = 0;
    model.resetMetrics();
    await callbacks.call('onEpochBegin', epoch);
    stream ??= training.open(epoch);
    const { count, returned } = await runSteps(stream, stepsPerEpoch ?? Infinity, run);
    if (count === 0 && epoch === initialEpoch) throw new ConfigError('fit: the dataset gave no batches');
    const short = stepsPerEpoch !== undefined && count < stepsPerEpoch && !model.stopTraining;
    if (short) {
      console.warn(
        `fit: the data ran out after ${count} of ${stepsPerEpoch} steps of epoch ${epoch + 1}; the next epoch starts it again. Use repeat() on the dataset, or fewer steps`,
      );
    }
    if (short || stepsPerEpoch === undefined) stream = null;
    logs = sortLogs(await readLogs(model, returned));
    if (validation !== null && validates(epoch, validationFreq)) {
      const results = sortLogs(await runEvaluation(model, validation, options.validationSteps, callbacks, false));
      for (const [name, value] of Object.entries(results)) logs[`val_${name}`] = value;
    }
    await callbacks.call('onEpochEnd', epoch, logs);
  }
  if (model.optimizer.useEma && model.optimizer.emaOverwriteFrequency === null)
    model.optimizer.finalizeVariableValues();
  await callbacks.call('onTrainEnd', logs);
  return history;
}
