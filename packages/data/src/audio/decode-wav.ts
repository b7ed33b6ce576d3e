// decodeWav: RIFF WAVE files as arrays of samples.
import type { NDArray } from '../arrays.ts';
import { sourceName, type ByteSource } from '../bytes.ts';
import { checkNames } from '../checks.ts';
import { FormatError } from '../errors.ts';
import { readAll } from '../read-all.ts';

/** Sound as numbers. */
export interface Sound {
  /** Samples from −1 to 1; shape [samples, channels]. */
  readonly samples: NDArray<Float32Array>;
  /** Samples a second. */
  readonly sampleRate: number;
}

/** Options of {@link decodeWav}. */
export interface DecodeWavOptions {
  /** Name of the file in messages; taken from the source where it has one. */
  readonly name?: string | undefined;
  /** Most bytes of the file to accept; 1 GiB unless given. */
  readonly maxBytes?: number | undefined;
}

type ReadSample = (view: DataView, at: number) => number;

const int24 = (view: DataView, at: number): number => (view.getInt16(at + 1, true) << 8) | view.getUint8(at);

/** By `format:bits`: 1 is whole numbers, 3 floats. */
const encodings: Readonly<Record<string, ReadSample>> = {
  '1:8': (view, at) => (view.getUint8(at) - 128) / 128,
  '1:16': (view, at) => view.getInt16(at, true) / 2 ** 15,
  '1:24': (view, at) => int24(view, at) / 2 ** 23,
  '1:32': (view, at) => view.getInt32(at, true) / 2 ** 31,
  '3:32': (view, at) => view.getFloat32(at, true),
  '3:64': (view, at) => view.getFloat64(at, true),
};

interface WavFormat {
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
  readonly read: ReadSample;
}

const parseFormat = (view: DataView, at: number, length: number, file: string): WavFormat => {
  if (length < 16) throw new FormatError(`the format takes ${length} bytes, expected 16`, { file, offset: at });
  const code = view.getUint16(at, true);
  // 0xfffe: the real code stands at the start of the extension.
  const format = code === 0xfffe && length >= 26 ? view.getUint16(at + 24, true) : code;
  const bits = view.getUint16(at + 14, true);
  const read = encodings[`${format}:${bits}`];
  if (read === undefined) {
    throw new FormatError(
      `encoding ${format} with ${bits} bits is not known; known are PCM of 8, 16, 24 and 32 bits and floats of 32 and 64`,
      { file, offset: at, field: 'format' },
    );
  }
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  if (channels === 0 || sampleRate === 0) {
    throw new FormatError(`${channels} channels at ${sampleRate} Hz`, { file, offset: at, field: 'format' });
  }
  return { channels, sampleRate, bits, read };
};

const tag = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

/**
 * Reads a WAV file: samples from −1 to 1 of shape [samples, channels]. PCM of 8, 16, 24 and 32 bits, and floats.
 *
 * @throws FormatError for other files and encodings, and for damaged or truncated files, with the offset.
 * @example const { samples, sampleRate } = await decodeWav({ path: 'one.wav' });
 */
export const decodeWav = async (source: ByteSource, options: DecodeWavOptions = {}): Promise<Sound> => {
  checkNames('decodeWav', options, ['name', 'maxBytes']);
  const file = options.name ?? sourceName(source, 'WAV data');
  const bytes = await readAll('decodeWav', source, { name: file, maxBytes: options.maxBytes ?? 2 ** 30 });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw new FormatError('not a WAV file: it must start with RIFF … WAVE', { file, offset: 0 });
  }
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, length] = [tag(view, at), view.getUint32(at + 4, true)];
    const start = at + 8;
    if (start + length > bytes.length) {
      throw new FormatError(`truncated: the part '${name}' has ${bytes.length - start} of ${length} bytes`, {
        file,
        offset: at,
      });
    }
    if (name === 'fmt ') format = parseFormat(view, start, length, file);
    if (name === 'data') {
      if (format === undefined) throw new FormatError('samples come before their format', { file, offset: at });
      const { channels, sampleRate, bits, read } = format;
      const width = bits / 8;
      const count = Math.floor(length / (width * channels));
      const data = new Float32Array(count * channels);
      for (let i = 0; i < data.length; i++) data[i] = read(view, start + i * width);
      return { samples: { data, shape: [count, channels] }, sampleRate };
    }
    at = start + length + (length % 2);
  }
  throw new FormatError('the file has no samples', { file, field: 'data' });
};
