/**
 * What training is made of — losses, metrics, optimizers, schedules, callbacks, initializers, regularizers, constraints and
 * activations — and how it compares with Keras: names, arguments and defaults.
 */
import { callbacks } from '@dl/keras';
import * as activations from '@dl/layers/activations';
import * as constraints from '@dl/layers/constraints';
import * as initializers from '@dl/layers/initializers';
import * as losses from '@dl/layers/losses';
import * as metrics from '@dl/layers/metrics';
import * as regularizers from '@dl/layers/regularizers';
import * as optimizers from '@dl/optim';
import { camelCase, type Argument } from './inventory.ts';
import { parseLiteral, sameDefault, type Literal } from './literal.ts';
import notes from './training-notes.json' with { type: 'json' };
import inventory from './training-inventory.json' with { type: 'json' };
import { REQUIRED } from './training-required.ts';

/** A group of Keras's names, such as `keras.losses`. */
export type GroupName = keyof typeof inventory.groups;

const EXPORTS: Readonly<Record<GroupName, Readonly<Record<string, unknown>>>> = {
  losses,
  metrics,
  optimizers: { ...optimizers, deserialize: optimizers.get },
  schedules: { ...optimizers.schedules, serialize: optimizers.schedules.serializeSchedule },
  callbacks,
  initializers,
  regularizers,
  constraints,
  activations,
};

const EXCLUDED: Readonly<Record<string, string>> = notes.excluded;
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = notes.differing;
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = notes.defaults;

/** Names that nothing is known by, with the reason. */
const NAMES: Readonly<Record<string, string>> = notes.names;

/** A class of Keras, and what was found about the one here. */
export interface TrainingEntry {
  readonly group: GroupName;
  readonly name: string;
  readonly exists: boolean;
  /** Why it does not exist, or why arguments or defaults differ. */
  readonly notes: readonly string[];
  readonly failures: readonly string[];
}

type Made = Readonly<Record<string, unknown>> & { getConfig?(): Readonly<Record<string, unknown>> };

/** Bases are extended, not made. */
const BASES = [
  'Loss',
  'Metric',
  'Optimizer',
  'Callback',
  'LearningRateSchedule',
  'Initializer',
  'Regularizer',
  'Constraint',
];

/** Whether a value is the default, or the float32 nearest to it, which learning rates are. */
const means = (wanted: Literal, got: unknown): boolean =>
  sameDefault(wanted, got) || (typeof wanted === 'number' && Math.fround(wanted) === got);

/** Compares one class. */
function compareClass(group: GroupName, name: string, args: readonly Argument[]): TrainingEntry {
  const found = EXPORTS[group][name];
  const entry = { group, name, exists: typeof found === 'function' };
  const reason = EXCLUDED[name];
  if (!entry.exists) {
    return {
      ...entry,
      notes: reason === undefined ? [] : [reason],
      failures: reason === undefined ? [`${group}.${name} does not exist, and no reason is given`] : [],
    };
  }
  if (reason !== undefined) return { ...entry, notes: [], failures: [`${group}.${name} exists, though excluded`] };
  if (BASES.includes(name)) return { ...entry, notes: [], failures: [] };
  const required = args.filter(([, text]) => text === undefined);
  const make = REQUIRED[`${group}.${name}`] ?? (() => new (found as new () => Made)());
  if (required.length > 0 && REQUIRED[`${group}.${name}`] === undefined) {
    return { ...entry, notes: [], failures: [`${group}.${name} needs ${required.map(([key]) => key).join(', ')}`] };
  }
  const made = make() as Made;
  const config = made.getConfig?.() ?? {};
  const [explained, failures]: [string[], string[]] = [[], []];
  const differs = { ...ARGUMENTS[group], ...ARGUMENTS[name] };
  const defaults = { ...DEFAULTS[group], ...DEFAULTS[name] };
  for (const [key, text] of args) {
    const camel = camelCase(key);
    const got: unknown = Object.hasOwn(config, key) ? config[key] : made[camel];
    const known = Object.hasOwn(config, key) || camel in made;
    if (differs[key] !== undefined) {
      if (ARGUMENTS[name]?.[key] !== undefined) explained.push(`\`${key}\`: ${differs[key]}`);
      continue;
    }
    if (!known) failures.push(`${group}.${name}: there is no '${camel}' for ${key}`);
    else if (text !== undefined && key !== 'name' && !means(parseLiteral(text), got)) {
      if (defaults[key] === undefined)
        failures.push(`${group}.${name}: the default of ${key} is ${JSON.stringify(got)}, not ${text}`);
      else if (DEFAULTS[name]?.[key] !== undefined) explained.push(`\`${key}\`: ${defaults[key]}`);
    }
  }
  return { ...entry, notes: explained, failures };
}

const GROUPS = Object.entries(inventory.groups) as unknown as readonly (readonly [
  GroupName,
  {
    readonly classes: Readonly<Record<string, readonly Argument[]>>;
    readonly aliases: object;
    readonly functions: readonly string[];
  },
])[];

/** Every class, compared. */
export const trainingEntries = (): readonly TrainingEntry[] =>
  GROUPS.flatMap(([group, { classes }]) =>
    Object.entries(classes).map(([name, args]) =>
      compareClass(
        group,
        name,
        args.filter(([key]) => !key.startsWith('*')),
      ),
    ),
  );

/** Other names of classes that no `get` of their group knows; functions that do not exist. */
export function missingNames(): readonly string[] {
  const missing = GROUPS.flatMap(([group, { aliases, functions }]) => {
    const exports = EXPORTS[group];
    const get = exports['get'] as (name: string) => object;
    const unknown = Object.keys(aliases).filter((name) => {
      try {
        return get(name) === null;
      } catch {
        return true;
      }
    });
    const absent = functions.filter((name) => typeof exports[camelCase(name)] !== 'function');
    return [...unknown, ...absent].map((name) => `${group}.${name}`);
  });
  return missing.filter((name) => !Object.hasOwn(NAMES, name)).map((name) => `${name} is not known`);
}

/** What exists of each group, in number. */
export function trainingSummary(entries: readonly TrainingEntry[]): readonly string[] {
  return GROUPS.filter(([, { classes }]) => Object.keys(classes).length > 0).map(([group]) => {
    const own = entries.filter((entry) => entry.group === group);
    const have = own.filter(({ exists }) => exists).length;
    return `${group}: ${have} of ${own.length} classes (${((100 * have) / own.length).toFixed(1)} %)`;
  });
}

/** The whole page as Markdown. */
export function trainingPage(entries: readonly TrainingEntry[]): string {
  return [
    '# Losses, metrics, optimizers and callbacks',
    '',
    'Every class of `keras.losses`, `keras.metrics`, `keras.optimizers`, `keras.callbacks` and the like (Keras 3.16.0, ' +
      'Apache-2.0), and how it compares here. Arguments exist under their camelCase names and have the same defaults, unless a ' +
      'note says otherwise. All functions of these modules exist too. `npm run coverage:keras` writes this page.',
    '',
    ...trainingSummary(entries).map((line) => `- ${line}`),
    '',
    ...Object.entries({ losses: ARGUMENTS['losses'], metrics: ARGUMENTS['metrics'] }).flatMap(([group, reasons]) =>
      Object.entries(reasons ?? {}).map(([key, why]) => `\`${key}\` of all ${group}: ${why}.`),
    ),
    '',
    ...Object.entries(NAMES).map(([name, why]) => `- \`${name}\`: ${why}.`),
    ...GROUPS.flatMap(([group, { classes }]) =>
      Object.keys(classes).length === 0
        ? []
        : [
            '',
            `## ${group}`,
            '',
            '| class | here | notes |',
            '| --- | :-: | --- |',
            ...entries
              .filter((entry) => entry.group === group)
              .map(({ name, exists, notes: own }) => `| \`${name}\` | ${exists ? '✓' : '–'} | ${own.join('; ')} |`),
          ],
    ),
    '',
  ].join('\n');
}
