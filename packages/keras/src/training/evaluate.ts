/**
 * evaluate: loss and metrics on data, without training.
 */
import { ConfigError } from '@dl/tensor';
import type { CallbackList } from '../callbacks/callback-list.ts';
import type { Logs } from '../callbacks/callback.ts';
import type { DataTree } from '../data/host-array.ts';
import { ArraySource, isBatches, IterableSource, type Batch, type BatchSource } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { setUpCallbacks } from './callback-setup.ts';
import { sortLogs } from './logs.ts';
import type { EvaluateOptions } from './options.ts';
import { Pace } from './pace.ts';
import { checkOptions, checkPositive } from './check-options.ts';
import { prepareColumns } from './prepare.ts';
import { readLogs, runSteps, type StepLogs } from './steps.ts';

/** Runs through a source once. The values are in compile order. */
export async function runEvaluation(
  model: AnyModel,
  source: BatchSource,
  steps: number | undefined,
  callbacks: CallbackList,
  visible: boolean,
): Promise<Logs> {
  if ((steps ?? source.steps) === Infinity) {
    throw new ConfigError('evaluate: the dataset is endless; give the number of steps');
  }
  model.resetMetrics();
  // Layers are built with the first batch, so the program is asked for then.
  let test = (batch: Batch): StepLogs => (test = model.stepFunctions().test)(batch);
  await callbacks.call('onTestBegin');
  const { count, returned } = await runSteps(source.open(0), steps ?? Infinity, {
    model,
    callbacks,
    pace: new Pace(),
    step: (batch) => test(batch),
    begin: 'onTestBatchBegin',
    end: 'onTestBatchEnd',
    visible,
    stoppable: false,
  });
  if (count === 0) throw new ConfigError('evaluate: the dataset gave no batches');
  const logs = await readLogs(model, returned);
  await callbacks.call('onTestEnd', sortLogs(logs));
  return logs;
}

/** Evaluates a compiled model. */
export async function evaluate(
  model: AnyModel,
  x: unknown,
  y: DataTree | undefined,
  options: EvaluateOptions,
): Promise<Logs> {
  checkOptions('evaluate', options);
  const { batchSize = 32, steps } = options;
  const batch = checkPositive('evaluate', 'batchSize', batchSize);
  if (steps !== undefined) checkPositive('evaluate', 'steps', steps);
  const source = isBatches(x)
    ? new IterableSource(x, 'evaluate', null)
    : new ArraySource(await prepareColumns(model, 'evaluate', x as DataTree, y, options.sampleWeight), batch, false, 0);
  const facts = { epochs: 1, steps: steps ?? source.steps, verbose: options.verbose };
  const callbacks = setUpCallbacks('evaluate', model, options.callbacks ?? [], facts, null);
  return runEvaluation(model, source, steps, callbacks, true);
}
