/**
 * Learning-rate schedules: functions of the step, in ops, so that they run inside compiled updates.
 */
import {
  add,
  ceil,
  ConfigError,
  cos,
  exp,
  floor,
  log,
  maximum,
  minimum,
  mul,
  pow,
  sub,
  tensor,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { classNameOf, toOptions, type Config, type ConfigValue } from './config.ts';

/**
 * Base class: `call` maps the 0-based step (float32 scalar) to the learning rate.
 *
 * @example
 * class Warmup extends LearningRateSchedule {
 *   call(step: Tensor): Tensor {
 *     return step.add(1).mul(0.001).minimum(0.01);
 *   }
 * }
 */
export abstract class LearningRateSchedule {
  abstract call(step: Tensor): Tensor;

  /** The learning rate at a step, which may be a number. */
  apply(step: TensorLike): Tensor {
    return this.call(tensor(step).cast('float32'));
  }

  getConfig(): Config {
    return {};
  }
}

/** A schedule from a function of the step, made of ops. */
export class FunctionSchedule extends LearningRateSchedule {
  readonly fn: (step: Tensor) => Tensor;

  constructor(fn: (step: Tensor) => Tensor) {
    super();
    this.fn = fn;
  }

  override call(step: Tensor): Tensor {
    return this.fn(step);
  }
}

function checkPositive(where: string, name: string, value: number): number {
  if (typeof value === 'number' && value > 0) return value;
  throw new ConfigError(`${where}: ${name} must be a positive number, got ${String(value)}`);
}

/** Options of {@link ExponentialDecay} and {@link InverseTimeDecay}. */
export interface DecayOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Whether the rate falls in steps; false unless given. */
  readonly staircase?: boolean | undefined;
}

/** The step in units of `decaySteps`, whole if the decay is a staircase. */
const progress = (step: Tensor, decaySteps: number, staircase: boolean): Tensor => {
  const p = step.div(decaySteps);
  return staircase ? floor(p) : p;
};

/**
 * lr · rate^(step / decaySteps).
 *
 * @example new ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.96 });
 */
export class ExponentialDecay extends LearningRateSchedule {
  static readonly className: string = 'ExponentialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;

  constructor(options: DecayOptions) {
    super();
    this.initialLearningRate = options.initialLearningRate;
    this.decaySteps = checkPositive('ExponentialDecay', 'decaySteps', options.decaySteps);
    this.decayRate = options.decayRate;
    this.staircase = options.staircase ?? false;
  }

  override call(step: Tensor): Tensor {
    return mul(pow(this.decayRate, progress(step, this.decaySteps, this.staircase)), this.initialLearningRate);
  }

  override getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      decay_rate: this.decayRate,
      staircase: this.staircase,
    };
  }

  static fromConfig(config: Config): ExponentialDecay {
    return new ExponentialDecay(toOptions(config) as unknown as DecayOptions);
  }
}

/** lr / (1 + rate · step / decaySteps). */
export class InverseTimeDecay extends LearningRateSchedule {
  static readonly className: string = 'InverseTimeDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;

  constructor(options: DecayOptions) {
    super();
    this.initialLearningRate = options.initialLearningRate;
    this.decaySteps = checkPositive('InverseTimeDecay', 'decaySteps', options.decaySteps);
    this.decayRate = options.decayRate;
    this.staircase = options.staircase ?? false;
  }

  override call(step: Tensor): Tensor {
    const p = progress(step, this.decaySteps, this.staircase);
    return mul(add(mul(p, this.decayRate), 1).pow(-1), this.initialLearningRate);
  }

  override getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      decay_rate: this.decayRate,
      staircase: this.staircase,
    };
  }

  static fromConfig(config: Config): InverseTimeDecay {
    return new InverseTimeDecay(toOptions(config) as unknown as DecayOptions);
  }
}

/** Options of {@link PolynomialDecay}. */
export interface PolynomialDecayOptions {
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
    super();
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
export interface PiecewiseConstantDecayOptions {
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

  constructor({ boundaries, values }: PiecewiseConstantDecayOptions) {
    super();
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
    return { boundaries: this.boundaries, values: this.values };
  }

  static fromConfig(config: Config): PiecewiseConstantDecay {
    return new PiecewiseConstantDecay(toOptions(config) as unknown as PiecewiseConstantDecayOptions);
  }
}

/** Options of {@link CosineDecay}. */
export interface CosineDecayOptions {
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
    super();
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
export interface CosineDecayRestartsOptions {
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
    super();
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

/** A schedule in the form Keras stores it. */
export function serializeSchedule(schedule: LearningRateSchedule): ConfigValue {
  const known = Object.hasOwn(schedule.constructor, 'className');
  const name = classNameOf(schedule);
  return {
    module: known ? 'keras.optimizers.schedules' : null,
    class_name: name,
    config: schedule.getConfig() as ConfigValue,
    registered_name: known ? null : `Custom>${name}`,
  };
}
