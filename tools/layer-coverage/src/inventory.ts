/**
 * What `keras.layers` has, and what stands for it here.
 */
import { models } from '@dl/keras';
import * as layers from '@dl/layers';
import { layerClasses } from '@dl/layers/registry';
import exclusions from './exclusions.json' with { type: 'json' };
import inventory from './inventory.json' with { type: 'json' };
import type { LayerClass } from './minimal.ts';

/** An argument: its name, and its default as it stands in Python, unless it is required. */
export type Argument = readonly [name: string, text?: string];

/** A class of Keras with the class of that name here. */
export interface Entry {
  readonly name: string;
  /** The folder of Keras that has it. */
  readonly family: string;
  /** Constructor arguments. */
  readonly args: readonly Argument[];
  readonly call: readonly Argument[];
  /** The class here, or null. */
  readonly here: LayerClass | null;
  /** Why there is none. */
  readonly excluded: string | null;
}

const EXPORTS: Readonly<Record<string, unknown>> = layers;
const EXCLUSIONS: Readonly<Record<string, string>> = exclusions;
const own = (args: unknown): readonly Argument[] =>
  (args as readonly Argument[]).filter(([name]) => !name.startsWith('*'));

/** Every class. */
export const ENTRIES: readonly Entry[] = Object.entries(inventory.classes).map(([name, { family, args, call }]) => ({
  name,
  family,
  args: own(args),
  call: own(call),
  here: typeof EXPORTS[name] === 'function' ? (EXPORTS[name] as LayerClass) : null,
  excluded: EXCLUSIONS[name] ?? null,
}));

/** Classes that Keras does not have. */
export const OWN: readonly string[] = Object.keys(layerClasses)
  .filter((name) => !Object.hasOwn(inventory.classes, name))
  .sort();

/** Other names of classes: the name, and that of the class. */
export const ALIASES: readonly (readonly [name: string, of: string, same: boolean])[] = Object.entries(
  inventory.aliases,
).map(([name, of]) => [name, of, EXPORTS[name] !== undefined && EXPORTS[name] === EXPORTS[of]]);

/** Where functions are that other modules export, under the name there. */
const ELSEWHERE: Readonly<Record<string, readonly [where: string, module: Readonly<Record<string, unknown>>]>> = {
  serialize: ['models.serialize', { serialize: models.serialize }],
  deserialize: ['models.fromConfig', { deserialize: models.fromConfig }],
};

/** Functions: the name, and what stands for it; null where nothing does. */
export const FUNCTIONS: readonly (readonly [name: string, here: string | null])[] = inventory.functions.map((name) => {
  const [where, module] = ELSEWHERE[name] ?? [name, EXPORTS];
  return [name, typeof module[name] === 'function' ? where : null];
});

/** `kernel_size` is `kernelSize` here; `keepdims` are two words. */
export const camelCase = (name: string): string =>
  name === 'keepdims' ? 'keepDims' : name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Options that every layer has. */
export const BASE_NAMES: readonly string[] = ['name', 'dtype', 'trainable', 'activityRegularizer'];
