/**
 * trainOnBatch and testOnBatch: one step on one batch.
 */
import { asList, type Tensors } from '@dl/layers';
import { ConfigError, isArrayData, tensor, type Tensor } from '@dl/tensor';
import { leavesOf } from '@dl/tensor/interpreter';
import type { Logs } from '../callbacks/callback.ts';
import type { DataTree, HostArray, HostArrays } from '../data/host-array.ts';
import type { Batch } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import { listOf, mapSeveral } from '../functional/structure.ts';
import { isTensor } from '../functional/forms.ts';
import type { BatchOptions } from './options.ts';
import { checkOptions } from './check-options.ts';
import { checkLength, classWeigher, prepareColumns } from './prepare.ts';
import { readLogs, runStep } from './steps.ts';

/** A batch of user data for a step. */
export async function makeBatch(
  model: AnyModel,
  where: string,
  x: DataTree,
  y: DataTree | null,
  options: BatchOptions,
): Promise<Batch> {
  const { sampleWeight, classWeight } = options;
  const tensors = classWeight === undefined && asTensors(x, y, sampleWeight);
  if (tensors) {
    const n = asList(tensors.x)[0]?.shape[0] ?? 0;
    for (const y of leavesOf(tensors.y)) checkLength(where, 'y', y, n);
    for (const weights of leavesOf(tensors.sampleWeight)) checkLength(where, 'sampleWeight', weights, n);
    return tensors;
  }
  const columns = await prepareColumns(model, where, x, y ?? undefined, sampleWeight);
  const move = (arrays: HostArrays): Tensors =>
    mapSeveral<HostArray, Tensor>(arrays, isArrayData, ({ data, shape }) => tensor(data, undefined, shape));
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
function asTensors(x: DataTree, y: DataTree | null, sampleWeight: DataTree | undefined): Batch | null {
  const tensors = (part: DataTree | null | undefined): part is Tensors | null | undefined =>
    part === null || part === undefined || listOf<unknown>(part as Tensors, isTensor).every(isTensor);
  if (!tensors(x) || !tensors(y) || !tensors(sampleWeight)) return null;
  return { x, y, sampleWeight: sampleWeight ?? null, owned: false };
}

/** One training step; the logs are in compile order. */
export async function runTrainBatch(
  model: AnyModel,
  x: DataTree,
  y: DataTree | null,
  options: BatchOptions,
): Promise<Logs> {
  checkOptions('trainOnBatch', options);
  const batch = await makeBatch(model, 'trainOnBatch', x, y, options);
  model.refreshTrainables();
  model.prepare(batch.x);
  return readLogs(model, runStep(batch, model.stepFunctions().train));
}

/** One evaluation step; the logs are in compile order. */
export async function runTestBatch(
  model: AnyModel,
  x: DataTree,
  y: DataTree | null,
  options: BatchOptions,
): Promise<Logs> {
  checkOptions('testOnBatch', options);
  const batch = await makeBatch(model, 'testOnBatch', x, y, options);
  model.prepare(batch.x);
  return readLogs(model, runStep(batch, model.stepFunctions().test));
}
