/**
 * Schedules by their stored form.
 */
import { unknownName } from '@dl/tensor';
import type { Config } from './config.ts';
import {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  type LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
} from './schedules.ts';

const CLASSES: Readonly<Record<string, { fromConfig(config: Config): LearningRateSchedule }>> = {
  ExponentialDecay,
  InverseTimeDecay,
  PolynomialDecay,
  PiecewiseConstantDecay,
  CosineDecay,
  CosineDecayRestarts,
};

/** The stored form of a schedule. */
export interface StoredSchedule {
  readonly class_name: string;
  readonly config: Config;
}

/**
 * Makes a schedule from its stored form.
 *
 * @throws ConfigError with the nearest names for a class that is unknown.
 */
export function deserializeSchedule(value: StoredSchedule): LearningRateSchedule {
  if (!Object.hasOwn(CLASSES, value.class_name)) {
    return unknownName('optimizers', 'learning-rate schedule', value.class_name, Object.keys(CLASSES));
  }
  return CLASSES[value.class_name]!.fromConfig(value.config);
}
