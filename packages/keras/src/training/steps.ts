/**
 * Running steps: one after the other, with callbacks, progress and pauses.
 */
import { asList, type Tensors } from '@dl/layers';
import { ConfigError, getBackend, tidy, type Tensor } from '@dl/tensor';
import { leavesOf } from '@dl/tensor/interpreter';
import type { CallbackList } from '../callbacks/callback-list.ts';
import type { Hook, Logs } from '../callbacks/callback.ts';
import type { Batch, BatchStream } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { sortLogs } from './logs.ts';
import type { Pace } from './pace.ts';

/** What a step may return in place of the metrics. */
export type StepLogs = Record<string, Tensor> | undefined;

/** How a run of steps is done. */
export interface StepRun {
  readonly model: AnyModel;
  readonly callbacks: CallbackList;
  readonly pace: Pace;
  readonly step: (batch: Batch) => StepLogs;
  readonly begin: Hook;
  readonly end: Hook;
  /** Whether the progress line moves with these steps. */
  readonly visible: boolean;
  /** Whether `model.stopTraining` ends them. */
  readonly stoppable: boolean;
}

/** Runs a step and frees what it made where the backend's memory is not collected. */
export function runStep<T extends StepLogs | Tensors>(batch: Batch, step: (batch: Batch) => T): T {
  if (getBackend().capabilities.collected) return step(batch);
  const result = tidy(() => step(batch));
  if (batch.owned) for (const tensor of leavesOf([batch.x, batch.y, batch.sampleWeight])) tensor.dispose();
  return result;
}

/** The logs of a step that returned some, otherwise those of the metrics. */
export async function readLogs(model: AnyModel, returned: StepLogs): Promise<Logs> {
  if (returned === undefined) return model.readMetrics();
  const entries = Object.entries(returned);
  const values = await Promise.all(entries.map(([, value]) => value.item()));
  return Object.fromEntries(entries.map(([name], i) => [name, values[i]!]));
}

/** Takes up to `limit` batches from a stream. Returns how many there were, and what the last step returned. */
export async function runSteps(
  stream: BatchStream,
  limit: number,
  run: StepRun,
): Promise<{ count: number; returned: StepLogs }> {
  const { model, callbacks, pace, step, begin, end, visible, stoppable } = run;
  const [listensBegin, listensEnd] = [callbacks.has(begin), callbacks.has(end)];
  let returned: StepLogs;
  let count = 0;
  while (count < limit) {
    const next = stream.next();
    const batch = next instanceof Promise ? await next : next;
    if (batch === null) break;
    if (asList(batch.x)[0]?.shape[0] === 0) throw new ConfigError(`${model.name}: batch ${count} has no samples`);
    if (count === 0) model.prepare(batch.x);
    if (listensBegin) await callbacks.call(begin, count);
    returned = runStep(batch, step);
    const due = visible && callbacks.progress.some((bar) => bar.due(count));
    if (listensEnd || due) {
      const logs = sortLogs(await readLogs(model, returned));
      if (listensEnd) await callbacks.call(end, count, logs);
      if (due) for (const bar of callbacks.progress) bar.advance(count, logs);
    }
    count++;
    const wait = pace.step();
    if (wait !== null) await wait;
    if (stoppable && model.stopTraining) break;
  }
  return { count, returned };
}
