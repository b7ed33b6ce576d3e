/**
 * What MultiHeadAttention and GroupQueryAttention share: projections, masks, and the choice of how to compute.
 */
import {
  ConfigError,
  dropout,
  expandDims,
  mul,
  softmax,
  tensor,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { dotProductAttention, einsum } from '@dl/tensor/ops';
import type { ActivationLike } from '../activations.ts';
import { checkCount } from '../base/checks.ts';
import type { Config, ConfigurableClass } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
import type { StoredParts } from '../base/stored-parts.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';
import { EinsumDense } from '../core/einsum-dense.ts';
import type { Initializer } from '../initializers/constant.ts';
import * as regularizers from '../regularizers.ts';
import {
  AttentionLayer,
  both,
  positionMask,
  type AttentionCall,
  type AttentionDropoutOptions,
  type AttentionInputs,
} from './attention-layer.ts';

/** Arguments of a call of {@link MultiHeadAttention} and {@link GroupQueryAttention}. */
export interface ProjectedAttentionCall extends AttentionCall {
  /** Which values a query may see: [batch, queries, values], or anything that broadcasts to [batch, heads, queries, values]. */
  readonly attentionMask?: TensorLike | null | undefined;
}

/** Options that {@link MultiHeadAttention} and {@link GroupQueryAttention} share. */
export interface ProjectedAttentionOptions
  extends AttentionDropoutOptions, WeightOptionsOf<'kernel'>, WeightOptionsOf<'bias'> {
  /** Whether projections have a bias; true unless given. */
  readonly useBias?: boolean | undefined;
  /** A query sees only what is less than this many positions away; everything unless given. */
  readonly slidingWindow?: number | null | undefined;
  /** Whether to go through keys block by block, which saves memory; by default where there are many. */
  readonly flashAttention?: boolean | null | undefined;
  /** Whether the result is multiplied by a learnt sigmoid gate of the query; false unless given. */
  readonly useGate?: boolean | undefined;
}

/** Names of {@link ProjectedAttentionOptions} beside those of every layer. */
export const PROJECTED_OPTIONS: readonly string[] = [
  'dropout',
  'useBias',
  'slidingWindow',
  'flashAttention',
  'kernelInitializer',
  'biasInitializer',
  'kernelRegularizer',
  'biasRegularizer',
  'kernelConstraint',
  'biasConstraint',
  'useGate',
  'seed',
];

/** Equations for scores and for sums of values, for projected tensors that are attended along some axes. */
export interface AttentionEquations {
  /** Key, query to scores. */
  readonly scores: string;
  /** Weights, value to results. */
  readonly combine: string;
  /** Number of attended axes. */
  readonly axes: number;
}

/** Another initializer of the same kind, so that weights of one shape do not start the same. */
function again(initializer: Initializer): Initializer {
  const { fromConfig } = initializer.constructor as unknown as ConfigurableClass<Initializer>;
  return fromConfig.call(initializer.constructor, initializer.getConfig());
}

/** Attention between projections of query, key and value. */
export abstract class ProjectedAttention extends AttentionLayer<ProjectedAttentionCall> {
  static override readonly inputNames: readonly string[] = ['query', 'value', 'key'];
  readonly useBias: boolean;
  readonly slidingWindow: number | null;
  readonly flashAttention: boolean | null;
  readonly useGate: boolean;
  readonly #activity: regularizers.Regularizer | null;
  readonly #kernel: WeightSettings;
  readonly #bias: WeightSettings;
  /** The projections, in the order of their weights. */
  protected queryDense: EinsumDense | null = null;
  protected keyDense: EinsumDense | null = null;
  protected gateDense: EinsumDense | null = null;
  protected valueDense: EinsumDense | null = null;
  protected outputDense: EinsumDense | null = null;

  constructor(options: ProjectedAttentionOptions) {
    // The penalty is on the projections, as in Keras.
    super({ ...options, activityRegularizer: null });
    const { slidingWindow = null, flashAttention = null } = options;
    this.useBias = options.useBias ?? true;
    this.slidingWindow = slidingWindow === null ? null : checkCount(this.label, 'slidingWindow', slidingWindow);
    this.flashAttention = flashAttention;
    this.useGate = options.useGate ?? false;
    this.#activity = regularizers.get(options.activityRegularizer);
    this.#kernel = weightSettings(this.label, options, 'kernel', 'glorot_uniform');
    this.#bias = weightSettings(this.label, options, 'bias', 'zeros');
    if (flashAttention === true && this.dropout > 0) {
      throw new ConfigError(`${this.label}: flashAttention does not go with dropout; set dropout to 0`);
    }
  }

  /** A projection, built. */
  protected projection(
    name: string,
    equation: string,
    outputShape: LayerShape,
    biasAxes: string,
    inputShape: LayerShape,
    activation: ActivationLike = null,
  ): EinsumDense {
    const [kernel, bias] = [this.#kernel, this.#bias];
    const layer = new EinsumDense(equation, outputShape, {
      name,
      dtype: this.dtypePolicy,
      trainable: this.trainable,
      activation,
      biasAxes: this.useBias ? biasAxes : null,
      activityRegularizer: this.#activity,
      kernelInitializer: again(kernel.initializer),
      kernelRegularizer: kernel.regularizer,
      kernelConstraint: kernel.constraint,
      biasInitializer: again(bias.initializer),
      biasRegularizer: bias.regularizer,
      biasConstraint: bias.constraint,
    });
    layer.ensureBuilt(inputShape);
    return layer;
  }

  /**
   * Projects, attends and projects back.
   *
   * @param depth Size of projected queries, by whose root products are divided.
   * @param match Gives keys and values as many heads as queries, where all weights are computed.
   */
  protected attend(
    inputs: AttentionInputs,
    context: CallContext & ProjectedAttentionCall,
    equations: AttentionEquations,
    depth: number,
    match: (keysOrValues: Tensor) => Tensor,
  ): Tensor {
    const [from, source, other = source] = inputs as readonly [Tensor, Tensor, Tensor?];
    const { useCausalMask = false, returnAttentionScores = false, training } = context;
    const query = this.queryDense!.apply(from);
    const key = this.keyDense!.apply(other);
    const value = this.valueDense!.apply(source);
    const scale = 1 / Math.sqrt(depth);
    const dropping = training && this.seedGenerator !== null;
    if (returnAttentionScores && this.flashAttention === true) {
      throw new ConfigError(`${this.label}: attention scores do not exist with flashAttention; leave one of them out`);
    }
    const fused = query.rank === 4 && !dropping && !returnAttentionScores;
    // The fused form knows causal attention by itself.
    const isCausal = fused && useCausalMask && this.slidingWindow === null;
    const mask = this.#mask(inputs, context, useCausalMask && !isCausal, equations.axes);
    let result: Tensor;
    let scores: Tensor | null = null;
    if (fused) {
      const { flashAttention } = this;
      result = dotProductAttention(query, key, value, { mask, scale, isCausal, flashAttention });
    } else {
      scores = maskedSoftmax(einsum(equations.scores, match(key), mul(query, scale)), mask, equations.axes);
      const generator = this.seedGenerator;
      const weights = dropping ? dropout(scores, this.dropout, { generator: generator! }) : scores;
      result = einsum(equations.combine, weights, match(value));
    }
    const gated = this.gateDense === null ? result : mul(result, this.gateDense.apply(from));
    const output = this.outputDense!.apply(gated);
    return (returnAttentionScores ? [output, scores] : output) as Tensor;
  }

  /** All masks as one that broadcasts to the scores [batch, …, heads, queries, keys]. */
  #mask(
    inputs: AttentionInputs,
    context: CallContext & ProjectedAttentionCall,
    causal: boolean,
    axes: number,
  ): Tensor | null {
    const masks = this.masksOf(context.mask);
    const row = (mask: Tensor | null, axis: number): Tensor | null =>
      mask === null ? null : expandDims(mask.cast('bool'), axis);
    const own = [row(masks.query, -1), row(masks.value, -2), row(masks.key, -2)].reduce(both);
    const places = positionMask(inputs[0]!.shape[1]!, inputs[1]!.shape[1]!, causal, this.slidingWindow);
    const given = context.attentionMask ?? null;
    const mask = both(both(own, places), given === null ? null : tensor(given).cast('bool'));
    if (mask === null) return null;
    // Axes for the heads, and what else is missing, go before the attended ones.
    const missing = Math.max(inputs[0]!.rank + axes - mask.rank, 0);
    const at = mask.rank - 2 * axes;
    const ones = Array.from({ length: missing }, () => 1);
    return mask.reshape([...mask.shape.slice(0, at), ...ones, ...mask.shape.slice(at)]);
  }

  override storedParts(): StoredParts {
    const parts = super.storedParts();
    if (!this.built) return parts;
    const children = {
      ...parts.children,
      _softmax: { emptyGroup: 'softmax' },
      _dropout_layer: { emptyGroup: 'dropout' },
    };
    return { ...parts, children };
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      dropout: this.dropout,
      use_bias: this.useBias,
      sliding_window: this.slidingWindow,
      flash_attention: this.flashAttention,
      ...weightConfig('kernel', this.#kernel),
      ...weightConfig('bias', this.#bias),
      activity_regularizer: this.#activity === null ? null : regularizers.serialize(this.#activity),
      use_gate: this.useGate,
      seed: this.seed,
    };
  }
}

/** softmax over the last axes; exactly 0 where the mask is false. */
function maskedSoftmax(scores: Tensor, mask: Tensor | null, axes: number): Tensor {
  const last = Array.from({ length: axes }, (_, i) => i - axes);
  if (mask === null) return softmax(scores, last);
  return where(mask, softmax(where(mask, scores, scores.dtype === 'float16' ? -3e4 : -1e9), last), 0);
}
