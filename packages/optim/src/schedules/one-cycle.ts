/**
 * OneCycle: up to a high rate, down to a very low one.
 */
import { add, clip, ConfigError, cos, mul, sub, where, type Tensor } from '@dl/tensor';
import { toOptions, type Config } from '../config.ts';
import { checkPositive, LearningRateSchedule, type ScheduleOptions } from './learning-rate-schedule.ts';

/** Options of {@link OneCycle}. */
export interface OneCycleOptions extends ScheduleOptions {
  /** The highest rate. */
  readonly maxLearningRate: number;
  /** Steps of the whole cycle; later ones keep the last rate. */
  readonly totalSteps: number;
  /** Part of the steps that goes up, 0.3 unless given. */
  readonly pctStart?: number | undefined;
  /** 'cos' (the default) or 'linear'. */
  readonly annealStrategy?: 'cos' | 'linear' | undefined;
  /** The first rate is the highest divided by it, 25 unless given. */
  readonly divFactor?: number | undefined;
  /** The last rate is the first divided by it, 10,000 unless given. */
  readonly finalDivFactor?: number | undefined;
  /** Whether the rate first comes down as it went up, and then falls to the last; false unless given. */
  readonly threePhase?: boolean | undefined;
}

/**
 * The 1cycle policy (L. Smith, N. Topin, 2018), with the names and numbers of PyTorch's OneCycleLR; momentum is left as it is.
 *
 * @throws ConfigError for numbers out of range.
 * @example new OneCycle({ maxLearningRate: 0.1, totalSteps: 1000 });
 */
export class OneCycle extends LearningRateSchedule {
  static readonly className: string = 'OneCycle';
  readonly maxLearningRate: number;
  readonly totalSteps: number;
  readonly pctStart: number;
  readonly annealStrategy: 'cos' | 'linear';
  readonly divFactor: number;
  readonly finalDivFactor: number;
  readonly threePhase: boolean;

  constructor(options: OneCycleOptions) {
    super(options);
    const { pctStart = 0.3, annealStrategy = 'cos', divFactor = 25, finalDivFactor = 1e4 } = options;
    this.maxLearningRate = checkPositive('OneCycle', 'maxLearningRate', options.maxLearningRate);
    this.totalSteps = checkPositive('OneCycle', 'totalSteps', options.totalSteps);
    if (!(pctStart >= 0 && pctStart <= 1)) {
      throw new ConfigError(`OneCycle: pctStart must be in [0, 1], got ${String(pctStart)}`);
    }
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear') {
      throw new ConfigError(`OneCycle: annealStrategy must be 'cos' or 'linear', got '${String(annealStrategy)}'`);
    }
    this.pctStart = pctStart;
    this.annealStrategy = annealStrategy;
    this.divFactor = checkPositive('OneCycle', 'divFactor', divFactor);
    this.finalDivFactor = checkPositive('OneCycle', 'finalDivFactor', finalDivFactor);
    this.threePhase = options.threePhase ?? false;
  }

  /** From one rate to another while `part` goes from 0 to 1. */
  #anneal(part: Tensor, from: number, to: number): Tensor {
    const along = this.annealStrategy === 'linear' ? part : mul(sub(1, cos(mul(part, Math.PI))), 0.5);
    return add(mul(along, to - from), from);
  }

  override call(step: Tensor): Tensor {
    const { maxLearningRate: top, totalSteps, pctStart, threePhase } = this;
    const first = top / this.divFactor;
    const last = first / this.finalDivFactor;
    const rise = pctStart * totalSteps - 1;
    const phases = threePhase
      ? ([
          [rise, first, top],
          [2 * rise, top, first],
          [totalSteps - 1, first, last],
        ] as const)
      : ([
          [rise, first, top],
          [totalSteps - 1, top, last],
        ] as const);
    const rates = phases.map(([end, from, to], i) => {
      const begin = i === 0 ? 0 : phases[i - 1]![0];
      const length = Math.max(end - begin, 1e-12);
      return this.#anneal(clip(sub(step, begin).div(length), 0, 1), from, to);
    });
    return rates.reduceRight((later, rate, i) => where(step.lessEqual(phases[i]![0]), rate, later));
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      max_learning_rate: this.maxLearningRate,
      total_steps: this.totalSteps,
      pct_start: this.pctStart,
      anneal_strategy: this.annealStrategy,
      div_factor: this.divFactor,
      final_div_factor: this.finalDivFactor,
      three_phase: this.threePhase,
    };
  }

  static fromConfig(config: Config): OneCycle {
    return new OneCycle(toOptions(config) as unknown as OneCycleOptions);
  }
}
