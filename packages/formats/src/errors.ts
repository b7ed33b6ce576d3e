// The error this package throws on purpose. Nothing else lives here.

/** Where in a file something is wrong. */
export interface FormatPlace {
  /** Name of the file or source. */
  readonly file?: string | undefined;
  /** Name of the array or header field. */
  readonly field?: string | undefined;
  /** Byte offset, counted from 0. */
  readonly offset?: number | undefined;
}

/**
 * A file is damaged or not what it claims to be. Nothing of it is handed out.
 *
 * @example
 * try {
 *   readSafetensors(bytes);
 * } catch (error) {
 *   if (error instanceof FormatError) console.error(error.place.offset, error.message);
 * }
 */
export class FormatError extends Error {
  override readonly name: string = 'FormatError';
  /** Where the problem is, as far as it is known. */
  readonly place: FormatPlace;

  constructor(message: string, place: FormatPlace = {}, options?: ErrorOptions) {
    const parts = [
      place.file,
      place.offset === undefined ? undefined : `byte ${place.offset}`,
      place.field === undefined ? undefined : `'${place.field}'`,
    ].filter((part) => part !== undefined);
    super(parts.length === 0 ? message : `${parts.join(', ')}: ${message}`, options);
    this.place = place;
  }
}
