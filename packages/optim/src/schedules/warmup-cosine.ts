/**
 * WarmupCosineDecay: a straight line up, half a cosine wave down.
 */
import { add, clip, ConfigError, cos, mul, sub, where, type Tensor } from '@dl/tensor';
import { toOptions, type Config } from '../config.ts';
import { checkPositive, LearningRateSchedule, type ScheduleOptions } from './learning-rate-schedule.ts';

/** Options of {@link WarmupCosineDecay}. */
export interface WarmupCosineDecayOptions extends ScheduleOptions {
  /** The rate after the warm-up. */
  readonly peakLearningRate: number;
  /** Steps of the line up; may be 0. */
  readonly warmupSteps: number;
  /** Steps of warm-up and decay together. */
  readonly totalSteps: number;
  /** The first rate, 0 unless given. */
  readonly initialLearningRate?: number | undefined;
  /** The last rate, 0 unless given. */
  readonly endLearningRate?: number | undefined;
}

/**
 * Warm-up and cosine decay, as transformers are trained with (I. Loshchilov, F. Hutter, 2016; P. Goyal et al., 2017).
 * `CosineDecay` with `warmupTarget` is the same curve under Keras's names, where `decaySteps` counts after the warm-up.
 *
 * @throws ConfigError when the warm-up is not shorter than the whole.
 * @example new WarmupCosineDecay({ peakLearningRate: 3e-4, warmupSteps: 500, totalSteps: 10_000 });
 */
export class WarmupCosineDecay extends LearningRateSchedule {
  static readonly className: string = 'WarmupCosineDecay';
  readonly peakLearningRate: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly initialLearningRate: number;
  readonly endLearningRate: number;

  constructor(options: WarmupCosineDecayOptions) {
    super(options);
    this.peakLearningRate = options.peakLearningRate;
    this.totalSteps = checkPositive('WarmupCosineDecay', 'totalSteps', options.totalSteps);
    this.warmupSteps = options.warmupSteps;
    if (!(this.warmupSteps >= 0 && this.warmupSteps < this.totalSteps)) {
      throw new ConfigError(
        `WarmupCosineDecay: warmupSteps must be at least 0 and less than totalSteps (${this.totalSteps}), got ${String(options.warmupSteps)}`,
      );
    }
    this.initialLearningRate = options.initialLearningRate ?? 0;
    this.endLearningRate = options.endLearningRate ?? 0;
  }

  override call(step: Tensor): Tensor {
    const { peakLearningRate: peak, warmupSteps, totalSteps, initialLearningRate: first, endLearningRate: end } = this;
    const part = clip(sub(step, warmupSteps).div(totalSteps - warmupSteps), 0, 1);
    const falling = add(mul(add(cos(mul(part, Math.PI)), 1), (peak - end) / 2), end);
    if (warmupSteps === 0) return falling;
    return where(step.less(warmupSteps), add(mul(step, (peak - first) / warmupSteps), first), falling);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      peak_learning_rate: this.peakLearningRate,
      warmup_steps: this.warmupSteps,
      total_steps: this.totalSteps,
      initial_learning_rate: this.initialLearningRate,
      end_learning_rate: this.endLearningRate,
    };
  }

  static fromConfig(config: Config): WarmupCosineDecay {
    return new WarmupCosineDecay(toOptions(config) as unknown as WarmupCosineDecayOptions);
  }
}
