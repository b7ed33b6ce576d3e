/**
 * A growing byte buffer with the number formats of WebAssembly binaries.
 */
const scratch = new DataView(new ArrayBuffer(8));
const encoder = new TextEncoder();

/** Bytes under construction. */
export class Bytes {
  #bytes = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  /** LEB128 of a whole number below 2³²; others throw a RangeError. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    if (rest !== value) throw new RangeError(`wasm: ${value} is not a whole number from 0 to 2³² − 1`);
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a whole number, modulo 2³²; fractions and NaN throw a RangeError. */
  signed(value: number): void {
    if (!Number.isInteger(value)) throw new RangeError(`wasm: ${value} is not a whole number`);
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
      this.byte(done ? low : low | 128);
      if (done) return;
    }
  }

  /** Four bytes, lowest first. */
  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 255);
  }

  /** A double, lowest byte first. */
  double(value: number): void {
    scratch.setFloat64(0, value, true);
    this.word(scratch.getUint32(0, true));
    this.word(scratch.getUint32(4, true));
  }

  raw(bytes: ArrayLike<number>): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A length and that many bytes of UTF-8. */
  text(value: string): void {
    this.sized(encoder.encode(value));
  }

  /** A length and that many bytes. */
  sized(bytes: ArrayLike<number>): void {
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  /** What has been written; valid until more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(extra: number): void {
    const next = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + extra));
    next.set(this.view());
    this.#bytes = next;
  }
}

/** The bits of a number as a 32-bit float. */
export function floatBits(value: number): number {
  scratch.setFloat32(0, value, true);
  return scratch.getInt32(0, true);
}
