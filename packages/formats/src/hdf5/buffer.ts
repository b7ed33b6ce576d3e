// Bytes of a file that is being laid out: they grow, and what is not known yet is put in later.

/** The metadata of an HDF5 file, little-endian. */
export class LayoutBuffer {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Room for so many bytes, at a multiple of 8; they are 0. */
  allocate(size: number): number {
    const at = Math.ceil(this.#length / 8) * 8;
    this.#length = at + size;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  /** Room with these bytes in it. */
  append(bytes: ArrayLike<number>): number {
    const at = this.allocate(bytes.length);
    this.#bytes.set(bytes, at);
    return at;
  }

  set(at: number, bytes: ArrayLike<number>): void {
    this.#bytes.set(bytes, at);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  u64(at: number, value: number): void {
    this.#view.setBigUint64(at, BigInt(value), true);
  }
}

/** Little-endian bytes of numbers of the given widths. */
export function pack(...fields: readonly (readonly [width: 1 | 2 | 4 | 8, value: number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 8) view.setBigUint64(at, BigInt(value), true);
    else if (width === 4) view.setUint32(at, value, true);
    else if (width === 2) view.setUint16(at, value, true);
    else view.setUint8(at, value);
    at += width;
  }
  return bytes;
}
