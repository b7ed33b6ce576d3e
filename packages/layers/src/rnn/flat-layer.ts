/**
 * Layers that make their cell themselves: its options and its configuration are among theirs.
 */
import type { Config } from '../base/config.ts';
import type { LayerOptions } from '../base/layer.ts';
import type { RNNCell } from './cell.ts';

/** The options of a layer that its cell takes, and the name that Keras gives the cell. */
export function cellOptions<O extends LayerOptions>(name: string, options: O, known: readonly string[]): O {
  const shared = ['dtype', 'trainable', ...known];
  const taken = Object.entries(options ?? {}).filter(([key]) => shared.includes(key));
  return { ...Object.fromEntries(taken), name } as O;
}

/** The configuration of layer and cell as one. */
export function flatConfig(cell: RNNCell, layer: Config): Config {
  return { ...cell.getConfig(), ...layer };
}
