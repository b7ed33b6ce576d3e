// Tar archives and sounds.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decodeWav,
  FormatError,
  fromIterable,
  readTar,
  resampleSound,
  setDefaultSeed,
  type Sound,
} from '../src/index.ts';
import { chunked, errorOf, utf8, writeFiles } from './helpers.ts';

const namesOf = async (source: Parameters<typeof readTar>[0]): Promise<[string, number][]> => {
  const found: [string, number][] = [];
  for await (const { name, bytes } of readTar(source)) found.push([name, bytes.length]);
  return found;
};

describe('tar', () => {
  const long = `${'deep/'.repeat(30)}file.txt`;
  const archive = (format: string, gzip: boolean): Uint8Array => {
    const dir = writeFiles({ 'a.bin': new Uint8Array(1000).fill(7), empty: '' });
    execFileSync('mkdir', ['-p', `${dir}/${long.slice(0, long.lastIndexOf('/'))}`]);
    execFileSync('sh', ['-c', `printf hello > '${dir}/${long}'`]);
    execFileSync('tar', [
      `--format=${format}`,
      gzip ? '-czf' : '-cf',
      `${dir}/x.tar`,
      '-C',
      dir,
      'a.bin',
      'empty',
      'deep',
    ]);
    return new Uint8Array(readFileSync(`${dir}/x.tar`));
  };

  test.each(['ustar', 'gnu', 'pax'])('%s archives as tar writes them, long names too', async (format) => {
    const wanted = [
      ['a.bin', 1000],
      ['empty', 0],
      [long, 5],
    ];
    expect(await namesOf(archive(format, false))).toEqual(wanted);
    expect(await namesOf(chunked(archive(format, true), 100))).toEqual(wanted);
  });

  test('damage is told with its place', async () => {
    const bytes = archive('gnu', false);
    await expect(namesOf(bytes.slice(0, 900))).rejects.toThrow('truncated: a.bin has 388 of 1000 bytes');
    const wrong = bytes.slice();
    wrong[0] = wrong[0]! + 1;
    await expect(namesOf(wrong)).rejects.toThrow('byte 0: not a tar archive, or a damaged one');
    await expect(readTar(bytes, { maxBytes: 999 }).next()).rejects.toThrow('a.bin takes 1000 bytes');
    await expect(namesOf(utf8('hello'))).rejects.toThrow(FormatError);
  });
});

/** A WAV file of samples. */
const wav = (format: number, bits: number, channels: number, data: ArrayBufferView, rate = 8000): Uint8Array => {
  const bytes = new Uint8Array(44 + data.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(utf8('RIFF'));
  view.setUint32(4, bytes.length - 8, true);
  bytes.set(utf8('WAVEfmt '), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, format, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint16(34, bits, true);
  bytes.set(utf8('data'), 36);
  view.setUint32(40, data.byteLength, true);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 44);
  return bytes;
};

describe('sounds', () => {
  test.each([
    [1, 8, Uint8Array.of(0, 128, 192, 255), [-1, 0, 0.5, 127 / 128]],
    [1, 16, Int16Array.of(-32768, 0, 16384, 32767), [-1, 0, 0.5, 32767 / 32768]],
    [1, 24, Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0x40, 0xff, 0xff, 0x7f), [-1, 0, 0.5, (2 ** 23 - 1) / 2 ** 23]],
    [1, 32, Int32Array.of(-(2 ** 31), 0, 2 ** 30, 2 ** 29), [-1, 0, 0.5, 0.25]],
    [3, 32, Float32Array.of(-1, 0, 0.5, 0.25), [-1, 0, 0.5, 0.25]],
    [3, 64, Float64Array.of(-1, 0, 0.5, 0.25), [-1, 0, 0.5, 0.25]],
  ])('encoding %i of %i bits', async (format, bits, data, wanted) => {
    const { samples, sampleRate } = await decodeWav(wav(format, bits, 2, data));
    expect(samples).toEqual({ data: Float32Array.from(wanted), shape: [2, 2] });
    expect(sampleRate).toBe(8000);
  });

  test('damaged and unknown files', async () => {
    const good = wav(1, 16, 1, new Int16Array(10));
    for (let cut = 0; cut < good.length; cut++) {
      expect(await errorOf(decodeWav(good.slice(0, cut))), `${cut} bytes`).toBeInstanceOf(FormatError);
    }
    await expect(decodeWav(wav(85, 16, 1, new Int16Array(2)))).rejects.toThrow('encoding 85 with 16 bits is not known');
    await expect(decodeWav(wav(1, 16, 0, new Int16Array(2)))).rejects.toThrow('0 channels at 8000 Hz');
  });

  test('another rate keeps tones below half of it, and drops others', () => {
    const tone = (hertz: number, rate: number): Sound => ({
      sampleRate: rate,
      samples: {
        data: Float32Array.from({ length: rate / 10 }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate)),
        shape: [rate / 10, 1],
      },
    });
    const middle = ({ samples }: Sound): Float32Array => samples.data.subarray(100, -100);
    const slow = resampleSound(tone(440, 16000), 8000);
    expect(slow.samples.shape).toEqual([800, 1]);
    const wanted = middle(tone(440, 8000));
    middle(slow).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 2));
    const fast = middle(resampleSound(tone(440, 8000), 11000));
    fast.forEach((value, i) => expect(value).toBeCloseTo(middle(tone(440, 11000))[i]!, 2));
    expect(Math.max(...middle(resampleSound(tone(6000, 16000), 8000)))).toBeLessThan(0.01);
  });
});

test('a default seed makes shuffles without one repeatable', async () => {
  const order = async (): Promise<number[]> =>
    fromIterable([...Array(20).keys()])
      .shuffle(20)
      .toArray();
  setDefaultSeed(3);
  const [first, second] = [await order(), await order()];
  expect(second).not.toEqual(first);
  setDefaultSeed(3);
  expect([await order(), await order()]).toEqual([first, second]);
  setDefaultSeed(undefined);
  expect(() => setDefaultSeed(0.5)).toThrow('seed must be an integer');
});
