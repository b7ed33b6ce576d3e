// Attributes as messages of an object, for writing.
import { FormatError } from '../errors.ts';
import { join } from '../zip/write.ts';
import { pack } from './buffer.ts';
import { dataspace, describe, fixedText, heapText } from './datatypes.ts';
import type { H5Attribute } from './types.ts';

/** Puts a text into the heap of the file; gives the address of its collection and its number there. */
export type PutText = (text: Uint8Array) => readonly [address: number, index: number];

/** Messages of objects are at most so long. */
const MAX_MESSAGE = 0xfff8;

/** An attribute message. A text goes to the heap, a list of texts beside its name, as Keras stores them. */
export function attributeMessage(name: string, value: H5Attribute, putText: PutText): Uint8Array {
  const { type, space, data } = valueOf(name, value, putText);
  const text = encodeText(`${name}\0`, name);
  if (name === '' || name.includes('\0'))
    throw new FormatError('an attribute needs a name without zeros', { field: name });
  const ascii = text.length === name.length + 1;
  // Version 1 pads its parts and knows ASCII names only; version 3 does neither.
  const parts = ascii ? [text, type, space].map(pad8) : [text, type, space];
  const sizes = [text, type, space].map((part) => [2, part.length] as const);
  const head = pack([1, ascii ? 1 : 3], [1, 0], ...sizes);
  const message = join([head, ascii ? new Uint8Array(0) : Uint8Array.of(1), ...parts, data]);
  if (message.length > MAX_MESSAGE) {
    throw new FormatError(
      `the attribute takes ${message.length} bytes, HDF5 allows ${MAX_MESSAGE}; split the list into several attributes`,
      { field: name },
    );
  }
  return message;
}

const pad8 = (bytes: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  return padded;
};

interface Encoded {
  readonly type: Uint8Array;
  readonly space: Uint8Array;
  readonly data: Uint8Array;
}

function valueOf(name: string, value: H5Attribute, putText: PutText): Encoded {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new FormatError('texts with zero characters cannot be stored', { field: name });
    const bytes = encodeText(value, name);
    const [address, index] = bytes.length === 0 ? [0, 0] : putText(bytes);
    return { type: heapText(), space: dataspace([]), data: pack([4, bytes.length], [8, address], [4, index]) };
  }
  if (typeof value === 'number') return numbers([value], []);
  if (value.length > 0 && value.every((item) => typeof item === 'string')) return texts(value, name);
  if (value.every((item) => typeof item === 'number')) return numbers(value, [value.length]);
  throw new FormatError('an attribute is a text, a number, or a list of either', { field: name });
}

function texts(value: readonly string[], name: string): Encoded {
  if (value.some((item) => item.includes('\0')))
    throw new FormatError('texts with zero characters cannot be stored', { field: name });
  const items = value.map((item) => encodeText(item, name));
  const size = Math.max(1, ...items.map((item) => item.length));
  if (size * items.length > MAX_MESSAGE) {
    throw new FormatError(
      `the list takes ${size * items.length} bytes, HDF5 allows ${MAX_MESSAGE}; split it into several attributes`,
      { field: name },
    );
  }
  const data = new Uint8Array(size * items.length);
  items.forEach((item, i) => data.set(item, i * size));
  const ascii = items.every((item, i) => item.length === value[i]!.length);
  return { type: fixedText(size, ascii), space: dataspace([items.length]), data };
}

/** Whole numbers are int64, others float64, and so is an empty list, as in NumPy. */
function numbers(values: readonly number[], shape: readonly number[]): Encoded {
  const whole = values.length > 0 && values.every((value) => Number.isSafeInteger(value) && !Object.is(value, -0));
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => {
    if (whole) view.setBigInt64(8 * i, BigInt(value), true);
    else view.setFloat64(8 * i, value, true);
  });
  return { type: describe(whole ? 'int64' : 'float64'), space: dataspace(shape), data: new Uint8Array(view.buffer) };
}

/** UTF-8 bytes of a text; halves of characters have none. */
export function encodeText(text: string, field: string): Uint8Array {
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) {
    throw new FormatError('the text has half a character (a lone surrogate), which UTF-8 cannot hold', { field });
  }
  return new TextEncoder().encode(text);
}
