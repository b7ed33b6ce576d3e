/**
 * Schedules along cosine waves.
 */
import { add, cos, exp, floor, log, minimum, mul, pow, sub, where, type Tensor } from '@dl/tensor';
import { toOptions, type Config } from '../config.ts';
import { checkPositive, LearningRateSchedule, type ScheduleOptions } from './learning-rate-schedule.ts';

/** Options of {@link CosineDecay}. */
export interface CosineDecayOptions extends ScheduleOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** Lowest rate, as a part of the highest; 0 unless given. */
  readonly alpha?: number | undefined;
  /** Rate at the end of the warm-up; without it there is none. */
  readonly warmupTarget?: number | null | undefined;
  readonly warmupSteps?: number | undefined;
}

/** Half a cosine wave down from the first rate, or from the target of a linear warm-up (I. Loshchilov, F. Hutter, 2016). */
export class CosineDecay extends LearningRateSchedule {
  static readonly className: string = 'CosineDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha: number;
  readonly warmupTarget: number | null;
  readonly warmupSteps: number;

  constructor(options: CosineDecayOptions) {
    super(options);
    this.initialLearningRate = options.initialLearningRate;
    this.decaySteps = checkPositive('CosineDecay', 'decaySteps', options.decaySteps);
    this.alpha = options.alpha ?? 0;
    this.warmupTarget = options.warmupTarget ?? null;
    this.warmupSteps = options.warmupSteps ?? 0;
  }

  #decay(step: Tensor, from: number): Tensor {
    const wave = mul(add(cos(mul(step.div(this.decaySteps), Math.PI)), 1), 0.5);
    return mul(add(mul(wave, 1 - this.alpha), this.alpha), from);
  }

  override call(step: Tensor): Tensor {
    const { warmupTarget, warmupSteps, initialLearningRate } = this;
    if (warmupTarget === null) return this.#decay(minimum(step, this.decaySteps), initialLearningRate);
    const at = minimum(step, this.decaySteps + warmupSteps);
    const decayed = this.#decay(sub(at, warmupSteps), warmupTarget);
    if (warmupSteps === 0) return decayed;
    const rising = add(mul(at.div(warmupSteps), warmupTarget - initialLearningRate), initialLearningRate);
    return where(at.less(warmupSteps), rising, decayed);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      alpha: this.alpha,
      warmup_target: this.warmupTarget,
      warmup_steps: this.warmupSteps,
    };
  }

  static fromConfig(config: Config): CosineDecay {
    return new CosineDecay(toOptions(config) as unknown as CosineDecayOptions);
  }
}

/** Options of {@link CosineDecayRestarts}. */
export interface CosineDecayRestartsOptions extends ScheduleOptions {
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  /** Factor of the length of each next period; 2 unless given. */
  readonly tMul?: number | undefined;
  /** Factor of the first rate of each next period; 1 unless given. */
  readonly mMul?: number | undefined;
  /** Lowest rate, as a part of the highest; 0 unless given. */
  readonly alpha?: number | undefined;
}

/** Cosine decay that starts again and again (I. Loshchilov, F. Hutter, 2016). */
export class CosineDecayRestarts extends LearningRateSchedule {
  static readonly className: string = 'CosineDecayRestarts';
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;

  constructor(options: CosineDecayRestartsOptions) {
    super(options);
    this.initialLearningRate = options.initialLearningRate;
    this.firstDecaySteps = checkPositive('CosineDecayRestarts', 'firstDecaySteps', options.firstDecaySteps);
    this.tMul = checkPositive('CosineDecayRestarts', 'tMul', options.tMul ?? 2);
    this.mMul = options.mMul ?? 1;
    this.alpha = options.alpha ?? 0;
  }

  /** Number of the period and the place in it, from 0 to 1. */
  #place(step: Tensor): readonly [period: Tensor, place: Tensor] {
    const whole = step.div(this.firstDecaySteps);
    const { tMul } = this;
    if (tMul === 1) return [floor(whole), sub(whole, floor(whole))];
    const period = floor(log(sub(1, mul(whole, 1 - tMul))).div(Math.log(tMul)));
    const length = exp(mul(period, Math.log(tMul)));
    return [period, sub(whole, sub(1, length).div(1 - tMul)).div(length)];
  }

  override call(step: Tensor): Tensor {
    const [period, place] = this.#place(step);
    const height = this.mMul === 1 ? 0.5 : mul(pow(this.mMul, period), 0.5);
    const wave = mul(add(cos(mul(place, Math.PI)), 1), height);
    return mul(add(mul(wave, 1 - this.alpha), this.alpha), this.initialLearningRate);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      initial_learning_rate: this.initialLearningRate,
      first_decay_steps: this.firstDecaySteps,
      t_mul: this.tMul,
      m_mul: this.mMul,
      alpha: this.alpha,
    };
  }

  static fromConfig(config: Config): CosineDecayRestarts {
    return new CosineDecayRestarts(toOptions(config) as unknown as CosineDecayRestartsOptions);
  }
}
