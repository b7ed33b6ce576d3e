/**
 * Defaults as they stand in Python, and whether a value of ours says the same.
 */
/** A value of a Python literal. */
export type Literal = string | number | boolean | null | readonly Literal[];

const CONSTANTS: Readonly<Record<string, Literal>> = {
  None: null,
  True: true,
  False: false,
  // A constant of the module that the default names.
  HORIZONTAL_AND_VERTICAL: 'horizontal_and_vertical',
};

/** Reads a literal: constants, numbers, strings, tuples and lists. Throws for anything else. */
export function parseLiteral(text: string): Literal {
  const inner = /^[([](.*)[)\]]$/s.exec(text);
  if (inner) return split(inner[1]!).map(parseLiteral);
  const quoted = /^'(.*)'$/.exec(text);
  if (quoted) return quoted[1]!;
  if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text]!;
  const power = /^(\d+(?:\.\d+)?) \*\* (\d+)$/.exec(text);
  if (power) return Number(power[1]) ** Number(power[2]);
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new Error(`cannot read the default ${text}`);
  return number;
}

/** Parts between the commas that stand outside of brackets. */
function split(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    depth += letter === '(' || letter === '[' ? 1 : letter === ')' || letter === ']' ? -1 : 0;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/**
 * Whether a value means what a default says. A number stands for the same on every axis, a name for the object that it
 * makes, and None for no activation, which is written 'linear'.
 */
export function sameDefault(wanted: Literal, got: unknown): boolean {
  if (Array.isArray(wanted)) {
    const list = Array.isArray(got) ? (got as unknown[]) : wanted.map(() => got);
    return list.length === wanted.length && wanted.every((item: Literal, i) => sameDefault(item, list[i]));
  }
  if (Array.isArray(got)) return got.length > 0 && got.every((item) => sameDefault(wanted, item));
  if (wanted === null) return got === null || got === undefined || got === 'linear';
  if (typeof wanted !== 'string') return got === wanted;
  const name = (got as { readonly class_name?: unknown } | null)?.class_name ?? got;
  return typeof name === 'string' && plain(name) === plain(wanted);
}

/** `glorot_uniform` and `GlorotUniform` are one name; 'uniform' is short for another. */
const plain = (name: string): string => (name === 'uniform' ? 'randomuniform' : name.replaceAll('_', '').toLowerCase());
