/**
 * Pipeline: layers one after the other, for preparing data.
 */
import { ConfigError, type Tensor, type TensorLike } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { isSerialized, serializeObject, type Config, type ConfigValue } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { LayerClass } from '../base/layer-config.ts';
import { Layer, type CallContext, type CallOptions, type LayerOptions } from '../base/layer.ts';
import type { Tensors } from '../base/tensors.ts';
import { trainingOf, type ImageRecord } from './image/image-layer.ts';

/** Makes a layer from its stored form; `deserializeLayer` of the registry passes one. */
type Load = (stored: { readonly class_name: string; readonly config: Config }) => Layer<Tensors, Tensors>;

/**
 * Applies layers one after the other. `training` is true where it is applied by itself, as in a data pipeline, and that of
 * the model inside a model.
 *
 * @throws ConfigError unless given layers.
 * @example new Pipeline([new AutoContrast(), new RandomZoom(0.2)]).apply(images);
 */
export class Pipeline extends Layer {
  static override readonly className: string = 'Pipeline';
  static override readonly positional: readonly string[] = ['layers'];
  static override readonly options: readonly string[] = [];
  readonly layers: readonly Layer[];

  constructor(layers: readonly Layer[], options: LayerOptions = {}) {
    super(options);
    if (!Array.isArray(layers) || !layers.every((layer) => (layer as unknown) instanceof Layer)) {
      throw new ConfigError(`Pipeline: expected a list of layers, got ${describe(layers)}`);
    }
    this.layers = layers;
  }

  override apply(inputs: TensorLike, options?: CallOptions): Tensor;
  override apply(inputs: Readonly<Record<string, TensorLike>>, options?: CallOptions): ImageRecord;
  override apply(inputs: TensorLike | Readonly<Record<string, TensorLike>>, options: CallOptions = {}): never {
    return super.apply(inputs as TensorLike, trainingOf(inputs, options)) as never;
  }

  override call(inputs: Tensor, { training }: CallContext): Tensor {
    return this.layers.reduce((x, layer) => layer.apply(x, { training }), inputs);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return this.layers.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  override getConfig(): Config {
    const layers: readonly ConfigValue[] = this.layers.map((layer) => serializeObject(layer, 'keras.layers'));
    return { ...super.getConfig(), layers };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config, load?: Load): T {
    const layers = (config['layers'] as readonly unknown[]).map((stored) => {
      if (!isSerialized(stored)) return stored;
      if (load !== undefined) return load(stored);
      throw new ConfigError(
        `Pipeline.fromConfig: which class is '${stored.class_name}'? Use deserializeLayer() of '@dl/layers/registry', which knows all layers`,
      );
    });
    return Layer.fromConfig.call(this as LayerClass<unknown>, { ...config, layers } as unknown as Config) as T;
  }
}
