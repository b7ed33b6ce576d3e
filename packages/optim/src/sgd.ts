/**
 * SGD: gradient descent with momentum.
 */
import { add, mul, sub, type Tensor } from '@dl/tensor';
import type { Config } from './config.ts';
import {
  Optimizer,
  type LearningRate,
  type OptimizerOptions,
  type SlotSpec,
  type Slots,
  type UpdateContext,
  type Updated,
} from './optimizer.ts';

/** Options of {@link SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** Part of the last step that is repeated, in [0, 1]; 0 unless given. */
  readonly momentum?: number | undefined;
  /** Nesterov momentum; false unless given. */
  readonly nesterov?: boolean | undefined;
}

/**
 * w ← w − lr·g; with momentum m ← μm − lr·g, w ← w + m; with Nesterov w ← w + μm − lr·g. The learning rate is inside m,
 * unlike in PyTorch. It is 0.01 unless given.
 *
 * @example new SGD(0.1, { momentum: 0.9 }).apply(grads, variables);
 */
export class SGD extends Optimizer {
  static override readonly className: string = 'SGD';
  static override readonly options: readonly string[] = ['momentum', 'nesterov'];
  readonly momentum: number;
  readonly nesterov: boolean;

  constructor(learningRate: LearningRate = 0.01, options: SGDOptions = {}) {
    super(learningRate, options);
    this.momentum = options.momentum ?? 0;
    this.nesterov = options.nesterov ?? false;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return this.momentum === 0 ? [] : [[{ name: 'momentum' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
    const step = mul(gradient, learningRate);
    if (this.momentum === 0) return { weight: sub(weight, step), slots };
    const momentum = sub(mul(slots['momentum']!, this.momentum), step);
    const move = this.nesterov ? sub(mul(momentum, this.momentum), step) : momentum;
    return { weight: add(weight, move), slots: { momentum } };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov };
  }
}
