/**
 * TensorBoard: a callback that writes what TensorBoard shows.
 */
import { Embedding } from '@dl/layers';
import { ConfigError, Variable, type TypedArray } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { serializeLayer } from '../serialize-layer.ts';
import { Callback, type BatchWatcher, type CallbackState, type Hook, type Logs } from './callback.ts';
import { EventFile } from './tensorboard/event-file.ts';
import { folderWriter, type LogWriter } from './tensorboard/log-folder.ts';
import { layerGraph } from './tensorboard/layer-graph.ts';
import { histogram, image, scalar, textOf } from './tensorboard/summaries.ts';

/** Options of {@link TensorBoard}. */
export interface TensorBoardOptions {
  /**
   * Folder of the files, 'logs' unless given; in browsers a function that gets paths below it with bytes, and whether they
   * come after those that are there.
   */
  readonly logDir?: string | LogWriter | undefined;
  /** Histograms of the weights every so many epochs; 0, none, unless given. */
  readonly histogramFreq?: number | undefined;
  /** Whether the layers are written as a graph, and as JSON; true unless given. */
  readonly writeGraph?: boolean | undefined;
  /** Whether weights are written as images where histograms are; false unless given. */
  readonly writeImages?: boolean | undefined;
  /** Whether steps per second are written; false unless given. */
  readonly writeStepsPerSecond?: boolean | undefined;
  /** 'epoch' unless given; 'batch' (1) or a number of batches writes running values in between as well. */
  readonly updateFreq?: 'epoch' | 'batch' | number | undefined;
  /** Only 0: there is no device profile; use `fit({ profile: true })`. */
  readonly profileBatch?: number | undefined;
  /** Rows of embedding layers for the projector every so many epochs; 0, none, unless given. */
  readonly embeddingsFreq?: number | undefined;
  /** File with names of the rows, below the log folder: for all embedding layers, or by layer. */
  readonly embeddingsMetadata?: string | Readonly<Record<string, string>> | null | undefined;
}

const TRAIN = 'train';
const VALIDATION = 'validation';

/** The file with the rows of an embedding layer. */
const tablePath = (layer: string): string => `${TRAIN}/${layer}.tsv`;

function checkCount(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new ConfigError(`TensorBoard: ${name} must be a whole number from ${least}, got ${describe(value)}`);
}

/**
 * Writes event files for TensorBoard, with the names that Keras uses: `epoch_loss` and so on in `train/` and `validation/`,
 * `batch_loss`, `evaluation_loss_vs_iterations`, histograms and images of weights by their paths, and the model's graph.
 * Show them with `tensorboard --logdir logs`. Follows `keras.callbacks.TensorBoard`; embeddings are written as tables that
 * the projector reads.
 *
 * @throws ConfigError for frequencies that are no whole numbers, a profile, or metadata of layers that do not exist.
 * @example
 * await model.fit(x, y, { epochs: 5, callbacks: [new TensorBoard({ logDir: 'logs', histogramFreq: 1 })] });
 * @example
 * const files = new Map<string, Uint8Array[]>();
 * new TensorBoard({ logDir: (path, bytes) => files.set(path, [...(files.get(path) ?? []), bytes]) });
 */
export class TensorBoard extends Callback implements BatchWatcher {
  readonly histogramFreq: number;
  readonly writeGraph: boolean;
  readonly writeImages: boolean;
  readonly writeStepsPerSecond: boolean;
  /** Batches between running values; 'epoch' for none. */
  readonly updateFreq: 'epoch' | number;
  readonly embeddingsFreq: number;
  readonly embeddingsMetadata: string | Readonly<Record<string, string>> | null;
  readonly logDir: string | LogWriter;
  /** Always 0. */
  readonly profileBatch: number = 0;
  readonly #write: LogWriter;
  readonly #files = new Map<string, EventFile>();
  #graphWritten = false;
  /** Training batches before the epoch under way. */
  #batchesBefore = 0;
  #batches = 0;
  /** Batches, and the time, when steps per second were last written. */
  #counted = 0;
  #batchTime = 0;
  #epochTime = 0;

  constructor(options: TensorBoardOptions = {}) {
    super();
    const { logDir = 'logs', updateFreq = 'epoch', profileBatch = 0, embeddingsMetadata = null } = options;
    this.logDir = logDir;
    this.#write = typeof logDir === 'string' ? folderWriter(logDir) : logDir;
    this.histogramFreq = checkCount('histogramFreq', options.histogramFreq ?? 0, 0);
    this.writeGraph = options.writeGraph ?? true;
    this.writeImages = options.writeImages ?? false;
    this.writeStepsPerSecond = options.writeStepsPerSecond ?? false;
    const every = updateFreq === 'batch' ? 1 : updateFreq;
    this.updateFreq = every === 'epoch' ? every : checkCount('updateFreq', every, 1);
    this.embeddingsFreq = checkCount('embeddingsFreq', options.embeddingsFreq ?? 0, 0);
    this.embeddingsMetadata = embeddingsMetadata;
    if (profileBatch !== 0) {
      throw new ConfigError(
        `TensorBoard: profileBatch must be 0, got ${describe(profileBatch)}; there is no device profile, use fit({ profile: true })`,
      );
    }
  }

  #file(folder: string): EventFile {
    let file = this.#files.get(folder);
    if (file === undefined) this.#files.set(folder, (file = new EventFile(folder, this.#write)));
    return file;
  }

  override setModel(model: AnyModel): void {
    super.setModel(model);
    this.#files.clear();
    this.#graphWritten = false;
    if (this.embeddingsFreq > 0) this.#configureProjector();
  }

  override onTrainBegin(): void {
    this.#batches = 0;
    this.#writeModel();
  }

  /** Writes the graph, once the model has one: before training, or after the first epoch. */
  #writeModel(): void {
    if (!this.writeGraph || this.#graphWritten) return;
    const { model } = this;
    const graph = layerGraph(model);
    if (graph === null) return;
    const file = this.#file(TRAIN);
    file.add(0, textOf('keras', 'graph_keras_model', '1', JSON.stringify(serializeLayer(model))));
    file.addGraph(graph);
    this.#graphWritten = true;
  }

  // ---- batches

  /** @internal Whether the logs after a batch are wanted; see `BatchWatcher`. */
  due(batch: number, hook: Hook): boolean {
    if (hook !== 'onTrainBatchEnd') return false;
    const before = this.#batches;
    this.#batches = this.#batchesBefore + batch + 1;
    const every = this.updateFreq;
    return every !== 'epoch' && Math.floor(this.#batches / every) > Math.floor(before / every);
  }

  /** @internal Writes the logs of a batch. */
  advance(_batch: number, logs: Logs): void {
    const file = this.#file(TRAIN);
    for (const [name, value] of Object.entries(logs)) file.add(this.#batches, scalar(`batch_${name}`, value));
    if (!this.writeStepsPerSecond) return;
    const now = performance.now();
    const steps = this.#batches - this.#counted;
    file.add(this.#batches, scalar('batch_steps_per_second', (steps * 1e3) / (now - this.#batchTime)));
    this.#batchTime = now;
    this.#counted = this.#batches;
  }

  // ---- epochs

  override onEpochBegin(): void {
    this.#batchesBefore = this.#batches;
    this.#counted = this.#batches;
    this.#epochTime = performance.now();
    this.#batchTime = this.#epochTime;
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    this.#writeModel();
    const [train, validation] = [this.#file(TRAIN), this.#file(VALIDATION)];
    const seconds = (performance.now() - this.#epochTime) / 1e3;
    for (const [name, value] of Object.entries(logs)) {
      if (name.startsWith('val_')) validation.add(epoch, scalar(`epoch_${name.slice(4)}`, value));
      else if (name !== 'learning_rate') train.add(epoch, scalar(`epoch_${name}`, value));
    }
    train.add(epoch, scalar('epoch_learning_rate', await this.#learningRate()));
    if (this.writeStepsPerSecond) {
      train.add(epoch, scalar('epoch_steps_per_second', (this.#batches - this.#batchesBefore) / seconds));
    }
    if (this.histogramFreq > 0 && epoch % this.histogramFreq === 0) await this.#writeWeights(epoch);
    if (this.embeddingsFreq > 0 && epoch % this.embeddingsFreq === 0) await this.#writeEmbeddings();
  }

  async #learningRate(): Promise<number> {
    const { optimizer } = this.model;
    const { learningRate } = optimizer;
    return learningRate instanceof Variable ? learningRate.read().item() : optimizer.currentLearningRate().item();
  }

  async #writeWeights(epoch: number): Promise<void> {
    const file = this.#file(TRAIN);
    for (const weight of this.model.weights) {
      const values: TypedArray = await weight.value.data();
      file.add(epoch, histogram(`${weight.path}/histogram`, values));
      const picture = this.writeImages ? image(`${weight.path}/image`, values, weight.shape) : null;
      if (picture !== null) file.add(epoch, picture);
    }
  }

  override async onTestEnd(logs: Logs): Promise<void> {
    const step = await this.model.optimizer.iterations.read().item();
    const file = this.#file(VALIDATION);
    for (const [name, value] of Object.entries(logs)) {
      file.add(step, scalar(`evaluation_${name}_vs_iterations`, value));
    }
  }

  override getState(): CallbackState {
    return { values: { before: this.#batchesBefore, batches: this.#batches } };
  }

  override setState({ values }: CallbackState): void {
    this.#batchesBefore = values['before'] as number;
    this.#batches = values['batches'] as number;
    this.#counted = this.#batches;
  }

  // ---- embeddings

  get #embeddings(): readonly Embedding[] {
    return this.model.flattenLayers().filter((layer): layer is Embedding => (layer as unknown) instanceof Embedding);
  }

  /** Tells the projector which table belongs to which layer. */
  #configureProjector(): void {
    const names = this.embeddingsMetadata;
    const layers = this.#embeddings;
    if (names !== null && typeof names !== 'string') {
      const unknown = Object.keys(names).find((name) => layers.every((layer) => layer.name !== name));
      if (unknown !== undefined) {
        throw new ConfigError(
          `TensorBoard: embeddingsMetadata names '${unknown}'; the model's embedding layers are ${layers.map(({ name }) => name).join(', ') || 'none'}`,
        );
      }
    }
    const entries = layers.map(({ name }) => {
      const metadata = typeof names === 'string' ? names : names?.[name];
      const lines = [`tensor_name: ${JSON.stringify(name)}`, `tensor_path: ${JSON.stringify(tablePath(name))}`];
      if (metadata !== undefined) lines.push(`metadata_path: ${JSON.stringify(metadata)}`);
      return `embeddings {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
    });
    this.#write('projector_config.pbtxt', new TextEncoder().encode(entries.join('')), false);
  }

  async #writeEmbeddings(): Promise<void> {
    for (const { name, embeddings } of this.#embeddings) {
      const rows = (await embeddings!.value.array()) as readonly (readonly number[])[];
      const text = rows.map((row) => `${row.join('\t')}\n`).join('');
      this.#write(tablePath(name), new TextEncoder().encode(text), false);
    }
  }
}
