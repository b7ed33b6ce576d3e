// Finds imports and declared dependencies that break the table in rules.ts. Pure: reads nothing from disk.
import ts from 'typescript';
import type { Rule } from './rules.ts';

/** The part of a package.json that matters here. */
export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  /** Specifiers that start with `#`, by condition. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One source file: path relative to the package's `src` folder with `/` separators, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Module specifiers that a TypeScript source imports, statically, by type or by `import()`. */
export const importsOf = (text: string): string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const checkRelative = (file: string, specifier: string): string | undefined => {
  const depth = file.split('/').length - 1;
  const up = specifier.split('/').filter((part) => part === '..').length;
  if (up > depth) return `${file}: '${specifier}' leaves the package's src folder; import the package by name`;
  if (!/\.(ts|json)$/.test(specifier)) return `${file}: '${specifier}' must name the file with its .ts extension`;
  return undefined;
};

const checkBare = (manifest: Manifest, rule: Rule, file: string, specifier: string): string | undefined => {
  const name = packageOf(specifier);
  if (name.startsWith('@dl/') && !rule.internal.includes(name)) {
    return `${file}: ${manifest.name} must not import ${name}; allowed: ${rule.internal.join(', ') || 'none'}`;
  }
  if (!(name in { ...manifest.dependencies, ...manifest.peerDependencies })) {
    return `${file}: '${specifier}' is not in dependencies or peerDependencies of ${manifest.name}`;
  }
  return undefined;
};

/**
 * Problems of one package, as sentences; empty when it keeps to its rule.
 *
 * @example
 * checkPackage({ name: '@dl/tensor' }, RULES['@dl/tensor'], [{ path: 'index.ts', text: "import '@dl/keras';" }]);
 */
export const checkPackage = (
  manifest: Manifest,
  rule: Rule | undefined,
  files: readonly SourceFile[],
): readonly string[] => {
  if (rule === undefined) return [`${manifest.name} has no row in the table of rules`];
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const problems = declared
    .filter((name) => name.startsWith('@dl/') && !rule.internal.includes(name))
    .map((name) => `package.json: ${manifest.name} must not depend on ${name}`);
  if (!rule.external) {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      problems.push(`package.json: ${manifest.name} has no run-time dependencies by design, found ${name}`);
    }
  }
  for (const { path, text } of files) {
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith('node:')) continue;
      const targets = Object.values(manifest.imports?.[specifier] ?? { default: specifier });
      for (const target of targets) {
        const problem = target.startsWith('.') ? checkRelative(path, target) : checkBare(manifest, rule, path, target);
        if (problem !== undefined) problems.push(problem);
      }
    }
  }
  return problems;
};
