/**
 * Declarations of a package, one file for each source file: nothing is bundled that could be renamed or mistaken on the way.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** Imports of `./x.ts` become `./x.js`, which is what stands beside the declaration. */
const withBuiltNames = (text: string): string =>
  text.replace(/((?:from|import\(|import)\s*['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2');

/** Writes the declarations of all files under `src` to `dist`, both in a package's folder. */
export function emitDeclarations(folder: string): void {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.src.json'), ts.sys.readFile) as { config: unknown };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram(fileNames, {
    ...options,
    noEmit: false,
    emitDeclarationOnly: true,
    // Types are checked by `npm run typecheck`.
    noCheck: true,
    declarationMap: false,
  });
  const source = join(folder, 'src');
  const write: ts.WriteFileCallback = (_, text, _mark, _error, files) => {
    const [file] = files ?? [];
    const path = file === undefined ? '..' : relative(source, file.fileName);
    // Other packages are in the program too, by their sources; they declare themselves.
    if (path.startsWith('..')) return;
    const target = join(folder, 'dist', path.replace(/\.ts$/, '.d.ts'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, withBuiltNames(text));
  };
  const { diagnostics } = program.emit(undefined, write, undefined, true);
  const [problem] = diagnostics;
  if (problem !== undefined) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
}
