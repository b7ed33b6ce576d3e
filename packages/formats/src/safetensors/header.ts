// The header of safetensors files: names, dtypes, shapes and byte ranges, all checked before any array is made.
import { countOf, WIDTHS, type DType, type StoredDType } from '../arrays.ts';
import { FormatError } from '../errors.ts';
import { readJson } from '../json.ts';
import { limitsOf, type ReadOptions } from '../limits.ts';

/** Names of dtypes in safetensors files. */
const CODES: Readonly<Record<string, StoredDType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  U64: 'uint64',
  I32: 'int32',
  U32: 'uint32',
  I16: 'int16',
  U16: 'uint16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

const NAMES = Object.fromEntries(Object.entries(CODES).map(([code, dtype]) => [dtype, code])) as Record<DType, string>;

/** An array as the header describes it; its bytes are counted from the end of the header. */
export interface Entry {
  readonly name: string;
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Where the header ends, from the first 8 bytes of a file of that size. */
export function headerEnd(first: Uint8Array, size: number, options: ReadOptions): number {
  const { file } = options;
  if (first.byteLength < 8) {
    throw new FormatError(`expected at least 8 bytes of a safetensors file, got ${first.byteLength}`, { file });
  }
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  const { maxHeader } = limitsOf(options);
  if (length > BigInt(size - 8)) {
    throw new FormatError(
      `the header is said to take ${length} bytes, the file has ${size - 8} after its length; it is truncated or no safetensors file`,
      { file, offset: 0 },
    );
  }
  if (length > BigInt(maxHeader)) {
    throw new FormatError(`the header takes ${length} bytes, more than limits.maxHeader = ${maxHeader}`, {
      file,
      offset: 0,
    });
  }
  return 8 + Number(length);
}

/** Reads the header; `length` is the number of bytes after it. */
export function readHeader(bytes: Uint8Array, length: number, options: ReadOptions): Header {
  const { file } = options;
  const bad = (message: string, field?: string): FormatError => new FormatError(message, { file, offset: 8, field });
  const header = readJson(bytes, options, { file, offset: 8, field: 'header' });
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw bad('the header is no JSON object');
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries((value ?? {}) as object)) {
        if (typeof text !== 'string') throw bad('metadata must be texts', key);
        metadata.set(key, text);
      }
    } else {
      entries.push(readEntry(name, value, file));
    }
  }
  const { maxMembers } = limitsOf(options);
  if (entries.length > maxMembers) throw bad(`there are more arrays than limits.maxMembers = ${maxMembers}`);
  checkRanges(entries, length, file);
  return { entries, metadata };
}

function readEntry(name: string, value: unknown, file: string | undefined): Entry {
  const place = { file, field: name };
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const stored = typeof dtype === 'string' && Object.hasOwn(CODES, dtype) ? CODES[dtype] : undefined;
  if (stored === undefined)
    throw new FormatError(`dtype ${JSON.stringify(dtype)} is not one of ${Object.keys(CODES).join(', ')}`, place);
  const count = countOf(shape, place);
  const valid =
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  if (!valid) throw new FormatError(`data_offsets must be [begin, end], got ${JSON.stringify(offsets)}`, place);
  const [begin, end] = offsets as [number, number];
  if (end - begin !== count * WIDTHS[stored]) {
    throw new FormatError(
      `shape [${(shape as number[]).join(', ')}] of ${dtype as string} takes ${count * WIDTHS[stored]} bytes, data_offsets give ${end - begin}`,
      place,
    );
  }
  return { name, stored, shape: shape as number[], begin, end };
}

/** Ranges must follow one another from the first to the last byte. */
function checkRanges(entries: readonly Entry[], length: number, file: string | undefined): void {
  let at = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw new FormatError(`bytes ${begin} to ${end} leave a gap after, or overlap, byte ${at}`, {
        file,
        field: name,
      });
    at = end;
  }
  if (at !== length) {
    throw new FormatError(`the arrays take ${at} bytes, the file has ${length} after its header`, { file });
  }
}

/** What the header says of an array. */
export interface ArrayKind {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Arrays in the order in which they are written: wider elements first, so that readers may use the bytes in place. */
export const inOrder = <T extends ArrayKind>(arrays: ReadonlyMap<string, T>): [string, T][] =>
  [...arrays].sort(([a, { dtype: x }], [b, { dtype: y }]) => WIDTHS[y] - WIDTHS[x] || (a < b ? -1 : 1));

/** Bytes of an array in the file. */
export const bytesIn = ({ dtype, shape }: ArrayKind, field: string): number =>
  countOf(shape, { field }) * WIDTHS[dtype];

/** The beginning of a file, before the bytes of the arrays. */
export function writeHeader(
  order: readonly (readonly [string, ArrayKind])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const header: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [['__metadata__', metadata]];
  let at = 0;
  for (const [name, { dtype, shape }] of order) {
    if (name === '__metadata__') throw new FormatError('the name stands for the metadata of the file', { field: name });
    const end = at + bytesIn({ dtype, shape }, name);
    header.push([name, { dtype: NAMES[dtype], shape, data_offsets: [at, end] }]);
    at = end;
  }
  // Object.fromEntries defines properties, so that a name such as __proto__ is one too.
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20, 8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  return bytes;
}
