/**
 * Weights in several files with an index: those of Keras (`.weights.json`) and of model hubs (`.safetensors.index.json`).
 */
import {
  FormatError,
  readHdf5,
  readSafetensors,
  type H5File,
  type H5Group,
  type NamedArray,
  type ReadOptions,
} from '@dl/formats';
import { isPlain } from '@dl/tensor/interpreter';
import { treeWeights } from './archive.ts';
import type { ModelFile } from './model-file.ts';
import { namedWeights } from './named-weights.ts';
import type { Place } from './places.ts';

/**
 * Opens all files that an index names.
 *
 * @throws FormatError for an index or files that are damaged or missing.
 */
export async function openSharded(
  json: Readonly<Record<string, unknown>>,
  place: Place,
  options: ReadOptions,
): Promise<ModelFile> {
  const file = place.name;
  const map = json['weight_map'];
  if (!isPlain(map)) throw new FormatError('expected the names of files', { file, field: 'weight_map' });
  const paths = new Map(Object.entries(map).map(([name, value]) => [name, pathsOf(value, file, name)]));
  const all = [...new Set([...paths.values()].flat())];
  return all.every((path) => path.endsWith('.h5'))
    ? openTrees(all, place, options)
    : openNamed(paths, all, place, options);
}

/** One file, or several for what goes on over their ends; beside the index. */
function pathsOf(value: unknown, file: string, field: string): readonly string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  const valid = list.every((path) => typeof path === 'string' && /^[^/\\:?#]+$/.test(path) && path !== '..');
  if (list.length > 0 && valid) return list as readonly string[];
  throw new FormatError(`expected names of files beside the index, got ${JSON.stringify(value)}`, { file, field });
}

async function openTrees(paths: readonly string[], place: Place, options: ReadOptions): Promise<ModelFile> {
  const trees: H5File[] = [];
  for (const path of paths) trees.push(await readHdf5(await place.beside(path), { ...options, file: path }));
  const root = trees.map((tree) => tree.root).reduce(merged);
  const close = (): void => trees.forEach((tree) => tree.close());
  const format = '.weights.json with shards';
  return { format, where: `${place.name} (${format})`, weights: treeWeights({ root, close }), close };
}

/** Two trees as one; groups that both have hold what either has. */
function merged(a: H5Group, b: H5Group): H5Group {
  const children = new Map(a.children);
  for (const [name, node] of b.children) {
    const known = children.get(name);
    children.set(name, known?.kind === 'group' && node.kind === 'group' ? merged(known, node) : node);
  }
  return { kind: 'group', attributes: new Map([...b.attributes, ...a.attributes]), children };
}

async function openNamed(
  map: ReadonlyMap<string, readonly string[]>,
  paths: readonly string[],
  place: Place,
  options: ReadOptions,
): Promise<ModelFile> {
  const files = new Map<string, ReadonlyMap<string, NamedArray>>();
  for (const path of paths)
    files.set(path, readSafetensors(await place.beside(path), { ...options, file: path }).arrays);
  const arrays = new Map<string, NamedArray>();
  for (const [name, [path]] of map) {
    const array = files.get(path!)!.get(name);
    if (array === undefined)
      throw new FormatError(`the index says it is in ${path}, which has it not`, { file: place.name, field: name });
    arrays.set(name, array);
  }
  const format = 'safetensors files with an index';
  return { format, where: `${place.name} (${format})`, weights: namedWeights(arrays), close: () => undefined };
}
