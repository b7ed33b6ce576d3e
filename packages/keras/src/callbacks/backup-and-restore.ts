/**
 * BackupAndRestore.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { BackupFiles } from '../backup/backup-files.ts';
import { runOf, type TrainingRun } from '../training/run.ts';
import { Callback, type BatchWatcher, type CallbackState, type Hook, type Logs } from './callback.ts';
import { BatchCounter, checkFrequency, type SaveFrequency } from './save-frequency.ts';

/** Options of {@link BackupAndRestore}. */
export interface BackupAndRestoreOptions {
  /** 'epoch' unless given: after every epoch; or a number of batches. */
  readonly saveFreq?: SaveFrequency | undefined;
  /** Whether the backup before the latest is kept, for disks that lose what was written; false unless given. */
  readonly doubleCheckpoint?: boolean | undefined;
  /** Whether the backup is removed when training has ended; true unless given. */
  readonly deleteCheckpoint?: boolean | undefined;
}

/**
 * Keeps the state of training in a folder, so that a run which was interrupted or killed goes on where it was: with the same
 * callbacks and data, `fit` then ends with the weights, optimizer, history and random numbers of a run that nothing
 * interrupted, bit for bit. The folder is a path of Node, `opfs://path` or `indexeddb://name`; nothing else may be in it. At
 * every moment there is a whole backup in it. Callbacks keep their state by `getState` and `setState`.
 *
 * Follows `keras.callbacks.BackupAndRestore`, and reads its backups; Keras reads these. What Keras does not keep
 * (callbacks, history, generators, the place in the epoch) lies in `training_state.safetensors`.
 *
 * @throws ConfigError for a model that is not built, one of another form than the backup's, and with `fit({ worker })`.
 * @example
 * const backup = new BackupAndRestore('backup', { saveFreq: 100 });
 * await model.fit(x, y, { epochs: 50, callbacks: [backup] });
 */
export class BackupAndRestore extends Callback implements BatchWatcher {
  readonly backupDir: string;
  readonly saveFreq: SaveFrequency;
  readonly doubleCheckpoint: boolean;
  readonly deleteCheckpoint: boolean;
  /** @internal State of other callbacks is complete when they have been called. */
  override readonly comesLast: boolean = true;
  /** @internal */
  readonly readsModel: boolean = true;
  readonly #counter: BatchCounter;
  #files: BackupFiles | null = null;

  constructor(backupDir: string, options: BackupAndRestoreOptions = {}) {
    super();
    if (typeof backupDir !== 'string' || backupDir === '') {
      throw new ConfigError(`BackupAndRestore: backupDir must be the path of a folder, got ${describe(backupDir)}`);
    }
    this.backupDir = backupDir;
    this.saveFreq = checkFrequency('BackupAndRestore', options.saveFreq ?? 'epoch');
    this.doubleCheckpoint = options.doubleCheckpoint ?? false;
    this.deleteCheckpoint = options.deleteCheckpoint ?? true;
    this.#counter = new BatchCounter(this.saveFreq);
  }

  get #run(): TrainingRun {
    const run = runOf(this.model);
    if (run !== null) return run;
    throw new ConfigError(
      'BackupAndRestore works in fit() on the thread of the model; with a worker save in onEpochEnd, or use ModelCheckpoint',
    );
  }

  override async onTrainBegin(): Promise<void> {
    const run = this.#run;
    const { model } = this;
    this.#counter.state = { since: 0, last: 0 };
    if (!model.built) {
      throw new ConfigError(
        `BackupAndRestore: build ${model.name} before fit(): call it on a batch, or give it an input shape`,
      );
    }
    const [{ BackupFiles: Files }, state] = await Promise.all([
      import('../backup/backup-files.ts'),
      import('../backup/run-state.ts'),
    ]);
    this.#files = new Files(this.backupDir, this.doubleCheckpoint);
    const backup = await this.#files.read();
    if (backup === null) return;
    const where = `BackupAndRestore, ${this.backupDir}`;
    if (backup.damage !== null) console.warn(`${where}: ${backup.damage}; going on from an older backup`);
    if (backup.state !== null) {
      await run.resume(state.resumptionOf(run, backup.weights, backup.state, where));
      return;
    }
    const record = { epoch: backup.epoch, step: 0, pass: null, seed: null, steps: null, stopped: false, logs: {} };
    await run.resume({ record, restore: () => state.loadBackupWeights(model, backup.weights, where) });
  }

  override async onEpochEnd(_epoch: number, logs: Logs): Promise<void> {
    this.#counter.endEpoch();
    if (this.saveFreq === 'epoch') await this.#save(logs);
  }

  /** @internal */
  due(batch: number, hook: Hook): boolean {
    return hook === 'onTrainBatchEnd' && this.#counter.count(batch);
  }

  /** @internal Saves after a batch. */
  async advance(_batch: number, logs: Logs): Promise<void> {
    await this.#save(logs);
  }

  async #save(logs: Logs): Promise<void> {
    const run = this.#run;
    const { captureRun } = await import('../backup/run-state.ts');
    const parts = await captureRun(run, logs);
    await this.#files!.write({ epoch: run.position.epoch, batch: this.#counter.last, ...parts });
  }

  override async onTrainEnd(): Promise<void> {
    if (this.deleteCheckpoint) await this.#files?.remove();
  }

  override getState(): CallbackState {
    return { values: this.#counter.state };
  }

  override setState({ values }: CallbackState): void {
    this.#counter.state = values as unknown as BatchCounter['state'];
  }
}
