/**
 * Processes killed at any moment: no checkpoint is lost or torn, and training that is started again ends bit for bit as if
 * nothing had happened.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@dl/formats/testing';
import { layers, models, Sequential, setBackend } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';

const FULL = process.env['FULL'] === '1';
const seed = FULL ? 1 : Number(process.env['DL_TEST_SEED'] ?? 1) % 1_000_000;
const KILLS = FULL ? 100 : 8;

const scripts = { run: '', save: '' };
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  await build({
    entryPoints: ['killed-run.ts', 'killed-save.ts'].map((name) => join(import.meta.dirname, name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@dl/source'],
    logLevel: 'silent',
  });
  scripts.run = join(folder, 'killed-run.mjs');
  scripts.save = join(folder, 'killed-save.mjs');
});

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs it until its end, or until it is killed: after some milliseconds, or when the n-th file is being written. */
function run(folder: string, kill: { readonly after: number } | { readonly write: number } | null): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [scripts.run, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    let writes = 0;
    child.stderr.on('data', (part: Buffer) => void (text += part.toString()));
    const timer = kill !== null && 'after' in kill ? setTimeout(() => child.kill('SIGKILL'), kill.after) : undefined;
    const watcher =
      kill !== null && 'write' in kill
        ? watch(folder, { recursive: true }, (_, name) => {
            if (name?.endsWith('.part') === true && ++writes === kill.write) child.kill('SIGKILL');
          })
        : null;
    child.on('exit', (code) => {
      clearTimeout(timer);
      watcher?.close();
      resolve({ code, text });
    });
  });
}

const endOf = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'end.json'), 'utf8'));

describe('SIGKILL', () => {
  test('a run that is killed and started again ends bit for bit as one that is not', { timeout: 900_000 }, async () => {
    const plain = mkdtempSync(join(tmpdir(), 'plain-'));
    const begin = performance.now();
    const { code, text } = await run(plain, null);
    expect([code, text]).toEqual([0, '']);
    const duration = performance.now() - begin;
    const expected = endOf(plain);

    const random = seededRandom(seed);
    let [kills, ends, during, resumed] = [0, 0, 0, 0];
    while (kills < KILLS) {
      const folder = mkdtempSync(join(tmpdir(), 'again-'));
      for (;;) {
        const kill =
          kills >= KILLS
            ? null
            : random() < 0.5
              ? { after: duration * (0.3 + 0.7 * random()) }
              : { write: 1 + Math.floor(random() * 60) };
        if (existsSync(join(folder, 'backup/training_metadata.json'))) resumed++;
        const ended = await run(folder, kill);
        if (ended.code === null) {
          kills++;
          const left = [folder, join(folder, 'backup')].flatMap((at) => (existsSync(at) ? readdirSync(at) : []));
          if (left.some((name) => name.endsWith('.part') || name.startsWith('new_'))) during++;
          continue;
        }
        expect([ended.code, ended.text]).toEqual([0, '']);
        break;
      }
      expect(endOf(folder)).toEqual(expected);
      ends++;
    }
    console.log(
      `${kills} kills in ${ends} runs, ${during} during a save, ${resumed} starts from a backup; a run takes ${Math.round(duration)} ms`,
    );
    expect(during).toBeGreaterThan(0);
    expect(resumed).toBeGreaterThan(0);
  });

  test(
    'a save over a file leaves the old one or the new one, and nothing beside it',
    { timeout: 900_000 },
    async () => {
      setBackend(reference());
      const folder = mkdtempSync(join(tmpdir(), 'save-'));
      const random = seededRandom(seed + 1);
      const model = new Sequential([new layers.Dense(500, { inputShape: [300] }), new layers.Dense(700)]);
      const numberIn = async (load: () => Promise<{ readonly weights: Sequential['weights'] }>): Promise<number> => {
        const { weights } = await load();
        const values = await Promise.all(weights.map((weight) => weight.read().data()));
        const numbers = new Set(values.flatMap((data) => [...data]));
        expect(numbers.size).toBe(1);
        return [...numbers][0]!;
      };
      const loadWeights = async (name: string): Promise<Sequential> => {
        await model.loadWeights(join(folder, name));
        return model;
      };
      let [done, during] = [0, 0];
      for (let kills = 0; kills < KILLS; kills++) {
        const said = await killedSave(folder, done, 1 + Math.floor(random() * 3), 60 * random());
        done = said.done;
        expect(said.left).toBe(0);
        if (readdirSync(folder).some((name) => name.endsWith('.part'))) during++;
        const found = [
          await numberIn(() => models.loadModel(join(folder, 'model.keras'))),
          await numberIn(() => loadWeights('model.weights.h5')),
          await numberIn(() => loadWeights('model.safetensors')),
        ];
        // Saves go in this order, so a later one is never newer.
        for (const [i, n] of found.entries()) {
          expect([done, done + 1]).toContain(n);
          if (i > 0) expect(n).toBeLessThanOrEqual(found[i - 1]!);
        }
      }
      console.log(`${KILLS} kills, ${during} during a save, after ${done} saves of three files of 2 MB`);
      expect(during).toBeGreaterThan(0);
    },
  );
});

/** Lets it do some saves, kills it some milliseconds later, and tells the number of the last save and what lay beside it. */
function killedSave(
  folder: string,
  from: number,
  saves: number,
  later: number,
): Promise<{ readonly done: number; readonly left: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [scripts.save, folder, String(from)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [done, left, count, text] = [from, 0, 0, ''];
    child.stderr.on('data', (part: Buffer) => void (text += part.toString()));
    child.stdout.on('data', (part: Buffer) => {
      for (const line of part.toString().trim().split('\n')) {
        [done, left] = line.split(' ').map(Number) as [number, number];
        if (++count === saves) setTimeout(() => child.kill('SIGKILL'), later);
      }
    });
    child.on('exit', (code) => (code === null ? resolve({ done, left }) : reject(new Error(text))));
  });
}
