/**
 * WGSL functions that printed expressions call, each put into a shader with what it needs.
 */
import { EXPONENTIAL } from './exponential.ts';
import { IEEE } from './ieee.ts';
import { INTEGERS } from './integers.ts';
import { TRIGONOMETRY } from './trigonometry.ts';

/** Code by name, and the names of what it calls. */
export type Helpers = Readonly<Record<string, { readonly needs: readonly string[]; readonly code: string }>>;

const HELPERS: Helpers = { ...IEEE, ...INTEGERS, ...EXPONENTIAL, ...TRIGONOMETRY };

/** The code of the named helpers and of all they need, each once, in order of definition. */
export function helperCode(used: ReadonlySet<string>): string {
  const all = new Set<string>();
  const visit = (name: string): void => {
    HELPERS[name]!.needs.forEach(visit);
    all.add(name);
  };
  used.forEach(visit);
  return Object.keys(HELPERS)
    .filter((name) => all.has(name))
    .map((name) => HELPERS[name]!.code)
    .join('\n');
}
