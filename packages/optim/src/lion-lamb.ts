/**
 * Lion and Lamb.
 */
import { add, div, logicalOr, mul, pow, sign, sqrt, square, sub, where, type Tensor } from '@dl/tensor';
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

/** β·average + (1 − β)·value. */
const mix = (average: Tensor, value: Tensor, beta: number): Tensor => add(mul(average, beta), mul(value, 1 - beta));

/** Options of {@link Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** Part of the momentum in the step, 0.9 unless given. */
  readonly beta1?: number | undefined;
  /** Part of the momentum that stays, 0.99 unless given. */
  readonly beta2?: number | undefined;
}

/**
 * w −= lr·sign(β1·m + (1 − β1)g), m ← β2·m + (1 − β2)g (X. Chen et al., 2023). The learning rate is 0.001 unless given;
 * take a third to a tenth of Adam's.
 *
 * @example new Lion(0.0001).apply(grads, variables);
 */
export class Lion extends Optimizer {
  static override readonly className: string = 'Lion';
  static override readonly options: readonly string[] = ['beta1', 'beta2'];
  readonly beta1: number;
  readonly beta2: number;

  constructor(learningRate: LearningRate = 0.001, options: LionOptions = {}) {
    super(learningRate, options);
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.99;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
    const momentum = slots['momentum']!;
    return {
      weight: sub(weight, mul(sign(mix(momentum, gradient, this.beta1)), learningRate)),
      slots: { momentum: mix(momentum, gradient, this.beta2) },
    };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2 };
  }
}

/** Options of {@link Lamb}. */
export interface LambOptions extends OptimizerOptions {
  /** Part of the first moment that stays, 0.9 unless given. */
  readonly beta1?: number | undefined;
  /** Part of the second moment that stays, 0.999 unless given. */
  readonly beta2?: number | undefined;
  /** Added to the corrected root, 1e-7 unless given. */
  readonly epsilon?: number | undefined;
}

/**
 * Adam with a rate per layer: the step u = m̂/(√v̂ + ε) is scaled by ‖w‖/‖u‖, for large batches (Y. You et al., 2019). The
 * learning rate is 0.001 unless given.
 *
 * @example new Lamb(0.002).apply(grads, variables);
 */
export class Lamb extends Optimizer {
  static override readonly className: string = 'Lamb';
  static override readonly options: readonly string[] = ['beta1', 'beta2', 'epsilon'];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  constructor(learningRate: LearningRate = 0.001, options: LambOptions = {}) {
    super(learningRate, options);
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'velocity' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    const { learningRate, step } = context;
    const momentum = mix(slots['momentum']!, gradient, this.beta1);
    const velocity = mix(slots['velocity']!, square(gradient), this.beta2);
    const first = div(momentum, sub(1, pow(this.beta1, step)));
    const second = div(velocity, sub(1, pow(this.beta2, step)));
    const move = div(first, add(sqrt(second), this.epsilon));
    const [size, length] = [sqrt(square(weight).sum()), sqrt(square(move).sum())];
    const flat = logicalOr(size.equal(0), length.equal(0));
    const ratio = where(flat, 1, div(size, where(flat, 1, length)));
    return { weight: sub(weight, mul(move, mul(ratio, learningRate))), slots: { momentum, velocity } };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2, epsilon: this.epsilon };
  }
}
