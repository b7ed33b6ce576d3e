/**
 * Checks of what optimizers are made with.
 */
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { FunctionSchedule, LearningRateSchedule } from './schedules/learning-rate-schedule.ts';

/** A learning rate: a finite number ≥ 0. */
export function checkRate(where: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new ConfigError(`${where}: the learning rate must be a finite number ≥ 0, got ${describe(value)}`);
}

/** A number of steps, or null for none. */
export function checkFrequency(where: string, name: string, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${where}: ${name} must be a positive integer, got ${describe(value)}`);
}

/** A schedule, also from a function of the step. */
export function toSchedule(where: string, value: unknown): LearningRateSchedule {
  if (value instanceof LearningRateSchedule) return value;
  if (typeof value === 'function') return new FunctionSchedule(value as (step: Tensor) => Tensor);
  throw new ConfigError(`${where}: the learning rate must be a number or a schedule, got ${describe(value)}`);
}
