/**
 * Layers inside the configuration of another: how they are made again.
 */
import { ConfigError } from '@dl/tensor';
import { classNameOf, isSerialized, serializeObject, type Config, type ConfigValue } from './config.ts';
import type { Layer } from './layer.ts';
import { constructorArguments, type LayerClass } from './layer-config.ts';
import type { Tensors } from './tensors.ts';

/** Makes a layer from its stored form. */
export type LayerLoader = (stored: { readonly class_name: string; readonly config: Config }) => Layer<Tensors, Tensors>;

/** `fromConfig` of a class whose configuration holds layers, or lists of them, under these keys. */
export function nestedFromConfig<T>(
  layerClass: LayerClass<T>,
  config: Config,
  keys: readonly string[],
  load: LayerLoader | undefined,
): T {
  const revive = (value: ConfigValue): unknown => {
    if (Array.isArray(value)) return (value as readonly ConfigValue[]).map(revive);
    if (!isSerialized(value)) return value;
    if (load !== undefined) return load(value);
    throw new ConfigError(
      `${(layerClass as unknown as { readonly className: string }).className}.fromConfig: which class is '${value.class_name}'? ` +
        "Use deserializeLayer() of '@dl/layers/registry', which knows all layers",
    );
  };
  const loaded = Object.fromEntries(Object.entries(config).map(([k, v]) => [k, keys.includes(k) ? revive(v) : v]));
  const { args, options } = constructorArguments(loaded as Config, layerClass.positional, layerClass.options);
  return new layerClass(...([...args, options] as never[]));
}

/** Knows the classes of a layer and of all inside it. */
export function loaderOf(layer: Layer<Tensors, Tensors>): LayerLoader {
  type Class = { fromConfig(config: Config, load: LayerLoader): Layer<Tensors, Tensors> };
  const classes = new Map(layer.flattenLayers().map((one) => [classNameOf(one), one.constructor as unknown as Class]));
  const load: LayerLoader = ({ class_name: name, config }) => classes.get(name)!.fromConfig(config, load);
  return load;
}

/** A new layer with the configuration of another, but for some keys; values of weights are not taken over. */
export function cloneLayer<L extends Layer<Tensors, Tensors>>(layer: L, changes: Config): L {
  return loaderOf(layer)({ class_name: classNameOf(layer), config: { ...layer.getConfig(), ...changes } }) as L;
}

/** The stored form of a layer inside another. */
export const serializeNested = (layer: Layer<Tensors, Tensors>): ConfigValue => serializeObject(layer, 'keras.layers');
