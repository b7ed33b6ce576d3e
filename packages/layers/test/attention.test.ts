/**
 * Attention layers beyond what checkLayer and the golden numbers check.
 */
import {
  Attention,
  GroupQueryAttention,
  Layer,
  maskOf,
  MultiHeadAttention,
  type AttentionInputs,
  type CallContext,
} from '@dl/layers';
import { Generator, ones, tensor, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose } from './check-layer.ts';

const numbers = (t: Tensor): number[] => [...t.dataSync()];
const [x, y] = [new Generator(1).normal([2, 3, 4]), new Generator(2).normal([2, 5, 4])];

describe('what attention layers take', () => {
  test('is two or three inputs that fit', () => {
    expect(() => new Attention().apply(x as never)).toThrow('[query, value] or [query, value, key], got one');
    expect(() => new MultiHeadAttention(1, 2).apply([x])).toThrow('got 1');
    expect(() => new Attention().apply([x, y, ones([2, 4, 4])])).toThrow('must agree except in the last axis');
    expect(() => new Attention().apply([x, y], { mask: ones([2, 3]) })).toThrow('expected a list of masks');
    expect(() => new GroupQueryAttention(2, 2, 1).apply([ones([2, 4]), ones([2, 4])])).toThrow('got ranks 2 and 2');
  });
  test('options that contradict each other are errors', () => {
    expect(() => new MultiHeadAttention(2, 2, { flashAttention: true, dropout: 0.1 })).toThrow('set dropout to 0');
    expect(() => new GroupQueryAttention(2, 3, 2)).toThrow('must be a multiple of numKeyValueHeads, got 3 and 2');
    expect(() => new MultiHeadAttention(2, 2, { attentionAxes: 2 }).apply([x, y])).toThrow(
      'attentionAxes must lie between',
    );
    expect(() => new MultiHeadAttention(2, 2, { slidingWindow: 0 })).toThrow(
      'slidingWindow must be a positive integer',
    );
    const blocks = new MultiHeadAttention(2, 2, { flashAttention: true });
    expect(() => blocks.apply([x, y], { returnAttentionScores: true })).toThrow('do not exist with flashAttention');
  });
});

describe('multi-head attention', () => {
  test('in blocks, fused and with weights are one', () => {
    const plain = new MultiHeadAttention(2, 3);
    const want = numbers(plain.apply([x, y], { useCausalMask: true }));
    const [result, scores] = plain.apply([x, y], { useCausalMask: true, returnAttentionScores: true });
    expectClose(numbers(result), want, 'with weights', 1e-5);
    // Queries see no later positions, and weights of a query add up to 1.
    const rows = scores.arraySync() as number[][][][];
    for (const heads of rows) {
      for (const head of heads) {
        head.forEach((row, i) => {
          expect(row.slice(i + 1).every((value) => value === 0)).toBe(true);
          expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        });
      }
    }
    const blocks = new MultiHeadAttention(2, 3, { flashAttention: true });
    blocks.apply([x, y]);
    blocks.setWeights(plain.getWeights());
    expectClose(numbers(blocks.apply([x, y], { useCausalMask: true })), want, 'in blocks', 1e-5);
  });
  test('with as many key heads as query heads is what group-query attention computes', () => {
    const [many, grouped] = [new MultiHeadAttention(2, 3), new GroupQueryAttention(3, 2, 2)];
    for (const layer of [many, grouped]) layer.apply([x, y]);
    grouped.setWeights(many.getWeights());
    expectClose(numbers(grouped.apply([x, y])), numbers(many.apply([x, y])), 'outputs', 1e-5);
  });
  test('projections start apart from each other, with the variance of their axes', () => {
    const layer = new MultiHeadAttention(8, 16, { kernelInitializer: 'glorot_uniform' });
    const wide = ones([1, 2, 32]);
    layer.apply([wide, wide]);
    const [query, , key] = layer.weights.map((w) => numbers(w.value));
    expect(query).not.toEqual(key);
    const limit = Math.sqrt(6 / (32 + 128));
    expect(Math.max(...query!.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(Math.max(...query!.map(Math.abs))).toBeGreaterThan(0.95 * limit);
  });
  test('a gate stands between key and value among the weights', () => {
    const layer = new MultiHeadAttention(2, 3, { useGate: true, name: 'mha' });
    layer.apply([x, y]);
    expect(layer.weights.filter((w) => w.name === 'kernel').map((w) => w.path)).toEqual([
      'mha/query/kernel',
      'mha/key/kernel',
      'mha/gate/kernel',
      'mha/value/kernel',
      'mha/attention_output/kernel',
    ]);
  });
  test('freezing it freezes its projections', () => {
    const layer = new MultiHeadAttention(2, 3);
    layer.apply([x, y]);
    layer.trainable = false;
    expect(layer.trainableWeights).toEqual([]);
  });
  test('a window lets a query see its neighbours only', () => {
    const layer = new MultiHeadAttention(1, 2, { slidingWindow: 2 });
    const [, scores] = layer.apply([y, y], { returnAttentionScores: true });
    const [[rows]] = scores.arraySync() as [[number[][]]];
    rows.forEach((row, i) => row.forEach((value, j) => expect(value > 0).toBe(Math.abs(i - j) < 2)));
  });
});

test('masks of embeddings reach attention, and go on with the query', () => {
  /** Passes on what attention gets. */
  class Spy extends Layer<AttentionInputs> {
    masks: CallContext['mask'] = null;
    override call(inputs: AttentionInputs, { mask }: CallContext): Tensor {
      this.masks = mask;
      return inputs[0]!;
    }
  }
  const layer = new Attention();
  const mask = tensor([
    [true, false, true],
    [true, true, false],
  ]);
  const output = layer.apply([x, y], { mask: [mask, null] });
  expect(numbers(maskOf(output)!)).toEqual([1, 0, 1, 1, 1, 0]);
  const spy = new Spy();
  spy.apply([output, y]);
  expect(numbers((spy.masks as readonly Tensor[])[0]!)).toEqual([1, 0, 1, 1, 1, 0]);
});
