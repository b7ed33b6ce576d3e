/**
 * Callbacks, as `keras.callbacks`.
 */
export {
  Callback,
  type CallbackParams,
  type CallbackState,
  type Hook,
  type Logs,
  type StateValue,
} from './callbacks/callback.ts';
export { CallbackList, type CallbackListOptions } from './callbacks/callback-list.ts';
export { History } from './callbacks/history.ts';
export { ProgbarLogger } from './callbacks/progbar-logger.ts';
export { EarlyStopping, type EarlyStoppingOptions } from './callbacks/early-stopping.ts';
export {
  LearningRateScheduler,
  ReduceLROnPlateau,
  type LearningRateSchedulerOptions,
  type ReduceLROnPlateauOptions,
} from './callbacks/learning-rate.ts';
export { BackupAndRestore, type BackupAndRestoreOptions } from './callbacks/backup-and-restore.ts';
export { ModelCheckpoint, type ModelCheckpointOptions } from './callbacks/model-checkpoint.ts';
export type { SaveFrequency } from './callbacks/save-frequency.ts';
export { LambdaCallback, type LambdaHooks } from './callbacks/lambda-callback.ts';
export { CSVLogger, type CSVLoggerOptions } from './callbacks/csv-logger.ts';
export { RemoteMonitor, type RemoteMonitorOptions } from './callbacks/remote-monitor.ts';
export { SwapEMAWeights, type SwapEMAWeightsOptions } from './callbacks/swap-ema-weights.ts';
export { TensorBoard, type TensorBoardOptions } from './callbacks/tensorboard.ts';
export type { LogWriter } from './callbacks/tensorboard/log-folder.ts';
export { TerminalChart, type TerminalChartOptions } from './callbacks/terminal-chart.ts';
export { TerminateOnNaN, type TerminateOnNaNOptions } from './callbacks/terminate-on-nan.ts';
export type { Mode, MonitorOptions } from './callbacks/monitor.ts';
