// safetensors files that are read array by array, in one file or in shards.
import { adopt, decode, type NamedArray, type StoredDType } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { openSource, type OpenSource } from '../files/ranges.ts';
import { nameOf, type ByteSource } from '../files/source.ts';
import type { ReadOptions } from '../limits.ts';
import { headerEnd, readHeader, type Entry } from './header.ts';
import { readIndex, shardBeside } from './shards.ts';

/** An open safetensors file, or checkpoint of several files. */
export interface OpenSafetensors {
  /** Dtype in the file and shape of every array, by name. */
  readonly entries: ReadonlyMap<string, { readonly dtype: StoredDType; readonly shape: readonly number[] }>;
  /** Texts that were stored beside the arrays. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Reads one array. */
  read(name: string): Promise<NamedArray>;
  /** Reads all arrays, one after the other, in the order of the file. */
  arrays(): AsyncGenerator<readonly [name: string, array: NamedArray], void>;
  close(): Promise<void>;
}

/** Options of `openSafetensors`. */
export interface OpenSafetensorsOptions extends ReadOptions {
  /** Gives the shards of an index by their name; beside the index unless given. */
  readonly shard?: ((name: string) => ByteSource) | undefined;
}

/** Arrays that are shorter are read together. */
const SMALL = 2 ** 20;
const GROUP = 8 * SMALL;

/** Groups that are read at a time, and most bytes of those that are read ahead. */
const AHEAD = 4;
const AHEAD_BYTES = 64 * SMALL;

/**
 * Opens a safetensors file, or the `model.safetensors.index.json` of a checkpoint in several files: only headers are read and
 * checked; arrays are read when they are asked for, straight into their memory.
 *
 * @throws FormatError for damaged files, and indexes whose shards do not have the arrays they name.
 * @example const file = await openSafetensors('large.safetensors'); const kernel = await file.read('dense/kernel');
 */
export async function openSafetensors(
  source: ByteSource,
  options: OpenSafetensorsOptions = {},
): Promise<OpenSafetensors> {
  const first = await openSource(source, options);
  const opened: OpenSource[] = [first];
  try {
    const isIndex = await beginsAsJson(first);
    if (!isIndex) return combine([await openOne(first, options)], undefined, opened);
    const index = readIndex(await first.read(0, first.size), { ...options, file: first.name });
    const files: OpenFile[] = [];
    for (const name of new Set(index.values())) {
      const shard = options.shard?.(name) ?? shardBeside(source, name);
      const open = await openSource(shard, { ...options, file: typeof shard === 'object' ? name : nameOf(shard) });
      opened.push(open);
      files.push({ ...(await openOne(open, { ...options, file: open.name })), shard: name });
    }
    return combine(files, index, opened);
  } catch (error) {
    await Promise.all(opened.map((each) => each.close()));
    throw error;
  }
}

/** Whether a source begins with a brace; the length of a header may do so as well, but then it fits the file. */
async function beginsAsJson(source: OpenSource): Promise<boolean> {
  const head = await source.read(0, Math.min(8, source.size));
  return head[0] === 0x7b && (head.length < 8 || new DataView(head.buffer).getBigUint64(0, true) > BigInt(source.size));
}

interface OpenFile {
  readonly source: OpenSource;
  readonly start: number;
  readonly entries: readonly Entry[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly shard?: string;
}

async function openOne(source: OpenSource, options: ReadOptions): Promise<OpenFile> {
  const named = { ...options, file: source.name };
  const start = headerEnd(await source.read(0, Math.min(8, source.size)), source.size, named);
  const { entries, metadata } = readHeader(await source.read(8, start), source.size - start, named);
  return { source, start, entries, metadata };
}

function combine(
  files: readonly OpenFile[],
  index: ReadonlyMap<string, string> | undefined,
  opened: readonly OpenSource[],
): OpenSafetensors {
  const found = new Map<string, { readonly file: OpenFile; readonly entry: Entry }>();
  for (const file of files) {
    for (const entry of file.entries) {
      const place = { file: file.source.name, field: entry.name };
      if (index !== undefined && index.get(entry.name) !== file.shard) {
        throw new FormatError('the index does not name the array in this file', place);
      }
      found.set(entry.name, { file, entry });
    }
  }
  for (const [name, shard] of index ?? []) {
    if (!found.has(name))
      throw new FormatError('the array is in the index, not in the file', { file: shard, field: name });
  }
  return {
    entries: new Map([...found].map(([name, { entry }]) => [name, { dtype: entry.stored, shape: entry.shape }])),
    metadata: new Map(files.flatMap(({ metadata }) => [...metadata])),
    read: (name) => {
      const known = found.get(name);
      if (known !== undefined) return readGroup(known.file, [known.entry]).then(([first]) => first![1]);
      return Promise.reject(new FormatError('there is no such array', { file: opened[0]!.name, field: name }));
    },
    arrays: async function* () {
      for (const file of files) {
        for await (const group of ahead(file.entries, (entries) => readGroup(file, entries))) yield* group;
      }
    },
    close: async () => {
      await Promise.all(opened.map((each) => each.close()));
    },
  };
}

/** Arrays in the order of their bytes; neighbours that are short come together. */
function* groupsOf(entries: readonly Entry[]): Generator<Entry[], void> {
  let group: Entry[] = [];
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const short = entry.end - entry.begin < SMALL;
    if (group.length > 0 && (!short || entry.end - group[0]!.begin > GROUP)) {
      yield group;
      group = [];
    }
    if (short) group.push(entry);
    else yield [entry];
  }
  if (group.length > 0) yield group;
}

/** Reads groups of entries in order, some before they are wanted. */
async function* ahead<T>(
  entries: readonly Entry[],
  read: (group: readonly Entry[]) => Promise<T>,
): AsyncGenerator<T, void> {
  const waiting: { readonly size: number; readonly result: Promise<T> }[] = [];
  const groups = groupsOf(entries);
  try {
    for (let next = groups.next(); !next.done || waiting.length > 0;) {
      const size = next.done ? 0 : next.value.at(-1)!.end - next.value[0]!.begin;
      const taken = waiting.reduce((sum, each) => sum + each.size, size);
      if (!next.done && (waiting.length === 0 || (waiting.length < AHEAD && taken <= AHEAD_BYTES))) {
        const result = read(next.value);
        // An error is told when the group is wanted.
        result.catch(() => undefined);
        waiting.push({ size, result });
        next = groups.next();
      } else {
        yield await waiting.shift()!.result;
      }
    }
  } finally {
    await Promise.allSettled(waiting.map(({ result }) => result));
  }
}

/** A long array is read into its own memory; short ones come from one piece of the file. */
async function readGroup(
  { source, start }: OpenFile,
  group: readonly Entry[],
): Promise<(readonly [string, NamedArray])[]> {
  const from = group[0]!.begin;
  const bytes = await source.read(start + from, start + group.at(-1)!.end);
  return group.map(({ name, stored, shape, begin, end }) => {
    const place = { file: source.name, field: name };
    if (group.length === 1) return [name, adopt(bytes, stored, shape, place)] as const;
    return [name, decode(bytes.subarray(begin - from, end - from), stored, shape, place)] as const;
  });
}
