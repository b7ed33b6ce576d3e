/**
 * Files of all formats: written, read again, refused where they are damaged.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeZip } from '@dl/formats';
import {
  clearSession,
  Input,
  layers,
  loadWeights,
  Model,
  models,
  saving,
  Sequential,
  setBackend,
  tensor,
  type Tensor,
} from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { beforeEach, describe, expect, test } from 'vitest';

setBackend(reference());

let folder = '';
beforeEach(() => {
  clearSession();
  folder = `${mkdtempSync(join(tmpdir(), 'files-'))}/`;
});

const golden = (name: string): string => fileURLToPath(new URL(`../fixtures/keras/${name}`, import.meta.url));
const x = tensor([[0.3, -1, 2]]);
const out = (model: Model): unknown => model.apply(x).arraySync();

function build(): Model {
  const model = new Sequential(
    [
      new layers.Dense(4, { activation: 'tanh', name: 'hidden', inputShape: [3] }),
      new layers.BatchNormalization({ name: 'norm' }),
      new layers.Dense(2, { name: 'out' }),
    ],
    { name: 'net' },
  );
  model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
}

const fresh = (model: Model): Model => models.cloneModel(model as never) as Model;

describe('models', () => {
  test('go to paths and URLs, and come from both; nothing is replaced unless it may be', async () => {
    const model = build();
    const path = `${folder}net.keras`;
    expect(await model.save(path)).toBeUndefined();
    expect(out(await models.loadModel(path))).toEqual(out(model));
    expect(out(await models.loadModel(pathToFileURL(path)))).toEqual(out(model));
    await expect(model.save(path, { overwrite: false })).rejects.toThrow('exists');
    await expect(model.save(`${folder}net.h5`)).rejects.toThrow('.keras');
    await expect(model.save(`${folder}net.weights.h5`)).rejects.toThrow('saveWeights');
    expect(readdirSync(folder)).toEqual(['net.keras']);
  });

  test('go to JSON without weights', async () => {
    const model = build();
    const copy = await models.modelFromJson(await model.toJson({ indent: 1 }));
    copy.setWeights(model.getWeights());
    expect(out(copy)).toEqual(out(model));
    expect(copy.compiled).toBe(true);
  });

  test('compile: false leaves them as they are', async () => {
    const model = await models.loadModel(await build().save(), { compile: false });
    expect(model.compiled).toBe(false);
  });

  test('that are not built cannot be saved', async () => {
    await expect(new Sequential([new layers.Dense(1)]).save()).rejects.toThrow('build the model');
  });
});

describe('weights', () => {
  test.each(['w.weights.h5', 'w.safetensors', 'w.npz', 'w.weights.json'])('%s', async (name) => {
    const model = build();
    await model.saveWeights(folder + name, { maxShardBytes: 100 });
    const copy = fresh(model);
    expect(out(copy)).not.toEqual(out(model));
    await copy.loadWeights(folder + name);
    expect(out(copy)).toEqual(out(model));
  });

  test('shards are named by an index, and one that is missing by name', async () => {
    const model = build();
    await model.saveWeights(`${folder}w.weights.json`, { maxShardBytes: 100 });
    const files = readdirSync(folder);
    expect(files).toContain('w_00001.weights.h5');
    const { weight_map: map } = JSON.parse(readFileSync(`${folder}w.weights.json`, 'utf8')) as { weight_map: object };
    expect(Object.keys(map)).toContain('/layers/dense_1/vars');
    const kept = files.filter((name) => name !== 'w_00001.weights.h5');
    const given = kept.map((name) => new File([readFileSync(folder + name)], name));
    await expect(fresh(model).loadWeights(given)).rejects.toThrow("'w_00001.weights.h5' is missing");
  });

  test('another name is refused', async () => {
    await expect(build().saveWeights(`${folder}w.bin`)).rejects.toThrow('.safetensors');
  });

  test('that do not fit are named, and nothing is loaded unless skipMismatch says so', async () => {
    const model = build();
    await model.saveWeights(`${folder}w.weights.h5`);
    const other = new Sequential([
      new layers.Dense(4, { activation: 'tanh', inputShape: [3] }),
      new layers.BatchNormalization(),
      new layers.Dense(5),
    ]);
    const before = other.getWeights().map((weight) => weight.arraySync());
    await expect(other.loadWeights(`${folder}w.weights.h5`)).rejects.toThrow(
      /dense_1\/kernel: expected shape \[4, 5\], the file has \[4, 2\]/,
    );
    expect(other.getWeights().map((weight) => weight.arraySync())).toEqual(before);
    const warn = console.warn;
    const lines: string[] = [];
    console.warn = (line: string) => void lines.push(line);
    await other.loadWeights(`${folder}w.weights.h5`, { skipMismatch: true }).finally(() => (console.warn = warn));
    expect(lines[0]).toContain('left as they were');
    expect(other.getWeights()[0]!.arraySync()).toEqual(model.getWeights()[0]!.arraySync());
    expect(other.getWeights().at(-1)!.arraySync()).toEqual(before.at(-1));
  });

  test('legacy files go by order, or by the names of layers', async () => {
    const make = (names: readonly string[]): Model =>
      new Sequential([
        new layers.Dense(5, { name: names[0], activation: 'relu', inputShape: [6] }),
        new layers.BatchNormalization({ name: names[1] }),
        new layers.Dense(3, { name: names[2], activation: 'softmax' }),
      ]);
    const whole = await models.loadModel(golden('mlp_legacy.h5'));
    const byOrder = make(['a', 'b', 'c']);
    await byOrder.loadWeights(golden('mlp_legacy.h5'));
    expect(byOrder.getWeights().map((w) => w.arraySync())).toEqual(whole.getWeights().map((w) => w.arraySync()));
    const byName = make(['hidden', 'b', 'other']);
    const before = byName.getWeights().map((w) => w.arraySync());
    await byName.loadWeights(golden('mlp_legacy.h5'), { byName: true });
    const after = byName.getWeights().map((w) => w.arraySync());
    expect(after[0]).toEqual(whole.getWeights()[0]!.arraySync());
    expect(after.slice(2)).toEqual(before.slice(2));
  });

  test('renamed ones are found by a function or a table', async () => {
    const model = build();
    await model.saveWeights(`${folder}w.safetensors`);
    const copy = new Sequential([
      new layers.Dense(4, { activation: 'tanh', name: 'first', inputShape: [3] }),
      new layers.BatchNormalization({ name: 'norm' }),
      new layers.Dense(2, { name: 'out' }),
    ]);
    await loadWeights(copy as never, `${folder}w.safetensors`, {
      rename: [
        [/^[^/]+\//, 'net/'],
        ['first', 'hidden'],
      ],
    });
    expect(out(copy)).toEqual(out(model));
  });
});

test('inspect tells layers, weights and the optimizer', async () => {
  const found = await saving.inspect(await build().save());
  expect(found.format).toBe('.keras archive');
  expect(found.layers.map(({ className }) => className)).toEqual([
    'InputLayer',
    'Dense',
    'BatchNormalization',
    'Dense',
  ]);
  expect(found.optimizer).toBe('Adam');
  expect(found.weights.find(({ name }) => name === 'layers/dense/vars/0')).toEqual({
    name: 'layers/dense/vars/0',
    shape: [3, 4],
    dtype: 'float32',
  });
  expect(found.match).toBeNull();
});

describe('C56: stacked cells and models in models', () => {
  test('cells on top of one another', async () => {
    const cells = new layers.StackedRNNCells([new layers.LSTMCell(4), new layers.LSTMCell(8)]);
    const model = new Sequential([new layers.RNN(cells, { inputShape: [5, 3] })]);
    const copy = await models.loadModel(await model.save());
    const steps = tensor(
      Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)),
      undefined,
      [1, 5, 3],
    );
    expect(copy.apply(steps).arraySync()).toEqual(model.apply(steps).arraySync());
  });

  test('a shared model in a model in a model; one copy of its weights, and still shared', async () => {
    const inner = new Sequential(
      [new layers.Dense(3, { name: 'd', inputShape: [3] }), new layers.BatchNormalization()],
      { name: 'inner' },
    );
    const middleIn = Input({ shape: [3] });
    const middle = new Model(middleIn, inner.apply(inner.apply(middleIn)), { name: 'middle' });
    const a = Input({ shape: [3], name: 'a' });
    const b = Input({ shape: [3], name: 'b' });
    const one = new layers.Dense(2, { name: 'd' });
    const model = new Model([a, b], [one.apply(middle.apply(a)), one.apply(middle.apply(b))]);
    const copy = await models.loadModel<readonly Tensor[], readonly Tensor[]>(await model.save());
    const data = [x, x.mul(2)];
    expect(copy.apply(data).map((t) => t.arraySync())).toEqual(model.apply(data).map((t) => t.arraySync()));
    expect(copy.weights.length).toBe(model.weights.length);
    expect(copy.weights.length).toBe(8);
    copy.compile({ optimizer: 'sgd', loss: 'mse' });
    await copy.fit(data as never, data.map((t) => t.slice([0, 0], [1, 2])) as never, { verbose: 0 });
    expect(new Set(copy.weights).size).toBe(8);
    const { weights } = await saving.inspect(await model.save());
    expect(weights.filter(({ name }) => name.endsWith('sequential/layers/dense/vars/0')).length).toBe(1);
  });
});

describe('C70, C72, C74: files that are not what they should be', () => {
  const member = (text: string): Uint8Array => new TextEncoder().encode(text);

  test('a member that becomes too large is refused by a limit that can be set', async () => {
    const bytes = await build().save();
    await expect(models.loadModel(bytes, { limits: { maxBytes: 1000 } })).rejects.toThrow('limits.maxBytes');
    const blank = writeZip(new Map([['config.json', member(' '.repeat(2e6))]]), { stored: false });
    await expect(models.loadModel(blank, { limits: { maxHeader: 1e6 } })).rejects.toThrow('config.json');
  });

  test('a part that is missing is named', async () => {
    const text = await build().toJson();
    const zip = writeZip(new Map([['config.json', member(text)]]));
    await expect(models.loadModel(zip)).rejects.toThrow('model.weights.h5 is missing');
  });

  test('files cut anywhere are errors', async () => {
    for (const bytes of [await build().save(), await build().saveWeights()]) {
      const model = build();
      const before = out(model);
      for (let i = 1; i < 40; i++) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * i) / 40));
        await expect(model.loadWeights(cut)).rejects.toThrow();
      }
      expect(out(model)).toEqual(before);
    }
  });

  test('pages and other files are told', async () => {
    await expect(models.loadModel(member('<!doctype html><html>'))).rejects.toThrow('<!doctype html>');
    await expect(models.loadModel(member('{"a":1}'))).rejects.toThrow('fields a');
    await expect(models.loadModel(`${folder}none.keras`)).rejects.toThrow('none.keras');
    await expect(models.loadModel(await build().saveWeights())).rejects.toThrow('weights only');
  });

  test('keys such as __proto__ are plain keys', async () => {
    const text = (await build().toJson()).replaceAll(
      '"trainable":true',
      '"trainable":true,"__proto__":{"polluted":true}',
    );
    const model = await models.modelFromJson(text);
    expect(model.layers.length).toBe(3);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const odd = new Sequential([
      new layers.Dense(2, { name: '__proto__', inputShape: [3] }),
      new layers.Dense(1, { name: 'constructor' }),
    ]);
    expect(out(await models.loadModel(await odd.save()))).toEqual(out(odd));
  });

  test('records that are none are errors', async () => {
    const text = await build().toJson();
    for (const bad of ['null', '[]', '{"class_name":"Dense","module":"keras.layers"}', text.replace('"Dense"', '7')]) {
      await expect(models.modelFromJson(bad)).rejects.toThrow();
    }
    expect(existsSync(folder)).toBe(true);
    writeFileSync(`${folder}empty.keras`, '');
    await expect(models.loadModel(`${folder}empty.keras`)).rejects.toThrow('empty.keras');
  });
});
