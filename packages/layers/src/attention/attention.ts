/**
 * Attention and AdditiveAttention: attention without projections.
 */
import { dropout, expandDims, logicalNot, matmul, mul, softmax, sub, sum, swapAxes, tanh } from '@dl/tensor';
import type { Tensor, Variable } from '@dl/tensor';
import { checkWord, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
import {
  AttentionLayer,
  both,
  positionMask,
  type AttentionCall,
  type AttentionDropoutOptions,
  type AttentionInputs,
} from './attention-layer.ts';

/** Options of {@link AdditiveAttention}. */
export interface AdditiveAttentionOptions extends AttentionDropoutOptions {
  /** Whether scores have a learnt scale. */
  readonly useScale?: boolean | undefined;
}

/** Options of {@link Attention}. */
export interface AttentionLayerOptions extends AdditiveAttentionOptions {
  /** 'dot': q·k, the default. 'concat': Σ tanh(q + k), as in AdditiveAttention, with one weight for all scores. */
  readonly scoreMode?: 'dot' | 'concat' | undefined;
}

/** Sums of values, weighted by scores of query and key. */
abstract class ScoredAttention extends AttentionLayer {
  readonly useScale: boolean;
  protected scale: Variable | null = null;

  constructor(useScale: boolean, options: AdditiveAttentionOptions) {
    super(options);
    this.useScale = options.useScale ?? useScale;
  }

  /** Scores [batch, queries, keys] of queries [batch, queries, dim] and keys [batch, keys, dim]. */
  protected abstract scores(query: Tensor, key: Tensor): Tensor;

  override call(inputs: AttentionInputs, context: CallContext & AttentionCall): Tensor {
    this.checkShapes(inputs.map(({ shape }) => shape));
    const [query, value, key = value] = inputs as readonly [Tensor, Tensor, Tensor?];
    const { useCausalMask = false, returnAttentionScores = false, training } = context;
    const masks = this.masksOf(context.mask);
    const raw = this.scores(query, key);
    const seen = masks.value === null ? null : expandDims(masks.value, -2);
    const allowed = both(seen, positionMask(query.shape[1]!, key.shape[1]!, useCausalMask, null));
    const most = raw.dtype === 'float16' ? 65504 : 1e9;
    const scores = allowed === null ? raw : sub(raw, logicalNot(allowed).cast(raw.dtype).mul(most));
    const sure = softmax(scores, -1);
    const generator = this.seedGenerator;
    const weights = training && generator !== null ? dropout(sure, this.dropout, { generator }) : sure;
    const sums = matmul(weights, value);
    const result = masks.query === null ? sums : mul(sums, expandDims(masks.query, -1).cast(sums.dtype));
    return (returnAttentionScores ? [result, weights] : result) as Tensor;
  }

  override computeOutputShape(inputShapes: readonly LayerShape[]): LayerShape {
    this.checkShapes(inputShapes);
    return [...inputShapes[0]!.slice(0, -1), inputShapes[1]!.at(-1) ?? null];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), use_scale: this.useScale, dropout: this.dropout, seed: this.seed };
  }
}

/** Σ weight · tanh(query + key) over the last axis, for all pairs of query and key. */
const additive = (query: Tensor, key: Tensor, inner: Variable | null, outer: Variable | null): Tensor => {
  const pairs = expandDims(query, -2).add(expandDims(key, -3));
  const bent = tanh(inner === null ? pairs : mul(pairs, inner));
  return sum(outer === null ? bent : mul(bent, outer), -1);
};

/**
 * Dot-product attention (T. Luong et al., 2015): softmax(q·kᵀ)·v for inputs [query, value] or [query, value, key] of shapes
 * [batch, queries, dim] and [batch, keys, dim]; the value is the key unless given. Output: [batch, queries, dim of the value].
 * The products are not divided by √dim.
 *
 * Values that a mask hides have no part, and queries that it hides give 0. Weights: scale, a scalar, with `useScale`;
 * concat_score_weight, a scalar, with the score mode 'concat'.
 *
 * @throws ConfigError unless there are two or three inputs that fit.
 * @example new Attention().apply([query, value], { useCausalMask: true });
 */
export class Attention extends ScoredAttention {
  static override readonly className: string = 'Attention';
  static override readonly options: readonly string[] = ['useScale', 'scoreMode', 'dropout', 'seed'];
  readonly scoreMode: 'dot' | 'concat';
  #concatWeight: Variable | null = null;

  constructor(options: AttentionLayerOptions = {}) {
    super(false, options);
    this.scoreMode = checkWord(this.label, 'scoreMode', options.scoreMode ?? 'dot', ['dot', 'concat']);
  }

  protected override build(inputShapes: readonly LayerShape[]): void {
    this.checkShapes(inputShapes);
    const scalar = { shape: [], initializer: 'ones' };
    if (this.useScale) this.scale = this.addWeight({ name: 'scale', ...scalar });
    if (this.scoreMode === 'concat') this.#concatWeight = this.addWeight({ name: 'concat_score_weight', ...scalar });
  }

  protected override scores(query: Tensor, key: Tensor): Tensor {
    if (this.scoreMode === 'concat') return mul(additive(query, key, this.scale, null), this.#concatWeight!);
    const products = matmul(query, swapAxes(key, -1, -2));
    return this.scale === null ? products : mul(products, this.scale);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), score_mode: this.scoreMode };
  }
}

/**
 * Additive attention (D. Bahdanau et al., 2014): as {@link Attention}, with the scores Σ scale · tanh(query + key) over the
 * last axis. Weight: scale [dim] ('glorot_uniform'), unless `useScale` is false.
 *
 * @throws ConfigError unless there are two or three inputs that fit.
 * @example new AdditiveAttention().apply([query, value]);
 */
export class AdditiveAttention extends ScoredAttention {
  static override readonly className: string = 'AdditiveAttention';
  static override readonly options: readonly string[] = ['useScale', 'dropout', 'seed'];

  constructor(options: AdditiveAttentionOptions = {}) {
    super(true, options);
  }

  protected override build(inputShapes: readonly LayerShape[]): void {
    this.checkShapes(inputShapes);
    const shape = [knownSize(this.label, inputShapes[0]!, -1)];
    if (this.useScale) this.scale = this.addWeight({ name: 'scale', shape, initializer: 'glorot_uniform' });
  }

  protected override scores(query: Tensor, key: Tensor): Tensor {
    return additive(query, key, null, this.scale);
  }
}
