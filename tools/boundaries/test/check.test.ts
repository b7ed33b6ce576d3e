// The boundary check finds what it should and nothing else.
import { expect, test } from 'vitest';
import { checkPackage, importsOf } from '../src/check.ts';
import { RULES } from '../src/rules.ts';

const layers = { name: '@dl/layers', peerDependencies: { '@dl/tensor': 'workspace:^' } };

test('accepts allowed imports, with subpaths, types and node built-ins', () => {
  const text = `import type { Tensor } from '@dl/tensor';
    import { x } from '@dl/tensor/backend';
    export * from './dense.ts';
    const fs = await import('node:fs');`;
  expect(checkPackage(layers, RULES['@dl/layers'], [{ path: 'index.ts', text }])).toEqual([]);
});

test('reports a forbidden import, static or dynamic', () => {
  const text = `import { grad } from '@dl/autograd'; void import('@dl/keras');`;
  const problems = checkPackage(layers, RULES['@dl/layers'], [{ path: 'a/b.ts', text }]);
  expect(problems).toHaveLength(2);
  expect(problems[0]).toContain('a/b.ts: @dl/layers must not import @dl/autograd; allowed: @dl/tensor');
});

test('reports imports that leave src, lack an extension or are not declared', () => {
  const text = `import '../../tensor/src/index.ts'; import './other'; import 'fflate'; import '../ok.ts';`;
  const problems = checkPackage(layers, RULES['@dl/layers'], [{ path: 'a/b.ts', text }]);
  expect(problems).toHaveLength(3);
});

test('reports declared dependencies and packages without a rule', () => {
  const manifest = { name: '@dl/optim', dependencies: { '@dl/autograd': '1', fflate: '1' } };
  expect(checkPackage(manifest, RULES['@dl/optim'], [])).toHaveLength(3);
  expect(checkPackage({ name: '@dl/new' }, RULES['@dl/new'], [])).toHaveLength(1);
});

test('is not fooled by imports in comments and strings', () => {
  expect(importsOf(`// import 'a';\nconst s = "import 'b'"; import c from 'c';`)).toEqual(['c']);
});

test('follows private imports to the packages they stand for', () => {
  const imports = { '#csv': { node: 'csv-parse', default: 'csv-parse/browser/esm' } };
  const files = [{ path: 'csv.ts', text: `await import('#csv');` }];
  const manifest = { name: '@dl/data', imports, dependencies: { 'csv-parse': '1' } };
  expect(checkPackage(manifest, RULES['@dl/data'], files)).toEqual([]);
  expect(checkPackage({ name: '@dl/data', imports }, RULES['@dl/data'], files)).toHaveLength(2);
});
