/**
 * Type-checks generated files as modules that may import every package.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '../../../..');

/** A folder inside this package, so that the names of all packages resolve from it. */
export function makeFolder(name: string): string {
  const folder = join(import.meta.dirname, '../../node_modules/.cache', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Writes a file that is a module, whatever is in it. */
export function writeModule(path: string, code: string): void {
  writeFileSync(path, `${code}\nexport {};\n`);
}

/** One complaint of the compiler. */
export interface Complaint {
  readonly code: number;
  readonly message: string;
  /** Line of the file, from 1. */
  readonly line: number;
}

const base = ts.parseConfigFileTextToJson('base', readFileSync(join(ROOT, 'tsconfig.base.json'), 'utf8')).config as {
  readonly compilerOptions: object;
};
/** The rules of the repository, without those that few users turn on. */
const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...base.compilerOptions,
    lib: ['ESNext', 'DOM'],
    types: ['node', '@webgpu/types'],
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    isolatedModules: false,
    verbatimModuleSyntax: false,
    noUncheckedIndexedAccess: false,
    noPropertyAccessFromIndexSignature: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  join(import.meta.dirname, '../..'),
);

/** The complaints about each file. */
export function typeCheck(files: readonly string[]): ReadonlyMap<string, readonly Complaint[]> {
  const program = ts.createProgram([...files], options);
  return new Map(
    files.map((file) => {
      const source = program.getSourceFile(file)!;
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        file,
        found.map(({ code, messageText, start = 0 }) => ({
          code,
          message: ts.flattenDiagnosticMessageText(messageText, ' '),
          line: source.getLineAndCharacterOfPosition(start).line + 1,
        })),
      ];
    }),
  );
}

/** Complaints as text, one a line. */
export const formatComplaints = (list: readonly Complaint[]): string =>
  list.map(({ line, code, message }) => `line ${line}: TS${code} ${message}`).join('\n');

/** The name that a complaint says is not declared, or declared as a type only; otherwise null. */
export const unknownName = ({ message }: Complaint): string | null =>
  (/^Cannot find name '(\w+)'/.exec(message) ?? /^'(\w+)' only refers to a type/.exec(message))?.[1] ?? null;
