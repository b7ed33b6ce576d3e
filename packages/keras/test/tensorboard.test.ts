/**
 * TensorBoard: the files that the callback writes, read back frame by frame.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { add, callbacks, Input, layers, Model, optimizers, Sequential, type callbacks as types } from '@dl/keras';
import { describe, expect, test } from 'vitest';
import { column, line } from './helpers.ts';
import { readEvents, readGraph, type ReadEvent } from './tensorboard-reader.ts';

const quiet = { verbose: 0 } as const;

/** A callback that writes to memory, and what it wrote by folder. */
function recorder(options: types.TensorBoardOptions = {}): {
  board: types.TensorBoard;
  events: (folder: string) => ReadEvent[];
  files: Map<string, Uint8Array>;
} {
  const files = new Map<string, Uint8Array>();
  const logDir: types.LogWriter = (path, bytes, append) => {
    const before = append ? (files.get(path) ?? new Uint8Array()) : new Uint8Array();
    files.set(path, Uint8Array.from([...before, ...bytes]));
  };
  const events = (folder: string): ReadEvent[] =>
    [...files].flatMap(([path, bytes]) => (path.startsWith(`${folder}/events.out.tfevents.`) ? readEvents(bytes) : []));
  return { board: new callbacks.TensorBoard({ ...options, logDir }), events, files };
}

const scalars = (events: readonly ReadEvent[]): (string | number | undefined)[][] =>
  events.filter(({ plugin }) => plugin === 'scalars').map(({ tag, step, scalar }) => [tag, step, scalar]);

describe('scalars', () => {
  test('logs of epochs in two folders, evaluations by the number of updates', async () => {
    const { board, events } = recorder({ writeGraph: false });
    const options = { epochs: 2, validationData: [column(2), column(2)] as const, callbacks: [board], ...quiet };
    const { history } = await line().fit(column(3), column(3), options);
    const [loss, val] = [history['loss']!, history['val_loss']!];
    const rate = Math.fround(0.01);
    expect(scalars(events('train'))).toEqual([
      ['epoch_loss', 0, loss[0]],
      ['epoch_learning_rate', 0, rate],
      ['epoch_loss', 1, loss[1]],
      ['epoch_learning_rate', 1, rate],
    ]);
    expect(scalars(events('validation'))).toEqual([
      ['evaluation_loss_vs_iterations', 1, val[0]],
      ['epoch_loss', 0, val[0]],
      ['evaluation_loss_vs_iterations', 2, val[1]],
      ['epoch_loss', 1, val[1]],
    ]);
    const [first, second] = events('train');
    expect([first!.version, first!.step]).toEqual(['brain.Event:2', 0]);
    expect(Math.abs(first!.time - Date.now() / 1e3)).toBeLessThan(3600);
    expect(second).toMatchObject({ plugin: 'scalars', dataClass: 1, dtype: 1, shape: [] });
  });

  test('running values every so many batches, counted through all epochs, and no reads in between', async () => {
    const { board, events } = recorder({ writeGraph: false, updateFreq: 3, writeStepsPerSecond: true });
    const model = line();
    let reads = 0;
    const inner = model.readMetrics.bind(model);
    model.readMetrics = () => (reads++, inner());
    await model.fit(column(4), column(4), { batchSize: 1, epochs: 2, callbacks: [board], ...quiet });
    const tags = scalars(events('train')).map(([tag, step]) => `${tag} ${step}`);
    expect(tags).toEqual([
      ...['batch_loss 3', 'batch_steps_per_second 3'],
      ...['epoch_loss 0', 'epoch_learning_rate 0', 'epoch_steps_per_second 0'],
      ...['batch_loss 6', 'batch_steps_per_second 6'],
      ...['epoch_loss 1', 'epoch_learning_rate 1', 'epoch_steps_per_second 1'],
    ]);
    expect(reads).toBe(4);
    const every = recorder({ writeGraph: false, updateFreq: 'batch' });
    await line().fit(column(2), column(2), { batchSize: 1, callbacks: [every.board], verbose: 0 });
    expect(scalars(every.events('train')).map(([tag]) => tag)).toEqual([
      ...['batch_loss', 'batch_loss', 'epoch_loss', 'epoch_learning_rate'],
    ]);
  });

  test('a schedule is written as the rate it gives', async () => {
    const { board, events } = recorder({ writeGraph: false });
    const model = line(0, { optimizer: new optimizers.SGD((step) => step.mul(0.25)) });
    await model.fit(column(2), column(2), { batchSize: 1, callbacks: [board], ...quiet });
    expect(scalars(events('train'))).toContainEqual(['epoch_learning_rate', 0, 0.5]);
  });
});

/** The bytes of a grey PNG, without the filter of each row. */
function greyOf(file: Uint8Array): number[][] {
  const view = new DataView(file.buffer, file.byteOffset);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  expect([...file.subarray(24, 26)]).toEqual([8, 0]);
  const rows = inflateSync(file.subarray(41, 41 + view.getUint32(33)));
  return Array.from({ length: height }, (_, y) => [...rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1))]);
}

describe('weights', () => {
  test('histograms: 30 parts of the range, or one where all values are equal', async () => {
    const { board, events } = recorder({ writeGraph: false, histogramFreq: 2 });
    const model = new Sequential([new layers.Dense(2, { name: 'out', inputShape: [31] })], { name: 'net' });
    model.compile({ optimizer: new optimizers.SGD(0), loss: 'mse' });
    model.setWeights([{ data: Float32Array.from({ length: 62 }, (_, i) => i), shape: [31, 2] }, [0.25, 0.25]] as never);
    const data = { data: new Float32Array(31), shape: [1, 31] };
    await model.fit(data, [[0, 0]], { epochs: 3, callbacks: [board], ...quiet });
    const found = events('train').filter(({ plugin }) => plugin === 'histograms');
    expect(found.map(({ tag, step }) => `${tag} ${step}`)).toEqual([
      ...['net/out/kernel/histogram 0', 'net/out/bias/histogram 0'],
      ...['net/out/kernel/histogram 2', 'net/out/bias/histogram 2'],
    ]);
    const [kernel, bias] = found;
    expect(kernel).toMatchObject({ shape: [30, 3], dtype: 2, dataClass: 2 });
    const counts = kernel!.doubles!.filter((_, i) => i % 3 === 2);
    expect(counts.reduce((a, b) => a + b)).toBe(62);
    expect(kernel!.doubles!.slice(0, 2)).toEqual([0, 61 / 30]);
    expect(kernel!.doubles!.at(-2)).toBe(61);
    expect(counts.at(-1)).toBe(3);
    expect(bias).toMatchObject({ shape: [1, 3], doubles: [-0.25, 0.75, 2] });
  });

  test('images of kernels: matrices lie on their side, filters come one by one', async () => {
    const { board, events } = recorder({ writeGraph: false, histogramFreq: 1, writeImages: true });
    const model = new Sequential(
      [
        new layers.Conv2D(4, 2, { name: 'conv', useBias: false, inputShape: [2, 2, 1] }),
        new layers.Flatten(),
        new layers.Dense(2, { name: 'out' }),
      ],
      { name: 'net' },
    );
    model.compile({ optimizer: new optimizers.SGD(0), loss: 'mse' });
    const filters = Float32Array.from({ length: 16 }, (_, i) => i / 15);
    model.setWeights([
      { data: filters, shape: [2, 2, 1, 4] },
      [
        [0, 1],
        [0.5, -1],
        [2, 0.25],
        [0, 0],
      ],
      [1, 0],
    ] as never);
    await model.fit({ data: new Float32Array(4), shape: [1, 2, 2, 1] }, [[0, 0]], { callbacks: [board], ...quiet });
    const images = events('train').filter(({ plugin }) => plugin === 'images');
    expect(images.map(({ tag }) => tag)).toEqual([
      'net/conv/kernel/image',
      'net/out/kernel/image',
      'net/out/bias/image',
    ]);
    const decoded = images.map(({ strings, shape, dtype, dataClass }) => {
      expect([dtype, dataClass, shape]).toEqual([7, 3, [strings!.length]]);
      const [width, height, ...files] = strings!;
      const size = [width, height].map((part) => Number(new TextDecoder().decode(part)));
      return { size, files: files.map(greyOf) };
    });
    const grey = (value: number): number => Math.floor(Math.fround(value / 15) * 255.5);
    expect(decoded[0]!.size).toEqual([2, 2]);
    // Three of the four filters.
    expect(decoded[0]!.files).toEqual(
      [0, 1, 2].map((k) => [
        [grey(k), grey(4 + k)],
        [grey(8 + k), grey(12 + k)],
      ]),
    );
    expect(decoded[1]).toEqual({
      size: [4, 2],
      files: [
        [
          [0, 127, 255, 0],
          [255, 0, 63, 0],
        ],
      ],
    });
    expect(decoded[2]).toEqual({ size: [1, 2], files: [[[255], [0]]] });
  });
});

describe('graph', () => {
  test('a node for every layer and op with its inputs and shapes, and the model as JSON', async () => {
    const { board, events } = recorder();
    const x = Input({ shape: [3], name: 'x' });
    const h = new layers.Dense(3, { name: 'h' }).apply(x);
    const model = new Model(x, new layers.Dense(1, { name: 'out' }).apply(add(h, x)), { name: 'net' });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit([[1, 2, 3]], [[1]], { callbacks: [board], ...quiet });
    const written = events('train');
    const nodes = readGraph(written.find(({ graph }) => graph !== undefined)!.graph!);
    expect(nodes.map(({ name, op, inputs }) => [name, op, inputs])).toEqual([
      ['net/x', 'InputLayer', []],
      ['net/h', 'Dense', ['net/x']],
      [expect.stringMatching(/^net\/add/), expect.stringMatching(/^add$/i), ['net/h', 'net/x']],
      ['net/out', 'Dense', [expect.stringMatching(/^net\/add/)]],
    ]);
    expect(nodes[1]).toMatchObject({ shapes: [[-1, 3]], facts: { parameters: '12', trainable: 'true' } });
    const json = written.find(({ tag }) => tag === 'keras')!;
    expect(json).toMatchObject({ plugin: 'graph_keras_model', content: '1', dtype: 7, shape: [], step: 0 });
    const stored = JSON.parse(new TextDecoder().decode(json.strings![0])) as { class_name: string; config: object };
    expect([stored.class_name, Object.keys(stored.config)]).toEqual(['Functional', expect.arrayContaining(['layers'])]);
  });

  test('a Sequential that is built by its data has it after the first epoch; a layer used twice is one node', async () => {
    const { board, events } = recorder();
    const model = new Sequential([new layers.Dense(1, { name: 'a' }), new layers.Dense(1, { name: 'b' })], {
      name: 's',
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(column(2), column(2), { epochs: 2, callbacks: [board], ...quiet });
    const graphs = events('train').flatMap(({ graph }) => (graph === undefined ? [] : [readGraph(graph)]));
    expect(graphs.map((nodes) => nodes.map(({ op }) => op))).toEqual([['InputLayer', 'Dense', 'Dense']]);
    const twice = recorder();
    const x = Input({ shape: [1], name: 'x' });
    const shared = new layers.Dense(1, { name: 'shared' });
    const both = new Model(x, shared.apply(shared.apply(x)), { name: 'm' });
    both.compile({ optimizer: 'sgd', loss: 'mse' });
    await both.fit(column(2), column(2), { callbacks: [twice.board], ...quiet });
    const nodes = readGraph(twice.events('train').find(({ graph }) => graph !== undefined)!.graph!);
    expect(nodes.map(({ name, inputs }) => [name, inputs])).toEqual([
      ['m/x', []],
      ['m/shared', ['m/x', 'm/shared']],
    ]);
  });
});

describe('files', () => {
  test('lie in folders that are made, one file for each run', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'dl-board-')), 'deep', 'logs');
    const board = new callbacks.TensorBoard({ logDir: `${folder}/` });
    const options = { validationSplit: 0.5, callbacks: [board], ...quiet };
    await line().fit(column(2), column(2), options);
    await line().fit(column(2), column(2), options);
    for (const name of ['train', 'validation']) {
      const found = readdirSync(join(folder, name));
      expect(found).toHaveLength(2);
      expect(new Set(found).size).toBe(2);
      for (const file of found) {
        expect(file).toMatch(/^events\.out\.tfevents\.\d{10}\..+\.v2$/);
        expect(readEvents(readFileSync(join(folder, name, file))).length).toBeGreaterThan(1);
      }
    }
  });

  test('embeddings are tables that the projector is told of', async () => {
    const { board, files } = recorder({
      writeGraph: false,
      embeddingsFreq: 1,
      embeddingsMetadata: { words: 'names.tsv' },
    });
    const model = new Sequential([
      new layers.Embedding(3, 2, { name: 'words', embeddingsInitializer: 'ones', inputShape: [1] }),
      new layers.Flatten(),
    ]);
    model.compile({ optimizer: new optimizers.SGD(0), loss: 'mse' });
    await model.fit([[1]], [[0, 0]], { epochs: 2, callbacks: [board], ...quiet });
    const text = (path: string): string => new TextDecoder().decode(files.get(path));
    expect(text('train/words.tsv')).toBe('1\t1\n1\t1\n1\t1\n');
    expect(text('projector_config.pbtxt')).toBe(
      'embeddings {\n  tensor_name: "words"\n  tensor_path: "train/words.tsv"\n  metadata_path: "names.tsv"\n}\n',
    );
    const wrong = recorder({ embeddingsFreq: 1, embeddingsMetadata: { other: 'a' } });
    const run = model.fit([[1]], [[0, 0]], { callbacks: [wrong.board], ...quiet });
    await expect(run).rejects.toThrow("embeddingsMetadata names 'other'; the model's embedding layers are words");
  });

  test('options that cannot be are refused', () => {
    const make =
      (options: object): (() => unknown) =>
      () =>
        new callbacks.TensorBoard(options);
    expect(make({ histogramFreq: -1 })).toThrow('TensorBoard: histogramFreq must be a whole number from 0, got -1');
    expect(make({ updateFreq: 0 })).toThrow('TensorBoard: updateFreq must be a whole number from 1, got 0');
    expect(make({ profileBatch: 5 })).toThrow('profileBatch must be 0, got 5; there is no device profile');
  });
});
