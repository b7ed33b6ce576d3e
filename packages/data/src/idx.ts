// The IDX format of MNIST-like datasets, plain or gzipped: a header with element type and axis lengths, then the numbers.
import { sizeOf, type NDArray, type TypedArray } from './arrays.ts';
import { openBytes, sourceName, type ByteSource } from './bytes.ts';
import { checkInteger, checkNames } from './checks.ts';
import { ConfigError, FormatError } from './errors.ts';
import { gunzipped } from './gzip.ts';

interface ElementType {
  readonly code: number;
  readonly bytes: number;
  readonly make: (length: number) => TypedArray;
  readonly read: (view: DataView, offset: number) => number;
  readonly write: (view: DataView, offset: number, value: number) => void;
}

const elementTypes: readonly ElementType[] = [
  {
    code: 0x08,
    bytes: 1,
    make: (n) => new Uint8Array(n),
    read: (v, o) => v.getUint8(o),
    write: (v, o, x) => v.setUint8(o, x),
  },
  {
    code: 0x09,
    bytes: 1,
    make: (n) => new Int8Array(n),
    read: (v, o) => v.getInt8(o),
    write: (v, o, x) => v.setInt8(o, x),
  },
  {
    code: 0x0b,
    bytes: 2,
    make: (n) => new Int16Array(n),
    read: (v, o) => v.getInt16(o),
    write: (v, o, x) => v.setInt16(o, x),
  },
  {
    code: 0x0c,
    bytes: 4,
    make: (n) => new Int32Array(n),
    read: (v, o) => v.getInt32(o),
    write: (v, o, x) => v.setInt32(o, x),
  },
  {
    code: 0x0d,
    bytes: 4,
    make: (n) => new Float32Array(n),
    read: (v, o) => v.getFloat32(o),
    write: (v, o, x) => v.setFloat32(o, x),
  },
  {
    code: 0x0e,
    bytes: 8,
    make: (n) => new Float64Array(n),
    read: (v, o) => v.getFloat64(o),
    write: (v, o, x) => v.setFloat64(o, x),
  },
];

const maxAxes = 8;

interface Header {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly headerBytes: number;
  readonly totalBytes: number;
}

/** The header once enough bytes are there, otherwise how many are needed. */
const parseHeader = (bytes: Uint8Array, file: string, maxBytes: number): Header | number => {
  if (bytes.length < 4) return 4;
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const got = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(`not an IDX file: it must start with two zero bytes, got ${got}`, {
      file,
      offset: 0,
      field: 'magic',
    });
  }
  const type = elementTypes.find((candidate) => candidate.code === bytes[2]);
  if (type === undefined) {
    throw new FormatError(`unknown element type 0x${bytes[2]!.toString(16)}; known: 08, 09, 0b, 0c, 0d, 0e`, {
      file,
      offset: 2,
      field: 'type',
    });
  }
  const axes = bytes[3]!;
  if (axes === 0 || axes > maxAxes) {
    throw new FormatError(`expected 1 to ${maxAxes} axes, got ${axes}`, { file, offset: 3, field: 'axes' });
  }
  const headerBytes = 4 + 4 * axes;
  if (bytes.length < headerBytes) return headerBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const totalBytes = headerBytes + sizeOf(shape) * type.bytes;
  if (totalBytes > maxBytes) {
    throw new FormatError(
      `shape [${shape.join(', ')}] needs ${totalBytes} bytes, more than maxBytes = ${maxBytes}; raise it if the file is trusted`,
      { file, offset: 4, field: 'shape' },
    );
  }
  return { type, shape, headerBytes, totalBytes };
};

const join = (chunks: readonly Uint8Array[], length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
};

const truncated = (file: string, got: number, needed: number): FormatError =>
  new FormatError(`truncated: expected ${needed} bytes, the file ends after ${got}; download it again`, {
    file,
    offset: got,
    field: 'data',
  });

const decode = (bytes: Uint8Array, { type, shape, headerBytes }: Header): NDArray => {
  const data = type.make(sizeOf(shape));
  if (type.bytes === 1) {
    new Uint8Array(data.buffer).set(bytes.subarray(headerBytes));
  } else {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < data.length; i++) data[i] = type.read(view, headerBytes + i * type.bytes);
  }
  return { data, shape };
};

/** Options of {@link readIdx}. */
export interface IdxOptions {
  /** Name of the file in messages; taken from the source where it has one. */
  readonly name?: string;
  /** Largest uncompressed size to accept; 2 GiB unless given. */
  readonly maxBytes?: number;
}

/**
 * Reads an IDX file, plain or gzipped. Header, sizes and length are checked before the array is made; a damaged file
 * gives a `FormatError` with the byte offset.
 *
 * @example
 * const images = await readIdx({ path: 'train-images-idx3-ubyte.gz' }); // Uint8Array, shape [60000, 28, 28]
 */
export const readIdx = async (source: ByteSource, options: IdxOptions = {}): Promise<NDArray> => {
  checkNames('readIdx', options, ['name', 'maxBytes']);
  const { name, maxBytes = 2 ** 31 } = options;
  checkInteger('readIdx', 'maxBytes', maxBytes, 1);
  if (typeof source === 'string') {
    throw new ConfigError('readIdx: a string is not IDX data; use { path } for a file or new URL(…) for an address');
  }
  const file = name ?? sourceName(source, 'IDX data');
  const chunks: Uint8Array[] = [];
  let length = 0;
  let header: Header | number = 4;
  for await (const chunk of gunzipped(openBytes('readIdx', source), file)) {
    chunks.push(chunk);
    length += chunk.length;
    while (typeof header === 'number' && length >= header) {
      header = parseHeader(join(chunks, length), file, maxBytes);
    }
    if (typeof header === 'object' && length > header.totalBytes) {
      throw new FormatError(`expected ${header.totalBytes} bytes for shape [${header.shape.join(', ')}], got more`, {
        file,
        offset: header.totalBytes,
        field: 'data',
      });
    }
  }
  if (typeof header === 'number') throw truncated(file, length, header);
  if (length < header.totalBytes) throw truncated(file, length, header.totalBytes);
  return decode(join(chunks, length), header);
};

/**
 * The IDX bytes of an array, for files that other tools read. Throws a `ConfigError` for element types the format lacks.
 *
 * @example
 * writeFileSync('labels-idx1-ubyte', encodeIdx({ data: Uint8Array.of(1, 2), shape: [2] }));
 */
export const encodeIdx = ({ data, shape }: NDArray): Uint8Array => {
  const type = elementTypes.find((candidate) => candidate.make(0).constructor === data.constructor);
  if (type === undefined) throw new ConfigError(`encodeIdx: the format has no type for ${data.constructor.name}`);
  if (shape.length === 0 || shape.length > maxAxes || sizeOf(shape) !== data.length) {
    throw new ConfigError(`encodeIdx: shape [${shape.join(', ')}] does not fit ${data.length} elements in 1 to 8 axes`);
  }
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + data.length * type.bytes);
  const view = new DataView(bytes.buffer);
  bytes[2] = type.code;
  bytes[3] = shape.length;
  for (const [axis, axisLength] of shape.entries()) view.setUint32(4 + 4 * axis, axisLength);
  for (let i = 0; i < data.length; i++) type.write(view, headerBytes + i * type.bytes, data[i]!);
  return bytes;
};
