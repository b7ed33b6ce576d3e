/**
 * The files of a backup: weights and metadata under the names that Keras gives them, and the rest of the state. They count as
 * one unit: what belongs together says the metadata, by sizes and checksums, whatever the names of the files are at the moment.
 */
import { crc32, FormatError, moveFile, readIfThere, removeFile, writeTo } from '@dl/formats';
import { isPlain } from '@dl/tensor/interpreter';
import { makeFolder, removeFolder } from '../saving/places.ts';
import { parseJson, writeJson } from '../saving/python-json.ts';

const WEIGHTS = 'latest.weights.h5';
const STATE = 'training_state.safetensors';
const METADATA = 'training_metadata.json';
/** The metadata come last, in writing as well as in renaming. */
const NAMES = [WEIGHTS, STATE, METADATA] as const;

/** Names of one backup: the one being written, the latest, and the one before it as Keras calls it. */
const [NEW, LATEST, BEFORE] = ['new_', '', '_'] as const;
const PREFIXES = [NEW, LATEST, BEFORE] as const;

interface Part {
  readonly bytes: number;
  readonly crc32: number;
}

/** A backup that is whole. */
export interface StoredBackup {
  /** What Keras's metadata say: the epoch to go on with. */
  readonly epoch: number;
  readonly weights: Uint8Array;
  /** Null for a backup that Keras wrote. */
  readonly state: Uint8Array | null;
  /** Why a newer one was passed over, or null. */
  readonly damage: string | null;
}

/** Bytes to write, part by part. */
export interface BackupParts {
  readonly epoch: number;
  readonly batch: number;
  readonly weights: Iterable<Uint8Array>;
  readonly state: Iterable<Uint8Array>;
}

/** The files of backups in a folder. */
export class BackupFiles {
  readonly #folder: string;
  readonly #keepsBefore: boolean;
  /** Counts backups, so that the newest can be told. */
  #serial = 0;

  constructor(folder: string, keepsBefore: boolean) {
    this.#folder = folder.endsWith('/') ? folder : `${folder}/`;
    this.#keepsBefore = keepsBefore;
  }

  /** Writes a backup beside the latest, and gives it its names when all of it is on the disk. */
  async write({ epoch, batch, weights, state }: BackupParts): Promise<void> {
    makeFolder(this.#folder);
    const parts = {
      weights: await this.#put(`${NEW}${WEIGHTS}`, weights),
      state: await this.#put(`${NEW}${STATE}`, state),
    };
    const metadata = writeJson({ epoch, batch, backup: { serial: ++this.#serial, ...parts } });
    await this.#put(`${NEW}${METADATA}`, [new TextEncoder().encode(metadata)]);
    if (this.#keepsBefore) await this.#rename(LATEST, BEFORE);
    await this.#rename(NEW, LATEST);
  }

  async #put(name: string, parts: Iterable<Uint8Array>): Promise<Part> {
    const part = { bytes: 0, crc32: 0 };
    function* counted(): Generator<Uint8Array> {
      for (const bytes of parts) {
        part.bytes += bytes.length;
        part.crc32 = crc32(bytes, part.crc32);
        yield bytes;
      }
    }
    await writeTo(this.#folder + name, counted());
    return part;
  }

  async #rename(from: string, to: string): Promise<void> {
    for (const name of NAMES) await moveFile(this.#folder + from + name, this.#folder + to + name);
  }

  /**
   * Reads the newest backup that is whole; null where there is none.
   *
   * @throws FormatError when there are backups, and none of them is whole.
   */
  async read(): Promise<StoredBackup | null> {
    const found: Metadata[] = [];
    let damage: string | null = null;
    for (const prefix of PREFIXES) {
      const name = `${prefix}${METADATA}`;
      const bytes = await readIfThere(this.#folder + name);
      if (bytes === null) continue;
      const metadata = this.#parse(bytes, name);
      if (metadata === null) damage ??= `${name} is damaged`;
      else found.push(metadata);
    }
    found.sort((a, b) => b.serial - a.serial);
    this.#serial = found[0]?.serial ?? 0;
    for (const metadata of found) {
      const backup = metadata.parts === null ? await this.#ofKeras(metadata) : await this.#whole(metadata);
      if (typeof backup === 'object' && backup !== null) return { ...backup, damage };
      if (backup === null) return null;
      damage ??= backup;
    }
    const weights = found.length === 0 && damage === null ? await readIfThere(this.#folder + WEIGHTS) : null;
    if (weights !== null) return { epoch: 0, weights, state: null, damage };
    if (damage === null) return null;
    throw new FormatError(`there is no backup that is whole: ${damage}; remove the folder to start anew`, {
      file: this.#folder,
    });
  }

  #parse(bytes: Uint8Array, name: string): Metadata | null {
    try {
      const json = parseJson(bytes, { file: this.#folder + name });
      return metadataOf(json);
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }

  async #ofKeras({ epoch }: Metadata): Promise<Omit<StoredBackup, 'damage'> | string> {
    const weights = await readIfThere(this.#folder + WEIGHTS);
    return weights === null ? `${WEIGHTS} is missing` : { epoch, weights, state: null };
  }

  /** The files that metadata speak of; null when they were being removed, and what is wrong where they do not fit. */
  async #whole({ epoch, parts }: Metadata): Promise<Omit<StoredBackup, 'damage'> | string | null> {
    const weights = await this.#find(WEIGHTS, parts!.weights);
    const state = await this.#find(STATE, parts!.state);
    if (weights.bytes !== null && state.bytes !== null) return { epoch, weights: weights.bytes, state: state.bytes };
    if (!weights.seen) return null;
    return `${weights.bytes === null ? WEIGHTS : STATE} is damaged or missing`;
  }

  /** The file with such contents, under any of its names. */
  async #find(name: string, { bytes: size, crc32: sum }: Part): Promise<{ bytes: Uint8Array | null; seen: boolean }> {
    let seen = false;
    for (const prefix of PREFIXES) {
      const bytes = await readIfThere(this.#folder + prefix + name);
      if (bytes === null) continue;
      seen = true;
      if (bytes.length === size && crc32(bytes) === sum) return { bytes, seen };
    }
    return { bytes: null, seen };
  }

  /** Removes all files, and the folder if nothing else is in it. Weights go first: without them there is no backup. */
  async remove(): Promise<void> {
    for (const name of NAMES) {
      for (const prefix of [BEFORE, NEW, LATEST]) await removeFile(this.#folder + prefix + name);
    }
    removeFolder(this.#folder);
  }
}

interface Metadata {
  readonly epoch: number;
  readonly serial: number;
  /** Null for metadata that Keras wrote. */
  readonly parts: { readonly weights: Part; readonly state: Part } | null;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isPart = (value: unknown): boolean => isPlain(value) && isCount(value['bytes']) && isCount(value['crc32']);

function metadataOf(json: unknown): Metadata | null {
  if (!isPlain(json) || !isCount(json['epoch'])) return null;
  const { epoch, backup } = json as { readonly epoch: number; readonly backup?: unknown };
  if (backup === undefined) return { epoch, serial: 0, parts: null };
  if (!isPlain(backup) || !isCount(backup['serial']) || !isPart(backup['weights']) || !isPart(backup['state'])) {
    return null;
  }
  return { epoch, serial: backup['serial'], parts: backup as unknown as Metadata['parts'] };
}
