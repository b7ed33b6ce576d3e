/**
 * What all attention layers share: inputs [query, value, key], their masks, and what a call may ask for.
 */
import { abs, arange, ConfigError, Generator, less, logicalAnd, Tensor, type TensorLike } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { checkRate } from '../base/checks.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallOptions, type LayerOptions } from '../base/layer.ts';
import type { Mask } from '../base/tensors.ts';

/** Query and value, and the key where it is not the value. */
export type AttentionInputs = readonly Tensor[];

/** Arguments of a call of an attention layer. */
export interface AttentionCall {
  /** Whether query i sees values 0 to i only; false unless given. */
  readonly useCausalMask?: boolean | undefined;
  /** Whether the call gives [output, weights of attention]; false unless given. */
  readonly returnAttentionScores?: boolean | undefined;
}

/** Options of layers with dropout of the weights of attention. */
export interface AttentionDropoutOptions extends LayerOptions {
  /** Part of the weights of attention that is dropped in training, 0 unless given. */
  readonly dropout?: number | undefined;
  /** Of the stream that dropout draws from; drawn at construction unless given. */
  readonly seed?: number | null | undefined;
}

/** Masks of query, value and key. */
export interface AttentionMasks {
  readonly query: Tensor | null;
  readonly value: Tensor | null;
  readonly key: Tensor | null;
}

/** A layer that takes [query, value] or [query, value, key]. */
export abstract class AttentionLayer<C extends AttentionCall = AttentionCall> extends Layer<
  AttentionInputs,
  Tensor,
  C
> {
  readonly dropout: number;
  readonly seed: number | null;
  /** The stream of dropout; null without dropout. Its state is a Variable. */
  readonly seedGenerator: Generator | null;

  constructor(options: AttentionDropoutOptions) {
    super(options);
    this.dropout = checkRate(this.label, 'dropout', options.dropout ?? 0);
    this.seed = options.seed ?? null;
    this.seedGenerator = this.dropout === 0 ? null : this.seed === null ? new Generator() : new Generator(this.seed);
    this.supportsMasking = true;
  }

  /** Runs the layer; with `returnAttentionScores` the result is [output, weights of attention]. */
  override apply(
    inputs: readonly TensorLike[],
    options: CallOptions & C & { readonly returnAttentionScores: true },
  ): readonly [Tensor, Tensor] & Tensor;
  override apply(inputs: readonly TensorLike[], options?: CallOptions & C): Tensor;
  override apply(inputs: readonly TensorLike[], options?: CallOptions & C): Tensor {
    return super.apply(inputs, options);
  }

  /** @throws ConfigError unless there are two or three shapes that fit. */
  protected checkShapes(shapes: readonly LayerShape[]): void {
    const several = Array.isArray(shapes) && Array.isArray(shapes[0]);
    if (!several || shapes.length < 2 || shapes.length > 3) {
      throw new ConfigError(
        `${this.label}: expected the inputs [query, value] or [query, value, key], got ${several ? shapes.length : 'one'}`,
      );
    }
    const [, value, key = value] = shapes as unknown as readonly [LayerShape, LayerShape, LayerShape?];
    const inner = (shape: LayerShape): LayerShape => shape.slice(1, -1);
    const differ = inner(value).some((n, i) => n !== null && inner(key)[i] !== null && n !== inner(key)[i]);
    if (value.length !== key.length || differ) {
      throw new ConfigError(
        `${this.label}: value ${formatShape(value)} and key ${formatShape(key)} must agree except in the last axis`,
      );
    }
  }

  /** The masks of a call by what they are of. */
  protected masksOf(mask: Mask): AttentionMasks {
    if (mask instanceof Tensor) {
      throw new ConfigError(`${this.label}: expected a list of masks, [query mask, value mask], got one tensor`);
    }
    const [query = null, value = null, key = null] = mask ?? [];
    return { query, value, key };
  }

  override computeMask(_inputs: AttentionInputs, mask: Mask): Tensor | null {
    return this.masksOf(mask).query;
  }
}

/** Both masks, where there are any. */
export function both(a: Tensor | null, b: Tensor | null): Tensor | null {
  return a === null ? b : b === null ? a : logicalAnd(a, b);
}

/**
 * Which of `keys` positions a query may see, [queries, keys], or null for all: not those after it if causal, and only those
 * less than `window` positions away.
 */
export function positionMask(queries: number, keys: number, causal: boolean, window: number | null): Tensor | null {
  if (!causal && window === null) return null;
  const [rows, columns] = [arange(queries).expandDims(1), arange(keys)];
  const near = window === null ? null : less(abs(rows.sub(columns)), window);
  return both(causal ? rows.greaterEqual(columns) : null, near);
}
