/**
 * Running steps: one after the other, with callbacks, progress and pauses.
 */
import { asList } from '@dl/layers';
import { ConfigError, getBackend, tidy, type Tensor } from '@dl/tensor';
import { leavesOf } from '@dl/tensor/interpreter';
import type { CallbackList } from '../callbacks/callback-list.ts';
import type { BatchWatcher, Hook, Logs } from '../callbacks/callback.ts';
import type { Batch, BatchStream } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { orAbort } from './abort.ts';
import { sortLogs } from './logs.ts';
import type { Pace } from './pace.ts';
import type { Stopwatch } from './profile.ts';
import type { StepLogs } from './step-data.ts';

/** How a run of steps is done; a step gives `R`. */
export interface StepRun<R> {
  readonly model: AnyModel;
  readonly callbacks: CallbackList;
  readonly pace: Pace;
  readonly step: (batch: Batch) => R;
  /** Runs several batches in one call of the device. */
  readonly several: (batches: readonly Batch[]) => R;
  /** Batches of one call. */
  readonly perCall: number;
  readonly begin: Hook;
  readonly end: Hook;
  /** Takes what a step gave, once it is done. */
  readonly keep?: (result: R) => void;
  /** Hears how many steps are done, before callbacks do. */
  readonly advance?: (count: number) => void;
  /** Reads the logs after a step that gave `result`. */
  readonly logs: (result: R | undefined) => Promise<Logs>;
  /** Whether callbacks that watch batches, such as the progress line, are told of these. */
  readonly visible: boolean;
  /** Whether the run is to end after the step under way. */
  readonly stopped: () => boolean;
  readonly signal: AbortSignal | undefined;
  readonly watch: Stopwatch | null;
}

const NOBODY: readonly BatchWatcher[] = [];

/** Runs steps and frees what they made where the backend's memory is not collected. */
export function runStep<B extends Batch | readonly Batch[], R>(batch: B, step: (batch: B) => R): R {
  if (getBackend().capabilities.collected) return step(batch);
  const result = tidy(() => step(batch) as StepLogs) as R;
  for (const { owned, x, y, sampleWeight } of [batch].flat() as readonly Batch[]) {
    if (owned) for (const tensor of leavesOf([x, y, sampleWeight])) tensor.dispose();
  }
  return result;
}

/** The logs of a step that returned some, otherwise those of the metrics. */
export async function readLogs(model: AnyModel, returned: StepLogs): Promise<Logs> {
  if (returned === undefined) return model.readMetrics();
  const entries: readonly (readonly [string, Tensor])[] = Object.entries(returned);
  const values = await Promise.all(entries.map(([, value]) => value.item()));
  return Object.fromEntries(entries.map(([name], i) => [name, values[i]!]));
}

/** Checks a batch before its step, and builds the model with the first. */
export function admit(model: AnyModel, batch: Batch, index: number): void {
  if (asList(batch.x)[0]?.shape[0] === 0) throw new ConfigError(`${model.name}: batch ${index} has no samples`);
  if (index === 0) model.prepare(batch.x);
}

/** A batch and those after it, `most` in all or as many as there are. */
export async function gather(stream: BatchStream, first: Batch, most: number, signal?: AbortSignal): Promise<Batch[]> {
  const group = [first];
  while (group.length < most) {
    const next = stream.next();
    const batch = next instanceof Promise ? await orAbort(next, signal) : next;
    if (batch === null) break;
    group.push(batch);
  }
  return group;
}

/**
 * Takes batches from a stream until there were `limit`, with `done` from before. Returns how many there were with those,
 * and what the last step returned.
 */
export async function runSteps<R>(
  stream: BatchStream,
  limit: number,
  run: StepRun<R>,
  done = 0,
): Promise<{ count: number; returned: R | undefined }> {
  const { model, callbacks, pace, perCall, begin, end, visible, signal, watch } = run;
  const [listensBegin, listensEnd] = [callbacks.has(begin), callbacks.has(end)];
  let returned: R | undefined;
  let count = done;
  if (count > 0 && run.stopped()) return { count, returned };
  while (count < limit) {
    signal?.throwIfAborted();
    const next = stream.next();
    const batch = next instanceof Promise ? await orAbort(next, signal) : next;
    if (batch === null) break;
    const group = perCall > 1 ? await gather(stream, batch, Math.min(perCall, limit - count), signal) : null;
    admit(model, batch, count);
    watch?.lap('data');
    if (listensBegin) await callbacks.call(begin, count);
    watch?.lap('callbacks');
    if (group === null || group.length < perCall) {
      for (const one of group ?? [batch]) {
        returned = runStep(one, run.step);
        run.keep?.(returned);
      }
    } else {
      returned = runStep(group, run.several);
      run.keep?.(returned);
    }
    watch?.lap('step');
    const ran = group?.length ?? 1;
    count += ran;
    run.advance?.(count);
    if (watch !== null) {
      watch.count(ran);
      await getBackend().fence?.();
      watch.lap('kernels');
    }
    const due = visible ? callbacks.watching(count - 1, end) : NOBODY;
    if (listensEnd || due.length > 0) {
      const logs = sortLogs(await run.logs(returned));
      watch?.lap('logs');
      if (listensEnd) await callbacks.call(end, count - 1, logs);
      for (const watcher of due) await watcher.advance(count - 1, logs);
      watch?.lap('callbacks');
    }
    const wait = pace.step();
    if (wait !== null) await wait;
    watch?.lap('waiting');
    if (run.stopped()) break;
  }
  return { count, returned };
}
