/**
 * Rescaling: a fixed factor and offset.
 */
import { add, ConfigError, mul, type Tensor } from '@dl/tensor';
import { castTo, describe } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';

/** Options of {@link Rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** 0 unless given. */
  readonly offset?: number | undefined;
}

/**
 * x·scale + offset, in the layer's dtype; integers become real first.
 *
 * @example new Rescaling(1 / 255).apply(tensor(new Uint8Array([0, 255]), undefined, [1, 2])); // [[0, 1]]
 */
export class Rescaling extends Layer {
  static override readonly className: string = 'Rescaling';
  static override readonly positional: readonly string[] = ['scale'];
  static override readonly options: readonly string[] = ['offset'];
  readonly scale: number;
  readonly offset: number;

  constructor(scale: number, options: RescalingOptions = {}) {
    super(options);
    if (typeof scale !== 'number') throw new ConfigError(`Rescaling: scale must be a number, got ${describe(scale)}`);
    this.scale = scale;
    this.offset = options.offset ?? 0;
    this.supportsMasking = true;
  }

  override call(inputs: Tensor): Tensor {
    const scaled = mul(castTo(inputs, this.dtype), this.scale);
    return this.offset === 0 ? scaled : add(scaled, this.offset);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset };
  }
}
