/**
 * Cases of robustness: names that mean something to JavaScript, in data, configurations, layers and logs.
 */
import { fromArrays, fromCsv, fromJsonLines, zip } from '@dl/data';
import * as t from '@dl/keras';
import {
  activations,
  callbacks,
  constraints,
  initializers,
  layers,
  losses,
  metrics,
  models,
  optimizers,
  regularizers,
  Sequential,
  setBackend,
} from '@dl/keras';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from './support.ts';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'] as const;
const quiet = { verbose: 0 } as const;
const own = Object.getOwnPropertyNames(Object.prototype).join();

/** An object with an own property of any name. */
const record = (name: string, value: unknown): Record<string, never> =>
  JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(value)}}`) as Record<string, never>;

afterEach(() => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(own);
});

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  const model = (name = 'only'): Sequential => {
    const made = new Sequential([new layers.Dense(1, { name, inputShape: [1] })]);
    made.compile({ optimizer: 'adam', loss: 'mse' });
    return made;
  };

  test('C74 a configuration with __proto__ at any level pollutes nothing', async () => {
    const wanted = models.serialize(model());
    const stored = JSON.stringify(wanted);
    const poison = '"__proto__": {"polluted": true, "units": 9}, ';
    const places = [...stored.matchAll(/\{/g)].map(({ index }) => index + 1);
    expect(places.length).toBeGreaterThan(8);
    for (const at of places) {
      const bad = `${stored.slice(0, at)}${poison}${stored.slice(at)}`.replace(', }', '}');
      const copy = models.fromConfig(JSON.parse(bad) as never);
      expect(copy.countParams()).toBe(2);
      expect(models.serialize(copy)).toEqual(wanted);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }
    const optimizer = optimizers.get(
      JSON.parse(`{"class_name": "Adam", "config": {"__proto__": {"polluted": true}, "beta_1": 0.5}}`) as never,
    );
    expect(optimizer.getConfig()['beta_1']).toBe(0.5);
  });

  test.each(NAMES)('C74 a layer named %s', async (name) => {
    const made = model(name);
    await made.fit([[1], [2]], [[1], [2]], { epochs: 2, ...quiet });
    expect(made.getLayer(name).weights).toHaveLength(2);
    const lines: string[] = [];
    made.summary({ printFn: (text) => void lines.push(text) });
    expect(lines.join()).toContain(`${name} (Dense)`);
    expect(models.fromConfig(models.serialize(made)).getLayer(name).name).toBe(name);
    const twice = (): Sequential => new Sequential([new layers.Dense(1, { name }), new layers.Dense(1, { name })]);
    expect(twice).toThrow(`there is a layer named '${name}' already`);
    expect(() => model().getLayer(name)).toThrow(`no layer '${name}'`);
  });

  test.each(NAMES)('C74 a metric named %s is in logs and history', async (name) => {
    const made = new Sequential([new layers.Dense(1, { inputShape: [1] })]);
    made.compile({ optimizer: 'sgd', loss: 'mse', metrics: [new metrics.MeanAbsoluteError({ name })] });
    const lines: string[] = [];
    const stop = new callbacks.EarlyStopping({ monitor: name, mode: 'min', patience: 5 });
    const { history } = await made.fit([[1], [2]], [[1], [2]], {
      epochs: 2,
      validationData: [[[1]], [[1]]],
      callbacks: [new callbacks.CSVLogger((line) => void lines.push(line)), stop],
      ...quiet,
    });
    expect(Object.keys(history)).toEqual(
      ['loss', 'val_loss', name, `val_${name}`]
        .sort()
        .sort((a, b) => Number(a.startsWith('val_')) - Number(b.startsWith('val_'))),
    );
    expect(history[name]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(lines[0]!.split(',').sort()).toEqual(['epoch', 'loss', 'val_loss', name, `val_${name}`].sort());
    expect(lines[1]).not.toContain('NA');
    expect(stop.best).toBe(Math.min(...history[name]!));
    const logs = await made.evaluate([[1]], [[1]], { returnDict: true, ...quiet });
    expect(Object.keys(logs)).toEqual(['loss', name].sort());
    expect(await made.evaluate([[1]], [[1]], quiet)).toEqual([logs['loss'], logs[name]]);
  });

  test.each(NAMES)('C74 monitoring %s where there is no such log is said, not taken from Object', async (name) => {
    const stop = new callbacks.EarlyStopping({ monitor: name, mode: 'max' });
    const said: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void said.push(text);
    await model().fit([[1]], [[1]], { callbacks: [stop], ...quiet });
    console.warn = warn;
    expect([stop.best, said]).toEqual([null, [expect.stringContaining(`there is no log '${name}'`)]]);
  });

  test.each(NAMES)('C74 %s as the name of anything built in is unknown', (name) => {
    const { Dense } = layers;
    const attempts: readonly (() => unknown)[] = [
      () => losses.get(name),
      () => metrics.get(name),
      () => optimizers.get(name),
      () => initializers.get(name),
      () => activations.get(name),
      () => regularizers.get(name),
      () => constraints.get(name),
      () => losses.get({ class_name: name, config: {} } as never),
      () => optimizers.get({ class_name: name, config: {} }),
      () => optimizers.get({ class_name: 'SGD', config: { learning_rate: { class_name: name, config: {} } } }),
      () => models.fromConfig({ class_name: name, config: {} }),
      () => t.tensor([1], name as never),
      () => new Dense(1, { activation: name as never }),
      () => new Dense(1, record(name, 1) as never),
      () => t.scatterNd(t.zeros([2]), [[0]], [1], name as never),
      () => t.conv(t.ones([1, 5, 1]), t.ones([3, 1, 1]), { padding: name as never }),
    ];
    for (const attempt of attempts) expect(attempt, String(attempt)).toThrow(t.DlError);
    const custom = { customLayers: { [name]: { fromConfig: () => new Dense(1) } } };
    expect(() => models.fromConfig({ class_name: name, config: {} }, custom)).toThrow(/expected a model/);
  });

  test.each(NAMES)('C74 gradients by arguments in an object under %s', (name) => {
    const tree = Object.fromEntries([[name, t.tensor([3])]]);
    const slope = t.grad((x: typeof tree) => Object.values(x)[0]!.square().sum())(tree);
    expect(Object.keys(slope)).toEqual([name]);
    expect([...Object.values(slope)[0]!.dataSync()]).toEqual([6]);
  });
});

describe('data', () => {
  test.each(NAMES)('C74 a column named %s', async (name) => {
    const csv = `${name},b\n1,2\n3,4\n`;
    const rows = await fromCsv(new TextEncoder().encode(csv)).toArray();
    expect(rows.map((row) => Object.entries(row))).toEqual([
      [
        [name, 1],
        ['b', 2],
      ],
      [
        [name, 3],
        ['b', 4],
      ],
    ]);
    const bytes = new TextEncoder().encode('b\n1\n');
    await expect(fromCsv(bytes, { columns: record(name, 'number') }).toArray()).rejects.toThrow(`field '${name}'`);
    expect(() => fromCsv(bytes, { columns: { b: 'number' }, labels: [name as 'b'] })).toThrow(`label '${name}'`);
    const batches: readonly unknown[] = [
      ...(await fromJsonLines<object>(JSON.stringify(record(name, 1)))
        .batch(1)
        .toArray()),
      ...(await fromArrays(record(name, [1, 2]) as Record<string, number[]>)
        .batch(2)
        .toArray()),
      ...(await zip(Object.fromEntries([[name, fromArrays([1])]]))
        .batch(1)
        .toArray()),
    ];
    expect(batches).toHaveLength(3);
    for (const batch of batches) expect(Object.keys(batch as object)).toEqual([name]);
  });

  test.each(NAMES)('C74 the text %s in a CSV is text, not something of Object', async (name) => {
    const bytes = new TextEncoder().encode(`a\n${name}\n`);
    expect(await fromCsv(bytes).toArray()).toEqual([{ a: name }]);
    await expect(fromCsv(bytes, { columns: { a: 'number' } }).toArray()).rejects.toThrow('expected a number');
    await expect(fromCsv(bytes, { columns: { a: 'boolean' } }).toArray()).rejects.toThrow('expected true or false');
    const category = { a: { type: 'category', values: ['x'] } } as const;
    await expect(fromCsv(bytes, { columns: category }).toArray()).rejects.toThrow('expected one of x');
  });
});
