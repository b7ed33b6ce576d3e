/**
 * The snippets of the README run as they stand.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
const snippets = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code!,
);
/** This package by path: a file outside it cannot import it by name. */
const byPath = (code: string): string =>
  code.replace(
    /'@dl\/layers(\/[a-z]+)?'/g,
    (_, entry: string | undefined) => `'${join(root, 'src', entry ?? 'index')}.ts'`,
  );

test.each(snippets.map((code, i) => [i, code] as const))(
  'snippet %i',
  async (i, code) => {
    const folder = join(root, 'node_modules/.cache/readme');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `snippet-${i}.ts`);
    writeFileSync(file, byPath(code));
    const spies = [vi.spyOn(console, 'log'), vi.spyOn(process.stdout, 'write')];
    for (const spy of spies) (spy as (typeof spies)[0]).mockImplementation((() => true) as never);
    await import(file);
    const printed = spies.reduce((total, spy) => total + spy.mock.calls.length, 0);
    for (const spy of spies) spy.mockRestore();
    expect(printed).toBeGreaterThan(0);
  },
  60_000,
);
