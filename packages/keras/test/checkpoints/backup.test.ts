/**
 * BackupAndRestore: its files, damage, what Keras wrote and reads, and errors.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '@dl/formats';
import { callbacks, layers, normal, Sequential, setSeed, type LossData, type Tensor } from '@dl/keras';
import { connect, serveModel } from '@dl/keras/worker';
import { beforeEach, describe, expect, test } from 'vitest';
import { BackupFiles, type BackupParts } from '../../src/backup/backup-files.ts';
import { column, line, listen } from '../helpers.ts';

let folder = '';
let dir = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
  dir = join(folder, 'run');
});

const quiet = { verbose: 0 } as const;
const [x, y] = [column(8), column(8)];
const weightOf = (model: Sequential): number => model.weights[0]!.value.itemSync();
const stop = (epoch: number) =>
  new callbacks.LambdaCallback({
    onEpochBegin: (now) => {
      if (now === epoch) throw new Error('stopped');
    },
  });

/** Trains for some epochs, and is stopped. */
async function interrupted(epoch: number, options: callbacks.BackupAndRestoreOptions = {}): Promise<Sequential> {
  const model = line();
  const list = [new callbacks.BackupAndRestore(dir, options), stop(epoch)];
  await expect(model.fit(x, y, { epochs: 6, callbacks: list, ...quiet })).rejects.toThrow('stopped');
  return model;
}

const goOn = (model: Sequential, options: callbacks.BackupAndRestoreOptions = {}): ReturnType<Sequential['fit']> =>
  model.fit(x, y, { epochs: 6, callbacks: [new callbacks.BackupAndRestore(dir, options)], ...quiet });

describe('C64: a run goes on', () => {
  test('with the epoch after the last one saved, and a history of all; the folder is removed at the end', async () => {
    await interrupted(4);
    expect(readdirSync(dir).sort()).toEqual([
      'latest.weights.h5',
      'training_metadata.json',
      'training_state.safetensors',
    ]);
    const metadata = JSON.parse(readFileSync(join(dir, 'training_metadata.json'), 'utf8')) as object;
    expect(metadata).toMatchObject({ epoch: 4, batch: 0 });
    const begun: number[] = [];
    const list = [
      new callbacks.LambdaCallback({ onEpochBegin: (epoch) => void begun.push(epoch) }),
      new callbacks.BackupAndRestore(dir),
    ];
    const history = await line().fit(x, y, { epochs: 6, callbacks: list, ...quiet });
    expect(begun).toEqual([4, 5]);
    expect(history.epoch).toEqual([0, 1, 2, 3, 4, 5]);
    expect(history.history['loss']).toHaveLength(6);
    expect(existsSync(dir)).toBe(false);
  });

  test('not at all when it had ended; the folder stays if it is to', async () => {
    const keep = { deleteCheckpoint: false };
    const first = line();
    await goOn(first, keep);
    expect(existsSync(dir)).toBe(true);
    const again = line();
    const history = await goOn(again, keep);
    expect(history.epoch).toEqual([0, 1, 2, 3, 4, 5]);
    expect(weightOf(again)).toBe(weightOf(first));
    expect(again.optimizer.iterations.value.itemSync()).toBe(6);
  });

  test('from batches, counted through epochs, of datasets too', async () => {
    const taken: number[] = [];
    function* batches(): Generator<[number[][], number[][]]> {
      for (let i = 0; i < 5; i++) {
        taken.push(i);
        yield [[[i]], [[2 * i]]];
      }
    }
    const data = { [Symbol.iterator]: batches };
    const whole = line();
    await whole.fit(data, { epochs: 2, ...quiet });
    taken.length = 0;
    let seen = 0;
    const bad = new callbacks.LambdaCallback({
      onTrainBatchEnd: () => {
        if (++seen === 9) throw new Error('stopped');
      },
    });
    const backup = () => new callbacks.BackupAndRestore(dir, { saveFreq: 4 });
    await expect(line().fit(data, { epochs: 2, callbacks: [backup(), bad], ...quiet })).rejects.toThrow('stopped');
    const resumed = line();
    const numbers: number[] = [];
    const count = new callbacks.LambdaCallback({ onTrainBatchBegin: (batch) => void numbers.push(batch) });
    taken.length = 0;
    await resumed.fit(data, { epochs: 2, callbacks: [backup(), count], ...quiet });
    // Eight batches were saved: five of the first pass and three of the second.
    expect(taken).toEqual([0, 1, 2, 3, 4]);
    expect(numbers).toEqual([3, 4]);
    expect(weightOf(resumed)).toBe(weightOf(whole));
  });

  test('files of other people in the folder stay', async () => {
    await interrupted(1);
    writeFileSync(join(dir, 'notes.txt'), 'mine');
    await goOn(line());
    expect(readdirSync(dir)).toEqual(['notes.txt']);
  });

  test('metrics in the midst of an epoch go on', async () => {
    const make = () => line(0, { metrics: ['mae', 'mape'] });
    const run = (model: Sequential, list: callbacks.Callback[]) =>
      model.fit(x, y, { epochs: 1, batchSize: 2, shuffle: false, callbacks: list, ...quiet });
    const whole = (await run(make(), [])).history;
    const bad = new callbacks.LambdaCallback({
      onTrainBatchBegin: (batch) => {
        if (batch === 3) throw new Error('stopped');
      },
    });
    const backup = () => new callbacks.BackupAndRestore(dir, { saveFreq: 1 });
    await expect(run(make(), [backup(), bad])).rejects.toThrow('stopped');
    expect((await run(make(), [backup()])).history).toEqual(whole);
  });

  test('what steps draw from the shared generator goes on', async () => {
    class Noisy extends Sequential {
      override computeLoss(data: LossData): Tensor {
        return super.computeLoss(data).add(normal([]).mul(data.yPred).mean());
      }
    }
    const make = (): Sequential => {
      const model = new Noisy([new layers.Dense(1, { kernelInitializer: 'zeros', inputShape: [1] })]);
      model.compile({ optimizer: 'sgd', loss: 'mse' });
      return model;
    };
    setSeed(3);
    const whole = make();
    await whole.fit(x, y, { epochs: 6, shuffle: false, ...quiet });
    setSeed(3);
    const list = [new callbacks.BackupAndRestore(dir), stop(2)];
    await expect(make().fit(x, y, { epochs: 6, shuffle: false, callbacks: list, ...quiet })).rejects.toThrow('stopped');
    setSeed(4);
    const resumed = make();
    await goOn(resumed);
    expect(weightOf(resumed)).toBe(weightOf(whole));
  });
});

describe('files', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const parts = (n: number): BackupParts => ({
    epoch: n,
    batch: 0,
    weights: [bytes(`weights ${n}`), bytes('.')],
    state: [bytes(`state ${n}`)],
  });
  const text = (part: Uint8Array | null): string => new TextDecoder().decode(part ?? undefined);

  test('are whole after every operation of a save, whichever was the last', async () => {
    for (const keepsBefore of [false, true]) {
      for (let last = 0; last < 12; last++) {
        rmSync(dir, { recursive: true, force: true });
        const files = new BackupFiles(dir, keepsBefore);
        for (const n of [1, 2, 3]) await files.write(parts(n));
        const promises = process.getBuiltinModule('node:fs/promises');
        const { rename } = promises;
        let count = 0;
        // Files appear by a rename as well, so renames are all that happens.
        promises.rename = async (from, to) => {
          if (count++ >= last) throw new Error('killed');
          return rename(from, to);
        };
        const write = files.write(parts(4));
        const ended = await write.then(
          () => true,
          () => false,
        );
        promises.rename = rename;
        expect(ended).toBe(last >= (keepsBefore ? 9 : 6));
        const found = (await new BackupFiles(dir, keepsBefore).read())!;
        const n = last >= 3 ? 4 : 3;
        expect([found.epoch, text(found.weights), text(found.state), found.damage]).toEqual([
          n,
          `weights ${n}.`,
          `state ${n}`,
          null,
        ]);
        // The next save goes through, and nothing is left over.
        const next = new BackupFiles(dir, keepsBefore);
        await next.read();
        await next.write(parts(5));
        expect((await new BackupFiles(dir, keepsBefore).read())!.epoch).toBe(5);
        expect(readdirSync(dir).filter((name) => name.startsWith('new_'))).toEqual([]);
      }
    }
  });

  test('a damaged backup gives way to the one before it, with a warning, or is an error', async () => {
    for (const name of ['latest.weights.h5', 'training_state.safetensors', 'training_metadata.json']) {
      for (const doubleCheckpoint of [true, false]) {
        rmSync(dir, { recursive: true, force: true });
        await interrupted(3, { doubleCheckpoint });
        const damaged = readFileSync(join(dir, name));
        damaged[damaged.length >> 1]! ^= 255;
        writeFileSync(join(dir, name), damaged);
        const model = line();
        if (!doubleCheckpoint) {
          await expect(goOn(model)).rejects.toThrow(FormatError);
          await expect(goOn(model)).rejects.toThrow(/is damaged.*remove the folder/);
          expect(weightOf(model)).toBe(0);
          continue;
        }
        const { result, lines } = await listen('warn', () => goOn(model, { doubleCheckpoint }));
        expect(lines[0]).toContain(`${name} is damaged`);
        expect(result.epoch).toEqual([0, 1, 2, 3, 4, 5]);
      }
    }
  });

  test('half removed ones are no backup', async () => {
    await interrupted(3);
    rmSync(join(dir, 'latest.weights.h5'));
    const history = await goOn(line());
    expect(history.epoch).toEqual([0, 1, 2, 3, 4, 5]);
    expect(existsSync(dir)).toBe(false);
  });

  test('of Keras are read: weights, optimizer and epoch', async () => {
    const model = await interrupted(2);
    rmSync(join(dir, 'training_state.safetensors'));
    writeFileSync(join(dir, 'training_metadata.json'), '{"epoch": 4, "batch": 0}');
    const resumed = line();
    const history = await goOn(resumed);
    expect(history.epoch).toEqual([4, 5]);
    expect(resumed.optimizer.iterations.value.itemSync()).toBe(4);
    expect(weightOf(resumed)).not.toBe(weightOf(model));
  });

  test('are those that Keras reads: its names in HDF5, and its keys', async () => {
    await interrupted(2);
    const script = [
      'import h5py, json, sys',
      'with h5py.File(sys.argv[1] + "/latest.weights.h5") as f:',
      '    print(sorted(f), float(f["layers/dense/vars/0"][0, 0]), int(f["optimizer/vars/0"][()]))',
      'm = json.load(open(sys.argv[1] + "/training_metadata.json")); print(m["epoch"], m["batch"])',
    ].join('\n');
    const said = execFileSync('/usr/bin/python3', ['-c', script, dir], { encoding: 'utf8' });
    const copy = line();
    await copy.loadWeights(join(dir, 'latest.weights.h5'));
    expect(said).toMatch(/^\['layers', 'optimizer', 'vars'\] /);
    expect(Number(said.split(' ')[3])).toBe(weightOf(copy));
    expect(said.split('\n').slice(0, 2)[0]).toMatch(/ 2$/);
    expect(said.split('\n')[1]).toBe('2 0');
  });
});

describe('errors', () => {
  test('of options, and of models that are not built', async () => {
    expect(() => new callbacks.BackupAndRestore('')).toThrow('the path of a folder');
    expect(() => new callbacks.BackupAndRestore('a', { saveFreq: 1.5 })).toThrow('saveFreq');
    const model = new Sequential([new layers.Dense(1)]);
    model.compile({ loss: 'mse' });
    const data = new Set([[[[1]], [[1]]]]);
    const run = model.fit(data, { callbacks: [new callbacks.BackupAndRestore(dir)], ...quiet });
    await expect(run).rejects.toThrow('build sequential');
  });

  test('another model, or other batches, are named; the model stays as it is', async () => {
    await interrupted(2);
    const other = new Sequential([new layers.Dense(2, { inputShape: [1], kernelInitializer: 'zeros' })]);
    other.compile({ optimizer: 'sgd', loss: 'mse' });
    await expect(goOn(other)).rejects.toThrow('cannot be loaded');
    expect(other.weights[0]!.value.arraySync()).toEqual([[0, 0]]);
    const slots = line(0, { optimizer: 'adam' });
    await expect(goOn(slots)).rejects.toThrow('compile the model as before');
    expect(weightOf(slots)).toBe(0);

    rmSync(dir, { recursive: true });
    const bad = new callbacks.LambdaCallback({
      onTrainBatchBegin: (batch) => {
        if (batch === 2) throw new Error('stopped');
      },
    });
    const list = () => [new callbacks.BackupAndRestore(dir, { saveFreq: 1 })];
    const run = line().fit(x, y, { batchSize: 2, callbacks: [...list(), bad], ...quiet });
    await expect(run).rejects.toThrow('stopped');
    await expect(line().fit(x, y, { batchSize: 4, callbacks: list(), ...quiet })).rejects.toThrow(
      'a run with 4 batches a pass, this one has 2',
    );
    const short = {
      *[Symbol.iterator]() {
        yield [[[1]], [[1]]] as [number[][], number[][]];
      },
    };
    await expect(line().fit(short, { callbacks: list(), ...quiet })).rejects.toThrow('the data has fewer');
  });

  test('with a model in a worker it says where it works', async () => {
    const { port1, port2 } = new MessageChannel();
    serveModel(line(), port1);
    const remote = connect(port2, { model: line() });
    const run = remote.fit(x, y, { callbacks: [new callbacks.BackupAndRestore(dir)], ...quiet });
    await expect(run).rejects.toThrow('BackupAndRestore needs the model after batches');
    remote.close();
    port1.close();
  });
});
