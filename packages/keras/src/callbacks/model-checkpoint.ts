/**
 * ModelCheckpoint.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { BatchWatcher, CallbackState, Hook, Logs } from './callback.ts';
import { formatName } from './format-name.ts';
import { MonitorCallback, type Mode } from './monitor.ts';
import { BatchCounter, checkFrequency, type SaveFrequency } from './save-frequency.ts';

/** Options of {@link ModelCheckpoint}. */
export interface ModelCheckpointOptions {
  /** The log that tells which model is best, 'val_loss' unless given. */
  readonly monitor?: string | undefined;
  /** 1 to print what is saved. */
  readonly verbose?: 0 | 1 | undefined;
  /** Whether only models that are better than those before are saved; false unless given. */
  readonly saveBestOnly?: boolean | undefined;
  /** Whether weights alone are saved, as `.weights.h5`; false unless given. */
  readonly saveWeightsOnly?: boolean | undefined;
  /** 'auto' unless given. */
  readonly mode?: Mode | undefined;
  /** 'epoch' unless given: after every epoch; or a number of batches. */
  readonly saveFreq?: SaveFrequency | undefined;
  /** A value that the first saved model must beat. */
  readonly initialValueThreshold?: number | null | undefined;
}

/**
 * Saves the model, or its weights, while it is trained. Names may hold the epoch (from 1), with a number as `saveFreq` also
 * the batch (from 1), and logs: `{epoch:02d}-{val_loss:.2f}.keras`. Folders are made. A file is replaced only when the
 * new one is complete. Follows `keras.callbacks.ModelCheckpoint`.
 *
 * @throws ConfigError for another ending than `.keras`, or `.weights.h5` for weights; for names of logs that do not exist.
 * @example new ModelCheckpoint('best.keras', { saveBestOnly: true });
 * @example new ModelCheckpoint('weights/{epoch:02d}-{val_loss:.2f}.weights.h5', { saveWeightsOnly: true });
 */
export class ModelCheckpoint extends MonitorCallback implements BatchWatcher {
  readonly filepath: string;
  readonly verbose: 0 | 1;
  readonly saveBestOnly: boolean;
  readonly saveWeightsOnly: boolean;
  readonly saveFreq: SaveFrequency;
  readonly initialValueThreshold: number | null;
  readonly #counter: BatchCounter;
  #best: number | null;
  #epoch = 0;

  constructor(filepath: string, options: ModelCheckpointOptions = {}) {
    super('ModelCheckpoint', { monitor: options.monitor, mode: options.mode });
    if (typeof filepath !== 'string') {
      throw new ConfigError(`ModelCheckpoint: filepath must be a text, got ${describe(filepath)}`);
    }
    this.filepath = filepath;
    this.verbose = options.verbose ?? 0;
    this.saveBestOnly = options.saveBestOnly ?? false;
    this.saveWeightsOnly = options.saveWeightsOnly ?? false;
    this.saveFreq = checkFrequency('ModelCheckpoint', options.saveFreq ?? 'epoch');
    this.initialValueThreshold = options.initialValueThreshold ?? null;
    this.#best = this.initialValueThreshold;
    this.#counter = new BatchCounter(this.saveFreq);
    checkEnding(filepath, this.saveWeightsOnly);
  }

  /** The best value so far, or null. */
  get best(): number | null {
    return this.#best;
  }

  /** @internal Weights after batches are those of the model on this thread. */
  get readsModel(): boolean {
    return this.saveFreq !== 'epoch';
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    if (this.saveFreq === 'epoch') await this.#save(epoch, null, logs);
  }

  /** @internal */
  due(batch: number, hook: Hook): boolean {
    return hook === 'onTrainBatchEnd' && this.#counter.count(batch);
  }

  /** @internal Saves after a batch. */
  async advance(batch: number, logs: Logs): Promise<void> {
    await this.#save(this.#epoch, batch, logs);
  }

  async #save(epoch: number, batch: number | null, logs: Logs): Promise<void> {
    const place = { epoch: epoch + 1, ...(batch === null ? {} : { batch: batch + 1 }) };
    const path = formatName('ModelCheckpoint', this.filepath, place, logs);
    const say = (text: string): void => {
      if (this.verbose > 0) console.log(`\nEpoch ${epoch + 1}: ${text}`);
    };
    if (!this.#wanted(logs, path, say)) return;
    const { makeFolder } = await import('../saving/places.ts');
    makeFolder(path.slice(0, path.lastIndexOf('/') + 1));
    try {
      await (this.saveWeightsOnly ? this.model.saveWeights(path) : this.model.save(path));
    } catch (cause) {
      if ((cause as { readonly code?: unknown }).code !== 'EISDIR') throw cause;
      throw new ConfigError(`ModelCheckpoint: '${path}' is a folder; give the name of a file`, { cause });
    }
    say(`finished saving model to ${path}`);
  }

  #wanted(logs: Logs, path: string, say: (text: string) => void): boolean {
    if (!this.saveBestOnly) {
      say(`saving model to ${path}`);
      return true;
    }
    const value = this.watched(logs);
    // As in Keras: rather a model too many than none.
    if (value === null) return true;
    const before = this.#best === null ? 'None' : this.#best.toFixed(5);
    if (!this.improves(value, this.#best)) {
      say(`${this.monitor} did not improve from ${before}`);
      return false;
    }
    say(`${this.monitor} improved from ${before} to ${value.toFixed(5)}, saving model to ${path}`);
    this.#best = value;
    return true;
  }

  override getState(): CallbackState {
    return { values: { best: this.#best, ...this.#counter.state } };
  }

  override setState({ values }: CallbackState): void {
    this.#best = values['best'] as number | null;
    this.#counter.state = values as unknown as BatchCounter['state'];
  }
}

function checkEnding(path: string, weightsOnly: boolean): void {
  if (weightsOnly) {
    if (path.endsWith('.weights.h5')) return;
    throw new ConfigError(`ModelCheckpoint: with saveWeightsOnly the name must end in .weights.h5, got '${path}'`);
  }
  if (path.endsWith('.keras')) return;
  const hint = path.endsWith('.weights.h5') ? 'set saveWeightsOnly: true' : 'whole models are .keras files here';
  throw new ConfigError(`ModelCheckpoint: the name must end in .keras, got '${path}'; ${hint}`);
}
