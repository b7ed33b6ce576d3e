// safetensors: a JSON header of names, dtypes, shapes and byte ranges, then the bytes of all arrays.
import { bytesOf, countOf, decode, WIDTHS, type DType, type NamedArray, type StoredDType } from './arrays.ts';
import { FormatError } from './errors.ts';

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

/** The longest header that is read, in bytes. */
const MAX_HEADER = 100_000_000;

/** What a safetensors file holds. */
export interface Safetensors {
  /** Arrays by name, in the order of the header. */
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Texts that were stored beside them. */
  readonly metadata: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly stored: StoredDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file. All of the header is checked before any array is made: ranges must follow one another without
 * gaps and fit their shapes. float16 comes as float32 numbers, bfloat16 as float32, 64-bit integers as int32 if they fit.
 *
 * @param file Name for messages.
 * @throws FormatError with the place of what is wrong.
 * @example const { arrays } = readSafetensors(await readFile('model.safetensors'));
 */
export function readSafetensors(bytes: Uint8Array, file?: string): Safetensors {
  if (bytes.byteLength < 8) {
    throw new FormatError(`expected at least 8 bytes of a safetensors file, got ${bytes.byteLength}`, { file });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER, bytes.byteLength - 8))) {
    throw new FormatError(
      `the header is said to take ${length} bytes, the file has ${bytes.byteLength - 8} after its length; it is truncated or no safetensors file`,
      { file, offset: 0 },
    );
  }
  const start = 8 + Number(length);
  const { entries, metadata } = readHeader(bytes.subarray(8, start), file);
  checkRanges(entries, bytes.byteLength - start, file);
  const arrays = new Map(
    entries.map(({ name, stored, shape, begin, end }) => [
      name,
      decode(bytes.subarray(start + begin, start + end), stored, shape, { file, field: name }),
    ]),
  );
  return { arrays, metadata };
}

function readHeader(bytes: Uint8Array, file: string | undefined): { entries: Entry[]; metadata: Map<string, string> } {
  const bad = (message: string, field?: string): FormatError => new FormatError(message, { file, offset: 8, field });
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError('the header is no JSON', { file, offset: 8 }, { cause });
  }
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
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
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
  const order = [...arrays].sort(([a, { dtype: x }], [b, { dtype: y }]) => WIDTHS[y] - WIDTHS[x] || (a < b ? -1 : 1));
  const header: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [['__metadata__', metadata]];
  let at = 0;
  for (const [name, { dtype, shape, data }] of order) {
    const count = countOf(shape, { field: name });
    if (count !== data.length) {
      throw new FormatError(`shape [${shape.join(', ')}] holds ${count} elements, got ${data.length}`, { field: name });
    }
    const end = at + count * WIDTHS[dtype];
    header.push([name, { dtype: NAMES[dtype], shape, data_offsets: [at, end] }]);
    at = end;
  }
  // Object.fromEntries defines properties, so that a name such as __proto__ is one too.
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + at).fill(0x20, 8 + text.length, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, 8);
  let offset = 8 + padded;
  for (const [, array] of order) {
    const part = bytesOf(array);
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
