// Where the chunks of a dataset stand in the file.
import type { Input } from './input.ts';

/** A part of a dataset: its place in the grid of chunks, and its bytes in the file. */
export interface Chunk {
  /** First element along each axis. */
  readonly start: readonly number[];
  readonly at: number;
  readonly size: number;
  /** Bits of filters that were left out for this chunk. */
  readonly skipped: number;
}

/** A tree of chunks (B-tree of version 1). */
export function readChunkTree(input: Input, address: number, rank: number): Chunk[] {
  const chunks: Chunk[] = [];
  const key = 8 + 8 * (rank + 1);
  const nodes = [{ at: address, level: Infinity }];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const { at } = node;
    input.expect(at, 'TREE', 8 + 2 * input.offsets);
    const [kind, level, used] = [input.u8(at + 4), input.u8(at + 5), input.u16(at + 6)];
    if (kind !== 1 || level >= node.level) throw input.error('a damaged tree of chunks', at);
    input.spend(used * (key + input.offsets));
    for (let i = 0; i < used; i++) {
      const from = at + 8 + 2 * input.offsets + i * (key + input.offsets);
      const child = input.address(from + key);
      if (child === undefined) throw input.error('a chunk is nowhere', from);
      if (level > 0) {
        nodes.push({ at: child, level });
        continue;
      }
      const start = Array.from({ length: rank }, (_, axis) => input.uint(from + 8 + 8 * axis, 8) ?? Infinity);
      chunks.push({ start, at: child, size: input.u32(from), skipped: input.u32(from + 4) });
    }
  }
  return chunks;
}

/** A fixed array of chunks in row-major order, of datasets that cannot grow. */
export function readFixedArray(
  input: Input,
  address: number,
  grid: readonly number[],
  chunkShape: readonly number[],
  plainSize: number,
): Chunk[] {
  input.expect(address, 'FAHD', 12 + input.lengths + input.offsets);
  const filtered = input.u8(address + 5) === 1;
  const width = input.u8(address + 6);
  const page = 2 ** input.u8(address + 7);
  const count = input.length(address + 8);
  const block = input.address(address + 8 + input.lengths);
  const wanted = grid.reduce((a, b) => a * b, 1);
  if (count !== wanted || width < input.offsets + (filtered ? 5 : 0) || width > input.offsets + 12) {
    throw input.error(`expected an array of ${wanted} chunks, got ${count}`, address);
  }
  if (block === undefined) return [];
  input.expect(block, 'FADB', 6 + input.offsets);
  const pages = count > page ? Math.ceil(count / page) : 0;
  const bitmap = block + 6 + input.offsets;
  const first = bitmap + (pages > 0 ? Math.ceil(pages / 8) + 4 : 0);
  input.need(first, count * width);
  input.spend(count * width);
  const chunks: Chunk[] = [];
  for (let i = 0; i < count; i++) {
    const inPage = pages > 0 ? Math.floor(i / page) : 0;
    if (pages > 0 && (input.u8(bitmap + (inPage >> 3)) & (0x80 >> (inPage & 7))) === 0) continue;
    const at = first + i * width + inPage * 4;
    const child = input.address(at);
    if (child === undefined) continue;
    const size = filtered ? (input.uint(at + input.offsets, width - input.offsets - 4) ?? Infinity) : plainSize;
    const skipped = filtered ? input.u32(at + width - 4) : 0;
    chunks.push({ start: startOf(i, grid, chunkShape), at: child, size, skipped });
  }
  return chunks;
}

/** Chunks one after the other, of datasets whose room was made at once. */
export function implicitChunks(
  address: number,
  grid: readonly number[],
  chunkShape: readonly number[],
  size: number,
): Chunk[] {
  const count = grid.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) => ({
    start: startOf(i, grid, chunkShape),
    at: address + i * size,
    size,
    skipped: 0,
  }));
}

function startOf(index: number, grid: readonly number[], chunkShape: readonly number[]): number[] {
  const start = grid.map(() => 0);
  let rest = index;
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    start[axis] = (rest % grid[axis]!) * chunkShape[axis]!;
    rest = Math.floor(rest / grid[axis]!);
  }
  return start;
}
