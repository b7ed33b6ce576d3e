/**
 * `@dl/formats`: files with arrays. Each reader checks the whole header before it makes anything.
 */
export type { DType, NamedArray } from './arrays.ts';
export { FormatError, type FormatPlace } from './errors.ts';
export { loadArrays } from './load.ts';
export { readNpy, writeNpy } from './npy.ts';
export { readNpz, writeNpz, type NpzOptions } from './npz.ts';
export { readSafetensors, writeSafetensors, type Safetensors } from './safetensors.ts';
export { readBytes, type ByteSource } from './source.ts';
