// JSON of files that are not trusted.
import { FormatError, type FormatPlace } from './errors.ts';
import { limitsOf, type ReadOptions } from './limits.ts';

/** Lists and objects in one another, at most: more than any model has, and less than a stack of calls. */
const MAX_DEPTH = 500;

/**
 * The value of a JSON text in UTF-8. Keys such as `__proto__` are plain keys of their objects.
 *
 * @param place Where the text stands, for messages, if it is a part of a file.
 * @throws FormatError for texts that are no JSON, that are longer than `limits.maxHeader`, or nested deeper than 500.
 * @example const config = readJson(await readBytes('config.json'));
 */
export function readJson(
  bytes: Uint8Array,
  options: ReadOptions = {},
  place: FormatPlace = { file: options.file },
): unknown {
  const { maxHeader } = limitsOf(options);
  if (bytes.length > maxHeader) {
    throw new FormatError(
      `the JSON text takes ${bytes.length} bytes, more than limits.maxHeader = ${maxHeader}`,
      place,
    );
  }
  checkDepth(bytes, place);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 100) : '';
    const page = /^\s*<(!doctype|html|\?xml)/i.test(beginning(bytes)) ? '; it is a page, not a file' : '';
    throw new FormatError(`the text is no JSON${page} (${reason})`, place, { cause });
  }
}

/** Counts brackets outside of texts, before anything is made of them. */
function checkDepth(bytes: Uint8Array, place: FormatPlace): void {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 0x22) {
      for (i++; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > MAX_DEPTH) throw new FormatError(`the JSON text is nested deeper than ${MAX_DEPTH}`, place);
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
}

/** The first bytes as a text, for messages. */
export const beginning = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes.subarray(0, 24));
