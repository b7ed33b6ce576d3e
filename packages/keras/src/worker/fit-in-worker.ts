/**
 * fit({ worker: true }): a copy of the model is trained in a worker, and its state comes back.
 */
import { classNameOf, type Layer, type Serialized, type Tensors } from '@dl/layers';
import * as losses from '@dl/layers/losses';
import * as metrics from '@dl/layers/metrics';
import { serialize as serializeOptimizer } from '@dl/optim';
import { ConfigError, freshSeed } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { History } from '../callbacks/history.ts';
import type { DataTree } from '../data/host-array.ts';
import { isBatches } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { serializeLayer } from '../serialize-layer.ts';
import { checkFitOptions } from '../training/check-options.ts';
import type { FitOptions } from '../training/options.ts';
import { prepareColumns } from '../training/prepare.ts';
import { connect } from './connect.ts';
import type { PortLike } from './port.ts';
import { startOwnWorker } from './start.ts';
import { buildOptimizer, readState, type WireState } from './state.ts';

/** What a worker makes its copy of. */
export interface ModelSpec {
  readonly stored: ReturnType<typeof serializeLayer>;
  readonly compile: Readonly<Record<string, unknown>>;
  readonly state: WireState;
  readonly seed: number;
}

const ADVICE = 'serve the model in a worker of your own (serveModel, connect)';

/** Trains a copy in a worker. */
export async function fitInWorker(
  model: AnyModel,
  x: unknown,
  y: DataTree | undefined,
  options: FitOptions,
): Promise<History> {
  checkFitOptions(options);
  const { worker, ...rest } = options;
  rest.signal?.throwIfAborted();
  checkModel(model);
  model.refreshTrainables();
  const columns = isBatches(x) ? null : await prepareColumns(model, 'fit', x as DataTree, y, rest.sampleWeight);
  if (!model.built) {
    throw new ConfigError(`fit: ${model.name} is not built, and only arrays tell its inputs; give it an inputShape`);
  }
  buildOptimizer(model);
  const compile = compileSpec(model);
  const state = await readState(model);
  const spec: ModelSpec = { stored: serializeLayer(model), compile, state, seed: freshSeed() };
  const own = worker === true || typeof worker === 'function';
  const port = worker === true ? startOwnWorker() : typeof worker === 'function' ? worker() : (worker as PortLike);
  const remote = connect(port, { model });
  try {
    await remote.call('make', spec);
    if (columns === null) return await remote.fit(x as AsyncIterable<unknown>, rest);
    const weights = columns.sampleWeight === null ? {} : { sampleWeight: columns.sampleWeight };
    return await remote.fit(columns.x, columns.y, { ...rest, ...weights });
  } finally {
    remote.close();
    if (own) await port.terminate?.();
  }
}

const isBuiltIn = (value: object): boolean => Object.hasOwn(value.constructor, 'className');

/** Throws for what only this thread knows. */
function checkModel(model: AnyModel): void {
  if (!isBuiltIn(model) || !['Sequential', 'Functional'].includes(classNameOf(model as Layer<Tensors, Tensors>))) {
    throw new ConfigError(
      `fit: worker needs a Sequential or functional model, got a ${model.constructor.name}; ${ADVICE}`,
    );
  }
  const layers = model.flattenLayers();
  const own = layers.find((layer) => !isBuiltIn(layer));
  if (own !== undefined) throw new ConfigError(`fit: a worker does not know the layer ${own.label}; ${ADVICE}`);
  const hooked = layers.find(({ forwardHooks }) => forwardHooks.length > 0);
  if (hooked === undefined) return;
  throw new ConfigError(`fit: a worker does not know the forward hooks of ${hooked.label}; remove them, or ${ADVICE}`);
}

/** The options of `compile` in a form that can be posted. */
function compileSpec(model: AnyModel): Readonly<Record<string, unknown>> {
  const { loss, lossWeights, metrics: plain, weightedMetrics, stepsPerExecution } = model.compileOptions ?? {};
  if (!isBuiltIn(model.optimizer)) {
    throw new ConfigError(`fit: a worker does not know the optimizer ${model.optimizer.name}; ${ADVICE}`);
  }
  return {
    optimizer: serializeOptimizer(model.optimizer),
    loss: plainForm(loss ?? null, 'loss'),
    lossWeights,
    metrics: plainForm(plain ?? [], 'metrics'),
    weightedMetrics: plainForm(weightedMetrics ?? [], 'weightedMetrics'),
    stepsPerExecution,
    runEagerly: model.runEagerly,
    autoScaleLoss: false,
  };
}

/** Names and stored forms in place of objects, at any depth. */
function plainForm(value: unknown, where: string): unknown {
  if (value === null || value === undefined || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => plainForm(one, where));
  if (value instanceof losses.Loss && isBuiltIn(value)) return losses.serialize(value);
  if (value instanceof metrics.Metric && isBuiltIn(value)) return metrics.serialize(value);
  if (typeof value === 'object' && (value as Partial<Serialized>).class_name !== undefined) return value;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainForm(one, where)]));
  }
  throw new ConfigError(
    `fit: a worker cannot be given ${describe(value)} among ${where}; use built-in ones, or ${ADVICE}`,
  );
}
