/**
 * TimeDistributed: a layer applied to every time step.
 */
import { map, moveAxis, Tensor } from '@dl/tensor';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext, Layer, LayerOptions } from '../base/layer.ts';
import { Wrapper } from '../core/wrapper.ts';
import { collectingSteps } from './step-losses.ts';
import { stepOf } from './time-axis.ts';

/**
 * A layer applied to every step with the same weights: [batch, steps, …] to [batch, steps, …]. The steps are one loop, whose
 * body is traced once. A layer whose state changes in training, such as batch normalization, sees one step after the other,
 * and dropout differs from step to step.
 *
 * A mask [batch, steps, …] is passed on; the layer gets its part of a step.
 *
 * @throws ConfigError for something that is no layer.
 * @example new TimeDistributed(new Conv2D(4, 3)).apply(zeros([2, 10, 28, 28, 1])); // [2, 10, 26, 26, 4]
 */
export class TimeDistributed extends Wrapper {
  static override readonly className: string = 'TimeDistributed';
  static override readonly options: readonly string[] = [];

  constructor(layer: Layer, options: LayerOptions = {}) {
    super(layer, options);
    this.supportsMasking = true;
    this.inputSpec = { minRank: 3 };
  }

  protected override build(inputShape: LayerShape): void {
    this.layer.ensureBuilt(stepOf(inputShape));
  }

  override call(inputs: Tensor, { training, mask }: CallContext): Tensor {
    const steps = mask instanceof Tensor ? moveAxis(mask, 1, 0) : null;
    const losses = collectingSteps();
    const { y, lost } = map(
      ([x, counts]: readonly [Tensor, Tensor | null]) => {
        const [y, lost] = losses.during(() => this.layer.apply(x, { training, mask: counts }));
        return { y, lost };
      },
      [moveAxis(inputs, 1, 0), steps] as const,
    );
    losses.add(lost);
    return moveAxis(y, 0, 1);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const [batch, ...features] = this.layer.computeOutputShape(stepOf(inputShape));
    return [batch!, inputShape[1]!, ...features];
  }
}
