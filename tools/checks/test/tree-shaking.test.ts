/**
 * What a bundle of one transformation carries: not the tables of the others.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Text of an error that only the code of a transformation has. */
const MARKS = { jvp: 'a tangent must have the shape', vmap: 'has no entry for' };

async function bundleOf(name: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from '@dl/autograd';`, resolveDir: join(import.meta.dirname, '..') },
    bundle: true,
    write: false,
    format: 'esm',
    minify: true,
    platform: 'browser',
    target: 'es2022',
    conditions: ['@dl/source'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

test.each([
  ['grad', []],
  ['variableGrads', []],
  ['checkpoint', []],
  ['jvp', ['jvp']],
  ['vmap', ['vmap']],
  ['jacobian', ['jvp', 'vmap']],
] as const)('a program with %s alone', { timeout: 60_000 }, async (name, wanted) => {
  const text = await bundleOf(name);
  const found = Object.entries(MARKS).flatMap(([mark, part]) => (text.includes(part) ? [mark] : []));
  expect(found).toEqual(wanted);
});
