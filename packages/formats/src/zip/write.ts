// Writes ZIP archives part by part, so that large members are never copied together.
import { deflateSync } from 'fflate';
import { FormatError } from '../errors.ts';
import { crc32 } from '../checksum.ts';

/** Options of `writeZip`. */
export interface ZipOptions {
  /** Whether members are stored as they are (the default, as Keras does) or deflated. */
  readonly stored?: boolean | undefined;
  /** Date of all members: 1 January 1980 unless given, so that equal members make equal files. */
  readonly date?: Date | undefined;
}

/** Members by name; a list of parts is one member. */
export type ZipMembers = ReadonlyMap<string, Uint8Array | readonly Uint8Array[]>;

/**
 * Writes a ZIP archive, its members in the order of the map.
 *
 * @throws FormatError for names that `readZip` refuses, and archives of 4 GiB or more, or 65,535 members or more.
 * @example const bytes = writeZip(new Map([['a.txt', new TextEncoder().encode('hello')]]));
 */
export function writeZip(members: ZipMembers, options: ZipOptions = {}): Uint8Array<ArrayBuffer> {
  return join([...zipParts(members, options)]);
}

/**
 * The archive that `writeZip` writes, part by part, for `writeTo`. Parts of stored members are handed on, not copied.
 *
 * @throws FormatError as `writeZip`.
 * @example await writeTo('a.zip', zipParts(new Map([['a.bin', new Uint8Array(8)]])));
 */
export function* zipParts(members: ZipMembers, options: ZipOptions = {}): Generator<Uint8Array, void> {
  const { stored = true, date } = options;
  const directory: Uint8Array[] = [];
  const time = dosTime(date);
  let at = 0;
  if (members.size >= 0xffff) throw new FormatError(`an archive has at most 65534 members, got ${members.size}`);
  for (const [name, content] of members) {
    if (/[\\\0]|^\/|^[a-z]:|(^|\/)\.{0,2}(\/|$)/i.test(name)) {
      throw new FormatError('names must be plain relative paths with forward slashes', { field: name });
    }
    const parts = content instanceof Uint8Array ? [content] : content;
    const packed = stored ? parts : [deflateSync(join(parts))];
    const total = (list: readonly Uint8Array[]): number => list.reduce((sum, part) => sum + part.length, 0);
    const encoded = new TextEncoder().encode(name);
    const [size, packedSize] = [total(parts), total(packed)];
    if (encoded.length > 0xffff) throw new FormatError('the name is longer than 65535 bytes', { field: name });
    if (at + size + packedSize + 2 ** 16 > 0xffffffff)
      throw new FormatError('the archive exceeds 4 GiB', { field: name });
    // Both headers have these 26 bytes: version, flags, method, time, checksum, sizes, length of the name, no extra field.
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true);
    common.setUint16(2, encoded.length === name.length ? 0 : 0x800, true);
    common.setUint16(4, stored ? 0 : 8, true);
    common.setUint32(6, time, true);
    common.setUint32(
      10,
      parts.reduce((crc, part) => crc32(part, crc), 0),
      true,
    );
    common.setUint32(14, packedSize, true);
    common.setUint32(18, size, true);
    common.setUint16(22, encoded.length, true);
    const fields = new Uint8Array(common.buffer);
    yield join([Uint8Array.of(0x50, 0x4b, 3, 4), fields, encoded]);
    yield* packed;
    const tail = new DataView(new ArrayBuffer(14));
    tail.setUint32(10, at, true);
    directory.push(join([Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), fields, new Uint8Array(tail.buffer), encoded]));
    at += 30 + encoded.length + packedSize;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  if (at + size > 0xffffffff) throw new FormatError('the archive exceeds 4 GiB');
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, members.size, true);
  end.setUint16(10, members.size, true);
  end.setUint32(12, size, true);
  end.setUint32(16, at, true);
  yield* directory;
  yield new Uint8Array(end.buffer);
}

/** Date and time in the form of ZIP: local time, in steps of two seconds, from 1980 to 2107. */
function dosTime(date: Date | undefined): number {
  if (date === undefined) return 0x0021_0000;
  const year = date.getFullYear();
  if (!(year >= 1980 && year <= 2107))
    throw new FormatError(`dates of members lie in 1980 to 2107, got ${String(date)}`);
  const day = ((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
  return ((day << 16) | (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1)) >>> 0;
}

/** Bytes one after the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
