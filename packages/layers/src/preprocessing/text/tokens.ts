/**
 * How texts become tokens: standardizing, splitting, and sequences of words.
 */
import { ConfigError, unknownName } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** A name, or a function of one text. */
export type Standardize = 'lower_and_strip_punctuation' | 'lower' | 'strip_punctuation' | ((text: string) => string);

/** A name, or a function from one text to its tokens. */
export type Split = 'whitespace' | 'character' | ((text: string) => readonly string[]);

/** As TensorFlow does by default: only A–Z, so that vocabularies of Keras fit. */
const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());

/** All ASCII punctuation, underscores included. */
const strip = (text: string): string => text.replace(/[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g, '');

const STANDARDIZE: { readonly [name: string]: (text: string) => string } = {
  lower_and_strip_punctuation: (text) => strip(lower(text)),
  lower,
  strip_punctuation: strip,
};

const SPLIT: { readonly [name: string]: (text: string) => readonly string[] } = {
  whitespace: (text) => text.split(/[ \t\n\v\f\r]+/).filter((part) => part !== ''),
  character: (text) => [...text],
};

function find<F>(table: { readonly [name: string]: F }, where: string, kind: string, value: unknown, none: F): F {
  if (value === null) return none;
  if (typeof value === 'function') return value as F;
  if (typeof value === 'string' && Object.hasOwn(table, value)) return table[value]!;
  return unknownName(where, kind, value, Object.keys(table));
}

/** The function that prepares a text. */
export function standardizerOf(where: string, standardize: unknown): (text: string) => string {
  return find(STANDARDIZE, where, 'standardize', standardize, (text) => text);
}

/** The function that cuts a text. */
export function splitterOf(where: string, split: unknown): (text: string) => readonly string[] {
  return find(SPLIT, where, 'split', split, (text) => [text]);
}

/** The function that adds sequences of words: for each length in turn, those of the whole text. */
export function ngramsOf(where: string, ngrams: unknown): (words: readonly string[]) => readonly string[] {
  if (ngrams === null) return (words) => words;
  const widths = typeof ngrams === 'number' ? Array.from({ length: ngrams }, (_, i) => i + 1) : ngrams;
  if (!Array.isArray(widths) || widths.length === 0 || !widths.every((n) => Number.isInteger(n) && n > 0)) {
    throw new ConfigError(
      `${where}: ngrams must be a positive integer, a list of them or null, got ${describe(ngrams)}`,
    );
  }
  return (words) =>
    (widths as readonly number[]).flatMap((width) =>
      Array.from({ length: Math.max(0, words.length - width + 1) }, (_, i) => words.slice(i, i + width).join(' ')),
    );
}
