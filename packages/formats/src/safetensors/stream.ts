// Writes safetensors array by array; the file is never in memory as a whole.
import type { NamedArray } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { writeTo, type ByteTarget } from '../files/target.ts';
import { bytesIn, inOrder, writeHeader, type ArrayKind } from './header.ts';
import { checkedBytes } from './safetensors.ts';
import { writeIndex } from './shards.ts';

/** An array whose values are made when they are written, for example read from a device. */
export interface LazyArray extends ArrayKind {
  read(): NamedArray | Promise<NamedArray>;
}

/** Arrays to be written, by name. */
export type ArraysToWrite = ReadonlyMap<string, NamedArray | LazyArray>;

/** Options of `streamSafetensors`. */
export interface StreamSafetensorsOptions {
  /** Texts that are stored beside the arrays. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Options of `streamShards`. */
export interface StreamShardsOptions extends StreamSafetensorsOptions {
  /** Most bytes of a file, 5 GB unless given; an array that is larger has a file of its own. */
  readonly maxShardBytes?: number | undefined;
  /** What names of files begin with, `'model'` unless given. */
  readonly name?: string | undefined;
}

/**
 * Writes a safetensors file to a target: the header, then one array after the other. Of lazy arrays one is in memory at a
 * time. A file of Node appears when it is complete.
 *
 * @returns The number of bytes.
 * @throws FormatError when values do not fit their shape or dtype.
 * @example await streamSafetensors(weights, 'model.safetensors', { metadata: { format: 'pt' } });
 */
export function streamSafetensors(
  arrays: ArraysToWrite,
  target: ByteTarget,
  { metadata = {} }: StreamSafetensorsOptions = {},
): Promise<number> {
  return writeTo(target, parts(inOrder(arrays), metadata));
}

async function* parts(
  order: readonly (readonly [string, NamedArray | LazyArray])[],
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array, void> {
  yield writeHeader(order, metadata);
  for (const [name, array] of order) {
    const values = 'read' in array ? await array.read() : array;
    const same = values.dtype === array.dtype && values.shape.join() === array.shape.join();
    if (!same) {
      throw new FormatError(
        `expected ${array.dtype} [${array.shape.join(', ')}], got ${values.dtype} [${values.shape.join(', ')}]`,
        { field: name },
      );
    }
    yield checkedBytes(name, values);
  }
}

/**
 * Writes a checkpoint of several files: `model-00001-of-00002.safetensors` and so on, and at last
 * `model.safetensors.index.json`, which says where each array is. `openSafetensors` reads the index.
 *
 * @param place A folder, in Node, or a function that gives the target of a file by its name.
 * @returns The names of the files, the index last.
 * @throws FormatError as `streamSafetensors`.
 * @example await streamShards(weights, 'checkpoint', { maxShardBytes: 2e9 });
 */
export async function streamShards(
  arrays: ArraysToWrite,
  place: string | ((name: string) => ByteTarget),
  { metadata, maxShardBytes = 5e9, name = 'model' }: StreamShardsOptions = {},
): Promise<string[]> {
  const shards: Map<string, NamedArray | LazyArray>[] = [];
  let room = -1;
  let total = 0;
  for (const [key, array] of arrays) {
    const size = bytesIn(array, key);
    if (size > room || shards.length === 0) {
      shards.push(new Map());
      room = maxShardBytes;
    }
    shards.at(-1)!.set(key, array);
    room -= size;
    total += size;
  }
  const target = (file: string): ByteTarget =>
    typeof place === 'string' ? `${place.replace(/[/\\]$/, '')}/${file}` : place(file);
  const number = (n: number): string => String(n).padStart(5, '0');
  const index = new Map<string, string[]>();
  for (const [i, shard] of shards.entries()) {
    const file = `${name}-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    await streamSafetensors(shard, target(file), { metadata });
    index.set(file, [...shard.keys()]);
  }
  const last = `${name}.safetensors.index.json`;
  await writeTo(target(last), [writeIndex(index, total)]);
  return [...index.keys(), last];
}
