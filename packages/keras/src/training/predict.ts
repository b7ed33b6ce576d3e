/**
 * predict: outputs for many inputs.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError, ShapeError, tensor, type Tensor, type TypedArray } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { likeArray, type DataTree, type HostArrays } from '../data/host-array.ts';
import type { CallbackList } from '../callbacks/callback-list.ts';
import { ArraySource, isBatches, IterableSource, rowsOf, type BatchSource } from '../data/source.ts';
import { listOf, mapSeveral, type Several } from '../functional/structure.ts';
import type { AnyModel } from '../model.ts';
import { setUpCallbacks } from './callback-setup.ts';
import { isTensor } from '../functional/forms.ts';
import type { PredictOptions } from './options.ts';
import { Pace } from './pace.ts';
import { checkOptions, checkPositive } from './check-options.ts';
import { prepareInputs } from './prepare.ts';
import type { Steps } from './step-data.ts';
import { runSteps, type StepRun } from './steps.ts';

/** Runs the model over inputs and joins the outputs. */
export async function predict(model: AnyModel, x: unknown, options: PredictOptions): Promise<Tensors> {
  checkOptions('predict', options);
  const { batchSize = 32, steps } = options;
  if (batchSize !== Infinity) checkPositive('predict', 'batchSize', batchSize);
  if (steps !== undefined) checkPositive('predict', 'steps', steps);
  options.signal?.throwIfAborted();
  const source = isBatches(x)
    ? new IterableSource(x, 'predict', null)
    : arraySource(await prepareInputs(model, x as DataTree, 'predict'), batchSize);
  const limit = steps ?? source.steps ?? Infinity;
  if (limit === Infinity && source.steps === Infinity) {
    throw new ConfigError('predict: the dataset is endless; give the number of steps');
  }
  const facts = { epochs: 1, steps: steps ?? source.steps, verbose: options.verbose };
  const callbacks = setUpCallbacks('predict', model, options.callbacks ?? [], facts, null);
  try {
    return await runPrediction(model, source, limit, callbacks, options.signal);
  } catch (error) {
    await callbacks.call('onInterrupted');
    throw error;
  }
}

async function runPrediction(
  model: AnyModel,
  source: BatchSource,
  limit: number,
  callbacks: CallbackList,
  signal: AbortSignal | undefined,
): Promise<Tensors> {
  model.stopPredicting = false;
  await callbacks.call('onPredictBegin');
  const stream = source.open(0);
  const outputs: Several<Part>[] = [];
  let programs: Steps | null = null;
  const run: StepRun<readonly Tensors[]> = {
    model,
    callbacks,
    pace: new Pace(),
    step: ({ x }) => [(programs ??= model.stepFunctions()).predict(x)],
    several: (batches) => (programs ??= model.stepFunctions()).predictSeveral(batches.map(({ x }) => x)),
    perCall: model.compiled ? model.stepsPerExecution : 1,
    keep: (results) => {
      for (const output of results) outputs.push(mapSeveral<Tensor, Part>(output, isTensor, read));
    },
    logs: () => Promise.resolve({}),
    begin: 'onPredictBatchBegin',
    end: 'onPredictBatchEnd',
    visible: true,
    stopped: () => model.stopPredicting,
    signal,
    watch: null,
  };
  try {
    const { count } = await runSteps(stream, limit, run);
    signal?.throwIfAborted();
    if (count === 0) throw new ConfigError('predict: the dataset gave no batches');
  } finally {
    const closed = stream.close();
    if (signal?.aborted !== true) await closed;
    // Values still on their way are not waited for when the run has ended early.
    for (const { values } of outputs.flatMap((output) => listOf<Part>(output, isPart))) values.catch(() => undefined);
  }
  const lists = outputs.map((output) => listOf<Part>(output, isPart));
  const whole = await Promise.all(lists[0]!.map((_, i) => joinAll(lists.map((parts) => parts[i]!))));
  let next = 0;
  const joined = mapSeveral<Part, Tensor>(outputs[0]!, isPart, () => whole[next++]!);
  await callbacks.call('onPredictEnd');
  return joined;
}

/** The values of one batch of one output, on their way. */
interface Part {
  readonly shape: readonly number[];
  readonly values: Promise<TypedArray>;
}

const isPart = (value: unknown): boolean => (value as Partial<Part>).values instanceof Promise;

const read = (output: Tensor): Part => ({
  shape: output.shape,
  values: output.data().finally(() => output.dispose()),
});

async function joinAll(parts: readonly Part[]): Promise<Tensor> {
  const values = await Promise.all(parts.map((part) => part.values));
  return join(
    values,
    parts.map(({ shape }) => shape),
  );
}

function arraySource(x: HostArrays, batchSize: number): ArraySource {
  const columns = { x, y: null, sampleWeight: null };
  return new ArraySource(columns, Math.min(batchSize, rowsOf(columns)), false, 0);
}

/** One tensor from the outputs of all batches. */
function join(parts: readonly TypedArray[], shapes: readonly (readonly number[])[]): Tensor {
  const sample = shapes[0]!.slice(1);
  for (const shape of shapes) {
    if (formatShape(shape.slice(1)) === formatShape(sample)) continue;
    throw new ShapeError(
      `predict: batches gave outputs of shapes ${formatShape(shapes[0]!)} and ${formatShape(shape)}; use predictOnBatch for each`,
    );
  }
  const all = likeArray(
    parts[0]!,
    parts.reduce((total, part) => total + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return tensor(all, undefined, [shapes.reduce((total, shape) => total + shape[0]!, 0), ...sample]);
}
