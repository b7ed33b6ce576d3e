// Links and attributes of objects that have many of them: messages in a fractal heap, listed by a tree of records.
import type { Input } from './input.ts';
import type { Message } from './messages.ts';

/** Where an info message keeps its heap and tree: `at + skip`, after a number of `width` bytes if there is one. */
export function readDense(input: Input, { at, size }: Message, skip: number, width: number): Message[] {
  if (size < skip + 2 * input.offsets) throw input.error('a message is too short', at);
  const start = at + skip + (input.u8(at + 1) & 1 ? width : 0);
  const heap = input.address(start);
  const tree = input.address(start + input.offsets);
  if (heap === undefined || tree === undefined) return [];
  const blocks = openHeap(input, heap);
  return readRecords(input, tree).map((id) => blocks(id));
}

/** Places of the heap IDs of all records of a tree (B-tree of version 2). */
function readRecords(input: Input, address: number): number[] {
  input.expect(address, 'BTHD', 22 + input.offsets + input.lengths);
  const kind = input.u8(address + 5);
  // Links by name or time, attributes by name or time: where the ID stands in a record.
  const idAt = new Map([
    [5, 4],
    [6, 8],
    [8, 0],
    [9, 0],
  ]).get(kind);
  if (idAt === undefined) throw input.error(`a tree of kind ${kind} does not list links or attributes`, address);
  const nodeSize = input.u32(address + 6);
  const recordSize = input.u16(address + 10);
  const depth = input.u16(address + 12);
  const root = input.address(address + 16);
  const count = input.u16(address + 16 + input.offsets);
  if (root === undefined || count === 0) return [];
  if (recordSize < idAt + 7 || depth > 8 || nodeSize < 10 + recordSize) throw input.error('a damaged tree', address);
  const widths = pointerWidths(input, nodeSize, recordSize, depth);
  const ids: number[] = [];
  const visit = (at: number, level: number, records: number): void => {
    input.expect(at, level === 0 ? 'BTLF' : 'BTIN', 10 + records * recordSize);
    const start = at + 6;
    for (let i = 0; i < records; i++) ids.push(start + i * recordSize + idAt);
    if (level === 0) return;
    const pointers = start + records * recordSize;
    const [some, all] = widths[level]!;
    const pointer = input.offsets + some + all;
    for (let i = 0; i <= records; i++) {
      const child = input.address(pointers + i * pointer);
      if (child === undefined) throw input.error('a damaged tree', at);
      visit(child, level - 1, input.uint(pointers + i * pointer + input.offsets, some) ?? 0xffff);
    }
  };
  visit(root, depth, count);
  return ids;
}

/** Bytes of the two counts beside a pointer, by the level of the node that holds it. */
function pointerWidths(input: Input, nodeSize: number, recordSize: number, depth: number): [number, number][] {
  const bytesFor = (most: number): number => Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
  const leaf = Math.floor((nodeSize - 10) / recordSize);
  const some = bytesFor(leaf);
  const widths: [number, number][] = [[0, 0]];
  let total = leaf;
  for (let level = 1; level <= depth; level++) {
    const all = level === 1 ? 0 : bytesFor(total);
    widths.push([some, all]);
    const most = Math.floor((nodeSize - 10 - (input.offsets + some + all)) / (recordSize + input.offsets + some + all));
    total = (most + 1) * total + most;
  }
  return widths;
}

/** Reads the head of a heap; the result finds the object that an ID at some place stands for. */
function openHeap(input: Input, address: number): (idAt: number) => Message {
  const { offsets, lengths } = input;
  input.expect(address, 'FRHP', 22 + 12 * lengths + 3 * offsets);
  const filters = input.u16(address + 7);
  if (filters !== 0) throw input.error('a packed heap of links or attributes is not supported', address);
  const most = input.u32(address + 10);
  let at = address + 14 + lengths + offsets + lengths + offsets + 8 * lengths;
  const width = input.u16(at);
  const first = input.length(at + 2);
  const direct = input.length(at + 2 + lengths);
  at += 2 + 2 * lengths;
  const bits = input.u16(at);
  const root = input.address(at + 4);
  const rows = input.u16(at + 4 + offsets);
  const power = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));
  if (
    root === undefined ||
    !power(width) ||
    !power(first) ||
    !power(direct) ||
    first > direct ||
    bits > 64 ||
    bits === 0
  ) {
    throw input.error('a damaged heap of links or attributes', address);
  }
  const offsetWidth = Math.ceil(bits / 8);
  const lengthWidth = Math.min(byteWidth(direct), byteWidth(most));
  const directRows = Math.log2(direct) - Math.log2(first) + 2;
  const rowSize = (row: number): number => first * 2 ** Math.max(0, row - 1);

  /** The place in the file of a place in the heap. */
  const locate = (block: number, blockRows: number, offset: number): { at: number; left: number } => {
    if (blockRows === 0) {
      const size = root === block && rows === 0 ? first : Infinity;
      input.expect(block, 'FHDB', 5);
      return { at: block + offset, left: size - offset };
    }
    input.expect(block, 'FHIB', 5 + offsets + offsetWidth);
    let rest = offset;
    for (let row = 0; row < blockRows; row++) {
      const size = rowSize(row);
      if (rest < size * width) {
        const index = row * width + Math.floor(rest / size);
        const child = input.address(block + 5 + offsets + offsetWidth + index * offsets);
        if (child === undefined) break;
        const inner = rest % size;
        if (row < directRows) {
          const found = locate(child, 0, inner);
          return { at: found.at, left: size - inner };
        }
        return locate(child, Math.log2(size) - Math.log2(first * width) + 1, inner);
      }
      rest -= size * width;
    }
    throw input.error('an ID leads out of its heap', block);
  };

  return (idAt) => {
    if ((input.u8(idAt) & 0xf0) !== 0) throw input.error('very long links or attributes are not supported', idAt);
    const offset = input.uint(idAt + 1, offsetWidth);
    const size = input.uint(idAt + 1 + offsetWidth, lengthWidth);
    if (offset === undefined || size === undefined) throw input.error('a damaged ID in a heap', idAt);
    const place = locate(root, rows, offset);
    if (size > place.left) throw input.error('an object exceeds its heap', idAt);
    input.need(place.at, size);
    input.spend(size);
    return { type: 0, at: place.at, size };
  };
}

const byteWidth = (most: number): number => Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
