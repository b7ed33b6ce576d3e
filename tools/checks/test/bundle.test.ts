/**
 * The ten-line program as a bundled page: esbuild's bundle and, out of it as modules, rollup's, run in Chromium.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { rollup, type Plugin } from 'rollup';
import { expect, test } from 'vitest';

const ENTRY = `
import { Sequential, layers, losses, optimizers, getBackend } from '@dl/keras';
const data = Array.from({ length: 96 }, (_, i) => Array.from({ length: 32 }, (_, j) => Math.sin(1 + i * (j + 1))));
const labels = data.map((row) => Array.from({ length: 10 }, (_, k) => Number(k === Math.floor(5 * (row[0] + 1) * 0.999))));
const model = new Sequential();
model.add(new layers.Dense(64, { activation: 'relu', inputShape: [32] }));
model.add(new layers.Dense(64, { activation: 'relu' }));
model.add(new layers.Dense(10));
model.compile({
  optimizer: new optimizers.Adam(0.01),
  loss: new losses.CategoricalCrossentropy({ fromLogits: true }),
  metrics: ['accuracy'],
});
window.result = model.fit(data, labels, { epochs: 10, batchSize: 32, verbose: 0 }).then(({ history }) => ({
  backend: getBackend().name,
  losses: history.loss,
}));
`;

const executablePath = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path && existsSync(path));

async function esbuildBundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: join(import.meta.dirname, '..'), loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    minify: true,
    platform: 'browser',
    target: 'es2022',
    conditions: ['@dl/source'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

/** Each package as one module, so that rollup does the linking and drops what is unused. */
async function rollupBundle(): Promise<string> {
  const packages: Plugin = {
    name: 'packages',
    resolveId: (id) => (id === 'entry' || id.startsWith('@dl/') || !id.startsWith('.') ? `\0${id}` : null),
    load: async (id) => {
      const name = id.slice(1);
      if (name === 'entry') return ENTRY;
      const { outputFiles } = await build({
        stdin: { contents: `export * from '${name}';`, resolveDir: join(import.meta.dirname, '..'), loader: 'js' },
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        target: 'es2022',
        conditions: ['@dl/source'],
        logLevel: 'error',
      });
      return outputFiles[0]!.text;
    },
  };
  const bundle = await rollup({ input: 'entry', plugins: [packages] });
  const { output } = await bundle.generate({ format: 'iife' });
  return output[0].code;
}

test.each([
  ['esbuild', esbuildBundle],
  ['rollup', rollupBundle],
] as const)('a page bundled by %s trains on the CPU backend', { timeout: 120_000 }, async (_, bundle) => {
  const code = await bundle();
  expect(code).toContain('WebAssembly');
  // Continuous integration has a browser; elsewhere the page runs where there is one.
  if (executablePath === undefined && !process.env['CI']) return;
  expect(executablePath, 'Chromium is needed; set CHROMIUM_PATH').toBeDefined();
  const browser = await chromium.launch({
    executablePath: executablePath!,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  try {
    const page = await browser.newPage();
    await page.setContent('<!doctype html><title>bundle</title>');
    await page.addScriptTag({ content: code });
    const result = await page.evaluate(
      () => (window as unknown as { result: Promise<{ backend: string; losses: number[] }> }).result,
    );
    expect(result.backend).toBe('cpu');
    expect(result.losses.at(-1)!).toBeLessThan(result.losses[0]! / 2);
  } finally {
    await browser.close();
  }
});
