/**
 * Counting tokens, and the vocabularies that come out.
 */

/** What a vocabulary consists of. */
export type Token = string | number;

/** Compares tokens so that the larger comes first; texts by their code points, as Keras sorts them. */
export function descending(a: Token, b: Token): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(b) - Number(a);
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = y[i]!.codePointAt(0)! - x[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return y.length - x.length;
}

/** Counts tokens, and the documents that each occurs in. */
export class TokenCounter<T extends Token> {
  readonly #tokens = new Map<T, number>();
  readonly #documents = new Map<T, number>();
  #total = 0;

  /** Counts the tokens of one document. */
  add(tokens: Iterable<T>): void {
    const seen = new Set<T>();
    for (const token of tokens) {
      this.#tokens.set(token, (this.#tokens.get(token) ?? 0) + 1);
      seen.add(token);
    }
    for (const token of seen) this.#documents.set(token, (this.#documents.get(token) ?? 0) + 1);
    this.#total++;
  }

  /** The most frequent tokens, of those equally frequent the larger ones, without some; at most `limit`. */
  mostFrequent(without: readonly (T | null)[], limit: number): T[] {
    return [...this.#tokens]
      .filter(([token]) => !without.includes(token))
      .sort(([a, m], [b, n]) => n - m || descending(a, b))
      .slice(0, limit)
      .map(([token]) => token);
  }

  /** log(1 + documents / (1 + documents with the token)) for each. */
  idf(tokens: readonly T[]): number[] {
    return tokens.map((token) => Math.log(1 + this.#total / (1 + (this.#documents.get(token) ?? 0))));
  }
}

/** Tokens that occur more than once. */
export function repeated<T extends Token>(tokens: readonly T[]): T[] {
  const seen = new Set<T>();
  return [...new Set(tokens.filter((token) => seen.size === seen.add(token).size))];
}
