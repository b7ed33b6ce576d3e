/**
 * trainOnBatch and testOnBatch: one step on one batch.
 */
import { ConfigError, tensor, Tensor } from '@dl/tensor';
import type { Logs } from '../callbacks/callback.ts';
import type { HostArray, Data } from '../data/host-array.ts';
import type { Batch } from '../data/source.ts';
import type { Model } from '../model.ts';
import type { BatchOptions } from './options.ts';
import { checkLength, classWeigher, prepareColumns } from './prepare.ts';
import { readLogs, runStep } from './steps.ts';

async function makeBatch(model: Model, where: string, x: Data, y: Data | null, options: BatchOptions): Promise<Batch> {
  const { sampleWeight, classWeight } = options;
  const tensors = classWeight === undefined && asTensors(x, y, sampleWeight);
  if (tensors) {
    const n = tensors.x.shape[0] ?? 0;
    if (tensors.y !== null) checkLength(where, 'y', tensors.y, n);
    if (tensors.sampleWeight !== null) checkLength(where, 'sampleWeight', tensors.sampleWeight, n);
    return tensors;
  }
  const columns = await prepareColumns(model, where, x, y ?? undefined, sampleWeight);
  const move = (value: HostArray): Tensor => tensor(value.data, undefined, value.shape);
  if (classWeight !== undefined && sampleWeight !== undefined) {
    throw new ConfigError(`${where}: give classWeight or sampleWeight, not both`);
  }
  if (classWeight !== undefined && columns.y === null) throw new ConfigError(`${where}: classWeight needs targets`);
  const weights = classWeight === undefined ? columns.sampleWeight : classWeigher(classWeight)(columns.y!);
  return {
    x: move(columns.x),
    y: columns.y === null ? null : move(columns.y),
    sampleWeight: weights === null ? null : move(weights),
    owned: true,
  };
}

/** The batch itself where everything is a tensor already: it stays where it is, and nothing is read back. */
function asTensors(x: Data, y: Data | null, sampleWeight: Data | undefined): Batch | null {
  const fits = x instanceof Tensor && (y === null || y instanceof Tensor);
  if (!fits || !(sampleWeight === undefined || sampleWeight instanceof Tensor)) return null;
  return { x, y, sampleWeight: sampleWeight ?? null, owned: false };
}

/** One training step; the logs are in compile order. */
export async function runTrainBatch(model: Model, x: Data, y: Data | null, options: BatchOptions): Promise<Logs> {
  const batch = await makeBatch(model, 'trainOnBatch', x, y, options);
  model.refreshTrainables();
  model.prepare(batch.x);
  return readLogs(model, runStep(batch, model.stepFunctions().train));
}

/** One evaluation step; the logs are in compile order. */
export async function runTestBatch(model: Model, x: Data, y: Data | null, options: BatchOptions): Promise<Logs> {
  const batch = await makeBatch(model, 'testOnBatch', x, y, options);
  model.prepare(batch.x);
  return readLogs(model, runStep(batch, model.stepFunctions().test));
}
