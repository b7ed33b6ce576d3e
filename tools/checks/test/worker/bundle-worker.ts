/**
 * Scripts of workers for tests, bundled from source as an application's are.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

/** Bundles a script, and gives a function that starts it in a worker. */
export async function bundleWorker(script: URL): Promise<() => Worker> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'dl-worker-')), 'worker.mjs');
  await build({
    entryPoints: [fileURLToPath(script)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@dl/source'],
    logLevel: 'error',
  });
  return () => new Worker(outfile);
}
