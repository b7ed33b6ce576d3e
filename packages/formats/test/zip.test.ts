import { FormatError, readNpz, readZip, writeNpz, writeZip, zipParts } from '@dl/formats';
import { deflateSync, unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const MEMBERS = new Map([
  ['metadata.json', text('{}')],
  ['assets/é.txt', text('x'.repeat(5000))],
  ['empty', new Uint8Array(0)],
  ['__proto__', text('p')],
]);
const read = (bytes: Uint8Array, limits = {}): [string, Uint8Array][] =>
  [...readZip(bytes, { file: 'a.zip', limits })].map(([name, member]) => [name, member()]);
const plain = (members: [string, Uint8Array][]): [string, Uint8Array][] =>
  members.map(([name, bytes]) => [name, Uint8Array.from(bytes)]);

describe('zip', () => {
  test.each([true, false])('what is written is read again, stored: %s', (stored) => {
    const bytes = writeZip(MEMBERS, { stored });
    expect(plain(read(bytes))).toEqual([...MEMBERS]);
    expect(unzipSync(bytes)['assets/é.txt']).toEqual(MEMBERS.get('assets/é.txt'));
    expect(bytes.length < 5000).toBe(!stored);
  });

  test('archives of other writers are read, folders left out', () => {
    const bytes = zipSync({ 'a/': new Uint8Array(0), 'a/b': text('hello'), c: [text('x'.repeat(100)), { level: 9 }] });
    expect(plain(read(bytes))).toEqual([
      ['a/b', text('hello')],
      ['c', text('x'.repeat(100))],
    ]);
  });

  test('dates are 1 January 1980 unless given; members are stored without flags, as Keras does', () => {
    const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);
    const fixed = view(writeZip(new Map([['a', text('b')]])));
    expect([fixed.getUint16(6, true), fixed.getUint16(8, true), fixed.getUint32(10, true)]).toEqual([0, 0, 0x00210000]);
    const dated = view(writeZip(new Map([['a', text('b')]]), { date: new Date(2024, 1, 3, 4, 5, 6) }));
    expect(dated.getUint32(10, true)).toBe((((44 << 9) | (2 << 5) | 3) << 16) | (4 << 11) | (5 << 5) | 3);
    expect(() => writeZip(MEMBERS, { date: new Date(1970, 1, 1) })).toThrow('1980 to 2107');
  });

  test('a member of several parts is handed on, not copied', () => {
    const big = new Uint8Array(1000).fill(7);
    const parts = [...zipParts(new Map([['a', [big, text('end')]]]))];
    expect(parts).toContain(big);
    expect(read(writeZip(new Map([['a', [big, text('end')]]])))[0]![1]).toHaveLength(1003);
  });

  test.each(['', '/a', '../a', 'a/../b', 'a//b', 'a\\b', 'C:a', 'a/', '.'])(
    'the name %j is refused, written or read',
    (name) => {
      expect(() => writeZip(new Map([[name, text('x')]]))).toThrow(FormatError);
      if (name === 'a/') return;
      // fflate writes any name.
      expect(() => read(zipSync({ [name]: text('x') }))).toThrow('names must be plain relative paths');
    },
  );
});

/** An archive of one stored member with some bytes of its directory entry, or of its end, changed. */
function changed(
  where: 'local' | 'directory' | 'end',
  offset: number,
  value: number,
  width: 1 | 2 | 4 = 2,
): Uint8Array {
  const bytes = writeZip(
    new Map([
      ['a', text('hello')],
      ['b', text('world')],
    ]),
  );
  const view = new DataView(bytes.buffer);
  const at = { local: 0, directory: view.getUint32(bytes.length - 6, true), end: bytes.length - 22 }[where] + offset;
  if (width === 1) view.setUint8(at, value);
  else if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
  return bytes;
}

describe('C70: archive bombs', () => {
  test('C70: 1.5 GiB of blanks are refused by their ratio, before anything is unpacked', () => {
    const block = new Uint8Array(2 ** 20).fill(0x20);
    const packed = deflateSync(new Uint8Array(32 * 2 ** 20).fill(0x20));
    const bytes = zipSync({ 'config.json': [block, { level: 9 }] });
    // One MiB of blanks is fine: sizes below 16 MiB may be packed as well as they can.
    expect(read(bytes)[0]![1]).toHaveLength(2 ** 20);
    const claims = writeZip(new Map([['config.json', packed]]));
    const view = new DataView(claims.buffer);
    const directory = view.getUint32(claims.length - 6, true);
    for (const at of [8, directory + 10]) view.setUint16(at, 8, true);
    for (const at of [22, directory + 24]) view.setUint32(at, 1.5 * 2 ** 30, true);
    expect(() => read(claims)).toThrow(
      /'config.json': \d+ packed bytes claim to become 1610612736, more than 200 times/,
    );
    expect(() => read(claims, { maxRatio: 1e6, maxBytes: 1e9 })).toThrow(
      "'config.json': members take more than limits.maxBytes",
    );
  });

  test('C70: a member that is larger than it claims, and the reverse', () => {
    const bomb = zipSync({ a: [new Uint8Array(2 ** 20), { level: 9 }] });
    const view = new DataView(bomb.buffer, bomb.byteOffset);
    const directory = view.getUint32(bomb.length - 6, true);
    view.setUint32(directory + 24, 100, true);
    expect(() => read(bomb)).toThrow("'a': the directory says 100 bytes, the member has more");
    view.setUint32(directory + 24, 2 ** 20 + 1, true);
    expect(() => read(bomb)).toThrow("'a': the directory says 1048577 bytes, the member has 1048576");
  });

  test('C70: too many members', () => {
    const bytes = writeZip(new Map(Array.from({ length: 60_000 }, (_, i) => [String(i), new Uint8Array(0)])));
    expect(readZip(bytes).size).toBe(60_000);
    expect(() => readZip(bytes, { limits: { maxMembers: 1000 } })).toThrow(
      'there are 60000 members, more than limits.maxMembers = 1000',
    );
    expect(() => writeZip(new Map(Array.from({ length: 70_000 }, (_, i) => [String(i), new Uint8Array(0)])))).toThrow(
      'at most 65534 members',
    );
  });

  test.each([
    ['members that overlap', changed('directory', 42 + 47, 0, 4), 'another header than the directory says'],
    ['encrypted members', changed('directory', 8, 1), "'a': encrypted members are not supported"],
    ['unknown methods', changed('directory', 10, 14), "'a': compression method 14 is not supported"],
    ['two sizes of a stored member', changed('directory', 24, 6, 4), 'a stored member has one size, got 5 and 6'],
    ['members beyond the end', changed('directory', 42, 9999, 4), 'the member has no header'],
    ['another name in the member', changed('local', 30, 0x63, 1), 'another header'],
    ['another method in the member', changed('local', 8, 8), 'another header'],
    ['a wrong checksum', changed('directory', 16, 1, 4), "'a': the checksum differs"],
    ['changed bytes', changed('local', 33, 0, 1), "'a': the checksum differs"],
    ['several disks', changed('end', 4, 1), 'it has several parts'],
    ['a directory elsewhere', changed('end', 16, 3, 4), 'its directory does not end at byte'],
    ['fewer entries than counted', changed('end', 8, 0x00030003, 4), 'entry 2 of its directory'],
    ['more entries than counted', changed('end', 8, 0x00010001, 4), 'bytes more than its entries'],
    ['no end', new Uint8Array(100), 'its end record is missing'],
    ['nothing', new Uint8Array(0), 'its end record is missing'],
  ])('C70: %s are refused', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(FormatError);
    expect(() => read(bytes)).toThrow(message);
  });

  test('C70: two entries for one member, by two names and by one', () => {
    const make = (first: string, second: string): Uint8Array => {
      const bytes = writeZip(
        new Map([
          ['a', text('hello')],
          ['b', text('hello')],
        ]),
      );
      const view = new DataView(bytes.buffer);
      const directory = view.getUint32(bytes.length - 6, true);
      bytes[30] = bytes[directory + 46] = first.charCodeAt(0);
      bytes[36 + 30] = bytes[directory + 47 + 46] = second.charCodeAt(0);
      if (second === 'a') return bytes;
      view.setUint32(directory + 47 + 42, 0, true);
      bytes[directory + 47 + 46] = first.charCodeAt(0);
      return bytes;
    };
    expect(() => read(make('a', 'a'))).toThrow("'a': the name occurs twice");
    expect(() => read(make('a', 'b'))).toThrow("'a': the member overlaps another one");
  });

  test('C70: npz goes through the same checks', () => {
    const npz = writeNpz(new Map([['w', { dtype: 'uint8', shape: [2], data: Uint8Array.of(1, 2) }]]));
    expect(() => readNpz(npz, { limits: { maxBytes: 100 } })).toThrow(
      "'w.npy': members take more than limits.maxBytes = 100",
    );
    const damaged = Uint8Array.from(npz);
    damaged[160]! ^= 1;
    expect(() => readNpz(damaged)).toThrow("'w.npy': the checksum differs");
  });
});
