/**
 * The snippets of the READMEs run as they stand, except those marked `no-run`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const files = ['README.md', ...['tensor', 'autograd', 'backend-cpu'].map((name) => `packages/${name}/README.md`)];
const snippets = files.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
    ([, code], i) => [`${file} #${i}`, code!] as const,
  ),
);

test.each(snippets)('%s', { timeout: 60_000 }, async (name, code) => {
  // Inside this package, so that the names of all packages resolve.
  const folder = join(import.meta.dirname, '../node_modules/.cache/readme');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name.replace(/\W+/g, '-')}.ts`);
  writeFileSync(file, `${code}\nexport {};\n`);
  const quiet = [
    vi.spyOn(console, 'log').mockImplementation(() => undefined),
    vi.spyOn(console, 'info').mockImplementation(() => undefined),
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true),
  ];
  await import(file);
  quiet.forEach((spy) => spy.mockRestore());
  expect(snippets.length).toBeGreaterThan(4);
});
