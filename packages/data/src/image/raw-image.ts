// What decoders give: pixels row by row, one byte a channel.

/** Pixels of an image whose size is known. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly channels: number;
}
