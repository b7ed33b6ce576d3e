/**
 * ModelCheckpoint: names, what is saved and when, and errors.
 */
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callbacks, models, type callbacks as types, type Sequential } from '@dl/keras';
import { connect, serveModel } from '@dl/keras/worker';
import { beforeEach, describe, expect, test } from 'vitest';
import { formatName } from '../../src/callbacks/format-name.ts';
import { column, line, listen } from '../helpers.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});

const quiet = { verbose: 0 } as const;
const [x, y] = [column(8), column(8)];
const files = (): string[] => readdirSync(folder).sort();
const weightOf = (model: { weights: Sequential['weights'] }): number => model.weights[0]!.value.itemSync();

/** Puts values of a log in place of the real ones. */
const logs = (name: string, values: readonly number[]): types.Callback =>
  new callbacks.LambdaCallback({ onEpochEnd: (epoch, all) => void (all[name] = values[epoch]!) });

describe('names', () => {
  const name = (pattern: string, values: Record<string, number> = {}): string =>
    formatName('x', pattern, { epoch: 3, batch: 12 }, values);

  test.each([
    ['{epoch:02d}-{val_loss:.2f}', { val_loss: 0.126 }, '03-0.13'],
    ['{epoch}', {}, '3'],
    ['{epoch:>4}|{epoch:<4}|{epoch:^5}|{epoch:+d}', {}, '   3|3   |  3  |+3'],
    ['{{{epoch:x}}}', {}, '{3}'],
    ['{batch:05d}', {}, '00012'],
    ['{a}', { a: 1 }, '1.0'],
    ['{a}', { a: 1e-7 }, '1e-07'],
    ['{a}', { a: 0.1 }, '0.1'],
    ['{a}', { a: NaN }, 'nan'],
    ['{a:.3f}', { a: -Infinity }, '-inf'],
    ['{a:.3e}', { a: 12345.678 }, '1.235e+04'],
    ['{a:g}', { a: 0.00001234 }, '1.234e-05'],
    ['{a:.3g}', { a: 1234.5 }, '1.23e+03'],
    ['{a:.4}', { a: 2 }, '2.0'],
    ['{a:.1%}', { a: 0.256 }, '25.6%'],
    ['{a:08.3f}', { a: -1.5 }, '-001.500'],
    ['{a:*>8.1f}', { a: 2.25 }, '*****2.2'],
    ['{a:,.0f}', { a: 1234567 }, '1,234,567'],
  ])('%s', (pattern, values, expected) => {
    expect(name(pattern, values)).toBe(expected);
  });

  test('that do not exist, formats for other numbers, and single braces are refused', () => {
    expect(() => name('{val_loss:.2f}', { loss: 1 })).toThrow(/no 'val_loss'.*epoch, batch, loss/);
    expect(() => name('{loss:02d}', { loss: 1 })).toThrow("'02d' cannot format the float 'loss'");
    expect(() => name('{epoch:.2d}')).toThrow('whole number');
    expect(() => name('{epoch')).toThrow("single '{'");
    expect(() => name('{__proto__}')).toThrow("no '__proto__'");
  });
});

describe('saving', () => {
  test('every epoch by name; files hold the model of that epoch, and folders are made', async () => {
    const model = line();
    const seen: number[] = [];
    const list = [
      new callbacks.ModelCheckpoint(join(folder, 'deep/{epoch:02d}-{loss:.1f}.keras')),
      new callbacks.LambdaCallback({ onEpochEnd: () => void seen.push(weightOf(model)) }),
    ];
    const { history } = await model.fit(x, y, { epochs: 2, callbacks: list, shuffle: false, ...quiet });
    const names = history['loss']!.map((loss, i) => `0${i + 1}-${loss.toFixed(1)}.keras`);
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(names);
    for (const [i, name] of names.entries()) {
      expect(weightOf(await models.loadModel(join(folder, 'deep', name)))).toBe(seen[i]);
    }
  });

  test('only weights, every 3 batches through epochs, with the batch in the name', async () => {
    const model = line();
    const checkpoint = new callbacks.ModelCheckpoint(join(folder, '{epoch}-{batch}.weights.h5'), {
      saveWeightsOnly: true,
      saveFreq: 3,
    });
    await model.fit(x, y, { epochs: 2, batchSize: 2, callbacks: [checkpoint], ...quiet });
    expect(files()).toEqual(['1-3.weights.h5', '2-2.weights.h5']);
    const copy = line();
    await copy.loadWeights(join(folder, '2-2.weights.h5'));
    expect(copy.optimizer.iterations.value.itemSync()).toBe(6);
  });

  test('only what is better, by the rule of Keras, and tells it', async () => {
    const model = line();
    const checkpoint = new callbacks.ModelCheckpoint(join(folder, '{epoch}.keras'), {
      saveBestOnly: true,
      verbose: 1,
    });
    const values = [NaN, 2, 2, 1.5, 1.6, 1];
    const { lines } = await listen('log', () =>
      model.fit(x, y, { epochs: 6, callbacks: [logs('val_loss', values), checkpoint], ...quiet }),
    );
    expect(files()).toEqual(['2.keras', '4.keras', '6.keras']);
    expect(checkpoint.best).toBe(1);
    expect(lines.slice(0, 4)).toEqual([
      '\nEpoch 1: val_loss did not improve from None',
      `\nEpoch 2: val_loss improved from None to 2.00000, saving model to ${folder}/2.keras`,
      `\nEpoch 2: finished saving model to ${folder}/2.keras`,
      '\nEpoch 3: val_loss did not improve from 2.00000',
    ]);
  });

  test('a threshold, and larger values that are better; the best outlasts a run', async () => {
    const model = line(0, { metrics: ['accuracy'] });
    const checkpoint = new callbacks.ModelCheckpoint(join(folder, '{epoch}.keras'), {
      saveBestOnly: true,
      monitor: 'accuracy',
      initialValueThreshold: 0.5,
    });
    const run = (values: readonly number[]): Promise<unknown> =>
      model.fit(x, y, { epochs: 3, callbacks: [logs('accuracy', values), checkpoint], ...quiet });
    await run([0.4, 0.6, 0.6]);
    expect(files()).toEqual(['2.keras']);
    await run([0.55, 0.6, 0.7]);
    expect(files()).toEqual(['2.keras', '3.keras']);
  });

  test('a log that is not there gives a warning, and the model is saved', async () => {
    const checkpoint = new callbacks.ModelCheckpoint(join(folder, 'a.keras'), { saveBestOnly: true });
    const { lines } = await listen('warn', () => line().fit(x, y, { callbacks: [checkpoint], ...quiet }));
    expect(lines[0]).toContain("ModelCheckpoint: there is no log 'val_loss'");
    expect(files()).toEqual(['a.keras']);
  });
});

describe('errors', () => {
  test('of endings, frequencies and folders', async () => {
    const make = (path: string, options = {}) => new callbacks.ModelCheckpoint(path, options);
    expect(() => make('a.weights.h5')).toThrow('set saveWeightsOnly: true');
    expect(() => make('a.h5')).toThrow('.keras files');
    expect(() => make('a.keras', { saveWeightsOnly: true })).toThrow('must end in .weights.h5');
    expect(() => make('a.keras', { saveFreq: 0 })).toThrow("'epoch' or a whole number");
    expect(() => make('a.keras', { saveFreq: 'batch' })).toThrow('saveFreq');
    expect(() => make('a.keras', { mode: 'best' })).toThrow("'auto', 'min' or 'max'");
    mkdirSync(join(folder, 'a.keras'));
    const run = line().fit(x, y, { callbacks: [make(join(folder, 'a.keras'))], ...quiet });
    await expect(run).rejects.toThrow('is a folder');
    const lost = line().fit(x, y, { callbacks: [make(join(folder, '{val_loss}.keras'))], ...quiet });
    await expect(lost).rejects.toThrow("no 'val_loss'");
  });

  test('a model in a worker is saved after epochs, not after batches', async () => {
    const { port1, port2 } = new MessageChannel();
    serveModel(line(), port1);
    const model = line();
    const remote = connect(port2, { model });
    const run = (saveFreq: 'epoch' | number): Promise<unknown> =>
      remote.fit(x, y, {
        callbacks: [new callbacks.ModelCheckpoint(join(folder, 'a.keras'), { saveFreq })],
        shuffle: false,
        ...quiet,
      });
    await expect(run(2)).rejects.toThrow('ModelCheckpoint needs the model after batches');
    await run('epoch');
    expect(weightOf(await models.loadModel(join(folder, 'a.keras')))).toBe(weightOf(model));
    expect(weightOf(model)).not.toBe(0);
    remote.close();
    port1.close();
  });
});
