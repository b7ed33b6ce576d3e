// Cyclic redundancy checks of 32 bits: that of ZIP (CRC-32) and that of TFRecord (CRC-32C).

/** Tables by polynomial; made when they are first used. Eight of 256 entries let eight bytes be taken at once. */
const TABLES = /* @__PURE__ */ new Map<number, Int32Array>();

function tableOf(polynomial: number): Int32Array {
  const known = TABLES.get(polynomial);
  if (known !== undefined) return known;
  const table = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1;
    table[n] = c;
  }
  for (let n = 256; n < table.length; n++) table[n] = (table[n - 256]! >>> 8) ^ table[table[n - 256]! & 0xff]!;
  TABLES.set(polynomial, table);
  return table;
}

function checksum(bytes: Uint8Array, polynomial: number, before: number): number {
  const table = tableOf(polynomial);
  const at = (row: number, byte: number): number => table[row * 256 + (byte & 0xff)]!;
  let c = ~before;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const low = c ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    c =
      at(7, low) ^
      at(6, low >>> 8) ^
      at(5, low >>> 16) ^
      at(4, low >>> 24) ^
      at(3, bytes[i + 4]!) ^
      at(2, bytes[i + 5]!) ^
      at(1, bytes[i + 6]!) ^
      at(0, bytes[i + 7]!);
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ at(0, c ^ bytes[i]!);
  return ~c >>> 0;
}

/** The part of Node that has one of them too. */
interface Host {
  readonly process?: {
    getBuiltinModule?(name: 'node:zlib'): { crc32?(data: Uint8Array, value?: number): number } | undefined;
  };
}

/**
 * CRC-32 (IEEE 802.3) of bytes, as ZIP and gzip have it; with `before` it goes on from that of the bytes before them.
 *
 * @returns A whole number from 0 to 2³² − 1.
 * @example crc32(new TextEncoder().encode('123456789')); // 0xcbf43926
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const native = (globalThis as Host).process?.getBuiltinModule?.('node:zlib')?.crc32;
  return native === undefined ? checksum(bytes, 0xedb88320, before) : native(bytes, before);
}

/** CRC-32C (Castagnoli) of bytes, going on from that of the bytes before them. */
export const crc32c = (bytes: Uint8Array, before = 0): number => checksum(bytes, 0x82f63b78, before);
