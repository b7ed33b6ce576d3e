// Pixels with another number of channels: grey, grey with alpha, RGB, RGBA.

/** Grey of a colour: the weights of ITU-R 601, in whole numbers. */
const greyOf = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/**
 * Copies pixels into another number of channels. Alpha is dropped, not blended; where there is none it becomes 255.
 */
export const toChannels = (
  pixels: Uint8Array | Uint8ClampedArray,
  from: number,
  to: number,
): Uint8Array<ArrayBuffer> => {
  const count = pixels.length / from;
  const out = new Uint8Array(count * to);
  if (from === to) {
    out.set(pixels);
    return out;
  }
  const coloured = from >= 3;
  const alpha = from === 2 ? 1 : from === 4 ? 3 : -1;
  for (let i = 0; i < count; i++) {
    const source = i * from;
    const target = i * to;
    const [r, g, b] = [pixels[source]!, pixels[source + (coloured ? 1 : 0)]!, pixels[source + (coloured ? 2 : 0)]!];
    if (to >= 3) {
      out[target] = r;
      out[target + 1] = g;
      out[target + 2] = b;
    } else {
      out[target] = coloured ? greyOf(r, g, b) : r;
    }
    if (to === 2 || to === 4) out[target + to - 1] = alpha < 0 ? 255 : pixels[source + alpha]!;
  }
  return out;
};
