/**
 * IndexLookup: what StringLookup and IntegerLookup share, which is all but the lookup itself.
 */
import { ConfigError, tensor, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { checkWord } from '../../base/checks.ts';
import type { Config, ConfigValue } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import type { LayerClass } from '../../base/layer-config.ts';
import { Layer, type LayerOptions } from '../../base/layer.ts';
import { refuseSparse } from '../sparse.ts';
import { checkSalt, type Salt } from '../hash/buckets.ts';
import { encode, encodedShape, outputModeOf, weighted, type OutputMode } from './encode.ts';
import { storedDType } from './stored-dtype.ts';
import { repeated, TokenCounter, type Token } from './vocabulary.ts';

/** Options of lookups. */
export interface LookupOptions<T extends Token> extends LayerOptions {
  /** How many indices tokens outside of the vocabulary share. Default 1; with 0 they are an error. */
  readonly numOovIndices?: number | undefined;
  /** A token that stands for nothing: index 0 with 'int', left out otherwise. Default none. */
  readonly maskToken?: T | null | undefined;
  /** The token that indices outside of the vocabulary turn into with `invert`. */
  readonly oovToken?: T | null | undefined;
  /** The tokens in order, in place of `adapt`; special tokens may stand in front. */
  readonly vocabulary?: readonly T[] | null | undefined;
  /** For 'tf_idf': a weight of each token of `vocabulary`. */
  readonly idfWeights?: readonly number[] | null | undefined;
  /** Whether to go from indices to tokens. Default false. */
  readonly invert?: boolean | undefined;
  /** Default 'int'. */
  readonly outputMode?: OutputMode | undefined;
  /** Only false: there are no sparse tensors. */
  readonly sparse?: false | undefined;
  /** Whether vectors have `maxTokens` places even if the vocabulary is smaller. Default false. */
  readonly padToMaxTokens?: boolean | undefined;
  /** With several indices for unknown tokens: hash by SipHash64 with this, in place of FarmHash64. Default none. */
  readonly salt?: Salt | null | undefined;
}

/** Names of {@link LookupOptions}. */
export const LOOKUP_OPTIONS: readonly string[] = [
  'numOovIndices',
  'maskToken',
  'oovToken',
  'vocabulary',
  'idfWeights',
  'invert',
  'outputMode',
  'sparse',
  'padToMaxTokens',
  'salt',
];

const MODES = ['int', 'one_hot', 'multi_hot', 'count', 'tf_idf'] as const;

/** Base class of lookups; see StringLookup and IntegerLookup. */
export abstract class IndexLookup<T extends Token> extends Layer {
  static override readonly positional: readonly string[] = ['maxTokens'];
  readonly maxTokens: number | null;
  readonly numOovIndices: number;
  readonly maskToken: T | null;
  readonly oovToken: T | null;
  readonly invert: boolean;
  readonly outputMode: OutputMode;
  readonly padToMaxTokens: boolean;
  readonly salt: readonly [number, number] | null;
  /** Whether the vocabulary was an option, and cannot be learned. */
  readonly #fixed: boolean;
  #tokens: readonly T[] = [];
  #idf: readonly number[] | null = null;

  constructor(kind: string, oovToken: T, maxTokens: number | null, options: LookupOptions<T>) {
    super(options);
    const { numOovIndices = 1, vocabulary = null, idfWeights = null } = options;
    if (maxTokens !== null && !(Number.isInteger(maxTokens) && maxTokens > 1)) {
      throw new ConfigError(`${kind}: maxTokens must be an integer above 1, got ${describe(maxTokens)}`);
    }
    if (!(Number.isInteger(numOovIndices) && numOovIndices >= 0)) {
      throw new ConfigError(`${kind}: numOovIndices must be an integer from 0 on, got ${describe(numOovIndices)}`);
    }
    refuseSparse(kind, options.sparse ?? false);
    this.maxTokens = maxTokens;
    this.numOovIndices = numOovIndices;
    this.maskToken = options.maskToken ?? null;
    this.oovToken = options.oovToken === undefined ? oovToken : options.oovToken;
    this.invert = options.invert ?? false;
    this.outputMode = checkWord(kind, 'outputMode', outputModeOf(options.outputMode ?? 'int'), MODES);
    this.padToMaxTokens = options.padToMaxTokens ?? false;
    this.salt = checkSalt(kind, options.salt);
    if (this.padToMaxTokens && maxTokens === null) throw new ConfigError(`${kind}: padToMaxTokens needs maxTokens`);
    if (this.invert && this.outputMode !== 'int') {
      throw new ConfigError(`${kind}: invert goes with outputMode 'int' only, got '${this.outputMode}'`);
    }
    if (idfWeights !== null && this.outputMode !== 'tf_idf') {
      throw new ConfigError(`${kind}: idfWeights go with outputMode 'tf_idf' only, got '${this.outputMode}'`);
    }
    this.#fixed = vocabulary !== null;
    if (vocabulary !== null) this.setVocabulary(vocabulary, idfWeights);
  }

  /** Index of the first unknown token. */
  protected get oovStart(): number {
    return this.maskToken !== null && this.outputMode === 'int' ? 1 : 0;
  }

  /** Index of the first token of the vocabulary. */
  protected get tokenStart(): number {
    return this.oovStart + this.numOovIndices;
  }

  /** Tokens in the order of their indices, from {@link tokenStart} on. */
  protected get tokens(): readonly T[] {
    return this.#tokens;
  }

  /**
   * The vocabulary. With special tokens (the default) a token stands at its index, after mask and unknown tokens; of these
   * the unknown one is there once for each of its indices.
   */
  getVocabulary(includeSpecialTokens = true): T[] {
    return includeSpecialTokens ? [...this.#special(), ...this.#tokens] : [...this.#tokens];
  }

  #special(): T[] {
    const mask = this.oovStart === 1 ? [this.maskToken!] : [];
    return [...mask, ...Array.from({ length: this.numOovIndices }, () => this.oovToken!)];
  }

  /** Number of indices, those of special tokens included. */
  vocabularySize(): number {
    return this.tokenStart + this.#tokens.length;
  }

  /**
   * Sets the tokens in the order of their indices; they may start with the special tokens as {@link getVocabulary} gives
   * them. With 'tf_idf', `idfWeights` has a weight for each; special tokens that are not given take the mean.
   *
   * @throws ConfigError for repeated or special tokens, too many of them, or weights that do not fit.
   */
  setVocabulary(vocabulary: readonly T[], idfWeights: readonly number[] | null = null): void {
    const where = this.label;
    if (!Array.isArray(vocabulary) || vocabulary.length === 0) {
      throw new ConfigError(`${where}: expected a vocabulary with tokens, got ${describe(vocabulary)}`);
    }
    const list = vocabulary as readonly T[];
    list.forEach((token) => this.checkToken(token));
    const special = this.#special();
    const found = special.every((token, i) => token === list[i]);
    const tokens = found ? list.slice(special.length) : list;
    const twice = repeated(tokens);
    if (twice.length > 0) throw new ConfigError(`${where}: the vocabulary repeats ${twice.map(describe).join(', ')}`);
    const reserved = [this.maskToken, this.invert ? this.oovToken : null];
    const inside = reserved.find((token) => token !== null && tokens.includes(token));
    if (inside !== undefined && inside !== null) {
      throw new ConfigError(
        `${where}: the vocabulary contains the special token ${describe(inside)}; leave special tokens out, or start with ${JSON.stringify(special)}`,
      );
    }
    if (this.maxTokens !== null && this.tokenStart + tokens.length > this.maxTokens) {
      throw new ConfigError(
        `${where}: ${this.tokenStart + tokens.length} tokens, special ones included, are more than maxTokens ${this.maxTokens}`,
      );
    }
    this.#idf = this.#checkedWeights(idfWeights, list.length, found);
    this.#tokens = [...tokens];
  }

  #checkedWeights(weights: readonly number[] | null, count: number, complete: boolean): number[] | null {
    if (this.outputMode !== 'tf_idf') {
      if (weights === null) return null;
      throw new ConfigError(`${this.label}: idfWeights go with outputMode 'tf_idf' only, got '${this.outputMode}'`);
    }
    if (weights === null || weights.length !== count) {
      throw new ConfigError(
        `${this.label}: outputMode 'tf_idf' needs idfWeights, one for each of ${count} tokens, got ${describe(weights)}`,
      );
    }
    return complete ? [...weights] : this.#withMean(weights);
  }

  /** Weights of special tokens, for which there are none, are the mean of the others. */
  #withMean(weights: readonly number[]): number[] {
    const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
    return [...Array.from({ length: this.tokenStart }, () => mean), ...weights];
  }

  /**
   * Learns the vocabulary from documents, which are lists of tokens: the most frequent ones first. `adapt` calls it.
   *
   * @throws ConfigError for a layer that was given a vocabulary, or without tokens.
   */
  async learn(documents: AsyncIterable<Iterable<T>>): Promise<void> {
    if (this.#fixed) throw new ConfigError(`${this.label}: cannot adapt a layer that was given a vocabulary`);
    const counter = new TokenCounter<T>();
    for await (const document of documents) counter.add(document);
    const limit = this.maxTokens === null ? Infinity : this.maxTokens - this.tokenStart;
    const tokens = counter.mostFrequent([this.maskToken, this.oovToken], limit);
    if (tokens.length === 0) throw new ConfigError(`${this.label}: adapt found no tokens`);
    this.#tokens = tokens;
    this.#idf = this.outputMode === 'tf_idf' ? this.#withMean(counter.idf(tokens)) : null;
  }

  /** Throws unless this can be a token. */
  protected abstract checkToken(token: T): void;

  /** Number of places of a vector. */
  protected get depth(): number {
    return this.padToMaxTokens ? this.maxTokens! : this.vocabularySize();
  }

  /** Throws where there is no vocabulary yet. */
  protected checkReady(): void {
    if (this.#tokens.length > 0) return;
    throw new ConfigError(`${this.label}: call adapt(data) or setVocabulary(tokens) first`);
  }

  /** The output for indices; −1 where a token is left out. */
  protected encoded(indices: Tensor): Tensor {
    const mode = this.outputMode === 'tf_idf' ? 'count' : this.outputMode;
    const output = encode(indices, { mode, depth: this.depth, dtype: this.computeDtype, where: this.label });
    if (this.outputMode !== 'tf_idf') return output;
    const weights = new Float64Array(this.depth);
    weights.set(this.#idf!);
    return weighted(output, tensor(weights, this.computeDtype));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return encodedShape(inputShape, this.outputMode, this.depth);
  }

  override getConfig(): Config {
    const known = this.#tokens.length > 0;
    return {
      ...super.getConfig(),
      invert: this.invert,
      max_tokens: this.maxTokens,
      num_oov_indices: this.numOovIndices,
      oov_token: this.oovToken,
      mask_token: this.maskToken,
      output_mode: this.outputMode,
      sparse: false,
      pad_to_max_tokens: this.padToMaxTokens,
      idf_weights: this.#idf as ConfigValue,
      vocabulary: (known ? this.getVocabulary(this.#idf !== null) : null) as ConfigValue,
      salt: this.salt,
    };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config): T {
    return Layer.fromConfig.call(this as LayerClass<unknown>, storedDType(config)) as T;
  }
}
