// Datasets: where their bytes are, and how they become an array.
import { decode, WIDTHS, type NamedArray, type StoredDType } from '../arrays.ts';
import { implicitChunks, readChunkTree, readFixedArray, type Chunk } from './chunks.ts';
import { readFilters, unfilter } from './filters.ts';
import type { Input } from './input.ts';
import { MESSAGE, type Message } from './messages.ts';
import type { H5Attribute, H5Dataset } from './types.ts';
import { readShape, readType } from './values.ts';

/** A dataset that was found, and what its values take in the file and in memory. */
export interface Found {
  readonly dataset: H5Dataset;
  readonly stored: number;
  readonly size: number;
  /** Whether the bytes in the file are the values. */
  readonly plain: boolean;
}

/** Reads the description of a dataset; its places in the file are checked here, its values are read later. */
export function readDataset(
  input: Input,
  messages: readonly Message[],
  attributes: ReadonlyMap<string, H5Attribute>,
  path: string,
): Found {
  const one = (type: number): Message => {
    const message = messages.find((each) => each.type === type);
    if (message === undefined) throw input.error('the description of the dataset is not complete', undefined, path);
    return message;
  };
  if (messages.some(({ type }) => type === MESSAGE.external)) {
    throw input.error('datasets in other files are not followed', undefined, path);
  }
  const shape = readShape(input, one(MESSAGE.dataspace).at, one(MESSAGE.dataspace).size);
  const type = readType(input, one(MESSAGE.datatype).at, one(MESSAGE.datatype).size);
  const raw = type.kind === 'raw' && type.width === 2 && attributes.get('dtype') === 'bfloat16';
  if (type.kind !== 'number' && !raw) {
    throw input.error('datasets of texts or raw bytes are not supported', one(MESSAGE.datatype).at, path);
  }
  const dtype: StoredDType = type.kind === 'number' ? type.dtype : 'bfloat16';
  const bigEndian = type.kind === 'number' && type.bigEndian;
  const size = shape.reduce((a, b) => a * b, 1) * WIDTHS[dtype];
  const layout = readLayout(input, messages, one(MESSAGE.layout), shape, WIDTHS[dtype], path);
  const read = (): NamedArray => {
    const bytes = layout.read();
    return decode(bytes, dtype, shape, { file: input.file, field: path }, bigEndian);
  };
  const dataset: H5Dataset = { kind: 'dataset', shape, dtype, attributes, read };
  return { dataset, stored: layout.stored, size, plain: layout.plain };
}

interface Layout {
  readonly stored: number;
  readonly plain: boolean;
  read(): Uint8Array;
}

function readLayout(
  input: Input,
  messages: readonly Message[],
  { at, size: room }: Message,
  shape: readonly number[],
  width: number,
  path: string,
): Layout {
  const version = input.u8(at);
  if (version < 3 || version > 5) throw input.error(`version ${version} of layouts is not supported`, at, path);
  const size = shape.reduce((a, b) => a * b, 1) * width;
  const kind = input.u8(at + 1);
  if (kind === 3) throw input.error('virtual datasets are not followed', at, path);
  if (kind === 2) return chunked(input, messages, { at, size: room, type: 0 }, shape, width, path);
  if (kind > 3) throw input.error(`layout ${kind} is not known`, at, path);
  const start = kind === 0 ? at + 4 : input.address(at + 2);
  const declared = kind === 0 ? input.u16(at + 2) : input.length(at + 2 + input.offsets);
  if (start === undefined) {
    const fill = fillValue(input, messages, width);
    return { stored: 0, plain: false, read: () => filled(size, fill) };
  }
  if (declared !== size) throw input.error(`the shape takes ${size} bytes, the file gives it ${declared}`, at, path);
  if (kind === 0 && start + size > at + room) throw input.error('values exceed their message', at, path);
  input.need(start, size);
  return { stored: size, plain: true, read: () => input.bytes(start, size) };
}

/** The value of what was never written, as bytes of one element. */
function fillValue(input: Input, messages: readonly Message[], width: number): Uint8Array | undefined {
  const message = messages.find(({ type }) => type === MESSAGE.fill);
  if (message === undefined || message.size < 4) return undefined;
  const { at } = message;
  const version = input.u8(at);
  const defined = version === 3 ? (input.u8(at + 1) & 0x20) !== 0 : input.u8(at + 3) === 1;
  const start = at + (version === 3 ? 2 : 4);
  if (!defined || start + 4 + width > at + message.size || input.u32(start) !== width) return undefined;
  return input.bytes(start + 4, width);
}

function filled(size: number, fill: Uint8Array | undefined): Uint8Array {
  const bytes = new Uint8Array(size);
  if (fill?.some((byte) => byte !== 0)) for (let at = 0; at < size; at += fill.length) bytes.set(fill, at);
  return bytes;
}

function chunked(
  input: Input,
  messages: readonly Message[],
  { at, size: room }: Message,
  shape: readonly number[],
  width: number,
  path: string,
): Layout {
  const old = input.u8(at) === 3;
  const rank = shape.length;
  const bad = (message: string): Error => input.error(message, at, path);
  const axes = input.u8(at + (old ? 2 : 3));
  if (axes !== rank + 1) throw bad(`chunks of ${axes - 1} axes do not fit the shape [${shape.join(', ')}]`);
  const encoded = old ? 4 : input.u8(at + 4);
  const dimsAt = at + (old ? 3 + input.offsets : 5);
  if (encoded < 1 || encoded > 8 || dimsAt + encoded * axes > at + room) throw bad('a damaged layout of chunks');
  const dims = Array.from({ length: axes }, (_, axis) => input.uint(dimsAt + encoded * axis, encoded) ?? Infinity);
  const chunkShape = dims.slice(0, rank);
  const chunkSize = chunkShape.reduce((a, b) => a * b, 1) * width;
  if (dims[rank] !== width || chunkShape.some((n) => n < 1) || !Number.isSafeInteger(chunkSize)) {
    throw bad(`chunks of [${dims.join(', ')}] do not fit elements of ${width} bytes`);
  }
  const filterMessage = messages.find(({ type }) => type === MESSAGE.filters);
  const filters = filterMessage === undefined ? [] : readFilters(input, filterMessage);
  const grid = shape.map((n, axis) => Math.ceil(n / chunkShape[axis]!));
  const chunks = old
    ? treeOf(input, input.address(at + 3), rank)
    : indexed(input, at, dimsAt + encoded * axes, grid, chunkShape, chunkSize, filters.length > 0, bad);
  const seen = new Set<string>();
  let stored = 0;
  for (const chunk of chunks) {
    const fits = chunk.start.every((from, axis) => from < shape[axis]! && from % chunkShape[axis]! === 0);
    if (!fits || seen.has(chunk.start.join())) throw bad(`a chunk stands at [${chunk.start.join(', ')}]`);
    seen.add(chunk.start.join());
    input.need(chunk.at, chunk.size);
    stored += chunk.size;
  }
  const size = shape.reduce((a, b) => a * b, 1) * width;
  // Chunks reach over the edges by less than themselves, so large ones of a small array claim too much.
  if (chunkSize > Math.max(2 ** 20, 64 * size)) throw bad(`chunks of ${chunkSize} bytes, the array has ${size}`);
  const fill = fillValue(input, messages, width);
  const read = (): Uint8Array => {
    const result = filled(size, fill);
    for (const chunk of chunks)
      place(result, unfilter(input, filters, chunk, chunkSize), shape, chunkShape, chunk.start, width);
    return result;
  };
  return { stored, plain: false, read };
}

const treeOf = (input: Input, address: number | undefined, rank: number): Chunk[] =>
  address === undefined ? [] : readChunkTree(input, address, rank);

/** Chunks of layouts of version 4 and 5, by the kind of their index. */
function indexed(
  input: Input,
  at: number,
  indexAt: number,
  grid: readonly number[],
  chunkShape: readonly number[],
  chunkSize: number,
  filtered: boolean,
  bad: (message: string) => Error,
): Chunk[] {
  const kind = input.u8(indexAt);
  const count = grid.reduce((a, b) => a * b, 1);
  if (count > input.size) throw bad(`there are ${count} chunks in a file of ${input.size} bytes`);
  if (kind === 1) {
    const single = (input.u8(at + 2) & 2) !== 0;
    const address = input.address(indexAt + 1 + (single ? input.lengths + 4 : 0));
    if (address === undefined) return [];
    if (count !== 1) throw bad(`expected ${count} chunks, got 1`);
    const size = single ? input.length(indexAt + 1) : chunkSize;
    return [
      { start: grid.map(() => 0), at: address, size, skipped: single ? input.u32(indexAt + 1 + input.lengths) : 0 },
    ];
  }
  if (kind === 2) {
    const address = input.address(indexAt + 1);
    return address === undefined || filtered ? [] : implicitChunks(address, grid, chunkShape, chunkSize);
  }
  if (kind === 3) {
    const address = input.address(indexAt + 2);
    return address === undefined ? [] : readFixedArray(input, address, grid, chunkShape, chunkSize);
  }
  throw bad('chunks of datasets that can grow are not supported in this version of HDF5; save with libver="earliest"');
}

/** Copies a chunk to its place, as far as it lies in the array. */
function place(
  result: Uint8Array,
  chunk: Uint8Array,
  shape: readonly number[],
  chunkShape: readonly number[],
  start: readonly number[],
  width: number,
): void {
  const rank = shape.length;
  const extent = chunkShape.map((n, axis) => Math.min(n, shape[axis]! - start[axis]!));
  const copy = (axis: number, from: number, to: number): void => {
    if (axis >= rank - 1) {
      const length = (rank === 0 ? 1 : extent[axis]!) * width;
      const first = (to + (rank === 0 ? 0 : start[axis]!)) * width;
      result.set(chunk.subarray(from * width, from * width + length), first);
      return;
    }
    for (let i = 0; i < extent[axis]!; i++) {
      copy(axis + 1, (from + i) * chunkShape[axis + 1]!, (to + start[axis]! + i) * shape[axis + 1]!);
    }
  };
  copy(0, 0, 0);
}
