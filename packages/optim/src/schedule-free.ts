/**
 * ScheduleFreeAdamW.
 */
import { add, div, minimum, mul, pow, sqrt, square, sub, type Tensor, type Variable } from '@dl/tensor';
import type { Config } from './config.ts';
import {
  Optimizer,
  type LearningRate,
  type OptimizerOptions,
  type Slots,
  type SlotSpec,
  type UpdateContext,
  type Updated,
} from './optimizer.ts';

/** Options of {@link ScheduleFreeAdamW}. */
export interface ScheduleFreeOptions extends OptimizerOptions {
  /** Part of the average in the weights that are trained, 0.9 unless given. */
  readonly beta1?: number | undefined;
  /** Part of the second moment that stays, 0.999 unless given. */
  readonly beta2?: number | undefined;
  /** Added to the corrected root, 1e-8 unless given. */
  readonly epsilon?: number | undefined;
  /** Steps in which the learning rate rises to its value, 0 unless given. */
  readonly warmupSteps?: number | undefined;
}

/**
 * AdamW that needs no schedule (A. Defazio et al., 2024). Each variable has a second value z ('momentum') that takes the
 * steps; x is the mean of all z, and training sees y = (1 − β1)·z + β1·x. The learning rate is 0.0025 unless given.
 * Evaluate with `swapToEval()`, which gives the variables x, and go on training after `swapToTrain()`.
 *
 * @example
 * const optimizer = new ScheduleFreeAdamW(0.0025);
 * optimizer.apply(grads, variables);
 * optimizer.swapToEval();
 */
export class ScheduleFreeAdamW extends Optimizer {
  static override readonly className: string = 'ScheduleFreeAdamW';
  static override readonly options: readonly string[] = ['beta1', 'beta2', 'epsilon', 'warmupSteps'];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly warmupSteps: number;

  constructor(learningRate: LearningRate = 0.0025, options: ScheduleFreeOptions = {}) {
    super(learningRate, { ...options, name: options.name ?? 'schedule_free_adamw' });
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-8;
    this.warmupSteps = options.warmupSteps ?? 0;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum', initial: 'weight' }, { name: 'velocity' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext): Updated {
    const { beta2, warmupSteps } = this;
    const { step } = context;
    const warm = warmupSteps > 0 ? minimum(step.div(warmupSteps), 1) : 1;
    const rate = mul(context.learningRate, warm);
    const velocity = add(slots['velocity']!, mul(sub(square(gradient), slots['velocity']!), 1 - beta2));
    const root = add(sqrt(velocity.div(sub(1, pow(beta2, step)))), this.epsilon);
    const momentum = sub(slots['momentum']!, div(mul(gradient, rate), root));
    const mean = this.#mean(weight, slots['momentum']!);
    const next = add(mean, div(sub(momentum, mean), step));
    return { weight: this.#mix(momentum, next), slots: { momentum, velocity } };
  }

  /** y = (1 − β1)·z + β1·x. */
  #mix(z: Tensor, x: Tensor): Tensor {
    return add(mul(z, 1 - this.beta1), mul(x, this.beta1));
  }

  /** x from y and z. */
  #mean(y: Tensor, z: Tensor): Tensor {
    return sub(y, mul(z, 1 - this.beta1)).div(this.beta1);
  }

  #pairs(): readonly (readonly [variable: Variable, momentum: Variable])[] {
    const moments = this.variables.filter(({ name }) => name.endsWith('_momentum'));
    return this.trainableVariables.map((variable, i) => [variable, moments[i]!]);
  }

  /** Gives the variables the values that are trained; call it before training goes on. Nothing happens before the first update. */
  swapToTrain(): void {
    for (const [variable, z] of this.#pairs()) variable.assign(this.#mix(z.value, variable.value));
  }

  /** Gives the variables the averaged values; call it before evaluation. Nothing happens before the first update. */
  swapToEval(): void {
    for (const [variable, z] of this.#pairs()) variable.assign(this.#mean(variable.value, z.value));
  }

  override getConfig(): Config {
    const { beta1: beta_1, beta2: beta_2, epsilon, warmupSteps: warmup_steps } = this;
    return { ...super.getConfig(), beta_1, beta_2, epsilon, warmup_steps };
  }
}
