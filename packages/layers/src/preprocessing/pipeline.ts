/**
 * Pipeline: layers one after the other, for preparing data.
 */
import { ConfigError, type Tensor, type TensorLike } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { LayerClass } from '../base/layer-config.ts';
import { Layer, type CallContext, type CallOptions, type LayerOptions } from '../base/layer.ts';
import { nestedFromConfig, serializeNested, type LayerLoader } from '../base/nested.ts';
import { trainingOf, type ImageRecord } from './image/image-layer.ts';

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
    return { ...super.getConfig(), layers: this.layers.map(serializeNested) };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config, load?: LayerLoader): T {
    return nestedFromConfig(this, config, ['layers'], load);
  }
}
