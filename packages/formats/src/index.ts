/**
 * `@dl/formats`: files with arrays. Each reader checks the whole header before it makes anything.
 */
export type { DType, NamedArray, StoredDType } from './arrays.ts';
export { crc32 } from './checksum.ts';
export { FormatError, type FormatPlace } from './errors.ts';
export { readHdf5 } from './hdf5/read.ts';
export {
  getNode,
  type H5Attribute,
  type H5Dataset,
  type H5DatasetNode,
  type H5File,
  type H5Group,
  type H5GroupNode,
  type H5Node,
} from './hdf5/types.ts';
export { hdf5Parts, writeHdf5 } from './hdf5/write.ts';
export { readJson } from './json.ts';
export { DEFAULT_LIMITS, type Limits, type ReadOptions } from './limits.ts';
export { loadArrays } from './load.ts';
export { readNpy, writeNpy } from './npy.ts';
export { readNpz, writeNpz } from './npz.ts';
export { openSafetensors, type OpenSafetensors, type OpenSafetensorsOptions } from './safetensors/open.ts';
export { readSafetensors, writeSafetensors, type Safetensors } from './safetensors/safetensors.ts';
export {
  streamSafetensors,
  streamShards,
  type ArraysToWrite,
  type LazyArray,
  type StreamSafetensorsOptions,
  type StreamShardsOptions,
} from './safetensors/stream.ts';
export { type FileHandle } from './files/host.ts';
export { moveFile, readIfThere, removeFile } from './files/manage.ts';
export { openSource, type OpenSource } from './files/ranges.ts';
export { readBytes, type ByteSource } from './files/source.ts';
export { writeTo, type ByteParts, type ByteTarget } from './files/target.ts';
export { type ShardOptions, type WeightEntry, type WeightsGroup } from './tfjs/manifest.ts';
export { readWeightsManifest, type Shards, type TextArray, type TfjsWeight } from './tfjs/read.ts';
export {
  writeWeightsManifest,
  type Quantization,
  type WriteWeightsOptions,
  type WrittenWeights,
} from './tfjs/write.ts';
export { readTfRecords, writeTfRecord } from './tfrecord.ts';
export { readZip } from './zip/read.ts';
export { writeZip, zipParts, type ZipMembers, type ZipOptions } from './zip/write.ts';
