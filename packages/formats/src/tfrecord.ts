// TFRecord: records one after the other, each with its length and checksums. TensorBoard's event files are made so.
import { crc32c } from './checksum.ts';
import { FormatError } from './errors.ts';
import { limitsOf, type ReadOptions } from './limits.ts';

/** Bytes beside those of a record: its length, and two checksums. */
const HEAD = 12;
const FRAME = HEAD + 4;

/** Checksums are turned and moved, so that records of checksums have others. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Records of a TFRecord file, in order; not copied. Both checksums of each are compared.
 *
 * Framing after TensorFlow's `record_writer`: length (64 bits), its masked CRC-32C, the record, its masked CRC-32C.
 *
 * @throws FormatError for damaged and truncated files, with the byte where the record begins.
 * @example for (const record of readTfRecords(bytes)) console.log(record.length);
 */
export function readTfRecords(bytes: Uint8Array, options: ReadOptions = {}): Uint8Array[] {
  const { file } = options;
  const { maxMembers } = limitsOf(options);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const bad = (message: string): FormatError =>
      new FormatError(`record ${records.length}: ${message}`, { file, offset: at });
    if (records.length >= maxMembers) throw bad(`there are more records than limits.maxMembers = ${maxMembers}`);
    if (bytes.length - at < FRAME)
      throw bad(`expected at least ${FRAME} bytes, got ${bytes.length - at}; it is truncated`);
    if (view.getUint32(at + 8, true) !== masked(bytes.subarray(at, at + 8)))
      throw bad('the checksum of its length differs');
    const length = view.getBigUint64(at, true);
    const left = bytes.length - at - FRAME;
    if (length > BigInt(left)) throw bad(`expected ${length} bytes, got ${left}; it is truncated`);
    const end = at + HEAD + Number(length);
    const record = bytes.subarray(at + HEAD, end);
    if (view.getUint32(end, true) !== masked(record)) throw bad('its checksum differs: it is damaged');
    records.push(record);
    at = end + 4;
  }
  return records;
}

/**
 * One record as a TFRecord file holds it. A file is any number of them, one after the other.
 *
 * @example await appendFile('events.tfrecord', writeTfRecord(new TextEncoder().encode('hello')));
 */
export function writeTfRecord(record: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(record.length + FRAME);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(record, HEAD);
  view.setUint32(HEAD + record.length, masked(record), true);
  return bytes;
}
