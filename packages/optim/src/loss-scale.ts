/**
 * LossScaleOptimizer: training in float16 without losing small gradients.
 */
import { abs, all, ConfigError, logicalAnd, less, tensor, Variable, where, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { toOptions, type Config } from './config.ts';
import { Optimizer, type StoredState, type Updated } from './optimizer.ts';
import type { LearningRateSchedule } from './schedules/learning-rate-schedule.ts';

/** Options of {@link LossScaleOptimizer}. */
export interface LossScaleOptions {
  /** The first factor of the loss, 2¹⁵ unless given. */
  readonly initialScale?: number | undefined;
  /** The factor doubles after so many updates in a row with finite gradients; 2000 unless given. */
  readonly dynamicGrowthSteps?: number | undefined;
  readonly name?: string | undefined;
}

/**
 * Scales the loss so that float16 gradients do not vanish, and undoes it before the update. An update whose gradients are
 * not finite is left out, and the factor is halved; after `dynamicGrowthSteps` good ones it doubles. Follows
 * `keras.optimizers.LossScaleOptimizer`. Models with the policy 'mixed_float16' use it by themselves.
 *
 * @throws ConfigError unless it is given an optimizer.
 * @example new LossScaleOptimizer(new Adam(0.001), { initialScale: 2 ** 10 });
 */
export class LossScaleOptimizer extends Optimizer {
  static override readonly className: string = 'LossScaleOptimizer';
  readonly inner: Optimizer;
  readonly initialScale: number;
  readonly dynamicGrowthSteps: number;
  /** The present factor, float32. */
  readonly dynamicScale: Variable;
  readonly #goodSteps: Variable;

  constructor(inner: Optimizer, options: LossScaleOptions = {}) {
    super(0, { name: options.name ?? 'loss_scale_optimizer' });
    if (!((inner as unknown) instanceof Optimizer)) {
      throw new ConfigError(`LossScaleOptimizer: expected an optimizer, got ${describe(inner)}`);
    }
    const { initialScale = 2 ** 15, dynamicGrowthSteps = 2000 } = options;
    if (!(initialScale > 0 && Number.isFinite(initialScale))) {
      throw new ConfigError(`LossScaleOptimizer: initialScale must be positive, got ${describe(initialScale)}`);
    }
    if (!Number.isInteger(dynamicGrowthSteps) || dynamicGrowthSteps < 1) {
      throw new ConfigError(
        `LossScaleOptimizer: dynamicGrowthSteps must be a positive integer, got ${describe(dynamicGrowthSteps)}`,
      );
    }
    this.inner = inner;
    this.initialScale = initialScale;
    this.dynamicGrowthSteps = dynamicGrowthSteps;
    this.dynamicScale = new Variable(tensor(initialScale), { name: 'dynamic_scale', kind: 'slot' });
    this.#goodSteps = new Variable(tensor(0, 'int32'), { name: 'step_counter', kind: 'slot' });
  }

  override get iterations(): Variable {
    return this.inner.iterations;
  }

  override get learningRate(): Variable | LearningRateSchedule {
    return this.inner.learningRate;
  }

  override set learningRate(value: number) {
    this.inner.learningRate = value;
  }

  override currentLearningRate(): Tensor {
    return this.inner.currentLearningRate();
  }

  override get built(): boolean {
    return this.inner.built;
  }

  override get trainableVariables(): readonly Variable[] {
    return this.inner.trainableVariables;
  }

  override get variables(): readonly Variable[] {
    return [this.#goodSteps, this.dynamicScale, ...this.inner.variables];
  }

  /** As Keras stores it: counters of its own, a rate of 0, its scale, and all of the inner state once more. */
  override storedParts(): StoredState {
    const own = [this.iterations, super.learningRate as Variable, this.#goodSteps, this.dynamicScale];
    return { variables: [...own, ...this.inner.variables], inner: this.inner };
  }

  override build(variables: readonly Variable[]): void {
    this.inner.build(variables);
  }

  override scaleLoss(loss: Tensor): Tensor {
    return loss.mul(this.dynamicScale.read().cast(loss.dtype));
  }

  override apply(grads: readonly (Tensor | null)[], variables?: readonly Variable[]): void {
    const { inner, dynamicScale } = this;
    if (!inner.built && variables !== undefined) inner.build(variables);
    const scale = dynamicScale.read();
    const finite = allFinite(grads);
    const targets = [...(variables ?? inner.trainableVariables), ...inner.variables];
    const before = targets.map((variable) => variable.value);
    inner.apply(
      grads.map((gradient) => gradient?.div(scale.cast(gradient.dtype)) ?? null),
      variables,
    );
    targets.forEach((variable, i) => variable.assign(where(finite, variable.read(), before[i]!)));
    const good = this.#goodSteps.read().add(1);
    const grown = logicalAnd(finite, good.greaterEqual(this.dynamicGrowthSteps));
    dynamicScale.assign(where(finite, where(grown, scale.mul(2), scale), scale.div(2)));
    this.#goodSteps.assign(where(logicalAnd(finite, good.less(this.dynamicGrowthSteps)), good, 0).cast('int32'));
  }

  protected override update(): Updated {
    throw new ConfigError('LossScaleOptimizer: updates are those of the inner optimizer');
  }

  override finalizeVariableValues(): void {
    this.inner.finalizeVariableValues();
  }

  override getConfig(): Config {
    const { inner } = this;
    const { className } = inner.constructor as typeof Optimizer;
    const stored = {
      module: 'keras.optimizers',
      class_name: className,
      config: inner.getConfig(),
      registered_name: null,
    };
    return {
      name: this.name,
      inner_optimizer: stored,
      initial_scale: this.initialScale,
      dynamic_growth_steps: this.dynamicGrowthSteps,
    };
  }

  /** Makes one around an optimizer from what {@link getConfig} gave. */
  static around(inner: Optimizer, config: Config): LossScaleOptimizer {
    const { initialScale, dynamicGrowthSteps, name } = toOptions(config) as LossScaleOptions;
    return new LossScaleOptimizer(inner, { initialScale, dynamicGrowthSteps, name });
  }
}

/** Whether every gradient is finite, a bool scalar. */
function allFinite(grads: readonly (Tensor | null)[]): Tensor {
  const checks = grads.flatMap((gradient) => (gradient === null ? [] : [all(less(abs(gradient), Infinity))]));
  return checks.reduce((a, b) => logicalAnd(a, b), tensor(true));
}
