/**
 * Learning-rate schedules, as `keras.optimizers.schedules`.
 */
export {
  FunctionSchedule,
  LearningRateSchedule,
  serializeSchedule,
  serializeSchedule as serialize,
  type ScheduleOptions,
} from './schedules/learning-rate-schedule.ts';
export * from './schedules/decay.ts';
export * from './schedules/cosine.ts';
export * from './schedules/one-cycle.ts';
export * from './schedules/warmup-cosine.ts';
export { deserializeSchedule as deserialize, type StoredSchedule } from './schedules/registry.ts';
