/**
 * Attention by blocks of keys: the matrix of scores never exists as a whole, neither forward nor backward (M. Rabe and
 * C. Staats, 2021; T. Dao et al., "FlashAttention", 2022).
 */
import { apply } from '../../runtime/interpreter.ts';
import type { Shape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { filled, positions, scalar } from '../arguments.ts';
import { compositeAll } from '../composite.ts';
import { matmul } from '../contract.ts';
import {
  add,
  div,
  equal,
  exp,
  less,
  lessEqual,
  logicalAnd,
  maximum,
  mul,
  square,
  stopGradient,
  sub,
  tanh,
  where,
} from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { reshape, slice, swapAxes } from '../movement.ts';
import { max, sum } from '../reduce.ts';

/** What attention computes. Heads that share keys are rows of one product. */
export interface AttentionAttrs {
  /** Queries and groups: [batch, key heads, heads per key head, queries]. */
  readonly rows: Shape;
  readonly scale: number;
  readonly causal: boolean;
  readonly softCap: number | null;
  readonly bias: boolean;
  readonly mask: boolean;
  /** Keys per block. */
  readonly block: number;
}

/** Scores that a mask forbids: low, but a number, so that rows without any allowed key become means. */
const FORBIDDEN = -1e30;

/** Scores of some keys, [batch, heads, queries, keys], and what their gradient needs. */
export interface Scores {
  readonly logits: Tensor;
  /** Products of queries and keys, scaled and capped. */
  readonly capped: Tensor;
  /** Where the mask allows; null without one. */
  readonly allowed: Tensor | null;
}

/** Scores of queries [batch, key heads, rows, depth] and keys [batch, key heads, keys, depth], the first at `start`. */
export function scoresOf(
  query: Tensor,
  key: Tensor,
  bias: Tensor | null,
  mask: Tensor | null,
  start: Tensor | null,
  { rows, scale, causal, softCap }: AttentionAttrs,
): Scores {
  const [batch, heads, groups, queries] = rows as [number, number, number, number];
  const keys = key.shape[2]!;
  const products = mul(matmul(query, swapAxes(key, 2, 3)), scale);
  const raw = reshape(products, [batch, heads * groups, queries, keys]);
  const capped = softCap === null ? raw : mul(tanh(div(raw, softCap)), softCap);
  const biased = bias === null ? capped : add(capped, bias);
  const places = positions(keys, 3, 4);
  const past = causal ? lessEqual(start === null ? places : add(places, start), positions(queries, 2, 4)) : null;
  const allowed = mask === null ? past : past === null ? mask : logicalAnd(mask, past);
  return { logits: allowed === null ? biased : where(allowed, biased, FORBIDDEN), capped, allowed };
}

/** The arguments in blocks of keys: how many there are, and how one is taken. */
function blocksOf(inputs: readonly Tensor[], attrs: AttentionAttrs) {
  const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
  const bias = attrs.bias ? inputs[3]! : null;
  const mask = attrs.mask ? inputs[attrs.bias ? 4 : 3]! : null;
  const { block } = attrs;
  const keys = key.shape[2]!;
  const count = Math.ceil(keys / block);
  const padded = (t: Tensor, axis: number): Tensor =>
    apply('pad', [t, scalar(0, t.dtype)], {
      low: t.shape.map(() => 0),
      high: t.shape.map((_, d) => (d === axis ? count * block - keys : 0)),
      interior: t.shape.map(() => 0),
    });
  const all = { key: padded(key, 2), value: padded(value, 2) };
  const wide = (t: Tensor | null): Tensor | null => (t === null || t.shape[3] === 1 ? t : padded(t, 3));
  const [biases, masks] = [wide(bias), wide(mask)];
  return {
    count,
    width: count * block,
    /** Scores of one block: those of keys that were added are −∞. */
    at: (i: Tensor) => {
      const start = mul(i, block);
      const places = add(positions(block), start);
      const take = (t: Tensor | null, axis: number): Tensor | null =>
        t === null || t.shape[axis] === 1 ? t : apply('gather', [t, places], { axes: [axis] });
      const keyBlock = take(all.key, 2)!;
      const scores = scoresOf(query, keyBlock, take(biases, 3), take(masks, 3), start, attrs);
      const inside = less(reshape(places, [1, 1, 1, block]), keys);
      const logits = count * block === keys ? scores.logits : where(inside, scores.logits, -Infinity);
      return { ...scores, logits, places, key: keyBlock, value: take(all.value, 2)! };
    },
  };
}

/** [batch, heads, queries, n] as rows of key heads, and back. */
const asRows = (t: Tensor, [batch, heads, groups, queries]: Shape): Tensor =>
  reshape(t, [batch!, heads!, groups! * queries!, t.shape[3]!]);
const asHeads = (t: Tensor, [batch, heads, groups, queries]: Shape): Tensor =>
  reshape(t, [batch!, heads! * groups!, queries!, t.shape[3]!]);

/** The result [batch, heads, queries, depth], what was subtracted from the scores, and the sums of their exponentials. */
const forward = /* @__PURE__ */ compositeAll<AttentionAttrs>(
  'blockedAttention',
  (inputs, attrs) => {
    const [query, , value] = inputs as [Tensor, Tensor, Tensor];
    const [batch, heads, groups, queries] = attrs.rows as [number, number, number, number];
    const shape = [batch, heads * groups, queries, 1];
    const blocks = blocksOf(inputs, attrs);
    const step = (i: Tensor, [top, total, result]: Tensor[]): Tensor[] => {
      const { logits, value: values } = blocks.at(i);
      // The result does not depend on it, and sums are of numbers as they are relative to it.
      const next = maximum(top!, stopGradient(max(logits, 3, true)));
      // A block of which a bias of −∞ leaves nothing has no maximum to subtract.
      const shift = where(equal(next, -Infinity), 0, next);
      const weights = exp(sub(logits, shift));
      const shrink = exp(sub(top!, shift));
      const part = asHeads(matmul(asRows(weights, attrs.rows), values), attrs.rows);
      return [next, add(mul(total!, shrink), sum(weights, 3, true)), add(mul(result!, shrink), part)];
    };
    const { dtype } = query;
    const [top, total, result] = foriLoop(0, blocks.count, step, [
      filled(shape, -Infinity, dtype),
      filled(shape, 0, dtype),
      filled([batch, heads * groups, queries, value.shape[3]!], 0, dtype),
    ]);
    return [div(result!, total!), where(equal(top!, -Infinity), 0, top!), total!];
  },
  {
    vjp: (inputs, outputs, [dy, , ofTotal], attrs) => {
      const own = attrs as unknown as AttentionAttrs;
      let main: readonly Tensor[] | null = null;
      const part = (i: number) => () => (main ??= backward([...outputs, dy!, ofTotal!, ...inputs], own))[i]!;
      const ofBias = (): Tensor => biasGradient([...outputs, dy!, ofTotal!, ...inputs], own)[0]!;
      return [part(0), part(1), part(2), ...(own.bias ? [ofBias] : []), ...(own.mask ? [null] : [])];
    },
  },
);

/** What the gradient of the scores of a block is made of. */
function gradientOf(inputs: readonly Tensor[], attrs: AttentionAttrs) {
  const [result, raw, total, dy, ofTotal, ...rest] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
  // Nothing depends on it, as the sums change along.
  const shift = stopGradient(raw);
  const blocks = blocksOf(rest, attrs);
  const own = sub(sum(mul(dy, result), 3, true), mul(ofTotal, total));
  const rows = asRows(dy, attrs.rows);
  return {
    blocks,
    rows,
    query: rest[0]!,
    at: (i: Tensor) => {
      const scores = blocks.at(i);
      const weights = div(exp(sub(scores.logits, shift)), total);
      const toWeights = asHeads(matmul(rows, swapAxes(scores.value, 2, 3)), attrs.rows);
      const all = mul(weights, sub(toWeights, own));
      const toBias = scores.allowed === null ? all : where(scores.allowed, all, 0);
      return { ...scores, weights, toBias };
    },
  };
}

/** Gradients of queries, keys and values. Inputs: the results of the forward pass, cotangents, its inputs. */
const backward = /* @__PURE__ */ compositeAll<AttentionAttrs>('blockedAttentionGrad', (inputs, attrs) => {
  const { blocks, rows, query, at } = gradientOf(inputs, attrs);
  const [key, value] = [inputs[6]!, inputs[7]!];
  const { scale, softCap } = attrs;
  const step = (i: Tensor, [dq, dk, dv]: Tensor[]): Tensor[] => {
    const { weights, toBias, capped, places, key: keys } = at(i);
    const toProducts = softCap === null ? toBias : mul(toBias, sub(1, square(div(capped, softCap))));
    const ds = asRows(mul(toProducts, scale), attrs.rows);
    const put = (t: Tensor, updates: Tensor): Tensor =>
      apply('scatter', [t, places, updates], { axes: [2], op: 'set' });
    return [
      add(dq!, matmul(ds, keys)),
      put(dk!, matmul(swapAxes(ds, 2, 3), query)),
      put(dv!, matmul(swapAxes(asRows(weights, attrs.rows), 2, 3), rows)),
    ];
  };
  const long = (t: Tensor): Tensor => filled([...t.shape.slice(0, 2), blocks.width, t.shape[3]!], 0, t.dtype);
  const start = [filled(query.shape, 0, query.dtype), long(key), long(value)];
  const [dq, dk, dv] = foriLoop(0, blocks.count, step, start);
  const cut = (t: Tensor, like: Tensor): Tensor => slice(t, [0, 0, 0, 0], like.shape);
  return [dq!, cut(dk!, key), cut(dv!, value)];
});

/** The gradient of the bias: of its shape, so that a bias per key costs no matrix of scores either. */
const biasGradient = /* @__PURE__ */ compositeAll<AttentionAttrs>('blockedAttentionBiasGrad', (inputs, attrs) => {
  const { blocks, at } = gradientOf(inputs, attrs);
  const bias = inputs[8]!;
  const shared = [0, 1, 2, 3].filter((d) => bias.shape[d] === 1);
  const long = bias.shape.map((n, d) => (d === 3 && n > 1 ? blocks.width : n));
  const step = (i: Tensor, total: Tensor): Tensor => {
    const { toBias, places } = at(i);
    const part = sum(toBias, shared, true);
    return bias.shape[3] === 1 ? add(total, part) : apply('scatter', [total, places, part], { axes: [3], op: 'set' });
  };
  return [slice(foriLoop(0, blocks.count, step, filled(long, 0, bias.dtype)), [0, 0, 0, 0], bias.shape)];
});

/** Attention of queries, keys and values [batch, key heads, rows, depth], by blocks: [batch, heads, queries, depth]. */
export function blockedAttention(inputs: readonly Tensor[], attrs: AttentionAttrs): Tensor {
  return forward(inputs, attrs)[0]!;
}
