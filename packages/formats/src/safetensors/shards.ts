// Checkpoints of several safetensors files: an index says which array is in which file.
import { FormatError } from '../errors.ts';
import { nameOf, type ByteSource } from '../files/source.ts';
import { readJson } from '../json.ts';
import type { ReadOptions } from '../limits.ts';

/** Reads an index: the name of the file of every array. */
export function readIndex(bytes: Uint8Array, options: ReadOptions): ReadonlyMap<string, string> {
  const { file } = options;
  const index = readJson(bytes, options);
  const map = typeof index === 'object' && index !== null ? (index as { weight_map?: unknown }).weight_map : undefined;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new FormatError('expected an index of safetensors files, with a weight_map', { file, field: 'weight_map' });
  }
  return new Map(
    Object.entries(map as object).map(([name, shard]: [string, unknown]) => {
      // oxlint-disable-next-line no-control-regex
      if (typeof shard !== 'string' || !/^[^/\\:?#%\u0000-\u001f]+$/.test(shard) || shard === '.' || shard === '..') {
        throw new FormatError(`shards are names of files beside the index, got ${JSON.stringify(shard)}`, {
          file,
          field: name,
        });
      }
      return [name, shard];
    }),
  );
}

/** The source of a shard that lies beside its index. */
export function shardBeside(index: ByteSource, shard: string): string | URL {
  if (index instanceof URL) return new URL(shard, index);
  if (typeof index !== 'string') {
    throw new FormatError('where the shards are is not known; pass { shard: (name) => source }', {
      file: nameOf(index),
    });
  }
  const [, folder = '', query = ''] = /^([^?#]*?)[^/\\?#]*(\?[^#]*)?(?:#.*)?$/.exec(index) ?? [];
  return /^https?:/i.test(index) ? `${folder}${shard}${query}` : `${index.replace(/[^/\\]*$/, '')}${shard}`;
}

/** The text of an index. */
export function writeIndex(shards: ReadonlyMap<string, readonly string[]>, totalSize: number): Uint8Array<ArrayBuffer> {
  const names = [...shards].flatMap(([shard, arrays]) => arrays.map((name) => [name, shard] as const));
  const index = { metadata: { total_size: totalSize }, weight_map: Object.fromEntries(names) };
  return new TextEncoder().encode(`${JSON.stringify(index, undefined, 2)}\n`);
}
