/**
 * The error classes of every package. A message names the op or layer, what was expected, what came and the likely fix.
 */

/** Base class of all errors thrown on purpose by the `@dl` packages. */
export class DlError extends Error {
  override readonly name: string = 'DlError';
}

/** Shapes, ranks, axes or sizes do not fit together. */
export class ShapeError extends DlError {
  override readonly name: string = 'ShapeError';
}

/** A dtype is unknown, unsupported by an op or a backend, or values do not fit it. */
export class DTypeError extends DlError {
  override readonly name: string = 'DTypeError';
}

/** A backend is missing, mixed, lost or cannot do what was asked. */
export class BackendError extends DlError {
  override readonly name: string = 'BackendError';
}

/** A tensor, variable or executable is used after `dispose()`. */
export class DisposedError extends DlError {
  override readonly name: string = 'DisposedError';
}

/** A file or byte stream is damaged or not what it claims to be. */
export class FormatError extends DlError {
  override readonly name: string = 'FormatError';
}

/** An argument, option, name or call order is wrong. */
export class ConfigError extends DlError {
  override readonly name: string = 'ConfigError';
}

/** The names closest to `name` by edit distance, for "did you mean" messages. */
export function nearestNames(name: string, known: Iterable<string>, count = 3): string[] {
  const wanted = name.toLowerCase();
  return [...known]
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.ceil(candidate.length / 2)))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitute, rows[i - 1]![j]! + 1, row[j - 1]! + 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** Throws a {@link ConfigError} for an unknown name and suggests the nearest known ones, and what else may help. */
export function unknownName(
  where: string,
  kind: string,
  name: unknown,
  known: Iterable<string>,
  advice?: string,
): never {
  const names = [...known];
  const near = typeof name === 'string' ? nearestNames(name, names) : [];
  const hint =
    near.length > 0 ? `did you mean ${near.map((n) => `'${n}'`).join(' or ')}?` : `known: ${names.join(', ')}`;
  const shown = typeof name === 'string' ? `'${name}'` : String(name);
  throw new ConfigError(`${where}: unknown ${kind} ${shown}; ${hint}${advice === undefined ? '' : ` ${advice}`}`);
}
