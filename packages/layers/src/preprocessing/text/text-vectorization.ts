/**
 * TextVectorization: texts as indices of their words, or as vectors of how often each occurs.
 */
import { ConfigError, ShapeError, squeeze, type Tensor, type TensorLike } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { checkCount } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerClass } from '../../base/layer-config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { Layer, type CallOptions, type LayerOptions } from '../../base/layer.ts';
import { batchesOf } from '../batches.ts';
import { outputModeOf, type OutputMode } from '../categorical/encode.ts';
import { checkEncoding, StringLookup, type StringData } from '../categorical/string-lookup.ts';
import { storedDType } from '../categorical/stored-dtype.ts';
import { checkOnHost, stringsOf, type StringsLike } from '../strings.ts';
import { ngramsOf, splitterOf, standardizerOf, type Split, type Standardize } from './tokens.ts';

/** Options of {@link TextVectorization}. */
export interface TextVectorizationOptions extends LayerOptions {
  /** What is done to a text first. Default 'lower_and_strip_punctuation'. */
  readonly standardize?: Standardize | null | undefined;
  /** How a text becomes words. Default 'whitespace'; null leaves it whole. */
  readonly split?: Split | null | undefined;
  /** Also sequences of up to so many words, or of just these numbers of words, joined by a blank. Default none. */
  readonly ngrams?: number | readonly number[] | null | undefined;
  /** 'int' (the default), 'multi_hot', 'count' or 'tf_idf'. */
  readonly outputMode?: Exclude<OutputMode, 'one_hot'> | undefined;
  /** With 'int': how many indices each text has, cut off or filled with 0. Default that of the longest. */
  readonly outputSequenceLength?: number | null | undefined;
  /** Whether vectors have `maxTokens` places even if the vocabulary is smaller. Default false. */
  readonly padToMaxTokens?: boolean | undefined;
  /** The words in order, in place of `adapt`. */
  readonly vocabulary?: readonly string[] | null | undefined;
  /** For 'tf_idf': a weight of each word of `vocabulary`. */
  readonly idfWeights?: readonly number[] | null | undefined;
  /** Only false: there are no sparse tensors. */
  readonly sparse?: false | undefined;
  /** Only false: there are no ragged tensors. */
  readonly ragged?: false | undefined;
  /** Only 'utf-8'. */
  readonly encoding?: 'utf-8' | undefined;
}

/**
 * Texts as indices of their words in a vocabulary, int32 [batch, words]: 0 fills up, 1 is an unknown word, the vocabulary
 * comes next. Or as vectors [batch, vocabulary], which start with the unknown word. Input: a string, strings, or rows of one
 * string. `adapt` learns the vocabulary: the most frequent words first, of those equally frequent the larger ones.
 *
 * By default A–Z become lower case, punctuation goes, and words stand between whitespace. Strings are JavaScript strings on
 * the host, so the layer is applied to data, in `dataset.map` for example, not inside a model.
 *
 * @throws ConfigError for options that do not fit, and inside a model or `jit`.
 * @example
 * const layer = new TextVectorization(null, { outputSequenceLength: 4 });
 * await layer.adapt(['foo bar', 'bar baz', 'baz bada boom']);
 * layer.apply(['foo qux bar']); // [[4, 1, 3, 0]]
 */
export class TextVectorization extends Layer {
  static override readonly className: string = 'TextVectorization';
  static override readonly positional: readonly string[] = ['maxTokens'];
  static override readonly options: readonly string[] = [
    'standardize',
    'split',
    'ngrams',
    'outputMode',
    'outputSequenceLength',
    'padToMaxTokens',
    'vocabulary',
    'idfWeights',
    'sparse',
    'ragged',
    'encoding',
  ];
  readonly standardize: Standardize | null;
  readonly split: Split | null;
  readonly ngrams: number | readonly number[] | null;
  readonly outputMode: OutputMode;
  readonly outputSequenceLength: number | null;
  readonly #lookup: StringLookup;
  readonly #words: (text: string) => readonly string[];

  constructor(maxTokens: number | null = null, options: TextVectorizationOptions = {}) {
    super(options);
    const kind = 'TextVectorization';
    const { standardize = 'lower_and_strip_punctuation', split = 'whitespace', ngrams = null } = options;
    const { vocabulary, idfWeights, padToMaxTokens, sparse, outputSequenceLength = null } = options;
    this.standardize = standardize;
    this.split = split;
    this.ngrams = ngrams;
    this.outputMode = outputModeOf(options.outputMode ?? 'int');
    if (this.outputMode === 'one_hot')
      throw new ConfigError(`${kind}: outputMode cannot be 'one_hot'; use 'multi_hot'`);
    if (options.ragged ?? false) throw new ConfigError(`${kind}: there are no ragged tensors; leave out ragged`);
    checkEncoding(kind, options.encoding);
    if (outputSequenceLength !== null) {
      checkCount(kind, 'outputSequenceLength', outputSequenceLength);
      if (this.outputMode !== 'int') {
        throw new ConfigError(
          `${kind}: outputSequenceLength goes with outputMode 'int' only, got '${this.outputMode}'`,
        );
      }
    }
    this.outputSequenceLength = outputSequenceLength;
    const [prepare, cut] = [standardizerOf(kind, standardize), splitterOf(kind, split)];
    const join = ngramsOf(kind, ngrams);
    this.#words = (text) => join(cut(prepare(text)));
    this.#lookup = new StringLookup(maxTokens, {
      name: this.name,
      maskToken: '',
      dtype: options.dtype,
      outputMode: this.outputMode,
      vocabulary,
      idfWeights,
      padToMaxTokens,
      sparse,
    });
  }

  get maxTokens(): number | null {
    return this.#lookup.maxTokens;
  }

  /** The words in the order of their indices; with special tokens (the default), '' and '[UNK]' come first. */
  getVocabulary(includeSpecialTokens = true): string[] {
    return this.#lookup.getVocabulary(includeSpecialTokens);
  }

  /** Number of indices, those of special tokens included. */
  vocabularySize(): number {
    return this.#lookup.vocabularySize();
  }

  /**
   * Sets the words in the order of their indices, and for 'tf_idf' a weight for each.
   *
   * @throws ConfigError for words that repeat, too many of them, or weights that do not fit.
   */
  setVocabulary(vocabulary: readonly string[], idfWeights: readonly number[] | null = null): void {
    this.#lookup.setVocabulary(vocabulary, idfWeights);
  }

  /**
   * Learns the vocabulary of texts: a list of strings, or an iterable of batches of them. Each text is a document.
   *
   * @throws ConfigError for a layer that was given a vocabulary, or without words.
   */
  async adapt(data: StringData): Promise<void> {
    await this.#lookup.learn(this.#documents(data));
  }

  async *#documents(data: StringData): AsyncGenerator<readonly string[]> {
    for await (const batch of batchesOf(data, this.label)) {
      for (const text of this.#texts(batch).values) yield this.#words(text);
    }
  }

  /** Texts, one for each sample. */
  #texts(inputs: unknown): { readonly values: readonly string[]; readonly single: boolean } {
    const { values, shape } = stringsOf(inputs, this.label);
    if (shape.length < 2 || (shape.length === 2 && shape[1] === 1)) return { values, single: shape.length === 0 };
    throw new ShapeError(
      `${this.label}: expected a text, texts, or rows of one text each, got strings of shape ${formatShape(shape)}`,
    );
  }

  override apply(inputs: StringsLike | TensorLike, _options?: CallOptions): Tensor {
    checkOnHost(this.label, inputs);
    const { values, single } = this.#texts(inputs);
    const output = this.#lookup.encodeDocuments(values.map(this.#words), this.outputSequenceLength);
    return single ? squeeze(output, 0) : output;
  }

  /** Never runs: texts are no tensors. */
  override call(inputs: Tensor): Tensor {
    return this.apply(inputs);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const batch = inputShape.slice(0, 1);
    if (this.outputMode === 'int') return [...batch, this.outputSequenceLength];
    return this.#lookup.computeOutputShape([...batch, null]);
  }

  override getConfig(): Config {
    const { standardize, split, ngrams, outputMode, outputSequenceLength } = this;
    if (typeof standardize === 'function' || typeof split === 'function') {
      throw new ConfigError(
        `${this.label}: functions cannot be stored; make the layer anew with them and setVocabulary(layer.getVocabulary())`,
      );
    }
    const lookup = this.#lookup.getConfig();
    return {
      ...super.getConfig(),
      max_tokens: this.maxTokens,
      standardize,
      split,
      ngrams,
      output_mode: outputMode,
      output_sequence_length: outputSequenceLength,
      pad_to_max_tokens: lookup['pad_to_max_tokens'],
      sparse: false,
      ragged: false,
      vocabulary: lookup['vocabulary'],
      idf_weights: lookup['idf_weights'],
      encoding: 'utf-8',
    };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config): T {
    return Layer.fromConfig.call(this as LayerClass<unknown>, storedDType(config)) as T;
  }
}
