/**
 * Schedules by their stored form.
 */
import { unknownName } from '@dl/tensor';
import type { Config } from '../config.ts';
import { CosineDecay, CosineDecayRestarts } from './cosine.ts';
import { ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay } from './decay.ts';
import type { LearningRateSchedule } from './learning-rate-schedule.ts';
import { OneCycle } from './one-cycle.ts';
import { WarmupCosineDecay } from './warmup-cosine.ts';

const CLASSES: Readonly<Record<string, { fromConfig(config: Config): LearningRateSchedule }>> = {
  ExponentialDecay,
  InverseTimeDecay,
  PolynomialDecay,
  PiecewiseConstantDecay,
  CosineDecay,
  CosineDecayRestarts,
  OneCycle,
  WarmupCosineDecay,
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
