/**
 * What files with weights know a layer by: its own weights, and the layers inside under the names of their properties.
 */
import type { Layer } from './layer.ts';
import type { Tensors } from './tensors.ts';
import type { Weight } from './weight.ts';

type AnyLayer = Layer<Tensors, Tensors>;

/** A layer, several in a list, or a group that Keras writes for a part which has no weights here. */
export type StoredChild = AnyLayer | readonly AnyLayer[] | { readonly emptyGroup: string };

/** A layer as files with weights see it. */
export interface StoredParts {
  /** Own weights, trainable ones first, each kind in the order in which it was made. */
  readonly weights: readonly Weight[];
  /** What is inside, under Keras's attribute names. */
  readonly children: Readonly<Record<string, StoredChild>>;
  /** Snake case of the class in Keras, where that goes by another name than the one it is exported by. */
  readonly group?: string;
}

/** `innerLayer` to `inner_layer`. */
const toAttribute = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** Layers in properties, and lists of them, in Keras's order: by name, those that begin with `_` last. */
export function partsInProperties(layer: object): Readonly<Record<string, StoredChild>> {
  const found = Object.entries(layer).flatMap(([key, value]: [string, unknown]): [string, StoredChild][] => {
    if (isLayer(value)) return [[toAttribute(key), value]];
    const layers = Array.isArray(value) ? (value as unknown[]).filter(isLayer) : [];
    return layers.length === 0 ? [] : [[toAttribute(key), layers]];
  });
  return Object.fromEntries(inKerasOrder(found));
}

/** Entries by name, those that begin with `_` last. */
export function inKerasOrder<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  const late = (name: string): number => Number(name.startsWith('_'));
  return [...entries].sort(([a], [b]) => late(a) - late(b) || (a < b ? -1 : 1));
}

/** By what only layers have; their class is not imported, since it imports this module. */
const isLayer = (value: unknown): value is AnyLayer =>
  typeof value === 'object' && value !== null && typeof (value as Partial<AnyLayer>).storedParts === 'function';
