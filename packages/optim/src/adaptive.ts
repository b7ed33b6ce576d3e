/**
 * Optimizers with a rate per element and no momentum of their own: RMSprop, Adagrad and Adadelta.
 */
import { add, div, mul, sqrt, square, sub, type Tensor } from '@dl/tensor';
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

/** ρ·average + (1 − ρ)·value. */
const decaying = (average: Tensor, value: Tensor, rho: number): Tensor => add(mul(average, rho), mul(value, 1 - rho));

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends OptimizerOptions {
  /** Part of the mean square that stays, 0.9 unless given. */
  readonly rho?: number | undefined;
  /** 0 unless given. */
  readonly momentum?: number | undefined;
  /** Added inside the root, 1e-7 unless given. */
  readonly epsilon?: number | undefined;
  /** Whether the variance is used instead of the mean square; false unless given. */
  readonly centered?: boolean | undefined;
}

/**
 * v ← ρv + (1 − ρ)g², w −= lr·g/√(v + ε) (T. Hinton, 2012). ε is inside the root, unlike in PyTorch. The learning rate is
 * 0.001 unless given.
 *
 * @example new RMSprop(0.001, { momentum: 0.9 }).apply(grads, variables);
 */
export class RMSprop extends Optimizer {
  static override readonly className: string = 'RMSprop';
  static override readonly options: readonly string[] = ['rho', 'momentum', 'epsilon', 'centered'];
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;

  constructor(learningRate: LearningRate = 0.001, options: RMSpropOptions = {}) {
    super(learningRate, options);
    this.rho = options.rho ?? 0.9;
    this.momentum = options.momentum ?? 0;
    this.epsilon = options.epsilon ?? 1e-7;
    this.centered = options.centered ?? false;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [
      [{ name: 'velocity' }],
      ...(this.momentum > 0 ? [[{ name: 'momentum' }]] : []),
      ...(this.centered ? [[{ name: 'average_gradient' }]] : []),
    ];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
    const velocity = decaying(slots['velocity']!, square(gradient), this.rho);
    const next: Record<string, Tensor> = { velocity };
    let spread = velocity;
    if (this.centered) {
      const average = decaying(slots['average_gradient']!, gradient, this.rho);
      next['average_gradient'] = average;
      spread = sub(velocity, square(average));
    }
    let move = div(mul(gradient, learningRate), sqrt(add(spread, this.epsilon)));
    if (this.momentum > 0) {
      move = add(mul(slots['momentum']!, this.momentum), move);
      next['momentum'] = move;
    }
    return { weight: sub(weight, move), slots: next };
  }

  override getConfig(): Config {
    const { rho, momentum, epsilon, centered } = this;
    return { ...super.getConfig(), rho, momentum, epsilon, centered };
  }
}

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** First value of the accumulators, 0.1 unless given. */
  readonly initialAccumulatorValue?: number | undefined;
  /** Added inside the root, 1e-7 unless given. */
  readonly epsilon?: number | undefined;
}

/**
 * a += g², w −= lr·g/√(a + ε) (J. Duchi et al., 2011). The learning rate is 0.001 unless given.
 *
 * @example new Adagrad(0.01).apply(grads, variables);
 */
export class Adagrad extends Optimizer {
  static override readonly className: string = 'Adagrad';
  static override readonly options: readonly string[] = ['initialAccumulatorValue', 'epsilon'];
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;

  constructor(learningRate: LearningRate = 0.001, options: AdagradOptions = {}) {
    super(learningRate, options);
    this.initialAccumulatorValue = options.initialAccumulatorValue ?? 0.1;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'accumulator', initial: this.initialAccumulatorValue }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
    const accumulator = add(slots['accumulator']!, square(gradient));
    const move = div(mul(gradient, learningRate), sqrt(add(accumulator, this.epsilon)));
    return { weight: sub(weight, move), slots: { accumulator } };
  }

  override getConfig(): Config {
    const { initialAccumulatorValue: initial_accumulator_value, epsilon } = this;
    return { ...super.getConfig(), initial_accumulator_value, epsilon };
  }
}

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Part of the mean squares that stays, 0.95 unless given. */
  readonly rho?: number | undefined;
  /** Added inside the roots, 1e-7 unless given. */
  readonly epsilon?: number | undefined;
}

/**
 * E ← ρE + (1 − ρ)g², Δ = g·√(D + ε)/√(E + ε), D ← ρD + (1 − ρ)Δ², w −= lr·Δ (M. Zeiler, 2012). The learning rate is
 * 0.001 unless given; the paper's is 1.
 *
 * @example new Adadelta(1).apply(grads, variables);
 */
export class Adadelta extends Optimizer {
  static override readonly className: string = 'Adadelta';
  static override readonly options: readonly string[] = ['rho', 'epsilon'];
  readonly rho: number;
  readonly epsilon: number;

  constructor(learningRate: LearningRate = 0.001, options: AdadeltaOptions = {}) {
    super(learningRate, options);
    this.rho = options.rho ?? 0.95;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'accumulated_grad' }, { name: 'accumulated_delta_var' }]];
  }

  protected override update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate }: UpdateContext): Updated {
    const grads = decaying(slots['accumulated_grad']!, square(gradient), this.rho);
    const deltas = slots['accumulated_delta_var']!;
    const delta = div(mul(gradient, sqrt(add(deltas, this.epsilon))), sqrt(add(grads, this.epsilon)));
    return {
      weight: sub(weight, mul(delta, learningRate)),
      slots: { accumulated_grad: grads, accumulated_delta_var: decaying(deltas, square(delta), this.rho) },
    };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon };
  }
}
