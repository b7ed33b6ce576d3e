/**
 * Masking and Identity.
 */
import { any, mul, notEqual, type Tensor } from '@dl/tensor';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';

/**
 * Masks the steps of sequences [batch, steps, features] whose features all equal a value: the output has a mask that is false
 * there, and 0 in place of them. Layers that use masks, such as the recurrent ones, leave these steps out.
 *
 * @example maskOf(new Masking().apply([[[1, 2], [0, 0]]])); // [[true, false]]
 */
export class Masking extends Layer {
  static override readonly className: string = 'Masking';
  static override readonly positional: readonly string[] = ['maskValue'];
  static override readonly options: readonly string[] = [];
  readonly maskValue: number;

  /** @param maskValue The value of steps that do not count, 0 unless given. */
  constructor(maskValue = 0, options: LayerOptions = {}) {
    super(options);
    this.maskValue = maskValue;
    this.supportsMasking = true;
    this.inputSpec = { minRank: 2, kind: 'number' };
  }

  override call(inputs: Tensor): Tensor {
    return mul(inputs, any(notEqual(inputs, this.maskValue), -1, true).cast(inputs.dtype));
  }

  override computeMask(inputs: Tensor): Tensor {
    return any(notEqual(inputs, this.maskValue), -1);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), mask_value: this.maskValue };
  }
}

/**
 * Gives its input as it is; a place holder.
 *
 * @example new Identity().apply([1, 2]); // [1, 2]
 */
export class Identity extends Layer {
  static override readonly className: string = 'Identity';
  static override readonly options: readonly string[] = [];

  constructor(options: LayerOptions = {}) {
    super(options);
    this.supportsMasking = true;
  }

  override call(inputs: Tensor): Tensor {
    return inputs;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }
}
