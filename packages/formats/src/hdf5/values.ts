// Dtypes, shapes and attributes as they are read from messages.
import { decode, WIDTHS, type StoredDType } from '../arrays.ts';
import type { Input } from './input.ts';
import type { Message } from './messages.ts';
import type { H5Attribute } from './types.ts';

/** How values stand in a file. */
export type H5Type =
  | { readonly kind: 'number'; readonly dtype: StoredDType; readonly width: number; readonly bigEndian: boolean }
  | { readonly kind: 'raw'; readonly width: number }
  | { readonly kind: 'text'; readonly width: number; readonly padding: number }
  | { readonly kind: 'heap text'; readonly width: number };

/** Reads a datatype message within so many bytes. */
export function readType(input: Input, at: number, size: number): H5Type {
  if (size < 8) throw input.error('a dtype is too short', at);
  const kind = input.u8(at) & 15;
  const bits = input.u8(at + 1);
  const width = input.u32(at + 4);
  const other = (what: string): Error => input.error(`arrays of ${what} are not supported`, at);
  if (width === 0) throw input.error('a dtype of no bytes', at);
  if (kind === 0) return integer(input, at, size, bits, width);
  if (kind === 1) return float(input, at, size, bits, width);
  if (kind === 3) return { kind: 'text', width, padding: bits & 15 };
  if (kind === 5) return { kind: 'raw', width };
  if (kind === 8) {
    if (size < 16) throw input.error('a dtype is too short', at);
    const base = readType(input, at + 8, size - 8);
    if (base.kind !== 'number' || base.width !== width) throw other('this enumeration');
    const names = input.text(
      input.bytes(at, size).map((byte) => (byte < 32 || byte > 126 ? 32 : byte)),
      at,
    );
    return width === 1 && /FALSE +TRUE/.test(names) ? { ...base, dtype: 'bool' } : base;
  }
  if (kind === 9 && (bits & 15) === 1) {
    if (width !== 8 + input.offsets) throw input.error('a text reference of another size', at);
    return { kind: 'heap text', width };
  }
  const names = [
    '',
    '',
    'times',
    '',
    'bit fields',
    '',
    'structures',
    'references',
    '',
    'lists',
    'arrays',
    'complex numbers',
  ];
  throw other(names[kind] || 'an unknown dtype');
}

function integer(input: Input, at: number, size: number, bits: number, width: number): H5Type {
  const dtype = `${bits & 8 ? 'int' : 'uint'}${8 * width}`;
  const plain = size >= 12 && input.u16(at + 8) === 0 && input.u16(at + 10) === 8 * width;
  if (!plain || !Object.hasOwn(WIDTHS, dtype)) throw input.error(`integers of ${width} bytes are not supported`, at);
  return { kind: 'number', dtype: dtype as StoredDType, width, bigEndian: (bits & 1) === 1 };
}

/** Places of the exponent tell floats apart: bytes, first bit and bits of the exponent. */
const FLOATS: Readonly<Record<string, StoredDType>> = {
  '2,10,5': 'float16',
  '2,7,8': 'bfloat16',
  '4,23,8': 'float32',
  '8,52,11': 'float64',
};

function float(input: Input, at: number, size: number, bits: number, width: number): H5Type {
  if (size < 20) throw input.error('a dtype is too short', at);
  const key = `${width},${input.u8(at + 12)},${input.u8(at + 13)}`;
  const plain = (bits & 0x40) === 0 && input.u16(at + 8) === 0 && input.u16(at + 10) === 8 * width;
  const dtype = plain && Object.hasOwn(FLOATS, key) ? FLOATS[key] : undefined;
  if (dtype === undefined) throw input.error(`floats of ${width} bytes of this kind are not supported`, at);
  return { kind: 'number', dtype, width, bigEndian: (bits & 1) === 1 };
}

/** Reads a dataspace message within so many bytes. */
export function readShape(input: Input, at: number, size: number): number[] {
  if (size < 4) throw input.error('a shape is too short', at);
  const version = input.u8(at);
  const rank = input.u8(at + 1);
  if (version !== 1 && version !== 2) throw input.error(`version ${version} of shapes is not known`, at);
  if (version === 2 && input.u8(at + 3) === 2) return [0];
  const start = at + (version === 1 ? 8 : 4);
  if (start + rank * input.lengths > at + size || rank > 32) throw input.error('a shape is too long', at);
  const shape = Array.from({ length: rank }, (_, axis) => input.length(start + axis * input.lengths));
  if (!Number.isSafeInteger(shape.reduce((a, b) => a * b, 1))) {
    throw input.error(`the shape [${shape.join(', ')}] has too many elements`, at);
  }
  return shape;
}

/** Name and value of an attribute message. */
export function readAttribute(input: Input, { at, size }: Message): readonly [name: string, value: H5Attribute] {
  if (size < 8) throw input.error('an attribute is too short', at);
  const version = input.u8(at);
  if (version < 1 || version > 3) throw input.error(`version ${version} of attributes is not known`, at);
  if (version > 1 && input.u8(at + 1) !== 0) throw input.error('named datatypes are not supported', at);
  const pad = (length: number): number => (version === 1 ? Math.ceil(length / 8) * 8 : length);
  const [nameSize, typeSize, spaceSize] = [input.u16(at + 2), input.u16(at + 4), input.u16(at + 6)];
  const nameAt = at + (version === 3 ? 9 : 8);
  const typeAt = nameAt + pad(nameSize);
  const spaceAt = typeAt + pad(typeSize);
  const dataAt = spaceAt + pad(spaceSize);
  if (dataAt > at + size) throw input.error('an attribute exceeds its message', at);
  const name = input.zeroText(nameAt, nameSize);
  const type = readType(input, typeAt, typeSize);
  const shape = readShape(input, spaceAt, spaceSize);
  const count = shape.reduce((a, b) => a * b, 1);
  if (dataAt + count * type.width > at + size) throw input.error('an attribute exceeds its message', at, name);
  if (shape.length > 1)
    throw input.error(`attributes are values or lists, got the shape [${shape.join(', ')}]`, at, name);
  const values = readItems(input, type, dataAt, count, name);
  return [name, shape.length === 0 ? values[0]! : (values as string[] | number[])];
}

function readItems(input: Input, type: H5Type, at: number, count: number, name: string): (string | number)[] {
  if (type.kind === 'raw') throw input.error('attributes of raw bytes are not supported', at, name);
  input.spend(count * type.width);
  if (type.kind === 'number') {
    const bytes = input.bytes(at, count * type.width);
    if (type.width === 8 && type.dtype !== 'float64') return wideIntegers(input, type, bytes, at, name);
    return [...Array.from(decode(bytes, type.dtype, [count], { file: input.file, field: name }, type.bigEndian).data)];
  }
  return Array.from({ length: count }, (_, i) => {
    const from = at + i * type.width;
    return type.kind === 'text' ? fixedText(input, from, type.width, type.padding) : heapText(input, from);
  });
}

function wideIntegers(
  input: Input,
  { dtype, bigEndian }: { readonly dtype: StoredDType; readonly bigEndian: boolean },
  bytes: Uint8Array,
  at: number,
  name: string,
): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, i) => {
    const value = Number(
      dtype === 'int64' ? view.getBigInt64(8 * i, !bigEndian) : view.getBigUint64(8 * i, !bigEndian),
    );
    if (!Number.isSafeInteger(value)) throw input.error('a number of 64 bits is too large for JavaScript', at, name);
    return value;
  });
}

/** Padding is 0 for texts that end with a zero, 1 for zeros to the end, 2 for spaces to the end. */
function fixedText(input: Input, at: number, width: number, padding: number): string {
  const bytes = input.bytes(at, width);
  let end = width;
  if (padding === 0) end = bytes.indexOf(0) < 0 ? width : bytes.indexOf(0);
  else while (end > 0 && bytes[end - 1] === (padding === 1 ? 0 : 32)) end--;
  return input.text(bytes.subarray(0, end), at);
}

/** A text in the heap of the file: length, address of a collection, number there. */
function heapText(input: Input, at: number): string {
  const length = input.u32(at);
  const address = input.address(at + 4);
  const index = input.u32(at + 4 + input.offsets);
  if (length === 0 || address === 0 || address === undefined) return '';
  input.expect(address, 'GCOL', 16);
  const end = address + input.length(address + 8);
  input.need(address, end - address);
  const head = 8 + input.lengths;
  let next = address + 8 + input.lengths;
  while (next + head <= end) {
    const number = input.u16(next);
    if (number === 0) break;
    const size = input.length(next + 8);
    input.spend(head);
    if (number === index) {
      if (size < length || next + head + size > end) break;
      input.spend(length);
      const bytes = input.bytes(next + head, length);
      const zero = bytes.indexOf(0);
      return input.text(zero < 0 ? bytes : bytes.subarray(0, zero), next + head);
    }
    next += head + Math.ceil(size / 8) * 8;
  }
  throw input.error(`text ${index} is not in the heap at ${address}`, at);
}
