/**
 * GroupQueryAttention.
 */
import { ConfigError, repeat, type Tensor } from '@dl/tensor';
import { checkCount, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { StoredParts } from '../base/stored-parts.ts';
import type { CallContext } from '../base/layer.ts';
import type { AttentionInputs } from './attention-layer.ts';
import {
  PROJECTED_OPTIONS,
  ProjectedAttention,
  type ProjectedAttentionCall,
  type ProjectedAttentionOptions,
} from './projected-attention.ts';

/** Keys [batch, keys, heads, size] and queries give weights [batch, heads, queries, keys]; these and values give results. */
const EQUATIONS = { scores: 'bkhd,bqhd->bhqk', combine: 'bhqk,bkhd->bqhd', axes: 1 };

/** Options of {@link GroupQueryAttention}. */
export interface GroupQueryAttentionOptions extends ProjectedAttentionOptions {}

/**
 * Attention whose query heads share key and value heads in groups (J. Ainslie et al., 2023): as MultiHeadAttention, with fewer
 * keys and values to compute and keep. One key head is multi-query attention. Inputs are [query, value] or
 * [query, value, key], of shapes [batch, queries, dim] and [batch, keys, dim]; output: [batch, queries, dim of the query].
 *
 * Weights: query/kernel [dim, numQueryHeads, headDim] and bias, the same of key and value with numKeyValueHeads, and of
 * attention_output/kernel [numQueryHeads, headDim, dim] and bias [dim].
 *
 * @throws ConfigError unless query heads are a multiple of key heads, and there are two or three inputs that fit.
 * @example new GroupQueryAttention(64, 8, 2).apply([x, x], { useCausalMask: true });
 */
export class GroupQueryAttention extends ProjectedAttention {
  static override readonly className: string = 'GroupQueryAttention';
  static override readonly positional: readonly string[] = ['headDim', 'numQueryHeads', 'numKeyValueHeads'];
  static override readonly options: readonly string[] = PROJECTED_OPTIONS;
  readonly headDim: number;
  readonly numQueryHeads: number;
  readonly numKeyValueHeads: number;

  constructor(
    headDim: number,
    numQueryHeads: number,
    numKeyValueHeads: number,
    options: GroupQueryAttentionOptions = {},
  ) {
    super(options);
    this.headDim = checkCount(this.label, 'headDim', headDim);
    this.numQueryHeads = checkCount(this.label, 'numQueryHeads', numQueryHeads);
    this.numKeyValueHeads = checkCount(this.label, 'numKeyValueHeads', numKeyValueHeads);
    if (numQueryHeads % numKeyValueHeads !== 0) {
      throw new ConfigError(
        `${this.label}: numQueryHeads must be a multiple of numKeyValueHeads, got ${numQueryHeads} and ${numKeyValueHeads}`,
      );
    }
  }

  protected override build(inputShapes: readonly LayerShape[]): void {
    this.checkShapes(inputShapes);
    const [query, value, key = value] = inputShapes as readonly [LayerShape, LayerShape, LayerShape?];
    if (query.length !== 3 || value.length !== 3) {
      throw new ConfigError(
        `${this.label}: expected inputs [batch, steps, dim], got ranks ${query.length} and ${value.length}`,
      );
    }
    const dim = knownSize(this.label, query, -1);
    const heads = (name: string, shape: LayerShape, count: number, activation: 'sigmoid' | null = null) =>
      this.projection(name, 'abc,cde->abde', [null, count, this.headDim], 'de', shape, activation);
    this.queryDense = heads('query', query, this.numQueryHeads);
    this.keyDense = heads('key', key, this.numKeyValueHeads);
    if (this.useGate) this.gateDense = heads('gate', query, this.numQueryHeads, 'sigmoid');
    this.valueDense = heads('value', value, this.numKeyValueHeads);
    const joined = [null, null, this.numQueryHeads, this.headDim];
    this.outputDense = this.projection('attention_output', 'abcd,cde->abe', [null, dim], 'e', joined);
  }

  override call(inputs: AttentionInputs, context: CallContext & ProjectedAttentionCall): Tensor {
    const repeats = this.numQueryHeads / this.numKeyValueHeads;
    return this.attend(inputs, context, EQUATIONS, this.headDim, (x) => (repeats === 1 ? x : repeat(x, repeats, 2)));
  }

  override computeOutputShape(inputShapes: readonly LayerShape[]): LayerShape {
    this.checkShapes(inputShapes);
    return inputShapes[0]!;
  }

  /** Keras keeps the projections in private attributes here, and names the class otherwise. */
  override storedParts(): StoredParts {
    const parts = super.storedParts();
    const name = (key: string): string => (key.startsWith('_') ? key : `_${key}`);
    const children = Object.fromEntries(Object.entries(parts.children).map(([key, child]) => [name(key), child]));
    return { ...parts, children, group: 'grouped_query_attention' };
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      head_dim: this.headDim,
      num_query_heads: this.numQueryHeads,
      num_key_value_heads: this.numKeyValueHeads,
    };
  }
}
