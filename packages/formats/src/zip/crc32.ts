// The checksum of ZIP members (CRC-32, IEEE 802.3).

const TABLE: Uint32Array = /* @__PURE__ */ makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[n] = c >>> 0;
  }
  return table;
}

/** The part of Node that has it too. */
interface Host {
  readonly process?: {
    getBuiltinModule?(name: 'node:zlib'): { crc32?(data: Uint8Array, value?: number): number } | undefined;
  };
}

/** The checksum of bytes, going on from that of the bytes before them. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const native = (globalThis as Host).process?.getBuiltinModule?.('node:zlib')?.crc32;
  if (native !== undefined) return native(bytes, before);
  const table = TABLE;
  let c = ~before;
  for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}
