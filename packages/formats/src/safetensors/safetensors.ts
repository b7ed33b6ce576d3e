// safetensors: a JSON header of names, dtypes, shapes and byte ranges, then the bytes of all arrays.
import { bytesOf, countOf, decode, type NamedArray } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import type { ReadOptions } from '../limits.ts';
import { join } from '../zip/write.ts';
import { headerEnd, inOrder, readHeader, writeHeader } from './header.ts';

/** What a safetensors file holds. */
export interface Safetensors {
  /** Arrays by name, in the order of the header. */
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Texts that were stored beside them. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a safetensors file. All of the header is checked before any array is made: ranges must follow one another without
 * gaps and fit their shapes. float16 comes as float32 numbers, bfloat16 as float32, 64-bit integers as int32 if they fit.
 *
 * @param options Name for messages, and limits.
 * @throws FormatError with the place of what is wrong.
 * @example const { arrays } = readSafetensors(await readFile('model.safetensors'));
 */
export function readSafetensors(bytes: Uint8Array, options: ReadOptions = {}): Safetensors {
  const { file } = options;
  const start = headerEnd(bytes.subarray(0, 8), bytes.byteLength, options);
  const { entries, metadata } = readHeader(bytes.subarray(8, start), bytes.byteLength - start, options);
  const arrays = new Map(
    entries.map(({ name, stored, shape, begin, end }) => [
      name,
      decode(bytes.subarray(start + begin, start + end), stored, shape, { file, field: name }),
    ]),
  );
  return { arrays, metadata };
}

/**
 * Writes a safetensors file: arrays of wider elements first, so that readers may use the bytes in place.
 *
 * @throws FormatError when values do not fit a shape.
 * @example await writeFile('model.safetensors', writeSafetensors(new Map([['w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }]])));
 */
export function writeSafetensors(
  arrays: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const order = inOrder(arrays);
  return join([writeHeader(order, metadata), ...order.map(([name, array]) => checkedBytes(name, array))]);
}

/** Bytes of an array whose values fit its shape. */
export function checkedBytes(name: string, array: NamedArray): Uint8Array<ArrayBuffer> {
  const { shape, data } = array;
  const count = countOf(shape, { field: name });
  if (count !== data.length) {
    throw new FormatError(`shape [${shape.join(', ')}] holds ${count} elements, got ${data.length}`, { field: name });
  }
  return bytesOf(array);
}
