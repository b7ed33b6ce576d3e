/**
 * Bytes as WebAssembly modules write them.
 */

/** A growing byte buffer with LEB128 numbers. */
export class Bytes {
  #bytes = new Uint8Array(512);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
      this.byte(done ? low : low | 128);
      if (done) return;
    }
  }

  raw(bytes: ArrayLike<number>): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  #grow(extra: number): void {
    const next = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + extra));
    next.set(this.#bytes.subarray(0, this.length));
    this.#bytes = next;
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}
