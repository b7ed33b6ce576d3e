/**
 * LayerScale: a learnt factor for each channel.
 */
import { mul, type Tensor, type Variable } from '@dl/tensor';
import { knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { Constant } from '../initializers/constant.ts';

/** Options of {@link LayerScale}. */
export interface LayerScaleOptions extends LayerOptions {
  /** First value of the factors, 1e-6 unless given. */
  readonly initValues?: number | undefined;
}

/**
 * The input times one learnt factor for each channel, which starts small so that residual branches begin as nothing
 * (H. Touvron and others, 2021). Weight: gamma [channels].
 *
 * @example new LayerScale({ initValues: 0.1 }).apply(ones([2, 3])); // all 0.1
 */
export class LayerScale extends Layer {
  static override readonly className: string = 'LayerScale';
  static override readonly options: readonly string[] = ['initValues'];
  readonly initValues: number;
  #gamma: Variable | null = null;

  constructor(options: LayerScaleOptions = {}) {
    super(options);
    this.initValues = options.initValues ?? 1e-6;
    this.supportsMasking = true;
    this.inputSpec = { minRank: 1, kind: 'float' };
  }

  protected override build(inputShape: LayerShape): void {
    const channels = knownSize(this.label, inputShape, -1);
    const initializer = new Constant(this.initValues);
    this.#gamma = this.addWeight({ name: 'gamma', shape: [channels], initializer });
    this.inputSpec = { ...this.inputSpec, axes: { [-1]: channels } };
  }

  override call(inputs: Tensor): Tensor {
    return mul(inputs, this.#gamma!);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), init_values: this.initValues };
  }
}
