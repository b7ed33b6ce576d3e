// npy: one array as NumPy saves it.
import { bytesOf, countOf, decode, WIDTHS, type DType, type NamedArray, type StoredDType } from './arrays.ts';
import { FormatError, type FormatPlace } from './errors.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's codes of dtypes, without the byte order. */
const CODES: Readonly<Record<string, StoredDType>> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  u8: 'uint64',
  i4: 'int32',
  u4: 'uint32',
  i2: 'int16',
  u2: 'uint16',
  i1: 'int8',
  u1: 'uint8',
  b1: 'bool',
};

const NAMES = Object.fromEntries(Object.entries(CODES).map(([code, dtype]) => [dtype, code])) as Record<DType, string>;

/**
 * Reads an npy file (versions 1 to 3), row-major or column-major, of either byte order.
 *
 * @param file Name for messages.
 * @throws FormatError for files that are damaged, and for arrays of objects, texts or structures.
 * @example const { shape, data } = readNpy(await readFile('x.npy'));
 */
export function readNpy(bytes: Uint8Array, file?: string): NamedArray {
  const place: FormatPlace = { file };
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError('not an npy file: it does not begin with \\x93NUMPY', { file, offset: 0 });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw new FormatError(`version ${version} of npy is not known`, { file, offset: 6 });
  const wide = version > 1;
  if (wide && bytes.length < 12) throw new FormatError('the header is truncated', place);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + length;
  if (start > bytes.length) throw new FormatError('the header is truncated', place);
  const { descr, fortran, shape } = readHeader(new TextDecoder().decode(bytes.subarray(start - length, start)), place);
  const stored = Object.hasOwn(CODES, descr.slice(1)) ? CODES[descr.slice(1)] : undefined;
  if (stored === undefined || !'<>|='.includes(descr[0]!)) {
    throw new FormatError(`dtype '${descr}' is not supported; save plain numbers or booleans`, {
      ...place,
      field: 'descr',
    });
  }
  const size = countOf(shape, place) * WIDTHS[stored];
  if (bytes.length - start !== size) {
    throw new FormatError(
      `shape [${shape.join(', ')}] of ${descr} takes ${size} bytes, the file has ${bytes.length - start} after its header`,
      place,
    );
  }
  const array = decode(bytes.subarray(start), stored, shape, place, descr[0] === '>');
  return fortran ? rowMajor(array) : array;
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dictionary of three known keys. */
function readHeader(text: string, place: FormatPlace): Header {
  const descr = /'descr'\s*:\s*'([^']+)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw new FormatError(
      `the header must have descr, fortran_order and shape, got ${text.trim().slice(0, 80)}`,
      place,
    );
  }
  const sizes = shape.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  return { descr, fortran: fortran === 'True', shape: sizes };
}

/** Values of a column-major array in row-major order. */
function rowMajor({ dtype, shape, data }: NamedArray): NamedArray {
  const Kind = data.constructor as new (length: number) => { [i: number]: number } & NamedArray['data'];
  const target = new Kind(data.length);
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    target[i] = data[index.reduce((sum, at, axis) => sum + at * steps[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { dtype, shape, data: target };
}

/**
 * Writes an npy file of version 1.
 *
 * @throws FormatError when values do not fit the shape.
 * @example await writeFile('x.npy', writeNpy({ dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) }));
 */
export function writeNpy(array: NamedArray): Uint8Array<ArrayBuffer> {
  const { dtype, shape, data } = array;
  const count = countOf(shape, {});
  if (count !== data.length)
    throw new FormatError(`shape [${shape.join(', ')}] holds ${count} elements, got ${data.length}`);
  const order = WIDTHS[dtype] === 1 ? '|' : '<';
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${order}${NAMES[dtype]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const body = bytesOf(array);
  const bytes = new Uint8Array(10 + length + body.length);
  bytes.set([...MAGIC, 1, 0, length & 0xff, length >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), 10);
  bytes.set(body, 10 + length);
  return bytes;
}
