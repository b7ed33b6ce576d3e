/**
 * The names of Keras, our exports, and how they belong together.
 */
import * as autograd from '@dl/autograd';
import * as ops from '@dl/tensor/ops';
import { CASES } from './cases/index.ts';
import type { Case } from './case.ts';
import exclusions from './exclusions.json' with { type: 'json' };
import inventory from './inventory.json' with { type: 'json' };

/** Functions that Keras counts among its ops and that are transformations here. */
const TRANSFORMATIONS = ['customGradient', 'jvp', 'vectorizedMap'] as const;

/** One of our exports. */
export interface Export {
  /** With its namespace: `hypot`, `image.resize`, `autograd.jvp`. */
  readonly name: string;
  readonly value: unknown;
}

/** A name of Keras, and what stands for it here. */
export interface Entry {
  /** The module, as `ops.numpy`, `ops.image` or `random`. */
  readonly group: string;
  readonly keras: string;
  readonly export: Export | null;
  /** Why it does not exist here. */
  readonly excluded: string | null;
}

const members = (prefix: string, module: object): Export[] =>
  Object.entries(module).map(([name, value]) => ({ name: prefix + name, value: value as unknown }));
const isNamespace = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Everything that `@dl/tensor/ops` exports, and the transformations. */
export const EXPORTS: readonly Export[] = [
  ...members('', ops).flatMap((entry) => (isNamespace(entry.value) ? members(`${entry.name}.`, entry.value) : [entry])),
  ...TRANSFORMATIONS.map((name): Export => ({ name: `autograd.${name}`, value: autograd[name] })),
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** `keras.ops.log_add_exp` and `logAddExp` are one name. */
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();

function find(group: string, keras: string): Export | null {
  const places = { 'ops.image': ['image.'], 'ops.linalg': ['linalg.', 'autograd.', ''], random: ['random.'] }[
    group
  ] ?? ['', 'autograd.'];
  for (const place of places) {
    const found = EXPORTS.find(({ name }) => plain(name) === place + plain(keras));
    if (found) return found;
  }
  return null;
}

/** Every name of Keras. */
export const ENTRIES: readonly Entry[] = Object.entries(inventory).flatMap(([group, names]) =>
  names.map((keras) => ({
    group,
    keras,
    export: find(group, keras),
    excluded: (exclusions as Readonly<Record<string, string>>)[keras] ?? null,
  })),
);

/** Exports without a name of Keras. */
export const OWN: readonly Export[] = EXPORTS.filter(
  ({ value }) => !ENTRIES.some((entry) => entry.export?.value === value),
);

/** Cases of an export; an alias has those of its function. */
export const casesFor = (value: unknown): Case[] => CASES.filter(({ target }) => target === value);
