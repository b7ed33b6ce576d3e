/**
 * `@dl/optim`: optimizers, learning-rate schedules and gradient clipping.
 */
export {
  Optimizer,
  type LearningRate,
  type OptimizerOptions,
  type ScalarSpec,
  type Slots,
  type SlotSpec,
  type UpdateContext,
  type Updated,
} from './optimizer.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export { Adam, Adamax, AdamW, Nadam, type AdamOptions, type MomentOptions } from './adam.ts';
export {
  Adadelta,
  Adagrad,
  RMSprop,
  type AdadeltaOptions,
  type AdagradOptions,
  type RMSpropOptions,
} from './adaptive.ts';
export { Adafactor, type AdafactorOptions } from './adafactor.ts';
export { Ftrl, type FtrlOptions } from './ftrl.ts';
export { LossScaleOptimizer, type LossScaleOptions } from './loss-scale.ts';
export { Lamb, Lion, type LambOptions, type LionOptions } from './lion-lamb.ts';
export { LBFGS, type Evaluation, type LBFGSOptions } from './lbfgs.ts';
export { MultiOptimizer, OptimizerMap, type MultiOptimizerOptions } from './multi-optimizer.ts';
export { Muon, type MuonOptions } from './muon.ts';
export { ScheduleFreeAdamW, type ScheduleFreeOptions } from './schedule-free.ts';
export * as schedules from './schedules.ts';
export { LearningRateSchedule } from './schedules.ts';
export { clipByGlobalNorm, clipByNorm, clipByValue, globalNorm, type ClippingOptions } from './clipping.ts';
export { get, get as deserialize, serialize, type OptimizerLike, type StoredOptimizer } from './registry.ts';
export { deserializeSchedule, type StoredSchedule } from './schedules/registry.ts';
export type { Config, ConfigValue } from './config.ts';
