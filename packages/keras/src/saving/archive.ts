/**
 * `.keras` archives: configuration, metadata and weights in one ZIP.
 */
import { FormatError, hdf5Parts, readHdf5, readZip, zipParts, type H5File, type ReadOptions } from '@dl/formats';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { allArrays, planFromTree, weightTree } from './h5-weights.ts';
import type { ModelFile, StoredWeights } from './model-file.ts';
import { KERAS_VERSION, modelRecord } from './model-record.ts';
import { parseJson, writeJson } from './python-json.ts';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';

/** What goes into a file beside the model. */
export interface SaveParts {
  readonly includeOptimizer: boolean;
}

/** The bytes of a `.keras` file, part by part. */
export async function archiveParts(model: AnyModel, { includeOptimizer }: SaveParts): Promise<Iterable<Uint8Array>> {
  const optimizer = includeOptimizer && model.compiled ? model.optimizer : null;
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(writeJson(value));
  const tree = await weightTree(model, optimizer);
  return zipParts(
    new Map<string, Uint8Array | readonly Uint8Array[]>([
      [METADATA, text({ keras_version: KERAS_VERSION, date_saved: localTime(new Date()) })],
      [CONFIG, text(modelRecord(model, true))],
      [WEIGHTS, [...hdf5Parts(tree)]],
    ]),
  );
}

/** 2026-01-31@18:05:59, in local time. */
function localTime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}@${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** Members of an archive, or of a folder that holds the same files. */
export type Members = (name: string) => Promise<Uint8Array | null> | Uint8Array | null;

/** Whether a ZIP archive is a `.keras` file rather than one of arrays. */
export const isArchive = (names: ReadonlyMap<string, unknown>): boolean => names.has(CONFIG) || names.has(WEIGHTS);

/**
 * Opens a `.keras` file.
 *
 * @throws FormatError when a member is missing or damaged.
 */
export async function openArchive(bytes: Uint8Array, options: ReadOptions): Promise<ModelFile> {
  const members = readZip(bytes, options);
  return openMembers((name) => members.get(name)?.() ?? null, options);
}

/** The same, from members that are found in some other way. */
export async function openMembers(read: Members, { file = 'bytes', limits }: ReadOptions): Promise<ModelFile> {
  const config = await read(CONFIG);
  if (config === null) throw new FormatError(`the member ${CONFIG} is missing; it is no .keras file`, { file });
  const options = limits === undefined ? { file } : { file, limits };
  const model = parseJson(config, options, { file, field: CONFIG });
  if (!isPlain(model)) throw new FormatError('expected the record of a model', { file, field: CONFIG });
  const weights = await read(WEIGHTS);
  if (weights === null) throw new FormatError(`the member ${WEIGHTS} is missing`, { file });
  const tree = await readHdf5(weights, { ...options, file: `${file}, ${WEIGHTS}` });
  const format = '.keras archive';
  return {
    format,
    where: `${file} (${format})`,
    model,
    compile: model['compile_config'],
    weights: treeWeights(tree),
    close: () => tree.close(),
  };
}

/** Weights in a tree of Keras 3. */
export function treeWeights({ root }: H5File): StoredWeights {
  return { list: () => allArrays(root), plan: (model, optimizer) => planFromTree(root, model, optimizer) };
}
