// Reads ZIP archives. The whole directory is checked before a member is unpacked.
import { inflateSync } from 'fflate';
import { FormatError } from '../errors.ts';
import { checkRatio, limitsOf, type ReadOptions } from '../limits.ts';
import { crc32 } from '../checksum.ts';

/** A member as the central directory describes it. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly header: number;
  readonly data: number;
}

/**
 * Members of a ZIP archive by name, in the order of its directory; each is unpacked when its function is called.
 *
 * Members may be stored or deflated. Refused are: encrypted members and other methods, names that lead out of the archive
 * or occur twice, members that overlap, and what exceeds a limit. Sizes and checksums are compared with the real bytes.
 *
 * @throws FormatError here for what is wrong with the directory, and when a member is unpacked for what is wrong with it.
 * @example const text = new TextDecoder().decode(readZip(bytes).get('config.json')?.());
 */
export function readZip(bytes: Uint8Array, options: ReadOptions = {}): ReadonlyMap<string, () => Uint8Array> {
  const { file } = options;
  const limits = limitsOf(options);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = findDirectory(view, file);
  if (directory.count > limits.maxMembers) {
    throw new FormatError(`there are ${directory.count} members, more than limits.maxMembers = ${limits.maxMembers}`, {
      file,
    });
  }
  const entries = readDirectory(view, directory, file);
  let total = 0;
  for (const { name, packed, size } of entries) {
    const place = { file, field: name };
    total += size;
    if (total > limits.maxBytes) {
      throw new FormatError(`members take more than limits.maxBytes = ${limits.maxBytes} bytes together`, place);
    }
    checkRatio(packed, size, limits.maxRatio, place);
  }
  checkOverlaps(entries, directory.start, file);
  const members = new Map<string, () => Uint8Array>();
  for (const entry of entries) {
    if (members.has(entry.name)) throw new FormatError('the name occurs twice', { file, field: entry.name });
    members.set(entry.name, () => unpack(bytes, entry, file));
  }
  return members;
}

interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

const damaged = (reason: string, file: string | undefined, offset?: number): FormatError =>
  new FormatError(`damaged or truncated zip archive (${reason})`, { file, offset });

/** The end record is the last thing in the file, but for a comment. */
function findDirectory(view: DataView, file: string | undefined): Directory {
  const last = view.byteLength - 22;
  let at = last;
  while (at >= Math.max(0, last - 0xffff)) {
    if (view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === last - at) break;
    at--;
  }
  if (at < Math.max(0, last - 0xffff)) throw damaged('its end record is missing', file);
  const wide = at >= 20 && view.getUint32(at - 20, true) === 0x07064b50;
  let [count, size, start, end] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
    at,
  ];
  let [disk, startDisk, here] = [
    view.getUint16(at + 4, true),
    view.getUint16(at + 6, true),
    view.getUint16(at + 8, true),
  ];
  if (wide) {
    end = big(view, at - 12, file);
    if (end + 56 > at - 20 || view.getUint32(end, true) !== 0x06064b50) throw damaged('its wide end record', file, end);
    [disk, startDisk, here] = [
      view.getUint32(end + 16, true),
      view.getUint32(end + 20, true),
      big(view, end + 24, file),
    ];
    [count, size, start] = [big(view, end + 32, file), big(view, end + 40, file), big(view, end + 48, file)];
  }
  if (disk !== 0 || startDisk !== 0 || here !== count) throw damaged('it has several parts', file, at);
  if (start + size !== end) throw damaged(`its directory does not end at byte ${end}`, file, at);
  return { start, end, count };
}

function big(view: DataView, at: number, file: string | undefined): number {
  const value = at + 8 <= view.byteLength ? Number(view.getBigUint64(at, true)) : Infinity;
  if (!Number.isSafeInteger(value)) throw damaged('a size is too large', file, at);
  return value;
}

function readDirectory(view: DataView, { start, end, count }: Directory, file: string | undefined): Entry[] {
  const entries: Entry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50)
      throw damaged(`entry ${i} of its directory`, file, at);
    const next =
      at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw damaged(`entry ${i} of its directory`, file, at);
    const entry = readEntry(view, at, file);
    if (entry !== undefined) entries.push(entry);
    at = next;
  }
  if (at !== end) throw damaged(`its directory has ${end - at} bytes more than its entries`, file, at);
  return entries;
}

/** One entry of the directory, undefined for folders. */
function readEntry(view: DataView, at: number, file: string | undefined): Entry | undefined {
  const name = textAt(view, at + 46, view.getUint16(at + 28, true), file);
  const place = { file, field: name, offset: at };
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  if (flags & 0x2041) throw new FormatError('encrypted members are not supported', place);
  if (method !== 0 && method !== 8) {
    throw new FormatError(`compression method ${method} is not supported; use deflate, or store the member`, place);
  }
  const sizes = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  const [size, packed, header] = widen(view, at, sizes, file) as [number, number, number];
  checkName(name, file);
  if (name.endsWith('/')) {
    if (size !== 0) throw new FormatError('a folder has no bytes of its own', place);
    return undefined;
  }
  if (method === 0 && size !== packed) {
    throw new FormatError(`a stored member has one size, got ${packed} and ${size}`, place);
  }
  const data = dataAt(view, header, name, method, file);
  return { name, method, crc: view.getUint32(at + 16, true), packed, size, header, data };
}

/** Sizes of all ones stand in the extra field of wide archives. */
function widen(view: DataView, at: number, sizes: readonly number[], file: string | undefined): number[] {
  if (!sizes.includes(0xffffffff)) return [...sizes];
  let extra = at + 46 + view.getUint16(at + 28, true);
  const end = extra + view.getUint16(at + 30, true);
  while (extra + 4 <= end) {
    const stop = extra + 4 + view.getUint16(extra + 2, true);
    if (view.getUint16(extra, true) === 1 && stop <= end) {
      let next = extra + 4;
      return sizes.map((size) => {
        if (size !== 0xffffffff) return size;
        if (next + 8 > stop) throw damaged('a wide size is missing', file, extra);
        next += 8;
        return big(view, next - 8, file);
      });
    }
    extra = stop;
  }
  throw damaged('a wide size is missing', file, at);
}

/** Where the bytes of a member begin: after its own header, which must be of the same member. */
function dataAt(view: DataView, at: number, name: string, method: number, file: string | undefined): number {
  const place = { file, field: name, offset: at };
  if (at + 30 > view.byteLength || view.getUint32(at, true) !== 0x04034b50) {
    throw new FormatError('damaged or truncated zip archive (the member has no header)', place);
  }
  const length = view.getUint16(at + 26, true);
  const data = at + 30 + length + view.getUint16(at + 28, true);
  if (
    data > view.byteLength ||
    textAt(view, at + 30, length, file) !== name ||
    view.getUint16(at + 8, true) !== method
  ) {
    throw new FormatError('damaged zip archive (the member has another header than the directory says)', place);
  }
  return data;
}

function textAt(view: DataView, at: number, length: number, file: string | undefined): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      new Uint8Array(view.buffer, view.byteOffset + at, length),
    );
  } catch (cause) {
    throw new FormatError('a name is no UTF-8', { file, offset: at }, { cause });
  }
}

/** Names must stay inside a folder that they are unpacked to, on any system. */
function checkName(name: string, file: string | undefined): void {
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  // oxlint-disable-next-line no-control-regex
  if (/[\\\u0000-\u001f]|^[a-z]:/i.test(name) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new FormatError('names must be plain relative paths with forward slashes', { file, field: name });
  }
}

function checkOverlaps(entries: readonly Entry[], end: number, file: string | undefined): void {
  let at = 0;
  for (const { name, header, data, packed } of entries.toSorted((a, b) => a.header - b.header)) {
    if (header < at) throw new FormatError('the member overlaps another one', { file, field: name, offset: header });
    at = data + packed;
    if (at > end) {
      throw new FormatError(`damaged or truncated zip archive (the member ends at byte ${at}, after byte ${end})`, {
        file,
        field: name,
      });
    }
  }
}

/** The bytes of a member, compared with the size and the checksum of the directory. */
function unpack(
  bytes: Uint8Array,
  { name, method, crc, packed, size, data }: Entry,
  file: string | undefined,
): Uint8Array {
  const place = { file, field: name };
  const part = bytes.subarray(data, data + packed);
  // One byte more than claimed shows members that become larger than they say.
  const result = method === 0 ? part : inflate(part, size + 1, place);
  if (result.length !== size) {
    const got = result.length > size ? 'more' : String(result.length);
    throw new FormatError(`the directory says ${size} bytes, the member has ${got}`, place);
  }
  if (crc32(result) !== crc) throw new FormatError('the checksum differs: the member is damaged', place);
  return result;
}

function inflate(part: Uint8Array, room: number, place: { file: string | undefined; field: string }): Uint8Array {
  try {
    return inflateSync(part, { out: new Uint8Array(room) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`the member cannot be unpacked (${reason})`, place, { cause });
  }
}
