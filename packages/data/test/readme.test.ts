// The snippets of the README run as they stand.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
const snippets = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code!,
);

test.each(snippets.map((code, i) => [i, code] as const))('snippet %i', async (i, code) => {
  const folder = join(root, 'node_modules/.cache/readme');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `snippet-${i}.ts`);
  writeFileSync(file, code.replace("'@dl/data'", `'${join(root, 'src/index.ts')}'`));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import(file);
  expect(log.mock.calls.length).toBeGreaterThan(1);
  log.mockRestore();
});
