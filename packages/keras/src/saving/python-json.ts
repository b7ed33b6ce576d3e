/**
 * JSON as Python writes it: NaN and Infinity may stand in it.
 */
import { readJson, type FormatError, type FormatPlace, type ReadOptions } from '@dl/formats';
import { isPlain } from '@dl/tensor/interpreter';

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);
/** Texts, which stay as they are, or the words that JSON does not know. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
/** Marks such numbers while JSON carries them as texts. */
const MARK = '\u0000number:';

/**
 * The value of a JSON text, with Python's NaN and Infinity.
 *
 * @throws FormatError naming the file when it is no JSON, or too large.
 */
export function parseJson(text: Uint8Array | string, options: ReadOptions, place?: FormatPlace): unknown {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  try {
    return readJson(bytes, options, place);
  } catch (error) {
    const cause = (error as Partial<FormatError>).cause;
    if (!(cause instanceof SyntaxError)) throw error;
    const plain = new TextDecoder().decode(bytes);
    const marked = plain.replace(TOKENS, (token) => (SPECIAL.has(token) ? `"\\u0000number:${token}"` : token));
    if (marked === plain) throw error;
    return unmarked(readJson(new TextEncoder().encode(marked), options, place));
  }
}

function unmarked(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(MARK)) return SPECIAL.get(value.slice(MARK.length)) ?? value;
  if (Array.isArray(value)) return value.map(unmarked);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unmarked(item)]));
}

/** Whether JSON has no form of its own for a number: NaN, infinities and −0. */
const isSpecial = (item: unknown): item is number =>
  typeof item === 'number' && (!Number.isFinite(item) || Object.is(item, -0));

/** The text of a value; NaN, Infinity and −0 as Python writes them. */
export function writeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_, item: unknown) => (isSpecial(item) ? `${MARK}${item === 0 ? '-0.0' : item}` : item),
    indent,
  );
  return text.replace(/"\\u0000number:(-?Infinity|NaN|-0\.0)"/g, '$1');
}
