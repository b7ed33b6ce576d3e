/**
 * From what the user passed to sources of batches, with every check that can be made on the host.
 */
import type { Loss } from '@dl/layers/losses';
import { SparseCategoricalCrossentropy } from '@dl/layers/losses';
import { shapeList, type LayerShape, type LayerShapes } from '@dl/layers';
import { ConfigError, isArrayData, ShapeError } from '@dl/tensor';
import { formatShape, isPlain, sizeOf } from '@dl/tensor/interpreter';
import {
  rowSize,
  sliceRows,
  toHost,
  type Data,
  type DataTree,
  type HostArray,
  type HostArrays,
} from '../data/host-array.ts';
import { rowsOf, type ArrayColumns, type Weigher } from '../data/source.ts';
import { arrange, entriesOf, mapSeveral, type Form, type Several } from '../functional/structure.ts';
import type { AnyModel } from '../model.ts';
import { formOfData, formOfShapes } from '../functional/forms.ts';
import type { ClassWeights } from './options.ts';

/** Shapes with the batch of what the model takes, where they are known before any data is seen, by input. */
function expectedShapes(model: AnyModel, form: Form): readonly (LayerShape | undefined)[] {
  const known = (model.builtFor ?? model.batchInputShape) as LayerShapes | null;
  if (known === null) return form.names.map(() => undefined);
  const list = shapeList(known);
  return list.length === form.names.length ? list : form.names.map(() => undefined);
}

/** Inputs as rows, in the form that the model takes. */
export async function prepareInputs(model: AnyModel, x: DataTree, where: string): Promise<HostArrays> {
  const form = model.inputForm ?? formOfData(x);
  const shapes = expectedShapes(model, form);
  const single = form.kind === 'one';
  const parts = arrange<Data>(x, single ? isSingle(form) : () => false, form, `${where}: x`);
  const rows = mapLeaves(parts, form, async (part, i) => {
    const at = single ? `${where}: x` : `${where}: x[${form.names[i]}]`;
    const sample = shapes[i]?.slice(1);
    const host = await toHost(part, at, sample);
    if ((host.shape[0] ?? 0) === 0) {
      throw new ConfigError(`${at} has no samples (shape ${formatShape(host.shape)}); its first axis counts them`);
    }
    return spreadScalars(host, sample);
  });
  return rows;
}

/** For models of one input, everything but a record with its name counts as that input. */
const isSingle =
  ({ names }: Form) =>
  (value: unknown): boolean =>
    !(isPlain(value) && !isArrayData(value) && Object.hasOwn(value, names[0]!));

/** Maps the parts of data in a form. */
async function mapLeaves<T, R>(
  value: Several<T>,
  { kind, names }: Form,
  f: (leaf: T, index: number) => Promise<R>,
): Promise<Several<R>> {
  if (kind === 'one') return f(value as T, 0);
  const results = await Promise.all(Object.values(value as Readonly<Record<string, T>>).map(f));
  return kind === 'list' ? results : Object.fromEntries(names.map((name, i) => [name, results[i]!]));
}

/** One number per sample, for a model that takes samples of one number. */
function spreadScalars(host: HostArray, sample: LayerShape | undefined): HostArray {
  const single = host.shape.length === 1 && sample !== undefined && sample.length > 0 && sample.every((n) => n === 1);
  return single ? { data: host.data, shape: [host.shape[0]!, ...(sample as readonly number[])] } : host;
}

/** Inputs, targets and weights of one length, checked against the model. */
export async function prepareColumns(
  model: AnyModel,
  where: string,
  x: DataTree,
  y: DataTree | undefined,
  sampleWeight: DataTree | undefined,
): Promise<ArrayColumns> {
  const inputs = await prepareInputs(model, x, where);
  const n = rowsOf({ x: inputs, y: null, sampleWeight: null });
  for (const [key, array] of entriesOf<HostArray>(inputs, isArrayData)) checkLength(where, `x[${key}]`, array, n);
  if (y === undefined) return { x: inputs, y: null, sampleWeight: null };
  const open = mapSeveral<HostArray, LayerShape>(inputs, isArrayData, ({ shape }) => [null, ...shape.slice(1)]);
  model.ensureBuilt(open as never);
  const outputs = model.computeOutputShape(open as never) as LayerShapes;
  const form = model.outputForm ?? formOfShapes(outputs);
  const samples = shapeList(outputs).map((shape) => shape.slice(1));
  const losses = model.lossesFor(form);
  const targets = await readParts(y, form, where, 'y', async (part, i, at) => {
    const host = foldTargets(await toHost(part, at), n, samples[i]!);
    checkLength(where, at.slice(where.length + 2), host, n);
    checkTargets(at, host, samples[i]!, losses[i] ?? null);
    return host;
  });
  if (sampleWeight === undefined) return { x: inputs, y: targets, sampleWeight: null };
  const several = formOfData(sampleWeight).kind !== 'one';
  const weightForm: Form = several ? form : { kind: 'one', names: ['sampleWeight'] };
  const weights = await readParts(sampleWeight, weightForm, where, 'sampleWeight', async (part, _, at) => {
    const host = await toHost(part, at);
    checkLength(where, at.slice(where.length + 2), host, n);
    return host;
  });
  return { x: inputs, y: targets, sampleWeight: weights };
}

/** Reads the parts of targets or weights in the form of the outputs. */
async function readParts(
  value: DataTree,
  form: Form,
  where: string,
  name: string,
  read: (part: Data, index: number, at: string) => Promise<HostArray>,
): Promise<HostArrays> {
  const single = form.kind === 'one';
  const parts = arrange<Data>(value, single ? isSingle(form) : () => false, form, `${where}: ${name}`);
  return mapLeaves(parts, form, (part, i) =>
    read(part, i, single ? `${where}: ${name}` : `${where}: ${name}[${form.names[i]}]`),
  );
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
    if (bad >= 0) throw new ConfigError(`${where} holds NaN in ${at(bad)}; leave such samples out`);
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
    throw new ConfigError(`${where} holds the class id ${id} in ${at(i)} (${loss.name}); ${hint}`);
  }
}

/** Splits off the last part of the rows. */
export function splitColumns(columns: ArrayColumns, part: number): readonly [ArrayColumns, ArrayColumns] {
  if (!(part > 0 && part < 1)) throw new ConfigError(`fit: validationSplit must lie between 0 and 1, got ${part}`);
  const n = rowsOf(columns);
  const at = Math.floor(n * (1 - part));
  if (at === 0 || at === n) {
    throw new ConfigError(
      `fit: validationSplit ${part} of ${n} samples leaves ${at} for training and ${n - at} for validation; both need some`,
    );
  }
  const cut = (arrays: HostArrays | null, start: number, stop: number): HostArrays | null =>
    arrays === null
      ? null
      : mapSeveral<HostArray, HostArray>(arrays, isArrayData, (array) => sliceRows(array, start, stop));
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
  return (given) => {
    if (!isArrayData(given))
      throw new ConfigError('fit: classWeight works for models of one output; give sampleWeight');
    const y: HostArray = given;
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
