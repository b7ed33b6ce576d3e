/**
 * 64-bit words for hash functions, as big integers.
 */

/** The lowest 64 bits. */
export const word = (x: bigint): bigint => BigInt.asUintN(64, x);

/** Rotated to the right. */
export const rotateRight = (x: bigint, by: bigint): bigint => word((x >> by) | (x << (64n - by)));

/** Rotated to the left. */
export const rotateLeft = (x: bigint, by: bigint): bigint => rotateRight(x, 64n - by);

/** UTF-8 bytes of a text, with reads of little-endian words. */
export function bytesOf(text: string): DataView {
  const { buffer, byteOffset, byteLength } = new TextEncoder().encode(text);
  return new DataView(buffer, byteOffset, byteLength);
}
