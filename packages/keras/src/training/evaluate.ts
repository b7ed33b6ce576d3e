/**
 * evaluate: loss and metrics on data, without training.
 */
import { ConfigError } from '@dl/tensor';
import type { CallbackList } from '../callbacks/callback-list.ts';
import type { Logs } from '../callbacks/callback.ts';
import type { DataTree } from '../data/host-array.ts';
import { ArraySource, isBatches, IterableSource, type BatchSource } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { setUpCallbacks } from './callback-setup.ts';
import { sortLogs } from './logs.ts';
import type { EvaluateOptions } from './options.ts';
import { Pace } from './pace.ts';
import { checkOptions, checkPositive } from './check-options.ts';
import { prepareColumns } from './prepare.ts';
import type { StepLogs, Steps } from './step-data.ts';
import { readLogs, runSteps } from './steps.ts';

/** How a source is evaluated. */
interface Evaluation {
  /** Batches to run, all unless given. */
  readonly steps: number | undefined;
  /** Whether the progress line moves. */
  readonly visible: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Runs through a source once. The values are in compile order. */
export async function runEvaluation(
  model: AnyModel,
  source: BatchSource,
  callbacks: CallbackList,
  { steps, visible, signal }: Evaluation,
): Promise<Logs> {
  if ((steps ?? source.steps) === Infinity) {
    throw new ConfigError('evaluate: the dataset is endless; give the number of steps');
  }
  model.stopEvaluating = false;
  model.resetMetrics();
  // Layers are built with the first batch, so the programs are asked for then.
  let programs: Steps | null = null;
  await callbacks.call('onTestBegin');
  const stream = source.open(0);
  try {
    const { count, returned } = await runSteps<StepLogs>(stream, steps ?? Infinity, {
      model,
      callbacks,
      pace: new Pace(),
      step: (batch) => (programs ??= model.stepFunctions()).test(batch),
      several: (batches) => (programs ??= model.stepFunctions()).testSeveral(batches),
      perCall: model.stepsPerExecution,
      logs: (logs) => readLogs(model, logs),
      begin: 'onTestBatchBegin',
      end: 'onTestBatchEnd',
      visible,
      stopped: () => model.stopEvaluating,
      signal,
      watch: null,
    });
    signal?.throwIfAborted();
    if (count === 0) throw new ConfigError('evaluate: the dataset gave no batches');
    const logs = await readLogs(model, returned);
    await callbacks.call('onTestEnd', sortLogs(logs));
    return logs;
  } finally {
    const closed = stream.close();
    if (signal?.aborted !== true) await closed;
  }
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
  options.signal?.throwIfAborted();
  if (isBatches(x) && (y !== undefined || options.sampleWeight !== undefined)) {
    throw new ConfigError('evaluate: a dataset gives targets and weights itself; pass neither y nor sampleWeight');
  }
  const source = isBatches(x)
    ? new IterableSource(x, 'evaluate', null)
    : new ArraySource(await prepareColumns(model, 'evaluate', x as DataTree, y, options.sampleWeight), batch, false, 0);
  const facts = { epochs: 1, steps: steps ?? source.steps, verbose: options.verbose };
  const callbacks = setUpCallbacks('evaluate', model, options.callbacks ?? [], facts, null);
  try {
    return await runEvaluation(model, source, callbacks, { steps, visible: true, signal: options.signal });
  } catch (error) {
    await callbacks.call('onInterrupted');
    throw error;
  }
}
