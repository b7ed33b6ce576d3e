/**
 * From what the user passed to sources of batches, with every check that can be made on the host.
 */
import type { Loss } from '@dl/layers/losses';
import { SparseCategoricalCrossentropy } from '@dl/layers/losses';
import type { LayerShape } from '@dl/layers';
import { ConfigError, ShapeError } from '@dl/tensor';
import { formatShape, sizeOf } from '@dl/tensor/interpreter';
import { rowSize, toHost, type Data, type HostArray } from '../data/host-array.ts';
import type { ArrayColumns, Weigher } from '../data/source.ts';
import type { Model } from '../model.ts';
import type { ClassWeights } from './options.ts';

/** Shape of one sample that the model takes, where it is known before any data is seen. */
function expectedSample(model: Model): LayerShape | undefined {
  return (model.builtFor ?? model.batchInputShape)?.slice(1);
}

/** Shape of one sample that comes out for such inputs, or undefined where it is not known. */
function outputSample(model: Model, x: HostArray): LayerShape {
  const open: LayerShape = [null, ...x.shape.slice(1)];
  model.ensureBuilt(open);
  return model.computeOutputShape(open).slice(1);
}

/** Inputs as rows. */
export async function prepareInputs(model: Model, x: Data, where: string): Promise<HostArray> {
  const host = await toHost(x, `${where}: x`, expectedSample(model));
  if ((host.shape[0] ?? 0) === 0) {
    throw new ConfigError(`${where}: x has no samples (shape ${formatShape(host.shape)}); its first axis counts them`);
  }
  return spreadScalars(host, expectedSample(model));
}

/** One number per sample, for a model that takes samples of one number. */
function spreadScalars(host: HostArray, sample: LayerShape | undefined): HostArray {
  const single = host.shape.length === 1 && sample !== undefined && sample.length > 0 && sample.every((n) => n === 1);
  return single ? { data: host.data, shape: [host.shape[0]!, ...(sample as readonly number[])] } : host;
}

/** Inputs, targets and weights of one length, checked against the model. */
export async function prepareColumns(
  model: Model,
  where: string,
  x: Data,
  y: Data | undefined,
  sampleWeight: Data | undefined,
): Promise<ArrayColumns> {
  const inputs = await prepareInputs(model, x, where);
  const n = inputs.shape[0]!;
  if (y === undefined) return { x: inputs, y: null, sampleWeight: null };
  const output = outputSample(model, inputs);
  const targets = foldTargets(await toHost(y, `${where}: y`), n, output);
  checkLength(where, 'y', targets, n);
  checkTargets(where, targets, output, model.loss);
  if (sampleWeight === undefined) return { x: inputs, y: targets, sampleWeight: null };
  const weights = await toHost(sampleWeight, `${where}: sampleWeight`);
  checkLength(where, 'sampleWeight', weights, n);
  return { x: inputs, y: targets, sampleWeight: weights };
}

/** Throws unless the first axis is as long as that of the inputs. */
export function checkLength(
  where: string,
  name: string,
  array: { readonly shape: readonly number[] },
  n: number,
): void {
  if (array.shape[0] === n) return;
  throw new ShapeError(
    `${where}: x has ${n} samples but ${name} has ${array.shape[0] ?? 0} (shape ${formatShape(array.shape)}); the first axes must agree`,
  );
}

/** Flat typed arrays of one-hot rows and the like. */
function foldTargets(targets: HostArray, n: number, output: LayerShape): HostArray {
  if (targets.shape.length !== 1 || targets.shape[0] === n || output.some((size) => size === null)) return targets;
  const sample = output as readonly number[];
  return targets.data.length === n * sizeOf(sample) ? { data: targets.data, shape: [n, ...sample] } : targets;
}

/** Finds targets that a built-in loss cannot use; losses of the user's own may give NaN a meaning. */
function checkTargets(where: string, y: HostArray, output: LayerShape, loss: Loss | null): void {
  if (loss === null || !Object.hasOwn(loss.constructor, 'className')) return;
  const row = Math.max(rowSize(y), 1);
  const at = (i: number): string => `row ${Math.floor(i / row)}`;
  const { data } = y;
  if (!(loss instanceof SparseCategoricalCrossentropy)) {
    const bad = data.findIndex((value: number) => Number.isNaN(value));
    if (bad >= 0) throw new ConfigError(`${where}: y holds NaN in ${at(bad)}; leave such samples out`);
    return;
  }
  const classes = output.at(-1);
  for (let i = 0; i < data.length; i++) {
    const id = data[i]!;
    if (id === loss.ignoreClass) continue;
    if (Number.isInteger(id) && id >= 0 && (classes === null || classes === undefined || id < classes)) continue;
    const hint = Number.isInteger(id)
      ? `the last layer has ${classes} units, so ids go from 0 to ${Number(classes) - 1}`
      : 'class ids are whole numbers; for one-hot targets use categorical_crossentropy';
    throw new ConfigError(`${where}: y holds the class id ${id} in ${at(i)} (${loss.name}); ${hint}`);
  }
}

/** Splits off the last part of the rows. */
export function splitColumns(columns: ArrayColumns, part: number): readonly [ArrayColumns, ArrayColumns] {
  if (!(part > 0 && part < 1)) throw new ConfigError(`fit: validationSplit must lie between 0 and 1, got ${part}`);
  const n = columns.x.shape[0]!;
  const at = Math.floor(n * (1 - part));
  if (at === 0 || at === n) {
    throw new ConfigError(
      `fit: validationSplit ${part} of ${n} samples leaves ${at} for training and ${n - at} for validation; both need some`,
    );
  }
  const cut = (array: HostArray | null, start: number, stop: number): HostArray | null => {
    if (array === null) return null;
    const row = rowSize(array);
    const data = array.data.subarray(start * row, stop * row) as HostArray['data'];
    return { data, shape: [stop - start, ...array.shape.slice(1)] };
  };
  const piece = (start: number, stop: number): ArrayColumns => ({
    x: cut(columns.x, start, stop)!,
    y: cut(columns.y, start, stop),
    sampleWeight: cut(columns.sampleWeight, start, stop),
  });
  return [piece(0, at), piece(at, n)];
}

/** Sample weights from the classes of targets: ids, or the largest of one-hot rows. */
export function classWeigher(weights: ClassWeights): Weigher {
  for (const [id, weight] of Object.entries(weights)) {
    if (!Number.isInteger(Number(id)) || typeof weight !== 'number') {
      throw new ConfigError(`fit: classWeight maps class ids to numbers, got ${id}: ${String(weight)}`);
    }
  }
  return (y) => {
    const n = y.shape[0]!;
    const row = rowSize(y);
    const data = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      let id = y.data[i * row]!;
      if (row > 1) {
        let best = 0;
        for (let k = 1; k < row; k++) if (y.data[i * row + k]! > y.data[i * row + best]!) best = k;
        id = best;
      }
      data[i] = weights[Math.round(id)] ?? 1;
    }
    return { data, shape: [n] };
  };
}

/** A positive integer option. */
export function checkPositive(where: string, name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ConfigError(`${where}: ${name} must be a positive integer, got ${String(value)}`);
}
