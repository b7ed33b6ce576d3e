/**
 * LearningRateSchedule: the base class of functions of the step, in ops, so that they run inside compiled updates.
 */
import { ConfigError, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { classNameOf, type Config, type ConfigValue } from '../config.ts';

/** Options of every schedule. */
export interface ScheduleOptions {
  /** The name of the class unless given. */
  readonly name?: string | undefined;
}

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
  readonly name: string;

  constructor({ name }: ScheduleOptions = {}) {
    this.name = name ?? classNameOf(this);
  }

  abstract call(step: Tensor): Tensor;

  /** The learning rate at a step, which may be a number. */
  apply(step: TensorLike): Tensor {
    return this.call(tensor(step).cast('float32'));
  }

  getConfig(): Config {
    return { name: this.name };
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

/** Throws unless a number is positive. */
export function checkPositive(where: string, name: string, value: number): number {
  if (typeof value === 'number' && value > 0) return value;
  throw new ConfigError(`${where}: ${name} must be a positive number, got ${String(value)}`);
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
