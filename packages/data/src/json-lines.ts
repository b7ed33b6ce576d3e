// JSON Lines as datasets: one JSON value per line, read as a stream.
import { openBytes, sourceName, type ByteSource } from './bytes.ts';
import { checkFunction, checkInteger, checkNames } from './checks.ts';
import { Dataset } from './dataset.ts';
import { FormatError } from './errors.ts';
import { gunzipped } from './gzip.ts';

/** Options of {@link fromJsonLines}. */
export interface JsonLinesOptions<T> {
  /** Turns the parsed value into an element, or throws; without it values pass unchecked. */
  readonly parse?: (value: unknown, line: number) => T;
  /** Longest line to accept, in characters; 16 Mi unless given. */
  readonly maxLineLength?: number;
  /** Name of the file in messages; taken from the source where it has one. */
  readonly name?: string;
}

async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  maxLength: number,
): AsyncGenerator<readonly [text: string, line: number]> {
  const decoder = new TextDecoder(); // Drops a byte order mark.
  let line = 1;
  let parts: string[] = [];
  let length = 0;
  const checkLength = (): void => {
    if (length > maxLength) throw new FormatError(`the line is longer than ${maxLength} characters`, { file, line });
  };
  for await (const chunk of gunzipped(bytes, file)) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) {
        yield [parts.join(''), line++];
        parts = [];
        length = 0;
      }
      parts.push(piece);
      length += piece.length;
      checkLength();
    }
  }
  parts.push(decoder.decode());
  yield [parts.join(''), line];
}

/**
 * A dataset of the values of a JSON Lines file (one JSON value per line; empty lines are skipped), read as a stream on
 * each pass; gzip is inflated. A line that is not JSON, or that `parse` rejects, is a `FormatError` with its number.
 *
 * @example
 * fromJsonLines<{ text: string; label: number }>('{"text":"good","label":1}\n{"text":"bad","label":0}');
 */
export const fromJsonLines = <T = unknown>(source: ByteSource, options: JsonLinesOptions<T> = {}): Dataset<T> => {
  checkNames('fromJsonLines', options, ['parse', 'maxLineLength', 'name']);
  const { parse, maxLineLength = 1 << 24, name } = options;
  if (parse !== undefined) checkFunction('fromJsonLines', 'parse', parse);
  checkInteger('fromJsonLines', 'maxLineLength', maxLineLength, 1);
  const file = name ?? (typeof source === 'function' ? 'JSON lines' : sourceName(source, 'JSON lines'));
  async function* open(): AsyncGenerator<T> {
    for await (const [text, line] of linesOf(openBytes('fromJsonLines', source), file, maxLineLength)) {
      if (text.trim() === '') continue;
      let element: T;
      try {
        const value: unknown = JSON.parse(text);
        element = parse === undefined ? (value as T) : parse(value, line);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new FormatError(reason, { file, line }, { cause });
      }
      yield element;
    }
  }
  return new Dataset({ size: undefined, open });
};
