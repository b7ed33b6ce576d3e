import { writeNpy } from '@dl/formats';
import { fuzz, FuzzFailure, mutate, seededRandom } from '@dl/formats/testing';
import { describe, expect, test } from 'vitest';
import { fuzzTargets } from './targets.ts';

const FULL = process.env['FULL'] === '1';
const seed = FULL ? 1 : Number(process.env['DL_TEST_SEED'] ?? 1) % 1_000_000;
const count = FULL ? 12_000 : 400;

describe('C72: damaged files are read or refused, in time and within memory', async () => {
  for (const target of await fuzzTargets()) {
    test(`C72: ${target.name}`, { timeout: 600_000 }, async () => {
      for (const file of target.files) await target.read(file);
      const before = process.memoryUsage().rss;
      const { read, refused, slowest } = await fuzz(target, { count, seed });
      const grown = (process.memoryUsage().rss - before) / 2 ** 20;
      console.log(`${target.name}: ${read} read, ${refused} refused of ${count}, slowest ${slowest.toFixed(1)} ms`);
      expect(refused).toBeGreaterThan(count / 20);
      expect(grown).toBeLessThan(1024);
    });
  }
});

describe('the harness', () => {
  const file = writeNpy({ dtype: 'int8', shape: [3], data: Int8Array.of(1, 2, 3) });

  test('damages in equal ways for a seed, in other ways for another, and leaves the file', () => {
    const copy = Uint8Array.from(file);
    expect(mutate(file, seededRandom(5))).toEqual(mutate(file, seededRandom(5)));
    expect(mutate(file, seededRandom(5))).not.toEqual(mutate(file, seededRandom(6)));
    for (let i = 0; i < 200; i++) mutate(file, seededRandom(i));
    expect(file).toEqual(copy);
  });

  test('finds errors of other kinds, slow readers and changed prototypes, and names the run', async () => {
    const run = (read: (bytes: Uint8Array) => unknown, options = {}) =>
      fuzz({ name: 'x', files: [file], read }, { count: 50, ...options });
    await expect(run((bytes) => bytes[1_000_000]!.toFixed())).rejects.toThrow(
      'x, seed 1, run 0: an error of another kind: TypeError',
    );
    await expect(run(() => Promise.reject(new RangeError('far')), { errors: [RangeError] })).resolves.toMatchObject({
      refused: 50,
    });
    await expect(run(() => new Promise((done) => setTimeout(done, 30)), { maxTime: 5 })).rejects.toThrow(
      'run 0: it took',
    );
    const polluted = run(() => Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true }));
    await expect(polluted.finally(() => Reflect.deleteProperty(Object.prototype, 'polluted'))).rejects.toThrow(
      'Object.prototype has other keys',
    );
    const failure = await run(() => {
      throw new Error('no');
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FuzzFailure);
    expect((failure as FuzzFailure).bytes).toEqual(mutate(file, seededRandom(1_000_003)));
  });
});
