/**
 * MultiHeadAttention.
 */
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { checkCount } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
import type { AttentionInputs } from './attention-layer.ts';
import {
  PROJECTED_OPTIONS,
  ProjectedAttention,
  type AttentionEquations,
  type ProjectedAttentionCall,
  type ProjectedAttentionOptions,
} from './projected-attention.ts';

/** Options of {@link MultiHeadAttention}. */
export interface MultiHeadAttentionOptions extends ProjectedAttentionOptions {
  /** Size of a head of values; keyDim unless given. */
  readonly valueDim?: number | null | undefined;
  /** Sizes of the last axes of the output; those of the query unless given. */
  readonly outputShape?: number | readonly number[] | null | undefined;
  /** The axes that are attended along, counted with the batch; all between batch and features unless given. */
  readonly attentionAxes?: number | readonly number[] | null | undefined;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** An equation that replaces the last `bound` of an input's axes by `made` new ones. */
function projectionEquation(free: number, bound: number, made: number): { equation: string; biasAxes: string } {
  const [kept, summed] = [LETTERS.slice(0, free), LETTERS.slice(free, free + bound)];
  const biasAxes = LETTERS.slice(free + bound, free + bound + made);
  return { equation: `${kept}${summed},${summed}${biasAxes}->${kept}${biasAxes}`, biasAxes };
}

/** Equations for projected tensors [batch, …, heads, size] of a rank. */
function attentionEquations(rank: number, axes: readonly number[]): AttentionEquations {
  const query = LETTERS.slice(0, rank);
  let next = rank;
  const key = [...query].map((letter, axis) => (axes.includes(axis) ? LETTERS[next++]! : letter)).join('');
  const batch = [...query].filter((_, axis) => axis !== rank - 1 && !axes.includes(axis));
  const weights = [...batch, ...axes.map((axis) => query[axis]!), ...axes.map((axis) => key[axis]!)].join('');
  return { scores: `${key},${query}->${weights}`, combine: `${weights},${key}->${query}`, axes: axes.length };
}

/**
 * Multi-head attention (A. Vaswani et al., 2017). Inputs are [query, value] or [query, value, key], of shapes
 * [batch, queries, dim] and [batch, keys, dim]; the key is the value unless given. Each head projects them, weights values by
 * softmax(q·kᵀ / √keyDim), and the heads together are projected to [batch, queries, dim of the query], or to `outputShape`.
 *
 * Masks of query, value and key, a causal mask and `attentionMask` all have to let a pair through. The mask of the query goes
 * on with the output.
 *
 * Weights: query/kernel [dim, heads, keyDim] and bias [heads, keyDim], the same of key and value (with valueDim), and of
 * attention_output/kernel [heads, valueDim, dim] and bias [dim].
 *
 * @throws ConfigError unless there are two or three inputs that fit.
 * @example
 * const attention = new MultiHeadAttention(8, 64);
 * attention.apply([x, x], { useCausalMask: true }); // x is [batch, steps, dim]
 * const [output, scores] = attention.apply([x, x], { returnAttentionScores: true });
 */
export class MultiHeadAttention extends ProjectedAttention {
  static override readonly className: string = 'MultiHeadAttention';
  static override readonly positional: readonly string[] = ['numHeads', 'keyDim'];
  static override readonly options: readonly string[] = [
    'valueDim',
    'outputShape',
    'attentionAxes',
    ...PROJECTED_OPTIONS,
  ];
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly outputShape: readonly number[] | null;
  readonly attentionAxes: readonly number[] | null;
  #equations: AttentionEquations | null = null;

  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions = {}) {
    super(options);
    this.numHeads = checkCount(this.label, 'numHeads', numHeads);
    this.keyDim = checkCount(this.label, 'keyDim', keyDim);
    this.valueDim = checkCount(this.label, 'valueDim', options.valueDim ?? keyDim);
    const list = (value: number | readonly number[] | null | undefined): readonly number[] | null =>
      typeof value === 'number' ? [value] : (value ?? null);
    this.outputShape = list(options.outputShape);
    this.outputShape?.forEach((n) => checkCount(this.label, 'outputShape', n));
    this.attentionAxes = list(options.attentionAxes);
    if (this.attentionAxes !== null && !this.attentionAxes.every((axis) => Number.isInteger(axis))) {
      throw new ConfigError(`${this.label}: attentionAxes must be axes, got ${describe(options.attentionAxes)}`);
    }
  }

  protected override build(inputShapes: readonly LayerShape[]): void {
    this.checkShapes(inputShapes);
    const [query, value, key = value] = inputShapes as readonly [LayerShape, LayerShape, LayerShape?];
    const heads = (name: string, shape: LayerShape, size: number, activation: 'sigmoid' | null = null) => {
      const free = shape.length - 1;
      const { equation, biasAxes } = projectionEquation(free, 1, 2);
      const open = Array.from({ length: free - 1 }, () => null);
      return this.projection(name, equation, [...open, this.numHeads, size], biasAxes, shape, activation);
    };
    this.queryDense = heads('query', query, this.keyDim);
    this.keyDense = heads('key', key, this.keyDim);
    if (this.useGate) this.gateDense = heads('gate', query, this.valueDim, 'sigmoid');
    this.valueDense = heads('value', value, this.valueDim);
    const free = query.length - 1;
    const made = this.outputShape ?? [query.at(-1) ?? 0];
    const { equation, biasAxes } = projectionEquation(free, 2, made.length);
    const open = Array.from({ length: free - 1 }, () => null);
    const joined = [...query.slice(0, -1), this.numHeads, this.valueDim];
    this.outputDense = this.projection('attention_output', equation, [...open, ...made], biasAxes, joined);
    this.#equations = attentionEquations(query.length + 1, this.#axes(query.length));
  }

  #axes(rank: number): readonly number[] {
    const axes = this.attentionAxes?.map((axis) => (axis < 0 ? axis + rank : axis));
    const found = axes ?? Array.from({ length: rank - 2 }, (_, i) => i + 1);
    if (found.length > 0 && found.every((axis) => axis > 0 && axis < rank - 1)) return found;
    throw new ConfigError(
      `${this.label}: attentionAxes must lie between the batch and the features of inputs of rank ${rank}, got [${found.join(', ')}]`,
    );
  }

  override call(inputs: AttentionInputs, context: CallContext & ProjectedAttentionCall): Tensor {
    return this.attend(inputs, context, this.#equations!, this.keyDim, (x) => x);
  }

  override computeOutputShape(inputShapes: readonly LayerShape[]): LayerShape {
    this.checkShapes(inputShapes);
    const query = inputShapes[0]!;
    return this.outputShape === null ? query : [...query.slice(0, -1), ...this.outputShape];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      num_heads: this.numHeads,
      key_dim: this.keyDim,
      value_dim: this.valueDim,
      output_shape: this.outputShape,
      attention_axes: this.attentionAxes,
    };
  }
}
