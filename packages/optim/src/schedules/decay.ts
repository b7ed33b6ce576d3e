/**
 * Schedules that fall: exponential, inverse time, polynomial, and by pieces.
 */
import { add, ceil, ConfigError, floor, maximum, minimum, mul, pow, sub, tensor, where, type Tensor } from '@dl/tensor';
import { classNameOf, toOptions, type Config } from '../config.ts';
import { checkPositive, LearningRateSchedule, type ScheduleOptions } from './learning-rate-schedule.ts';

/** Options of {@link ExponentialDecay} and {@link InverseTimeDecay}. */
export interface DecayOptions extends ScheduleOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Whether the rate falls in steps; false unless given. */
  readonly staircase?: boolean | undefined;
}

/** What both schedules with a rate per `decaySteps` have in common. */
abstract class RateDecay extends LearningRateSchedule {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;

  constructor(options: DecayOptions) {
    super(options);
    this.initialLearningRate = options.initialLearningRate;
    this.decaySteps = checkPositive(classNameOf(this), 'decaySteps', options.decaySteps);
    this.decayRate = options.decayRate;
    this.staircase = options.staircase ?? false;
  }

  /** The step in units of `decaySteps`, whole if the decay is a staircase. */
  protected progress(step: Tensor): Tensor {
    const p = step.div(this.decaySteps);
    return this.staircase ? floor(p) : p;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      decay_rate: this.decayRate,
      staircase: this.staircase,
    };
  }
}

/**
 * lr · rate^(step / decaySteps).
 *
 * @example new ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.96 });
 */
export class ExponentialDecay extends RateDecay {
  static readonly className: string = 'ExponentialDecay';

  override call(step: Tensor): Tensor {
    return mul(pow(this.decayRate, this.progress(step)), this.initialLearningRate);
  }

  static fromConfig(config: Config): ExponentialDecay {
    return new ExponentialDecay(toOptions(config) as unknown as DecayOptions);
  }
}

/** lr / (1 + rate · step / decaySteps). */
export class InverseTimeDecay extends RateDecay {
  static readonly className: string = 'InverseTimeDecay';

  override call(step: Tensor): Tensor {
    return mul(add(mul(this.progress(step), this.decayRate), 1).pow(-1), this.initialLearningRate);
  }

  static fromConfig(config: Config): InverseTimeDecay {
    return new InverseTimeDecay(toOptions(config) as unknown as DecayOptions);
  }
}

/** Options of {@link PolynomialDecay}. */
export interface PolynomialDecayOptions extends ScheduleOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** 0.0001 unless given. */
  readonly endLearningRate?: number | undefined;
  /** 1, a straight line, unless given. */
  readonly power?: number | undefined;
  /** Whether the rate rises again at each multiple of `decaySteps`; false unless given. */
  readonly cycle?: boolean | undefined;
}

/** (lr − end)·(1 − step / decaySteps)^power + end. */
export class PolynomialDecay extends LearningRateSchedule {
  static readonly className: string = 'PolynomialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;

  constructor(options: PolynomialDecayOptions) {
    super(options);
    this.initialLearningRate = options.initialLearningRate;
    this.decaySteps = checkPositive('PolynomialDecay', 'decaySteps', options.decaySteps);
    this.endLearningRate = options.endLearningRate ?? 0.0001;
    this.power = options.power ?? 1;
    this.cycle = options.cycle ?? false;
  }

  override call(step: Tensor): Tensor {
    const cycles = this.cycle ? maximum(ceil(step.div(this.decaySteps)), 1) : null;
    const span = cycles === null ? tensor(this.decaySteps) : mul(cycles, this.decaySteps);
    const at = this.cycle ? step : minimum(step, this.decaySteps);
    const left = sub(1, at.div(span)).pow(this.power);
    return add(mul(left, this.initialLearningRate - this.endLearningRate), this.endLearningRate);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      end_learning_rate: this.endLearningRate,
      power: this.power,
      cycle: this.cycle,
    };
  }

  static fromConfig(config: Config): PolynomialDecay {
    return new PolynomialDecay(toOptions(config) as unknown as PolynomialDecayOptions);
  }
}

/** Options of {@link PiecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions extends ScheduleOptions {
  /** Rising steps; each is the last one of its piece. */
  readonly boundaries: readonly number[];
  /** One more than boundaries. */
  readonly values: readonly number[];
}

/** One rate up to the first boundary, the next up to the second, and so on; a boundary belongs to the earlier piece. */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static readonly className: string = 'PiecewiseConstantDecay';
  readonly boundaries: readonly number[];
  readonly values: readonly number[];

  constructor(options: PiecewiseConstantDecayOptions) {
    super(options);
    const { boundaries, values } = options;
    if (!Array.isArray(boundaries) || !Array.isArray(values) || values.length !== boundaries.length + 1) {
      throw new ConfigError(
        `PiecewiseConstantDecay: expected one more value than boundaries, got ${boundaries?.length} boundaries and ${values?.length} values`,
      );
    }
    this.boundaries = boundaries;
    this.values = values;
  }

  override call(step: Tensor): Tensor {
    return this.boundaries.reduceRight<Tensor>(
      (later, boundary, i) => where(step.lessEqual(boundary), this.values[i]!, later),
      tensor(this.values.at(-1)!),
    );
  }

  override getConfig(): Config {
    return { ...super.getConfig(), boundaries: this.boundaries, values: this.values };
  }

  static fromConfig(config: Config): PiecewiseConstantDecay {
    return new PiecewiseConstantDecay(toOptions(config) as unknown as PiecewiseConstantDecayOptions);
  }
}
