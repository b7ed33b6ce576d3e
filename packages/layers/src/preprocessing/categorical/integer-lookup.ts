/**
 * IntegerLookup: indices of integers, and back.
 */
import { add, ConfigError, equal, gather, logicalAnd, mod, tensor, where, type Tensor } from '@dl/tensor';
import { searchSorted } from '@dl/tensor/ops';
import { castTo, checkIndices, describe } from '@dl/tensor/interpreter';
import { checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import { batchesOf, hostValues, type AdaptData } from '../batches.ts';
import { bucketOf } from '../hash/buckets.ts';
import { checkOnHost } from '../strings.ts';
import { IndexLookup, LOOKUP_OPTIONS, type LookupOptions } from './index-lookup.ts';

/** Options of {@link IntegerLookup}. */
export interface IntegerLookupOptions extends LookupOptions<number> {
  /** Kept for Keras; integers are 32 bits wide. */
  readonly vocabularyDtype?: 'int32' | 'int64' | undefined;
  /** How several indices for unknown integers are told apart: by the remainder 'floormod' (the default), or 'farmhash'. */
  readonly oovMethod?: 'floormod' | 'farmhash' | undefined;
}

/** Tokens in rising order, and the index of each. */
interface SortedTokens {
  readonly of: readonly number[];
  readonly tokens: Int32Array;
  readonly places: Int32Array;
}

/**
 * The index of each integer in a vocabulary, int32 of the input's shape, or vectors; see {@link OutputMode}. Index 0 is the
 * mask token if there is one, unknown integers come next, then the vocabulary. `adapt` learns it: the most frequent integers
 * first, of those equally frequent the larger ones. With `invert` it goes from indices to integers.
 *
 * It is made of ops and runs inside models and `jit`, unless unknown integers are told apart by a hash. With
 * `numOovIndices: 0` they are an error, or −1 inside `jit`.
 *
 * @throws ConfigError for options that do not fit.
 * @example new IntegerLookup(null, { vocabulary: [12, 36, 1138] }).apply([[36, 7]]); // [[2, 0]]
 */
export class IntegerLookup extends IndexLookup<number> {
  static override readonly className: string = 'IntegerLookup';
  static override readonly options: readonly string[] = [...LOOKUP_OPTIONS, 'vocabularyDtype', 'oovMethod'];
  readonly vocabularyDtype: 'int32' | 'int64';
  readonly oovMethod: 'floormod' | 'farmhash';
  #table: SortedTokens | null = null;

  constructor(maxTokens: number | null = null, options: IntegerLookupOptions = {}) {
    super('IntegerLookup', -1, maxTokens, options);
    const { vocabularyDtype = 'int64', oovMethod = 'floormod' } = options;
    this.vocabularyDtype = checkWord(this.label, 'vocabularyDtype', vocabularyDtype, ['int32', 'int64']);
    this.oovMethod = checkWord(this.label, 'oovMethod', oovMethod, ['floormod', 'farmhash']);
    this.inputSpec = { kind: 'number' };
  }

  protected override checkToken(token: number): void {
    if (Number.isInteger(token) && Math.abs(token) < 2 ** 31) return;
    throw new ConfigError(`${this.label}: a vocabulary of 32-bit integers cannot contain ${describe(token)}`);
  }

  /** The vocabulary as it is searched. */
  get #sorted(): SortedTokens {
    const { tokens } = this;
    if (this.#table?.of === tokens) return this.#table;
    const order = tokens.map((token, i) => [token, i + this.tokenStart] as const).sort((a, b) => a[0] - b[0]);
    this.#table = {
      of: tokens,
      tokens: Int32Array.from(order, ([token]) => token),
      places: Int32Array.from(order, ([, place]) => place),
    };
    return this.#table;
  }

  /**
   * Learns a vocabulary from an array or batches. A list of integers is a list of documents; of rows, each row is one.
   *
   * @throws ConfigError for a layer that was given a vocabulary, or without integers.
   */
  async adapt(data: AdaptData): Promise<void> {
    await this.learn(this.#documents(data));
  }

  async *#documents(data: AdaptData): AsyncGenerator<readonly number[]> {
    for await (const batch of batchesOf(data, this.label)) {
      const { values, shape } = await hostValues(batch);
      // A list of integers is many documents by itself, and one in a stream of batches.
      const length = shape.length > 1 ? shape.slice(1).reduce((a, b) => a * b, 1) : batch === data ? 1 : values.length;
      const tokens = Array.from(values, Math.trunc);
      for (let at = 0; at < tokens.length; at += length) yield tokens.slice(at, at + length);
    }
  }

  override call(inputs: Tensor): Tensor {
    this.checkReady();
    const x = castTo(inputs, 'int32');
    if (this.invert) return this.#tokensAt(x);
    const [tokens, places] = [tensor(this.#sorted.tokens), tensor(this.#sorted.places)];
    const last = tokens.size - 1;
    const found = searchSorted(tokens, x);
    const place = where(found.greater(last), last, found);
    const index = where(equal(gather(tokens, place), x), gather(places, place), this.#unknown(x));
    if (this.maskToken === null) return this.encoded(this.#checked(index));
    const masked = equal(x, this.maskToken);
    const first = this.#checked(where(masked, this.tokenStart, index));
    return this.encoded(where(masked, this.outputMode === 'int' ? 0 : -1, first));
  }

  /** Without an index for unknown integers, they are an error. */
  #checked(index: Tensor): Tensor {
    if (this.numOovIndices === 0) checkIndices(`${this.label}: without numOovIndices`, index, this.vocabularySize());
    return index;
  }

  /** Indices of unknown integers. */
  #unknown(x: Tensor): Tensor | number {
    const { numOovIndices, oovStart } = this;
    if (numOovIndices < 2) return numOovIndices === 0 ? -1 : oovStart;
    if (this.salt === null && this.oovMethod === 'floormod') return add(mod(x, numOovIndices), oovStart);
    checkOnHost(this.label, x);
    const bucket = bucketOf(numOovIndices, this.salt);
    const buckets = Int32Array.from(x.dataSync(), (value) => oovStart + bucket(String(value)));
    return tensor(buckets, 'int32', x.shape);
  }

  /** Tokens at indices; the unknown token outside. */
  #tokensAt(indices: Tensor): Tensor {
    const names = this.getVocabulary();
    const inside = logicalAnd(indices.greaterEqual(0), indices.less(names.length));
    return where(inside, gather(tensor(Int32Array.from(names)), where(inside, indices, 0)), this.oovToken ?? -1);
  }

  override getConfig(): Config {
    const { vocabularyDtype, oovMethod } = this;
    return { ...super.getConfig(), vocabulary_dtype: vocabularyDtype, oov_method: oovMethod };
  }
}
