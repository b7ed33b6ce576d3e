/**
 * audioDatasetFromDirectory: sounds in folders as a dataset.
 */
import { decodeWav, resampleSound, type NDArray, type Sound } from '@dl/data';
import { readBytes } from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { datasetFromDirectory, type DirectoryDataset, type DirectorySplit } from './directory-dataset.ts';
import type { DirectorySource } from './list-files.ts';
import type { DirectoryOptions, LabelBatch } from './options.ts';

/** Samples of one file or batch: [batch, samples, channels]. */
export type AudioSample = NDArray<Float32Array>;

/** Options of {@link audioDatasetFromDirectory}. */
export interface AudioDirectoryOptions extends DirectoryOptions {
  /** Samples a second of all sounds; that of each file unless given. */
  readonly samplingRate?: number | null | undefined;
  /** Samples of all sounds: longer ones are cut, shorter ones end in silence. The longest of a batch unless given. */
  readonly outputSequenceLength?: number | null | undefined;
  /** Endings of further files that `decode` reads, such as ['.ogg', '.mp3']. */
  readonly endings?: readonly string[] | undefined;
  /** Decodes the files that are not .wav. */
  readonly decode?: ((bytes: Uint8Array, path: string) => Promise<Sound>) | undefined;
}

/** The same sound with another number of samples. */
function fitTo({ data, shape }: AudioSample, length: number): AudioSample {
  if (shape[0] === length) return { data, shape };
  const out = new Float32Array(length * shape[1]!);
  out.set(data.subarray(0, out.length));
  return { data: out, shape: [length, shape[1]!] };
}

const longest = (rows: readonly AudioSample[]): readonly AudioSample[] => {
  const length = Math.max(...rows.map(({ shape }) => shape[0]!));
  return rows.map((row) => fitTo(row, length));
};

function checkCount(name: string, value: number | null, where: string): void {
  if (value !== null && (!Number.isInteger(value) || value < 1)) {
    throw new ConfigError(`${where}: ${name} must be a whole number ≥ 1 or null, got ${describe(value)}`);
  }
}

/**
 * The .wav files of a folder: batches of float32 samples from −1 to 1, [batch, samples, channels], with the numbers of their
 * classes. Every folder directly inside is a class. For other files give `decode` and their `endings`. Follows
 * `keras.utils.audio_dataset_from_directory`.
 *
 * @throws ConfigError for options that do not fit, or when there are no files; FormatError (of `@dl/data`) for a damaged
 *   file, when its batch is read.
 * @example const words = await audioDatasetFromDirectory('words', { samplingRate: 16000, outputSequenceLength: 16000 });
 */
export function audioDatasetFromDirectory(
  directory: DirectorySource,
  options: AudioDirectoryOptions & { readonly subset: 'both' },
): Promise<DirectorySplit<[AudioSample, LabelBatch]>>;
export function audioDatasetFromDirectory(
  directory: DirectorySource,
  options: AudioDirectoryOptions & ({ readonly labels: null } | { readonly labelMode: null }),
): Promise<DirectoryDataset<AudioSample>>;
export function audioDatasetFromDirectory(
  directory: DirectorySource,
  options?: AudioDirectoryOptions,
): Promise<DirectoryDataset<[AudioSample, LabelBatch]>>;
export async function audioDatasetFromDirectory(
  directory: DirectorySource,
  options: AudioDirectoryOptions = {},
): Promise<unknown> {
  const where = 'audioDatasetFromDirectory';
  const { samplingRate = null, outputSequenceLength = null, decode, endings = [] } = options;
  checkCount('samplingRate', samplingRate, where);
  checkCount('outputSequenceLength', outputSequenceLength, where);
  if ((decode === undefined) !== (endings.length === 0)) {
    throw new ConfigError(`${where}: decode and endings go together; give both or none`);
  }
  return datasetFromDirectory<AudioSample>(directory, options, {
    where,
    endings: ['.wav', ...endings.map((ending) => ending.toLowerCase())],
    align: longest,
    read: async ({ source, path }) => {
      const isWav = path.toLowerCase().endsWith('.wav');
      const place = source instanceof Blob ? source : (source as { readonly path: string }).path;
      const sound = isWav ? await decodeWav(source, { name: path }) : await decode!(await readBytes(place), path);
      const { samples } = samplingRate === null ? sound : resampleSound(sound, samplingRate);
      return outputSequenceLength === null ? samples : fitTo(samples, outputSequenceLength);
    },
  });
}
