/**
 * The `@example` blocks of all packages type-check. Names that an example does not bring itself are imported where a package
 * exports them, otherwise they are the reader's and may be anything.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { formatComplaints, makeFolder, ROOT, typeCheck, unknownName, writeModule } from './type-check.ts';

/** Entries that names are looked for in, after the entries of the example's own package. */
const ENTRIES = [
  'tensor',
  'autograd',
  'layers',
  'optim',
  'data',
  'formats',
  'backend-cpu',
  'backend-webgpu',
  'keras',
].flatMap((name): [entry: string, path: string][] => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly '@dl/source'?: string }>>;
  };
  return Object.entries(exports).flatMap(([entry, target]) => {
    const source = typeof target === 'string' ? undefined : target['@dl/source'];
    return source === undefined ? [] : [[`@dl/${name}${entry.slice(1)}`, join(ROOT, 'packages', name, source)]];
  });
});
// Callbacks are a namespace of @dl/keras; their examples use the bare names.
const callbacks = join(ROOT, 'packages/keras/src/callbacks.ts');
ENTRIES.push([callbacks, callbacks]);

interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

/** Examples of the declarations of a file. */
function examplesOf(file: string): readonly Example[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Example[] = [];
  const visit = (node: ts.Node): void => {
    for (const tag of ts.getJSDocTags(node)) {
      if (tag.tagName.text !== 'example' || tag.parent.parent !== node) continue;
      const raw = tag
        .getFullText()
        .slice('@example'.length)
        .replaceAll(/^[ \t]*\*(?: |(?=\n|$))/gm, '');
      const code = raw.replace(/\*\/\s*$/, '').trim();
      const owner = ts.isClassLike(node.parent) ? node.parent.name?.text : undefined;
      // A member stands in the class it is meant for.
      const member = /^(override|protected|static) /.test(code)
        ? `abstract class Example extends ${owner!} {\n${code}\n}`
        : code;
      found.push({ file, line: source.getLineAndCharacterOfPosition(tag.pos).line + 1, code: member });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Where each exported name can be imported from. */
function exportedNames(): ReadonlyMap<string, readonly string[]> {
  const program = ts.createProgram(
    ENTRIES.map(([, path]) => path),
    {
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      module: ts.ModuleKind.ESNext,
      allowImportingTsExtensions: true,
      customConditions: ['@dl/source'],
      noEmit: true,
      target: ts.ScriptTarget.ESNext,
    },
  );
  const checker = program.getTypeChecker();
  const names = new Map<string, string[]>();
  for (const [entry, path] of ENTRIES) {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(path)!);
    for (const { name } of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      names.set(name, [...(names.get(name) ?? []), entry]);
    }
  }
  return names;
}

test('every example type-checks', { timeout: 120_000 }, () => {
  const folders = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/src`);
  const files = folders.flatMap((at) =>
    readdirSync(join(ROOT, at), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
      name.endsWith('.ts') ? [`${at}/${name}`] : [],
    ),
  );
  const folder = makeFolder('examples');
  const examples = files.flatMap(examplesOf).map((example, i) => ({ ...example, path: join(folder, `${i}.ts`) }));
  expect(examples.length).toBeGreaterThan(150);
  for (const { path, code } of examples) writeModule(path, code);
  const paths = examples.map(({ path }) => path);
  const bare = typeCheck(paths);
  const names = exportedNames();
  for (const { file, path, code } of examples) {
    const missing = new Set(bare.get(path)!.flatMap((complaint) => unknownName(complaint) ?? []));
    const home = `@dl/${file.split('/')[1]!}`;
    const prelude = [...missing].map((name) => {
      const entries = names.get(name) ?? [];
      const from = entries.find((entry) => entry.startsWith(home)) ?? entries[0];
      return from === undefined
        ? `declare const ${name}: any; type ${name} = any;`
        : `import { ${name} } from '${from}';`;
    });
    writeModule(path, `${prelude.join(' ')}\n${code}`);
  }
  const complaints = typeCheck(paths);
  const wrong = examples.flatMap(({ file, line, path }) => {
    const found = complaints.get(path)!;
    return found.length === 0 ? [] : [`${file}:${line}\n${formatComplaints(found)}`];
  });
  expect(wrong.join('\n')).toBe('');
});
