/**
 * Attention: values weighted by how well their keys fit the queries.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { broadcastShapes, describe, formatShape, sameShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { real } from '../arguments.ts';
import { matmul } from '../contract.ts';
import { reshape, transpose } from '../movement.ts';
import { op } from '../op.ts';
import { softmax } from './activations.ts';
import { blockedAttention, scoresOf, type AttentionAttrs } from './attention-blocks.ts';

/** Options of {@link dotProductAttention}. */
export interface AttentionOptions {
  /** Added to the scores; broadcasts to [batch, heads, queries, keys]. */
  readonly bias?: TensorLike | null;
  /** Where a query may look at a key; broadcasts to [batch, heads, queries, keys]. */
  readonly mask?: TensorLike | null;
  /** Factor of the products. Default 1/√depth. */
  readonly scale?: number | null;
  /** Whether query i sees keys 0 to i only. Default false. */
  readonly isCausal?: boolean;
  /** Whether to go through the keys block by block. By default where the scores would take much memory. */
  readonly flashAttention?: boolean | null;
  /** Limits scaled products to ±cap by cap·tanh(x/cap). Default none. */
  readonly softCap?: number | null;
  /** Keys per block. Default 512. */
  readonly blockSize?: number;
}

/** From this many scores on, attention goes block by block unless told otherwise. */
const MANY_SCORES = 2 ** 24;

function broadcastable(x: TensorLike | null, scores: readonly number[], what: string): Tensor | null {
  if (x === null) return null;
  const t = asTensor(x, 'dotProductAttention');
  if (t.rank > 4 || !sameShape(broadcastShapes(t.shape, scores, `dotProductAttention: ${what}`), scores)) {
    throw new ShapeError(
      `dotProductAttention: the ${what} ${formatShape(t.shape)} does not broadcast to the scores ${formatShape(scores)}`,
    );
  }
  return reshape(t, [...Array.from({ length: 4 - t.rank }, () => 1), ...t.shape]);
}

/**
 * softmax(scale·q·kᵀ + bias)·v for queries [batch, queries, heads, depth], keys and values [batch, keys, key heads, depth]:
 * [batch, queries, heads, depth]. Heads in their order share the key heads evenly, so that heads must be a multiple of key
 * heads. A query that may see no key gets the mean of all values, as in Keras.
 *
 * Block by block (`flashAttention`), memory grows with queries and keys, not with their product; gradients compute the
 * scores anew.
 *
 * @throws ShapeError for shapes that do not fit.
 * @example dotProductAttention(q, k, v, { isCausal: true });
 */
export const dotProductAttention: (
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options?: AttentionOptions,
) => Tensor = /* @__PURE__ */ op(
  'dotProductAttention',
  (query: TensorLike, key: TensorLike, value: TensorLike, options: AttentionOptions = {}) => {
    const raw = [query, key, value].map((x) => real(x, 'dotProductAttention')) as [Tensor, Tensor, Tensor];
    const { dtype } = raw[0];
    // Half precision is too narrow for sums of exponentials.
    const [q, k, v] = raw.map((t) => castTo(t, dtype === 'float64' ? dtype : 'float32')) as [Tensor, Tensor, Tensor];
    const [batch, queries, heads, depth] = q.shape as [number, number, number, number];
    const [, keys, keyHeads] = k.shape as [number, number, number];
    const fits =
      [q, k, v].every((t) => t.rank === 4 && t.shape[0] === batch) &&
      k.shape[3] === depth &&
      sameShape(v.shape.slice(1, 3), [keys, keyHeads]) &&
      keyHeads > 0 &&
      heads % keyHeads === 0;
    if (!fits || keys === 0) {
      throw new ShapeError(
        'dotProductAttention: expected queries [batch, queries, heads, depth], keys and values [batch, keys, key heads, depth] ' +
          `with heads a multiple of key heads, got ${raw.map((t) => formatShape(t.shape)).join(', ')}`,
      );
    }
    const { scale = null, isCausal = false, softCap = null, flashAttention = null, blockSize = 512 } = options;
    if (softCap !== null && !(softCap > 0)) {
      throw new ConfigError(`dotProductAttention: softCap must be above 0, got ${softCap}`);
    }
    if (!Number.isInteger(blockSize) || blockSize < 1) {
      throw new ConfigError(`dotProductAttention: blockSize must be a positive integer, got ${describe(blockSize)}`);
    }
    const scores = [batch, heads, queries, keys];
    const bias = broadcastable(options.bias ?? null, scores, 'bias');
    const mask = broadcastable(options.mask ?? null, scores, 'mask');
    const attrs: AttentionAttrs = {
      rows: [batch, keyHeads, heads / keyHeads, queries],
      scale: scale ?? 1 / Math.sqrt(depth),
      causal: isCausal,
      softCap,
      bias: bias !== null,
      mask: mask !== null,
      block: Math.min(blockSize, keys),
    };
    const byHead = transpose(q, [0, 2, 1, 3]);
    const rows = reshape(byHead, [batch, keyHeads, (heads / keyHeads) * queries, depth]);
    const [keysByHead, values] = [transpose(k, [0, 2, 1, 3]), transpose(v, [0, 2, 1, 3])];
    const added = bias === null ? null : castTo(bias, q.dtype);
    const allowed = mask === null ? null : castTo(mask, 'bool');
    const blocked = flashAttention ?? batch * heads * queries * keys >= MANY_SCORES;
    const extra = [added, allowed].filter((t) => t !== null);
    const result = blocked
      ? blockedAttention([rows, keysByHead, values, ...extra], attrs)
      : wholeAttention(rows, keysByHead, values, added, allowed, attrs);
    return castTo(transpose(result, [0, 2, 1, 3]), dtype);
  },
);

function wholeAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  bias: Tensor | null,
  mask: Tensor | null,
  attrs: AttentionAttrs,
): Tensor {
  const weights = softmax(scoresOf(query, key, bias, mask, null, attrs).logits, -1);
  const [batch, heads, groups, queries] = attrs.rows as [number, number, number, number];
  const products = matmul(reshape(weights, [batch, heads, groups * queries, key.shape[2]!]), value);
  return reshape(products, [batch, heads * groups, queries, value.shape[3]!]);
}
