/**
 * Everything that loads models and weights, with good files of every kind.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readZip, writeZip } from '@dl/formats';
import { mutate, type FuzzTarget } from '@dl/formats/testing';
import { layers, models, saving, Sequential } from '@dl/keras';
import { layerClasses } from '@dl/layers/registry';
import { expect } from 'vitest';
import { changeRecord } from './change-record.ts';

const at = (name: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))));

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Small limits: what a file takes beyond them is a failure. */
const limits = { maxBytes: 2 ** 24, maxMembers: 1000, maxHeader: 2 ** 20, maxSize: 2 ** 16 };

/** Changes a JSON text as a record, or as a text. */
function changeJson(bytes: Uint8Array, random: () => number): Uint8Array {
  if (random() < 0.2) return mutate(bytes, random);
  return utf8(JSON.stringify(changeRecord(JSON.parse(textOf(bytes)), random)));
}

/** Damages an archive as a whole, or a member of it. */
function changeArchive(bytes: Uint8Array, random: () => number): Uint8Array {
  const choice = random();
  if (choice < 0.15) return mutate(bytes, random);
  const members = new Map([...readZip(bytes)].map(([name, read]) => [name, read()]));
  const weights = 'model.weights.h5';
  if (choice < 0.3) members.set(weights, mutate(members.get(weights)!, random));
  else if (choice < 0.35) members.delete([...members.keys()][Math.floor(random() * members.size)]!);
  else if (choice < 0.4) members.set('config.json', members.get('metadata.json')!);
  else members.set('config.json', changeJson(members.get('config.json')!, random));
  return writeZip(members);
}

/** A model of TensorFlow.js with its shard behind a line break. */
function changeFolder(bytes: Uint8Array, random: () => number): Uint8Array {
  const end = bytes.indexOf(10);
  if (random() < 0.2) return mutate(bytes, random);
  return new Uint8Array([...changeJson(bytes.subarray(0, end), random), ...bytes.subarray(end)]);
}

function filesOf(bytes: Uint8Array): File[] {
  const end = bytes.indexOf(10);
  const json = bytes.slice(0, Math.max(0, end)) as Uint8Array<ArrayBuffer>;
  return [new File([json], 'model.json'), new File([bytes.slice(end + 1) as Uint8Array<ArrayBuffer>], 'weights.bin')];
}

const SIZES: readonly object[] = [
  {},
  { units: 2 },
  { filters: 2, kernelSize: 2 },
  { kernelSize: 2 },
  { inputDim: 5, outputDim: 2 },
  { rate: 0.5 },
  { targetShape: [2, 3] },
  { n: 2 },
  { numHeads: 2, keyDim: 2 },
  { height: 4, width: 4 },
  { factor: 0.2 },
  { dims: [1] },
  { numTokens: 4 },
  { numBins: 3 },
  { stddev: 0.1 },
  { size: 2 },
  { axis: -1 },
  { binBoundaries: [0, 1] },
  { mean: 0, variance: 1 },
  { layer: new layers.Dense(2) },
  { layer: new layers.LSTM(2) },
  { cell: new layers.GRUCell(2) },
  { vocabulary: ['a', 'b'] },
  { scale: 2 },
];
const SHAPES = [[6], [4, 6], [6, 6, 3], [3, 4, 4, 2], [2, 3, 4, 4, 2]];

/** A small model with every class of layers that needs nothing special, as JSON. */
export async function smallModels(): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const name of Object.keys(layerClasses)) {
    const make = (layers as unknown as Record<string, (new (options: object) => layers.Layer) | undefined>)[name];
    if (make === undefined || name === 'Input') continue;
    const json = await firstThat(SIZES, (options) =>
      firstThat(SHAPES, async (shape) => {
        const model = new Sequential([new layers.InputLayer({ shape }), made(make, options)]);
        model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
        return model.toJson();
      }),
    );
    if (json !== null) found.push(utf8(json));
  }
  return found;
}

/** Sizes come first where the constructor takes them so. */
function made(make: new (...args: never[]) => layers.Layer, options: object): layers.Layer {
  const values = Object.values(options);
  try {
    return new make(...([...values] as never[]));
  } catch {
    return new make(options as never);
  }
}

async function firstThat<T, R>(list: readonly T[], get: (one: T) => Promise<R | null>): Promise<R | null> {
  for (const one of list) {
    const result = await get(one).catch(() => null);
    if (result !== null) return result;
  }
  return null;
}

/** All loaders. */
export async function loaderTargets(): Promise<readonly FuzzTarget[]> {
  const archives = ['mlp', 'nested', 'cnn', 'two_headed'].map((name) => at(`keras/${name}.keras`));
  const model = await models.loadModel(at('keras/mlp.keras'));
  const [safetensors, npz] = [await saved(model, 'w.safetensors'), await saved(model, 'w.npz')];
  const legacy = at('keras/mlp_legacy.h5');
  const weights = [at('keras/mlp.weights.h5'), safetensors, npz, legacy, archives[0]!];
  const folder = new Uint8Array([
    ...utf8(JSON.stringify(JSON.parse(textOf(at('tfjs/model.json'))))),
    10,
    ...at('tfjs/weights.bin'),
  ]);
  const jsons = [utf8(await model.toJson()), ...(await smallModels())];
  const before = await bytesOf(model);
  return [
    {
      name: 'loadModel .keras',
      files: archives,
      damage: changeArchive,
      read: (bytes) => models.loadModel(bytes, { limits }),
    },
    { name: 'loadModel legacy .h5', files: [legacy], read: (bytes) => models.loadModel(bytes, { limits }) },
    {
      name: 'loadModel model.json',
      files: [folder],
      damage: changeFolder,
      read: (bytes) => models.loadModel(filesOf(bytes), { limits }),
    },
    {
      name: 'modelFromJson',
      files: jsons,
      damage: changeJson,
      read: (bytes) => models.modelFromJson(textOf(bytes), { limits }),
    },
    {
      name: 'loadWeights',
      files: weights,
      read: async (bytes) => {
        try {
          await model.loadWeights(bytes, { limits });
        } catch (error) {
          // What is refused leaves no trace.
          expect(await bytesOf(model)).toEqual(before);
          throw error;
        }
        await model.loadWeights(weights[0]!);
      },
    },
    {
      name: 'inspect',
      files: [...weights, ...archives.slice(1)],
      damage: (bytes, random) =>
        textOf(bytes.subarray(0, 2)) === 'PK' && random() < 0.5 && archives.some((one) => one === bytes)
          ? changeArchive(bytes, random)
          : mutate(bytes, random),
      read: async (bytes) => {
        await saving.inspect(bytes, model, { limits });
        expect(await bytesOf(model)).toEqual(before);
      },
    },
  ];
}

async function saved(model: Awaited<ReturnType<typeof models.loadModel>>, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const target = Object.assign(
    new WritableStream<Uint8Array>({ write: (part) => void parts.push(Uint8Array.from(part)) }),
    { name },
  );
  await model.saveWeights(target);
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** All weights and the state of the optimizer, to be compared. */
async function bytesOf(model: Awaited<ReturnType<typeof models.loadModel>>): Promise<readonly unknown[]> {
  const variables = [...model.weights, ...model.optimizer.variables];
  return Promise.all(variables.map((variable) => variable.read().data()));
}
