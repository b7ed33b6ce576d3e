/**
 * Ftrl.
 */
import { add, clip, div, mul, pow, square, sub, type Tensor } from '@dl/tensor';
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

/** Options of {@link Ftrl}. */
export interface FtrlOptions extends OptimizerOptions {
  /** Power of the accumulator in the rate, −0.5 unless given; not positive. */
  readonly learningRatePower?: number | undefined;
  /** First value of the accumulators, 0.1 unless given. */
  readonly initialAccumulatorValue?: number | undefined;
  /** 0 unless given. */
  readonly l1RegularizationStrength?: number | undefined;
  /** 0 unless given. */
  readonly l2RegularizationStrength?: number | undefined;
  /** 0 unless given. */
  readonly l2ShrinkageRegularizationStrength?: number | undefined;
  /** 0 unless given. */
  readonly beta?: number | undefined;
}

/**
 * Follow the regularized leader (H. McMahan et al., 2013), for sparse linear models. The learning rate is 0.001 unless
 * given.
 *
 * @example new Ftrl(0.1, { l1RegularizationStrength: 0.01 }).apply(grads, variables);
 */
export class Ftrl extends Optimizer {
  static override readonly className: string = 'Ftrl';
  static override readonly options: readonly string[] = [
    'learningRatePower',
    'initialAccumulatorValue',
    'l1RegularizationStrength',
    'l2RegularizationStrength',
    'l2ShrinkageRegularizationStrength',
    'beta',
  ];
  readonly learningRatePower: number;
  readonly initialAccumulatorValue: number;
  readonly l1: number;
  readonly l2: number;
  readonly l2Shrinkage: number;
  readonly beta: number;

  constructor(learningRate: LearningRate = 0.001, options: FtrlOptions = {}) {
    super(learningRate, options);
    this.learningRatePower = options.learningRatePower ?? -0.5;
    this.initialAccumulatorValue = options.initialAccumulatorValue ?? 0.1;
    this.l1 = options.l1RegularizationStrength ?? 0;
    this.l2 = options.l2RegularizationStrength ?? 0;
    this.l2Shrinkage = options.l2ShrinkageRegularizationStrength ?? 0;
    this.beta = options.beta ?? 0;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'accumulator', initial: this.initialAccumulatorValue }, { name: 'linear' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
    const old = slots['accumulator']!;
    const accumulator = add(old, square(gradient));
    const shrunk = this.l2Shrinkage === 0 ? gradient : add(gradient, mul(weight, 2 * this.l2Shrinkage));
    const [before, after] = [pow(old, -this.learningRatePower), pow(accumulator, -this.learningRatePower)];
    const linear = sub(add(slots['linear']!, shrunk), mul(div(sub(after, before), learningRate), weight));
    const quadratic = add(div(after, learningRate), add(div(this.beta, learningRate), 2 * this.l2));
    return {
      weight: div(sub(clip(linear, -this.l1, this.l1), linear), quadratic),
      slots: { accumulator, linear },
    };
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      learning_rate_power: this.learningRatePower,
      initial_accumulator_value: this.initialAccumulatorValue,
      l1_regularization_strength: this.l1,
      l2_regularization_strength: this.l2,
      l2_shrinkage_regularization_strength: this.l2Shrinkage,
      beta: this.beta,
    };
  }
}
