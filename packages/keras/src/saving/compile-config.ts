/**
 * What a model was compiled with, in its stored form.
 */
import { registeredNameOf, serializeFunction, type ConfigValue } from '@dl/layers';
import * as losses from '@dl/layers/losses';
import * as metrics from '@dl/layers/metrics';
import { serialize as serializeOptimizer, type Optimizer, type OptimizerLike } from '@dl/optim';
import { ConfigError } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import type { CompileOptions } from '../training/options.ts';
import type { ModelMaker } from './make-model.ts';

/** The arguments of `compile` as Keras stores them; an empty record for a model that is not compiled. */
export function compileConfig(model: AnyModel): Readonly<Record<string, ConfigValue>> {
  const { compileOptions: options } = model;
  if (options === null) return {};
  const { loss = null, metrics: plain = null, weightedMetrics = null, lossWeights = null } = options;
  const store = (value: unknown): ConfigValue => storeArgument(value, model.name);
  return {
    optimizer: storeOptimizer(model.optimizer),
    loss: store(loss),
    loss_weights: lossWeights as ConfigValue,
    metrics: store(noneIfEmpty(plain)),
    weighted_metrics: store(noneIfEmpty(weightedMetrics)),
    run_eagerly: options.runEagerly ?? false,
    steps_per_execution: options.stepsPerExecution ?? 1,
    jit_compile: 'auto',
  };
}

const noneIfEmpty = (value: unknown): unknown => (Array.isArray(value) && value.length === 0 ? null : value);

function storeOptimizer(optimizer: Optimizer): ConfigValue {
  const registered = registeredNameOf(optimizer.constructor);
  const record: Readonly<Record<string, ConfigValue>> = { ...serializeOptimizer(optimizer) };
  return registered === undefined ? record : { ...record, module: null, registered_name: registered };
}

function storeArgument(value: unknown, where: string): ConfigValue {
  if (value instanceof losses.FunctionLoss) return storeArgument(value.fn, where);
  if (value instanceof losses.Loss) return losses.serialize(value);
  if (value instanceof metrics.Metric) return metrics.serialize(value);
  if (typeof value === 'function') {
    if ((registeredNameOf(value) ?? value.name) !== '') return serializeFunction(value);
    throw new ConfigError(`${where}: a loss or metric is a function without a name, which cannot be stored; name it`);
  }
  if (Array.isArray(value)) return value.map((item) => storeArgument(item, where));
  if (!isPlain(value)) return value as ConfigValue;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, storeArgument(item, where)]));
}

const NAMED: readonly string[] = ['loss', 'metrics', 'weighted_metrics'];

/** The options of `compile` from their stored form; null for a model that was not compiled. */
export function compileOptions(config: unknown, maker: ModelMaker): CompileOptions | null {
  if (!isPlain(config) || Object.keys(config).length === 0) return null;
  const revived = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, maker.custom(value, NAMED.includes(key))]),
  ) as Readonly<Record<string, unknown>>;
  const { optimizer, loss = null, metrics: plain, weighted_metrics: weighted, loss_weights: weights } = revived;
  const { steps_per_execution: steps } = revived;
  return {
    ...(optimizer === undefined || optimizer === null ? {} : { optimizer: optimizer as OptimizerLike }),
    loss: loss as CompileOptions['loss'],
    metrics: (plain ?? []) as CompileOptions['metrics'],
    weightedMetrics: (weighted ?? []) as CompileOptions['weightedMetrics'],
    lossWeights: (weights ?? null) as CompileOptions['lossWeights'],
    runEagerly: revived['run_eagerly'] === true,
    ...(typeof steps === 'number' ? { stepsPerExecution: steps } : {}),
    // The optimizer is stored with the scaling that it has.
    autoScaleLoss: false,
  };
}
