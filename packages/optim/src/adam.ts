/**
 * Adam and its relatives: Adam, AdamW, Adamax and Nadam.
 */
import { abs, add, div, maximum, mul, pow, sqrt, square, sub, type Tensor } from '@dl/tensor';
import { castTo } from '@dl/tensor/interpreter';
import type { Config } from './config.ts';
import {
  Optimizer,
  type LearningRate,
  type OptimizerOptions,
  type ScalarSpec,
  type SlotSpec,
  type Slots,
  type UpdateContext,
  type Updated,
} from './optimizer.ts';

/** Options of {@link Adamax} and {@link Nadam}. */
export interface MomentOptions extends OptimizerOptions {
  /** Part of the first moment that stays, 0.9 unless given. */
  readonly beta1?: number | undefined;
  /** Part of the second moment that stays, 0.999 unless given. */
  readonly beta2?: number | undefined;
  /** Keeps divisors away from 0, 1e-7 unless given. */
  readonly epsilon?: number | undefined;
}

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions extends MomentOptions {
  /** Whether the largest second moment so far is used (S. Reddi et al., 2018); false unless given. */
  readonly amsgrad?: boolean | undefined;
}

const OPTIONS = ['beta1', 'beta2', 'epsilon'];

/** β1, β2 and ε. */
abstract class MomentOptimizer extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  constructor(learningRate: LearningRate, options: MomentOptions) {
    super(learningRate, options);
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  override getConfig(): Config {
    const { beta1: beta_1, beta2: beta_2, epsilon } = this;
    return { ...super.getConfig(), beta_1, beta_2, epsilon };
  }
}

/** Moves an average towards a value: a + (x − a)·(1 − β). */
const towards = (average: Tensor, value: Tensor, beta: number): Tensor =>
  add(average, mul(sub(value, average), 1 - beta));

/**
 * Adam (D. Kingma, J. Ba, 2014): m += (g − m)(1 − β1), v += (g² − v)(1 − β2),
 * w −= lr·√(1 − β2^t)/(1 − β1^t) · m/(√v + ε). As in Keras, ε is added to the uncorrected root (PyTorch adds its 1e-8 to
 * the corrected one). The learning rate is 0.001 unless given.
 *
 * @example new Adam(0.01).apply(grads, variables);
 */
export class Adam extends MomentOptimizer {
  static override readonly className: string = 'Adam';
  static override readonly options: readonly string[] = ['beta1', 'beta2', 'epsilon', 'amsgrad'];
  readonly amsgrad: boolean;

  constructor(learningRate: LearningRate = 0.001, options: AdamOptions = {}) {
    super(learningRate, options);
    this.amsgrad = options.amsgrad ?? false;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    const moments = [{ name: 'momentum' }, { name: 'velocity' }];
    return this.amsgrad ? [moments, [{ name: 'velocity_hat' }]] : [moments];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    const { learningRate, step } = context;
    const momentum = towards(slots['momentum']!, gradient, this.beta1);
    const velocity = towards(slots['velocity']!, square(gradient), this.beta2);
    const correction = div(sqrt(sub(1, pow(this.beta2, step))), sub(1, pow(this.beta1, step)));
    const rate = mul(learningRate, correction);
    const largest = this.amsgrad ? maximum(slots['velocity_hat']!, velocity) : velocity;
    return {
      weight: sub(weight, div(mul(momentum, rate), add(sqrt(largest), this.epsilon))),
      slots: { momentum, velocity, ...(this.amsgrad ? { velocity_hat: largest } : {}) },
    };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), amsgrad: this.amsgrad };
  }
}

/**
 * Adam with decoupled weight decay (I. Loshchilov, F. Hutter, 2017); the decay is 0.004 unless given.
 *
 * @example
 * const optimizer = new AdamW(0.001, { weightDecay: 0.01 });
 * optimizer.excludeFromWeightDecay({ names: ['bias'] });
 */
export class AdamW extends Adam {
  static override readonly className: string = 'AdamW';
  static override readonly options: readonly string[] = ['beta1', 'beta2', 'epsilon', 'amsgrad'];

  constructor(learningRate: LearningRate = 0.001, options: AdamOptions = {}) {
    super(learningRate, { ...options, weightDecay: options.weightDecay === undefined ? 0.004 : options.weightDecay });
  }
}

/**
 * Adam with the infinity norm (D. Kingma, J. Ba, 2014): u ← max(β2·u, |g|), w −= lr·m / ((1 − β1^t)(u + ε)).
 *
 * @example new Adamax(0.002).apply(grads, variables);
 */
export class Adamax extends MomentOptimizer {
  static override readonly className: string = 'Adamax';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(learningRate: LearningRate = 0.001, options: MomentOptions = {}) {
    super(learningRate, options);
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'norm' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    const momentum = towards(slots['momentum']!, gradient, this.beta1);
    const norm = maximum(mul(slots['norm']!, this.beta2), abs(gradient));
    const rate = div(context.learningRate, sub(1, pow(this.beta1, context.step)));
    return { weight: sub(weight, div(mul(momentum, rate), add(norm, this.epsilon))), slots: { momentum, norm } };
  }
}

/**
 * Adam with Nesterov momentum (T. Dozat, 2016).
 *
 * @example new Nadam(0.002).apply(grads, variables);
 */
export class Nadam extends MomentOptimizer {
  static override readonly className: string = 'Nadam';
  static override readonly options: readonly string[] = OPTIONS;

  constructor(learningRate: LearningRate = 0.001, options: MomentOptions = {}) {
    super(learningRate, options);
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'velocity' }]];
  }

  protected override scalarSpecs(): readonly ScalarSpec[] {
    return [{ name: 'product', initial: 1 }];
  }

  /** u_t = β1·(1 − ½·0.96^t). */
  #factor(step: Tensor): Tensor {
    return mul(sub(1, mul(pow(0.96, step), 0.5)), this.beta1);
  }

  protected override updateScalars(scalars: Slots, step: Tensor): Slots {
    return { product: mul(scalars['product']!, this.#factor(step)) };
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    const { learningRate, step, scalars } = context;
    const [now, next] = [this.#factor(step), this.#factor(add(step, 1))];
    const product = mul(castTo(scalars['product']!, weight.dtype), now);
    const momentum = towards(slots['momentum']!, gradient, this.beta1);
    const velocity = towards(slots['velocity']!, square(gradient), this.beta2);
    const ahead = add(
      mul(momentum, div(next, sub(1, mul(product, next)))),
      mul(gradient, div(sub(1, now), sub(1, product))),
    );
    const corrected = div(velocity, sub(1, pow(this.beta2, step)));
    return {
      weight: sub(weight, div(mul(ahead, learningRate), add(sqrt(corrected), this.epsilon))),
      slots: { momentum, velocity },
    };
  }
}
