/**
 * Opens files of all formats; the first bytes tell which it is.
 */
import { FormatError, readHdf5, readNpz, readSafetensors, readZip, type Limits, type ReadOptions } from '@dl/formats';
import { isPlain } from '@dl/tensor/interpreter';
import { isArchive, openArchive, openMembers, treeWeights } from './archive.ts';
import { isLegacy, openLegacy } from './legacy-h5.ts';
import type { ModelFile } from './model-file.ts';
import { namedWeights } from './named-weights.ts';
import { openPlace, type ModelSource, type Place } from './places.ts';
import { parseJson } from './python-json.ts';

const begins = (bytes: Uint8Array, text: string, at = 0): boolean =>
  [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

/**
 * Opens a file with a model or weights. Nothing of it is used yet.
 *
 * @throws FormatError for damaged files and other kinds.
 */
export async function openModelFile(source: ModelSource, limits?: Limits): Promise<ModelFile> {
  const place = await openPlace(source);
  const { bytes, name: file } = place;
  const options: ReadOptions = { file, ...(limits === undefined ? {} : { limits }) };
  if (begins(bytes, 'PK')) {
    const members = readZip(bytes, options);
    return isArchive(members) ? openArchive(bytes, options) : ofArrays('npz file', file, readNpz(bytes, options));
  }
  if (begins(bytes, 'HDF\r\n', 1)) {
    const tree = await readHdf5(bytes, options);
    if (isLegacy(tree)) return openLegacy(tree, options);
    const format = '.weights.h5 file';
    return { format, where: `${file} (${format})`, weights: treeWeights(tree), close: () => tree.close() };
  }
  if (begins(bytes, '{', 8) && !/^\s*\{/.test(String.fromCharCode(...bytes.subarray(0, 8)))) {
    return ofArrays('safetensors file', file, readSafetensors(bytes, options).arrays);
  }
  if (/^\s*[{[]/.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return openJson(place, options);
  const head = new TextDecoder().decode(bytes.subarray(0, 16));
  throw new FormatError(
    `expected a .keras, HDF5, safetensors, npz or model.json file; it begins with ${JSON.stringify(head)}`,
    { file, offset: 0 },
  );
}

function ofArrays(format: string, file: string, arrays: Parameters<typeof namedWeights>[0]): ModelFile {
  return { format, where: `${file} (${format})`, weights: namedWeights(arrays), close: () => undefined };
}

async function openJson(place: Place, options: ReadOptions): Promise<ModelFile> {
  const { name } = place;
  const json = parseJson(place.bytes, options);
  if (!isPlain(json)) throw new FormatError('expected a JSON object', { file: name });
  if ('weightsManifest' in json || 'modelTopology' in json) {
    const { openLayersModel } = await import('./layers-model.ts');
    return openLayersModel(json, place, options);
  }
  if ('weight_map' in json) {
    const { openSharded } = await import('./sharded.ts');
    return openSharded(json, place, options);
  }
  if ('class_name' in json && 'module' in json) {
    return openMembers((member) => (member === 'config.json' ? place.bytes : place.beside(member)), options);
  }
  const keys = Object.keys(json).slice(0, 5).join(', ');
  throw new FormatError(`this JSON is no model.json and no index of weights; it has the fields ${keys}`, {
    file: name,
  });
}
