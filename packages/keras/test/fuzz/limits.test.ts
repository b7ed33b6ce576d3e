/**
 * Models that files ask for have limits, which can be raised; what makes no sense is an error that names the layer.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readZip, writeZip } from '@dl/formats';
import { ConfigError, models, setBackend, type saving } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

const mlp = Uint8Array.from(readFileSync(fileURLToPath(new URL('../fixtures/keras/mlp.keras', import.meta.url))));

interface ModelRecord {
  config: { layers: { class_name: string; config: Record<string, unknown> }[] };
}

/** The archive with another configuration. */
function changed(change: (record: ModelRecord) => void): Uint8Array {
  const members = new Map([...readZip(mlp)].map(([name, read]) => [name, read()]));
  const record = JSON.parse(new TextDecoder().decode(members.get('config.json'))) as ModelRecord;
  change(record);
  return writeZip(members.set('config.json', new TextEncoder().encode(JSON.stringify(record))));
}

const sequential = (...layers: object[]): string =>
  JSON.stringify({ class_name: 'Sequential', config: { name: 'net', layers } });
const input = (...shape: number[]): object => ({ class_name: 'InputLayer', config: { batch_shape: [null, ...shape] } });
const load = (text: string, limits?: saving.ModelLimits): Promise<unknown> => models.modelFromJson(text, { limits });

describe('sizes', () => {
  test('C70: a Dense(1e9) in a file is refused by name, and takes no memory', async () => {
    const file = changed(({ config }) => (config.layers.at(-1)!.config['units'] = 1e9));
    const before = process.memoryUsage().rss;
    await expect(models.loadModel(file)).rejects.toThrow(
      /layer '.*' \(Dense\): units is 1000000000, more than limits.maxSize = 16777216/,
    );
    const dense = { class_name: 'Dense', config: { name: 'big', units: 2 ** 24 } };
    await expect(load(sequential(input(1000), dense))).rejects.toThrow(
      /net\/big\/kernel \[1000, 16777216\].*more than limits.maxBytes = 4294967296/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 27);
  });

  test('limits can be raised and lowered', async () => {
    const wide = sequential(input(2), { class_name: 'Dense', config: { units: 1e8, use_bias: false } });
    await expect(load(wide)).rejects.toThrow(ConfigError);
    const model = (await load(wide, { maxSize: 1e8 })) as { countParams(): number };
    expect(model.countParams()).toBe(2e8);
    const small = sequential(input(2), { class_name: 'Dense', config: { units: 100 } });
    await expect(load(small, { maxSize: 99 })).rejects.toThrow('limits.maxSize = 99');
    await expect(load(small, { maxBytes: 1000 })).rejects.toThrow('limits.maxBytes = 1000');
    await load(small, { maxBytes: 1200 });
    await expect(load(small, { maxHeader: 20 })).rejects.toThrow('maxHeader');
  });

  test('ops that are written again and again have a limit of their own', async () => {
    const augment = (count: number): string =>
      sequential(input(8, 8, 3), { class_name: 'RandAugment', config: { num_ops: count } });
    await expect(load(augment(1e5))).rejects.toThrow('num_ops is 100000, more than limits.maxRepeats = 256');
    await expect(load(augment(3), { maxRepeats: 2 })).rejects.toThrow('limits.maxRepeats = 2');
    await load(augment(2), { maxRepeats: 2 });
  });

  test('seeds, values and scales are no sizes', async () => {
    const dropout = { class_name: 'Dropout', config: { rate: 0.5, seed: 2 ** 40 } };
    const mask = { class_name: 'Masking', config: { mask_value: -1e9 } };
    const relu = { class_name: 'ReLU', config: { max_value: 1e12 } };
    const scale = { class_name: 'Rescaling', config: { scale: 1e30, offset: -1e30 } };
    await load(sequential(input(4, 3), dropout, mask, relu, scale));
  });
});

describe('configurations that cannot be', () => {
  test.each([
    ['units', 'many'],
    ['dtype', 7],
    ['kernel_initializer', { class_name: 'GlorotUniform', config: null }],
    ['activation', { class_name: '__lambda__', config: {} }],
    ['name', ['a']],
  ])('%s: an error with file and layer, and its cause', async (key, value) => {
    const file = changed(({ config }) => (config.layers.at(-1)!.config[key] = value));
    const error = await models.loadModel(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('bytes (.keras archive)');
  });
});
