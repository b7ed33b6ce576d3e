/**
 * Wrapper: the base class of layers around another layer.
 */
import { serializeInner, innerLayer } from '../base/inner-layers.ts';
import type { Config, Serialized } from '../base/config.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import type { ShapesOf, Tensors } from '../base/tensors.ts';
import type { Tensor } from '@dl/tensor';

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

  /** @param layer The layer, or its stored form where the registry makes this one. */
  constructor(layer: Layer<I, O> | Serialized, options: LayerOptions = {}) {
    super(options);
    this.layer = innerLayer(this.label, layer as Layer<Tensors, Tensors> | Serialized) as unknown as Layer<I, O>;
  }

  protected override build(inputShape: ShapesOf<I>): void {
    this.layer.ensureBuilt(inputShape);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), layer: serializeInner(this.layer as unknown as Layer<Tensors, Tensors>) };
  }
}
