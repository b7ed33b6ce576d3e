/**
 * Every TypeScript and JavaScript snippet of the READMEs and of docs/ is type-checked and run as it stands, and prints what
 * its comments say. `no-run` behind the fence: only type-checked, and names the reader brings may be missing.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { clearSession } from '@dl/layers';
import { describe, expect, test, vi } from 'vitest';
import { agrees, instrument, snippetsOf } from './snippets.ts';
import { formatComplaints, makeFolder, ROOT, typeCheck, unknownName, writeModule } from './type-check.ts';

const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`);
/** Without the API's pages, which typedoc writes: they repeat what stands elsewhere. */
const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => !name.startsWith('api/'),
);
const FILES = [
  'README.md',
  ...packages.filter((file) => existsSync(join(ROOT, file))),
  ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const folder = makeFolder('snippets');
const snippets = FILES.flatMap((file) => snippetsOf(file, readFileSync(join(ROOT, file), 'utf8')));
const paths = snippets.map(({ name, code }) => {
  const path = join(folder, `${name.replace(/\W+/g, '-')}.ts`);
  writeModule(path, code);
  return path;
});
const complaints = typeCheck(paths);

describe('snippets', () => {
  test('are found', () => {
    expect(FILES.length).toBeGreaterThan(9);
    expect(snippets.filter(({ run }) => run).length).toBeGreaterThan(14);
    for (const path of paths) expect(existsSync(path)).toBe(true);
  });

  test.each(snippets.map((snippet, i) => [snippet.name, snippet, paths[i]!] as const))(
    '%s type-checks',
    (_name, { run }, path) => {
      const found = complaints.get(path)!.filter((complaint) => run || unknownName(complaint) === null);
      expect(formatComplaints(found)).toBe('');
    },
  );

  test.each(snippets.filter(({ run }) => run).map((snippet) => [snippet.name, snippet] as const))(
    '%s runs and prints what it says',
    { timeout: 60_000 },
    async (name, { code }) => {
      const { code: instrumented, promised } = instrument(code);
      const path = join(folder, `${name.replace(/\W+/g, '-')}.run.ts`);
      writeModule(path, instrumented);
      const printed = new Map<number, string>();
      const spies = [vi.spyOn(console, 'log'), vi.spyOn(console, 'info'), vi.spyOn(process.stdout, 'write')];
      for (const spy of spies) (spy as (typeof spies)[0]).mockImplementation((() => true) as never);
      vi.stubGlobal('printed', (line: number, ...values: unknown[]) => {
        if (!printed.has(line)) printed.set(line, format(...values));
      });
      clearSession();
      try {
        await import(path);
      } finally {
        vi.unstubAllGlobals();
      }
      const calls = spies.reduce((total, spy) => total + spy.mock.calls.length, printed.size);
      for (const spy of spies) spy.mockRestore();
      expect(calls, 'a snippet shows something').toBeGreaterThan(0);
      for (const { line, text } of promised) {
        const got = printed.get(line) ?? 'nothing';
        expect(agrees(text, got) ? text : got, `line ${line}`).toBe(text);
      }
    },
  );
});

describe('the mechanism', () => {
  test('finds snippets in any fence, and what they promise', () => {
    const text = 'a\n   ```ts no-run\n   f();\n   ```\n```js\ng();\n```\n```sh\nls\n```\n';
    expect(snippetsOf('x', text)).toEqual([
      { name: 'x #0', code: 'f();\n', run: false },
      { name: 'x #1', code: 'g();\n', run: true },
    ]);
    const { code, promised } = instrument('console.log(a.shape); // [2]\nconsole.log(b); // an explanation\n');
    expect(code).toBe('globalThis.printed(1, a.shape); // [2]\nconsole.log(b); // an explanation\n');
    expect(promised).toEqual([{ line: 1, text: '[2]' }]);
  });

  test('compares values, not blanks and quotes', () => {
    expect(agrees("['a', 2]", "[ 'a', 2 ]")).toBe(true);
    expect(agrees('[4, 2] Int32Array(4) …', '[ 4, 2 ] Int32Array(4) [ 1, 2, 3, 4 ]')).toBe(true);
    expect(agrees('[1, 3]', '[ 1, 2 ]')).toBe(false);
    expect(agrees('3', '31')).toBe(false);
    expect(agrees('close to [1, 2]', '[1.01, 1.98]')).toBe(true);
    expect(agrees('close to [1, 2]', '[1.2, 1.98]')).toBe(false);
    expect(agrees('close to 1', '')).toBe(false);
  });

  test('complains about wrong types and names', () => {
    const path = join(folder, 'wrong.ts');
    writeModule(path, "import { ones } from '@dl/tensor';\nconst n: number = ones([2]);\nmissing(n);");
    const found = typeCheck([path]).get(path)!;
    expect(found.map(({ line, code }) => [line, code])).toEqual([
      [2, 2322],
      [3, 2304],
    ]);
    expect(found.map(unknownName)).toEqual([null, 'missing']);
  });
});
