// The bytes of an HDF5 file that is read. Every access is checked, and what describes the file is read about once.
import { FormatError } from '../errors.ts';

/** What a file is read with: its bytes, and the widths that its head gives. */
export class Input {
  readonly file: string | undefined;
  /** Bytes of addresses, and of lengths. */
  offsets = 8;
  lengths = 8;
  #bytes: Uint8Array;
  #view: DataView;
  #left: number;

  constructor(bytes: Uint8Array, file: string | undefined) {
    this.file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Files that send readers through the same bytes again and again cost no more time than long ones.
    this.#left = 4 * bytes.byteLength + 2 ** 20;
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.#bytes = new Uint8Array(0);
    this.#view = new DataView(this.#bytes.buffer);
  }

  error(message: string, offset?: number, field?: string): FormatError {
    return new FormatError(message, { file: this.file, offset, field });
  }

  /** Checks that bytes lie in the file. */
  need(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.size)) {
      throw this.error(`expected ${length} bytes at ${at}, the file has ${this.size}; it is damaged or truncated`);
    }
  }

  /** Counts bytes of the description of the file. */
  spend(length: number): void {
    this.#left -= length;
    if (this.#left < 0) throw this.error('the file describes the same bytes again and again; it is damaged');
  }

  /** Bytes of the file, not copied. */
  bytes(at: number, length: number): Uint8Array {
    this.need(at, length);
    return this.#bytes.subarray(at, at + length);
  }

  u8(at: number): number {
    this.need(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** An unsigned number of some bytes; all ones is undefined, which stands for nowhere. */
  uint(at: number, width: number): number | undefined {
    this.need(at, width);
    let value = 0;
    let ones = true;
    for (let i = width - 1; i >= 0; i--) {
      const byte = this.#view.getUint8(at + i);
      ones &&= byte === 255;
      value = value * 256 + byte;
    }
    if (ones) return undefined;
    if (!Number.isSafeInteger(value)) throw this.error('a number is too large; the file is damaged', at);
    return value;
  }

  /** The address at a place, undefined for nowhere. */
  address(at: number): number | undefined {
    return this.uint(at, this.offsets);
  }

  /** The length at a place. */
  length(at: number): number {
    const value = this.uint(at, this.lengths);
    if (value === undefined) throw this.error('a length is too large; the file is damaged', at);
    return value;
  }

  /** Checks the four letters that a structure begins with, and counts its size. */
  expect(at: number, signature: string, size: number): void {
    this.need(at, Math.max(4, size));
    this.spend(size);
    for (let i = 0; i < 4; i++) {
      if (this.#view.getUint8(at + i) !== signature.charCodeAt(i)) throw this.error(`expected ${signature}`, at);
    }
  }

  /** A UTF-8 text. */
  text(bytes: Uint8Array, at: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new FormatError('a text is no UTF-8', { file: this.file, offset: at }, { cause });
    }
  }

  /** A UTF-8 text that ends before a zero, within so many bytes. */
  zeroText(at: number, most: number): string {
    const bytes = this.bytes(at, most);
    const end = bytes.indexOf(0);
    if (end < 0) throw this.error('a name does not end', at);
    return this.text(bytes.subarray(0, end), at);
  }
}
