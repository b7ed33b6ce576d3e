/**
 * A run of `fit` as backups see it: where it is, and how it goes on from another place.
 */
import { ConfigError } from '@dl/tensor';
import type { CallbackList } from '../callbacks/callback-list.ts';
import type { Logs } from '../callbacks/callback.ts';
import type { BatchSource, BatchStream } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { orAbort } from './abort.ts';

/** Where a run goes on. */
export interface RunPosition {
  /** The epoch under way or the next one, counted from 0. */
  readonly epoch: number;
  /** Steps of the epoch that are done. */
  readonly step: number;
  /** The pass through the data that is under way, or null: the epoch in which it began, and the batches taken since. */
  readonly pass: { readonly epoch: number; readonly taken: number } | null;
}

/** What is known of a run beside the state of the model and of the callbacks. */
export interface RunRecord extends RunPosition {
  /** The seed of the order of samples; null for datasets. */
  readonly seed: number | null;
  /** Batches of a pass; null where it is not known. */
  readonly steps: number | null;
  /** Whether training is to stop. */
  readonly stopped: boolean;
  /** Logs of the last step or epoch. */
  readonly logs: Logs;
}

/** A record to go on from, and how the state that belongs to it comes back. */
export interface Resumption {
  readonly record: RunRecord;
  /** Sets all state: once when training begins, and again in the midst of an epoch, when everything that has state exists. */
  restore(): Promise<void>;
}

const RUNS = /* @__PURE__ */ new WeakMap<AnyModel, TrainingRun>();

/** The run of `fit` that is under way on this thread, or null. */
export const runOf = (model: AnyModel): TrainingRun | null => RUNS.get(model) ?? null;

/** A run under way. */
export class TrainingRun {
  readonly model: AnyModel;
  readonly callbacks: CallbackList;
  readonly #source: BatchSource;
  #position: RunPosition;
  #resumption: Resumption | null = null;
  #stream: BatchStream | null = null;
  /** Batches of the pass that came before the epoch. */
  #before = 0;
  /** The epoch in which the pass began. */
  #opened = 0;

  constructor(model: AnyModel, callbacks: CallbackList, source: BatchSource, epoch: number) {
    this.model = model;
    this.callbacks = callbacks;
    this.#source = source;
    this.#position = { epoch, step: 0, pass: null };
    RUNS.set(model, this);
  }

  /** Ends it: the pass is closed. A source that is waited for cannot be closed before it answers. */
  async close(wait: boolean): Promise<void> {
    RUNS.delete(this.model);
    const closed = this.#stream?.close();
    this.#stream = null;
    if (wait) await closed;
  }

  get position(): RunPosition {
    return this.#position;
  }

  /** What is to be kept with the state, from which a run goes on. */
  record(logs: Logs): RunRecord {
    const { seed, steps } = this.#source;
    const known = steps === undefined || steps === Infinity ? null : steps;
    return { ...this.#position, seed: seed ?? null, steps: known, stopped: this.model.stopTraining, logs: { ...logs } };
  }

  /**
   * Goes on from a record; for callbacks, when training begins.
   *
   * @throws ConfigError when the data cannot be that of the record.
   */
  async resume(resumption: Resumption): Promise<void> {
    const { record } = resumption;
    const { steps } = this.#source;
    if (record.pass !== null && record.steps !== null && steps !== undefined && record.steps !== steps) {
      throw new ConfigError(
        `fit: the backup is from a run with ${record.steps} batches a pass, this one has ${steps}; go on with the same data and batchSize, or start anew without the backup`,
      );
    }
    await resumption.restore();
    if (record.seed !== null) this.#source.seed = record.seed;
    this.model.stopTraining = record.stopped;
    this.#position = { epoch: record.epoch, step: record.step, pass: record.pass };
    this.#resumption = resumption;
  }

  /** The record that the run went on from. */
  get resumed(): RunRecord | null {
    return this.#resumption?.record ?? null;
  }

  /**
   * The pass for an epoch: the one under way, or a new one. Where the run goes on in the midst of one, batches that were taken
   * are skipped; in the midst of an epoch the first of them goes through `step`, which makes whatever comes with a first step.
   */
  async stream(epoch: number, signal: AbortSignal | undefined, step: StepOf): Promise<BatchStream> {
    const { pass, step: done } = this.#position;
    this.#before = (pass?.taken ?? 0) - done;
    if (this.#stream === null) {
      this.#opened = pass?.epoch ?? epoch;
      this.#stream = this.#source.open(this.#opened);
      if (pass !== null && pass.taken > 0) await this.#skip(this.#stream, pass.taken, done > 0 ? step : null, signal);
      if (done > 0) await this.#resumption!.restore();
    }
    this.#position = { epoch, step: done, pass: { epoch: this.#opened, taken: this.#before + done } };
    return this.#stream;
  }

  async #skip(stream: BatchStream, count: number, step: StepOf | null, signal: AbortSignal | undefined): Promise<void> {
    let left = count;
    if (step !== null) {
      const first = await orAbort(Promise.resolve(stream.next()), signal);
      if (first !== null) {
        step(first);
        left--;
      }
    }
    const skipped = await orAbort(Promise.resolve(stream.skip(left)), signal);
    if (skipped === left) return;
    throw new ConfigError(
      `fit: the backup is from a run that took ${count} batches of this pass, and the data has fewer; go on with the same data, or start anew without the backup`,
    );
  }

  /** Notes how many steps of the epoch are done. */
  advance(step: number): void {
    this.#position = { ...this.#position, step, pass: { epoch: this.#opened, taken: this.#before + step } };
  }

  /** Ends the steps of an epoch; with `over` the pass ends too. */
  async endEpoch(over: boolean): Promise<void> {
    const { epoch, pass } = this.#position;
    if (over) {
      await this.#stream?.close();
      this.#stream = null;
    }
    this.#position = { epoch: epoch + 1, step: 0, pass: over ? null : pass };
  }
}

/** Runs one training step. */
type StepOf = (batch: NonNullable<Awaited<ReturnType<BatchStream['next']>>>) => void;
