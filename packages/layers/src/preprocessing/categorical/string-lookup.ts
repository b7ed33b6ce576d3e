/**
 * StringLookup: indices of strings, and back.
 */
import { ConfigError, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config } from '../../base/config.ts';
import type { CallOptions } from '../../base/layer.ts';
import { batchesOf } from '../batches.ts';
import { bucketOf } from '../hash/buckets.ts';
import { checkOnHost, holdsStrings, nest, stringsOf, type StringsLike } from '../strings.ts';
import { IndexLookup, LOOKUP_OPTIONS, type LookupOptions } from './index-lookup.ts';

/** Options of {@link StringLookup}. */
export interface StringLookupOptions extends LookupOptions<string> {
  /** Only 'utf-8'. */
  readonly encoding?: 'utf-8' | undefined;
}

/** Strings for `adapt`: an array of them, or an iterable of batches such as a dataset. */
export type StringData = StringsLike | Iterable<unknown> | AsyncIterable<unknown>;

/**
 * The index of each string in a vocabulary, int32 of the input's shape, or vectors; see {@link OutputMode}. Index 0 is the
 * mask token if there is one, unknown strings come next, then the vocabulary. `adapt` learns it: the most frequent strings
 * first, of those equally frequent the larger ones. `toStrings` goes back from indices, which is all there is with `invert`.
 *
 * Strings are JavaScript strings on the host, so the layer is applied to data, in `dataset.map` for example, not inside a
 * model. Several indices for unknown strings are told apart by FarmHash64, as in Keras.
 *
 * @throws ConfigError for options that do not fit, numbers instead of strings, and inside a model or `jit`.
 * @example new StringLookup(null, { vocabulary: ['a', 'b'] }).apply([['b', 'z']]); // [[2, 0]]
 */
export class StringLookup extends IndexLookup<string> {
  static override readonly className: string = 'StringLookup';
  static override readonly options: readonly string[] = [...LOOKUP_OPTIONS, 'encoding'];
  #table: { readonly tokens: readonly string[]; readonly places: ReadonlyMap<string, number> } | null = null;

  constructor(maxTokens: number | null = null, options: StringLookupOptions = {}) {
    super('StringLookup', '[UNK]', maxTokens, options);
    checkEncoding('StringLookup', options.encoding);
  }

  protected override checkToken(token: string): void {
    if (typeof token === 'string') return;
    throw new ConfigError(`${this.label}: a vocabulary of strings cannot contain ${describe(token)}`);
  }

  /** The index of each string of the vocabulary. */
  get #places(): ReadonlyMap<string, number> {
    const { tokens, tokenStart } = this;
    if (this.#table?.tokens !== tokens) {
      this.#table = { tokens, places: new Map(tokens.map((token, i) => [token, i + tokenStart])) };
    }
    return this.#table!.places;
  }

  /**
   * Learns a vocabulary. A list of strings is a list of documents; of rows of strings, each row is one. What was learned
   * before is forgotten.
   *
   * @throws ConfigError for a layer that was given a vocabulary, or without strings.
   */
  async adapt(data: StringData): Promise<void> {
    await this.learn(this.#documents(data));
  }

  async *#documents(data: StringData): AsyncGenerator<readonly string[]> {
    const whole = holdsStrings(data);
    for await (const batch of batchesOf(data, this.label)) {
      const { values, shape } = stringsOf(batch, this.label);
      // A list of strings is many documents by itself, and one in a stream of batches.
      const length = shape.length > 1 ? shape.slice(1).reduce((a, b) => a * b, 1) : whole ? 1 : values.length;
      for (let at = 0; at < values.length; at += length) yield values.slice(at, at + length);
    }
  }

  override apply(inputs: StringsLike | TensorLike, _options?: CallOptions): Tensor {
    checkOnHost(this.label, inputs);
    this.checkReady();
    if (this.invert) {
      throw new ConfigError(`${this.label}: strings are no tensors; with invert, call toStrings(indices)`);
    }
    const { values, shape } = stringsOf(inputs, this.label);
    return this.encoded(tensor(Int32Array.from(this.indicesOf(values)), 'int32', shape));
  }

  /**
   * The strings at indices, in nested arrays of their shape; the unknown token where there is none. Reads the indices.
   *
   * @example new StringLookup(null, { vocabulary: ['a', 'b'], invert: true }).toStrings([[2, 0]]); // [['b', '[UNK]']]
   */
  toStrings(indices: TensorLike): StringsLike {
    this.checkReady();
    if (holdsStrings(indices)) throw new ConfigError(`${this.label}: toStrings expects indices, got strings`);
    const t = tensor(indices);
    const names = this.getVocabulary();
    return nest(
      Array.from(t.dataSync(), (index) => names[index] ?? this.oovToken ?? ''),
      t.shape,
    ) as StringsLike;
  }

  /** The output for lists of strings of different lengths, one a sample; for indices filled up to a length. */
  encodeDocuments(documents: readonly (readonly string[])[], length: number | null): Tensor {
    this.checkReady();
    const count = length ?? Math.max(0, ...documents.map((document) => document.length));
    const indices = new Int32Array(documents.length * count).fill(this.outputMode === 'int' ? 0 : -1);
    documents.forEach((document, row) => indices.set(this.indicesOf(document.slice(0, count)), row * count));
    return this.encoded(tensor(indices, 'int32', [documents.length, count]));
  }

  /** The index of each string; −1 for the mask token where it is left out. */
  indicesOf(values: readonly string[]): number[] {
    const { numOovIndices, oovStart } = this;
    const places = this.#places;
    const bucket = numOovIndices > 1 ? bucketOf(numOovIndices, this.salt) : (): number => 0;
    return values.map((value) => {
      if (value === this.maskToken) return this.outputMode === 'int' ? 0 : -1;
      const place = places.get(value);
      if (place !== undefined) return place;
      if (numOovIndices > 0) return oovStart + bucket(value);
      throw new ConfigError(
        `${this.label}: ${describe(value)} is not in the vocabulary; set numOovIndices to 1 for unknown strings`,
      );
    });
  }

  /** Never runs: strings are no tensors. */
  override call(inputs: Tensor): Tensor {
    checkOnHost(this.label, inputs);
    throw new ConfigError(`${this.label}: expected strings, got numbers`);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), encoding: 'utf-8' };
  }
}

/** Throws for another encoding: strings are JavaScript's. */
export function checkEncoding(where: string, encoding: string | undefined): void {
  if (encoding === undefined || encoding === 'utf-8') return;
  throw new ConfigError(`${where}: encoding can only be 'utf-8', got ${describe(encoding)}`);
}
