/**
 * JSON as Python writes it: NaN and Infinity may stand in it.
 */
import { FormatError } from '@dl/formats';

const SPECIAL: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };
/** Texts, which stay as they are, or the words that JSON does not know. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
/** Marks such numbers while JSON carries them as texts. */
const MARK = '\u0000number:';

/**
 * Parses JSON, with Python's NaN and Infinity.
 *
 * @throws FormatError naming the file and the field when it is no JSON.
 */
export function parseJson(text: string, file: string, field?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const marked = text.replace(TOKENS, (token) => (token in SPECIAL ? `"${'\\u0000number:'}${token}"` : token));
    try {
      if (marked === text) throw cause;
      return JSON.parse(marked, (_, value: unknown) =>
        typeof value === 'string' && value.startsWith(MARK) ? SPECIAL[value.slice(MARK.length)] : value,
      );
    } catch {
      const head = text.trimStart().slice(0, 40).replaceAll('\n', ' ');
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError(
        `expected JSON (${reason}); it begins with ${JSON.stringify(head)}`,
        { file, field },
        { cause },
      );
    }
  }
}

/** The text of a value; NaN and Infinity as Python writes them. */
export function writeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === 'number' && !Number.isFinite(item) ? `${MARK}${item}` : item),
    indent,
  );
  return text.replace(/"\\u0000number:(-?Infinity|NaN)"/g, '$1');
}
