/**
 * ReversibleEmbedding: a table of vectors that also leads back from vectors to scores of ids.
 */
import { ConfigError, matmul, notEqual, tanh, transpose, type DType, type Tensor, type Variable } from '@dl/tensor';
import { checkDType } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { CallContext } from '../base/layer.ts';
import { checkInput } from '../base/input-spec.ts';
import { setMask } from '../base/masks.ts';
import { Embedding, type EmbeddingOptions } from './embedding.ts';

/** Options of {@link ReversibleEmbedding}. */
export interface ReversibleEmbeddingOptions extends EmbeddingOptions {
  /** Whether the way back uses the transposed table; true unless given. */
  readonly tieWeights?: boolean | undefined;
  /** Dtype of the way back; the layer's unless given. */
  readonly reverseDtype?: DType | null | undefined;
  /** Limits scores to ±cap by cap·tanh(scores/cap); none unless given. */
  readonly logitSoftCap?: number | null | undefined;
}

/** Arguments of a call of {@link ReversibleEmbedding}. */
export interface ReversibleEmbeddingCall {
  /** Whether to go from vectors [batch, …, outputDim] to scores of ids [batch, …, inputDim]; false unless given. */
  readonly reverse?: boolean | undefined;
}

/**
 * An Embedding that can be called in reverse, with the transposed table (O. Press, L. Wolf, 2016) or, where `tieWeights` is
 * false, with a weight reverse_embeddings [outputDim, inputDim] of its own. There is no bias.
 *
 * @example
 * const words = new ReversibleEmbedding(1000, 64);
 * const vectors = words.apply(ids); // [batch, steps, 64]
 * const logits = words.apply(vectors, { reverse: true }); // [batch, steps, 1000]
 */
export class ReversibleEmbedding extends Embedding<ReversibleEmbeddingCall> {
  static override readonly className: string = 'ReversibleEmbedding';
  static override readonly options: readonly string[] = [
    ...Embedding.options,
    'tieWeights',
    'reverseDtype',
    'logitSoftCap',
  ];
  readonly tieWeights: boolean;
  readonly reverseDtype: DType | null;
  readonly logitSoftCap: number | null;
  #reverse: Variable | null = null;

  constructor(inputDim: number, outputDim: number, options: ReversibleEmbeddingOptions = {}) {
    super(inputDim, outputDim, options);
    const { tieWeights = true, reverseDtype = null, logitSoftCap = null } = options;
    this.tieWeights = tieWeights;
    this.reverseDtype = reverseDtype === null ? null : checkDType(reverseDtype, this.label);
    if (logitSoftCap !== null && !(logitSoftCap > 0)) {
      throw new ConfigError(`${this.label}: logitSoftCap must be above 0, got ${String(logitSoftCap)}`);
    }
    this.logitSoftCap = logitSoftCap;
  }

  protected override build(): void {
    super.build();
    if (this.tieWeights) return;
    const shape = [this.outputDim, this.inputDim];
    this.#reverse = this.addWeight({
      name: 'reverse_embeddings',
      shape,
      initializer: this.embeddingsSettings.initializer,
    });
  }

  override call(inputs: Tensor, context: CallContext & ReversibleEmbeddingCall): Tensor {
    if (context.reverse !== true) {
      const vectors = super.call(inputs, context);
      if (this.maskZero) setMask(vectors, notEqual(inputs, 0));
      return vectors;
    }
    checkInput({ minRank: 2, axes: { [-1]: this.outputDim }, kind: 'float' }, inputs, this.label);
    const kernel = this.tieWeights ? transpose(this.adapted()) : this.#reverse!.read();
    const dtype = this.reverseDtype ?? inputs.dtype;
    const logits = matmul(inputs.cast(dtype), kernel.cast(dtype));
    const cap = this.logitSoftCap;
    return cap === null ? logits : tanh(logits.div(cap)).mul(cap);
  }

  /** None: vectors carry the mask of their ids from the call on, and scores have none. */
  override computeMask(): null {
    return null;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      tie_weights: this.tieWeights,
      reverse_dtype: this.reverseDtype,
      logit_soft_cap: this.logitSoftCap,
    };
  }
}
