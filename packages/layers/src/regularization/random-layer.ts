/**
 * RandomLayer: the base class of layers that draw random numbers during training.
 */
import { Generator } from '@dl/tensor';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';

/** Options of layers that draw random numbers. */
export interface RandomLayerOptions extends LayerOptions {
  /** Drawn at construction unless given. The stream moves on with every call. */
  readonly seed?: number | null | undefined;
}

/** A layer with a stream of random numbers of its own. */
export abstract class RandomLayer extends Layer {
  readonly seed: number | null;
  /** The stream; its state is a Variable. */
  readonly seedGenerator: Generator;

  constructor(options: RandomLayerOptions) {
    super(options);
    this.seed = options.seed ?? null;
    this.seedGenerator = this.seed === null ? new Generator() : new Generator(this.seed);
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }
}
