// The errors this package throws on purpose. Nothing else lives here.

/** Base class of all errors thrown on purpose by `@dl/data`. */
export class DataError extends Error {
  override readonly name: string = 'DataError';
}

/** An option or argument is wrong, or an operation was asked for that cannot end. */
export class ConfigError extends DataError {
  override readonly name: string = 'ConfigError';
}

/** Rows or columns do not fit together. */
export class ShapeError extends DataError {
  override readonly name: string = 'ShapeError';
}

/** Where in a file something is wrong. */
export interface FormatPlace {
  /** Name of the file or source. */
  readonly file?: string | undefined;
  /** Column or header field. */
  readonly field?: string | undefined;
  /** Line number, counted from 1. */
  readonly line?: number | undefined;
  /** Byte offset, counted from 0. */
  readonly offset?: number | undefined;
}

/**
 * A file or byte stream is damaged or not what it claims to be.
 *
 * @example
 * try {
 *   await fromCsv('a,b\n1').toArray();
 * } catch (error) {
 *   if (error instanceof FormatError) console.error(error.place.line, error.message);
 * }
 */
export class FormatError extends DataError {
  override readonly name: string = 'FormatError';
  /** Where the problem is, as far as it is known. */
  readonly place: FormatPlace;

  constructor(message: string, place: FormatPlace = {}, options?: ErrorOptions) {
    const parts = [
      place.file,
      place.line === undefined ? undefined : `line ${place.line}`,
      place.offset === undefined ? undefined : `byte ${place.offset}`,
      place.field === undefined ? undefined : `field '${place.field}'`,
    ].filter((part) => part !== undefined);
    super(parts.length === 0 ? message : `${parts.join(', ')}: ${message}`, options);
    this.place = place;
  }
}
