/**
 * How to make objects whose constructors need arguments, or take them apart from the options.
 */
import { callbacks } from '@dl/keras';
import * as metrics from '@dl/layers/metrics';
import { Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap, schedules } from '@dl/optim';

const decay = { initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5 };

/** By group and class. */
export const REQUIRED: Readonly<Record<string, () => object>> = {
  'metrics.IoU': () => new metrics.IoU({ numClasses: 2, targetClassIds: [0] }),
  'metrics.MeanIoU': () => new metrics.MeanIoU({ numClasses: 2 }),
  'metrics.OneHotIoU': () => new metrics.OneHotIoU({ numClasses: 2, targetClassIds: [0] }),
  'metrics.OneHotMeanIoU': () => new metrics.OneHotMeanIoU({ numClasses: 2 }),
  'metrics.MeanMetricWrapper': () => new metrics.MeanMetricWrapper((t) => t),
  'metrics.SensitivityAtSpecificity': () => new metrics.SensitivityAtSpecificity(0.5),
  'metrics.SpecificityAtSensitivity': () => new metrics.SpecificityAtSensitivity(0.5),
  'metrics.PrecisionAtRecall': () => new metrics.PrecisionAtRecall(0.5),
  'metrics.RecallAtPrecision': () => new metrics.RecallAtPrecision(0.5),
  'optimizers.LossScaleOptimizer': () => new LossScaleOptimizer(new Adam()),
  'optimizers.MultiOptimizer': () => new MultiOptimizer(new OptimizerMap(new Adam())),
  'optimizers.OptimizerMap': () => new OptimizerMap(new Adam()),
  'schedules.ExponentialDecay': () => new schedules.ExponentialDecay(decay),
  'schedules.InverseTimeDecay': () => new schedules.InverseTimeDecay(decay),
  'schedules.PolynomialDecay': () => new schedules.PolynomialDecay(decay),
  'schedules.CosineDecay': () => new schedules.CosineDecay(decay),
  'schedules.CosineDecayRestarts': () => new schedules.CosineDecayRestarts({ ...decay, firstDecaySteps: 10 }),
  'schedules.PiecewiseConstantDecay': () => new schedules.PiecewiseConstantDecay({ boundaries: [1], values: [1, 2] }),
  'callbacks.LambdaCallback': () => new callbacks.LambdaCallback({}),
  'callbacks.CallbackList': () => new callbacks.CallbackList(),
  'callbacks.BackupAndRestore': () => new callbacks.BackupAndRestore('backup'),
  'callbacks.ModelCheckpoint': () => new callbacks.ModelCheckpoint('model.keras'),
  'callbacks.CSVLogger': () => new callbacks.CSVLogger('log.csv'),
  'callbacks.LearningRateScheduler': () => new callbacks.LearningRateScheduler((_, rate) => rate),
};
