import { FormatError, readTfRecords, writeTfRecord } from '@dl/formats';
import { expect, test } from 'vitest';
import { crc32, crc32c } from '../src/checksum.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('checksums have their published check values, in one piece and in two', () => {
  expect(crc32(text('123456789'))).toBe(0xcbf43926);
  expect(crc32c(text('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(text('56789'), crc32c(text('1234')))).toBe(0xe3069283);
  expect(crc32(text('456789'), crc32(text('123')))).toBe(0xcbf43926);
});

test('a record stands between its length and checksums, which are masked', () => {
  const hex = [...writeTfRecord(text('abc'))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  expect(hex.slice(0, 16)).toBe('0300000000000000');
  expect(hex.slice(24, 30)).toBe('616263');
  expect(hex).toHaveLength(2 * (3 + 16));
  // The mask: turned right by 15 bits, plus a constant.
  const crc = crc32c(text('abc'));
  expect(new DataView(writeTfRecord(text('abc')).buffer).getUint32(15, true)).toBe(
    (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0,
  );
});

const FILE = ['', 'abc', 'x'.repeat(1000)].map(text);
const bytes = Uint8Array.from(FILE.flatMap((record) => [...writeTfRecord(record)]));

test('records are read as they were written', () => {
  expect(readTfRecords(bytes)).toEqual(FILE);
  expect(readTfRecords(new Uint8Array(0))).toEqual([]);
});

test('every flipped bit and every cut of a record is found', () => {
  const one = writeTfRecord(text('abc'));
  for (let bit = 0; bit < 8 * one.length; bit++) {
    const damaged = Uint8Array.from(one);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => readTfRecords(damaged)).toThrow(FormatError);
  }
  for (let end = 1; end < one.length; end++) expect(() => readTfRecords(one.subarray(0, end))).toThrow('truncated');
  const damaged = Uint8Array.from(bytes);
  damaged[bytes.length - 500]! ^= 1;
  expect(() => readTfRecords(damaged, { file: 'a.tfrecord' })).toThrow(
    'a.tfrecord, byte 35: record 2: its checksum differs',
  );
  expect(() => readTfRecords(bytes, { limits: { maxMembers: 2 } })).toThrow('more records than limits.maxMembers = 2');
});
