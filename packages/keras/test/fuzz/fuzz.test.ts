/**
 * C72, C74: damaged and hostile files are loaded or refused, in time and within memory, and leave models as they are.
 */
import { fuzz } from '@dl/formats/testing';
import { DlError, setBackend } from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loaderTargets } from './targets.ts';

const FULL = process.env['FULL'] === '1';
const seed = Number(process.env['DL_TEST_SEED'] ?? 1) % 1_000_000;
const count = FULL ? 15_000 : 250;

setBackend(reference());
const warn = vi.spyOn(console, 'warn');
beforeAll(() => void warn.mockImplementation(() => undefined));
afterAll(() => warn.mockRestore());

describe('C72, C74: loaders', async () => {
  for (const target of await loaderTargets()) {
    test(target.name, { timeout: 600_000 }, async () => {
      for (const file of target.files) await target.read(file);
      const before = process.memoryUsage().rss;
      const { read, refused, slowest } = await fuzz(target, { count, seed, errors: [DlError] });
      const grown = (process.memoryUsage().rss - before) / 2 ** 20;
      console.log(
        `${target.name}: ${target.files.length} files, ${read} read, ${refused} refused of ${count}, slowest ${slowest.toFixed(0)} ms, ${grown.toFixed(0)} MB`,
      );
      expect(refused).toBeGreaterThan(count / 20);
      expect(grown).toBeLessThan(1024);
    });
  }
});
