/**
 * Wrapper: the base class of layers around another layer.
 */
import { nestedFromConfig, serializeNested, type LayerLoader } from '../base/nested.ts';
import type { Config } from '../base/config.ts';
import type { LayerClass } from '../base/layer-config.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import type { ShapesOf, Tensors } from '../base/tensors.ts';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/**
 * Base class of layers that hold one other layer and change how it is called. It builds the layer, counts its weights as its
 * own and stores it in its configuration; subclasses write `call`.
 *
 * @example
 * class Twice extends Wrapper {
 *   override call(x: Tensor): Tensor {
 *     return this.layer.apply(this.layer.apply(x));
 *   }
 * }
 */
export abstract class Wrapper<I extends Tensors = Tensor, O extends Tensors = Tensor> extends Layer<I, O> {
  static override readonly positional: readonly string[] = ['layer'];
  /** The layer inside. */
  readonly layer: Layer<I, O>;

  constructor(layer: Layer<I, O>, options: LayerOptions = {}) {
    super(options);
    if (!(layer instanceof Layer)) throw new ConfigError(`${this.label}: expected a layer, got ${describe(layer)}`);
    this.layer = layer;
  }

  protected override build(inputShape: ShapesOf<I>): void {
    this.layer.ensureBuilt(inputShape);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), layer: serializeNested(this.layer as unknown as Layer<Tensors, Tensors>) };
  }

  /** Makes a layer from what {@link getConfig} gave; `load` makes the one inside. */
  static override fromConfig<T>(this: LayerClass<T>, config: Config, load?: LayerLoader): T {
    return nestedFromConfig(this, config, ['layer'], load);
  }
}
