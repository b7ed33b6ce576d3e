/**
 * fit: epochs of training steps, with validation between them.
 */
import { ConfigError, freshSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { History } from '../callbacks/history.ts';
import type { CallbackList } from '../callbacks/callback-list.ts';
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
import { checkedTraining, watchesNumerics } from './check-numerics.ts';
import { checkFitOptions } from './check-options.ts';
import { runEvaluation } from './evaluate.ts';
import { sortLogs } from './logs.ts';
import type { FitOptions } from './options.ts';
import { Pace } from './pace.ts';
import { classWeigher, prepareColumns, splitColumns } from './prepare.ts';
import { Stopwatch } from './profile.ts';
import type { StepLogs, Steps } from './step-data.ts';
import { TrainingRun } from './run.ts';
import { readLogs, runStep, runSteps, type StepRun } from './steps.ts';

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
  const { epochs = 1, stepsPerEpoch, signal } = options;
  signal?.throwIfAborted();
  model.refreshTrainables();
  if (model.weights.length > 0 && model.trainableWeights.length === 0) {
    console.warn(
      `fit: no weight of ${model.name} is trainable, so nothing is learnt; set trainable = true and compile again`,
    );
  }
  const sources = await makeSources(model, x, y, options);
  const steps = stepsPerEpoch ?? sources.training.steps;
  if (steps === Infinity) throw new ConfigError('fit: the dataset is endless; give stepsPerEpoch');
  const history = new History();
  model.history = history;
  const facts = { epochs, steps, verbose: options.verbose };
  const callbacks = setUpCallbacks('fit', model, options.callbacks ?? [], facts, history);
  const watch = options.profile === true ? new Stopwatch() : null;
  history.profile = watch?.profile ?? null;
  try {
    await runEpochs(model, sources, callbacks, options, watch);
  } catch (error) {
    await callbacks.call('onInterrupted');
    throw error;
  } finally {
    watch?.stop();
  }
  if (watch !== null && options.verbose !== 0) console.log(String(watch.profile));
  return history;
}

/** Runs the epochs of `fit`. An error leaves the model as the last whole step made it. */
async function runEpochs(
  model: AnyModel,
  { training, validation }: Sources,
  callbacks: CallbackList,
  options: FitOptions,
  watch: Stopwatch | null,
): Promise<void> {
  const { epochs = 1, initialEpoch = 0, stepsPerEpoch, validationFreq = 1, signal } = options;
  const run = new TrainingRun(model, callbacks, training, initialEpoch);
  let place = 0;
  // Layers are built with the first batch, so the programs are asked for then.
  let steps: Steps | null = null;
  const checks = options.checkNumerics === true || watchesNumerics(model);
  const checked = (batch: Batch): StepLogs => checkedTraining(model, batch, run.position.epoch, place++);
  const one = (batch: Batch): StepLogs => (steps ??= model.stepFunctions()).train(batch);
  const stepRun: StepRun<StepLogs> = {
    model,
    callbacks,
    pace: new Pace(),
    step: checks ? checked : one,
    several: (batches) => (steps ??= model.stepFunctions()).trainSeveral(batches),
    perCall: checks ? 1 : model.stepsPerExecution,
    advance: (count) => run.advance(count),
    logs: (returned) => readLogs(model, returned),
    begin: 'onTrainBatchBegin',
    end: 'onTrainBatchEnd',
    visible: true,
    stopped: () => model.stopTraining,
    signal,
    watch,
  };

  try {
    model.stopTraining = false;
    await callbacks.call('onTrainBegin');
    const { resumed } = run;
    let logs: Logs = resumed?.logs ?? {};
    const first = run.position.epoch;
    for (let epoch = first; epoch < epochs && (!model.stopTraining || run.position.step > 0); epoch++) {
      const done = run.position.step;
      place = done;
      model.resetMetrics();
      await callbacks.call('onEpochBegin', epoch);
      watch?.lap('callbacks');
      const stream = await run.stream(epoch, signal, (batch) => void runStep(batch, one));
      const { count, returned } = await runSteps(stream, stepsPerEpoch ?? Infinity, stepRun, done);
      signal?.throwIfAborted();
      if (count === 0 && epoch === first) throw new ConfigError('fit: the dataset gave no batches');
      const short = stepsPerEpoch !== undefined && count < stepsPerEpoch && !model.stopTraining;
      if (short) {
        console.warn(
          `fit: the data ran out after ${count} of ${stepsPerEpoch} steps of epoch ${epoch + 1}; the next epoch starts it again. Use repeat() on the dataset, or fewer steps`,
        );
      }
      // With stepsPerEpoch a pass goes on from epoch to epoch until the data runs out.
      await run.endEpoch(short || stepsPerEpoch === undefined);
      // A run that went on after the last step of an epoch has only the logs of that step.
      logs = done > 0 && count === done ? { ...resumed!.logs } : sortLogs(await readLogs(model, returned));
      watch?.lap('logs');
      if (validation !== null && validates(epoch, validationFreq)) {
        const { validationSteps } = options;
        const evaluation = { steps: validationSteps, visible: false, signal };
        const results = sortLogs(await runEvaluation(model, validation, callbacks, evaluation));
        for (const [name, value] of Object.entries(results)) logs[`val_${name}`] = value;
        watch?.lap('validation');
      }
      await callbacks.call('onEpochEnd', epoch, logs);
      watch?.lap('callbacks');
      watch?.epoch();
    }
    if (epochs > initialEpoch) model.optimizer.finalizeVariableValues();
    await callbacks.call('onTrainEnd', logs);
  } finally {
    await run.close(signal?.aborted !== true);
  }
}
