// Command line: checks every package under packages/ and exits with 1 when one breaks the rules.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { checkPackage, type Manifest, type SourceFile } from './check.ts';
import { RULES } from './rules.ts';

const root = join(import.meta.dirname, '../../../packages');

const sources = (folder: string): readonly SourceFile[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: relative(folder, file).split(sep).join('/'), text: readFileSync(file, 'utf8') };
    });

let count = 0;
for (const name of readdirSync(root)) {
  const manifest = JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8')) as Manifest;
  for (const problem of checkPackage(manifest, RULES[manifest.name], sources(join(root, name, 'src')))) {
    console.error(`packages/${name}: ${problem}`);
    count++;
  }
}
console.log(count === 0 ? 'Package boundaries hold.' : `${count} boundary problems.`);
process.exitCode = count === 0 ? 0 : 1;
