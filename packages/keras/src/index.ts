/**
 * `@dl/keras`: models, training and evaluation; the whole framework behind one import.
 */
import './setup.ts';

export { Model, type AnyModel, type LossData, type StepData, type StepLogs } from './model.ts';
export type { ModelOptions } from './functional/graph-layer.ts';
export { Sequential, type SequentialOptions } from './sequential.ts';
export { clearSession, Input, KerasTensor } from '@dl/layers';
export { modelToDot, plotModel, type PlotOptions } from './plot-model.ts';
export { loadWeights, saveWeights, type LoadWeightsOptions, type WeightSource } from './weights.ts';
export type { LoadedState, LoadStateOptions, StateValue, StateValues } from './modules/state-dict.ts';
export { Profile, type ProfilePart, type ProfileTimes } from './training/profile.ts';
export type { SummaryOptions } from './summary.ts';
export type { Data, DataTree, HostArray } from './data/host-array.ts';
export type {
  BatchOptions,
  ClassWeights,
  CompileOptions,
  EvaluateOptions,
  FitOptions,
  PredictOptions,
  ValidationData,
  Verbosity,
} from './training/options.ts';
export * as layers from '@dl/layers';
export * as activations from '@dl/layers/activations';
export * as constraints from '@dl/layers/constraints';
export * as initializers from '@dl/layers/initializers';
export * as losses from '@dl/layers/losses';
export * as metrics from '@dl/layers/metrics';
export * as regularizers from '@dl/layers/regularizers';
export * as optimizers from '@dl/optim';
export * as callbacks from './callbacks.ts';
export * as models from './models.ts';
export * as saving from './saving.ts';
export * as ops from '@dl/tensor/ops';
export { random } from '@dl/tensor/ops';
export * from '@dl/tensor';
export { configure, cpu, features, setThreads, type CpuFeatures, type CpuSettings } from '@dl/backend-cpu';
export {
  checkpoint,
  customGradient,
  customJvp,
  customVjp,
  grad,
  gradcheck,
  hessian,
  hvp,
  jacobian,
  jvp,
  noGrad,
  onGradient,
  valueAndGrad,
  variableGrads,
  vectorizedMap,
  vjp,
  vmap,
} from '@dl/autograd';
