/**
 * Losses for embeddings, wrong labels and sequences: values by hand, gradients, mistakes, stored forms.
 */
import { gradcheck, variableGrads } from '@dl/autograd';
import * as losses from '@dl/layers/losses';
import { setBackend, tensor, Variable, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

describe('circle loss', () => {
  const unit = (angle: number): number[] => [Math.cos(angle), Math.sin(angle)];
  const x = [0.1, 0.3, 2, 2.5].map(unit);
  const ids = [0, 0, 1, 1];

  /** The paper's formula, term by term. */
  const byHand = (i: number, gamma: number, margin: number): number => {
    const distance = (j: number): number => Math.max(1 - (x[i]![0]! * x[j]![0]! + x[i]![1]! * x[j]![1]!), 0);
    let [near, far] = [0, 0];
    ids.forEach((id, j) => {
      const d = distance(j);
      if (id === ids[i] && j !== i) near += Math.exp(-gamma * Math.max(margin + d, 0) * (margin - d));
      if (id !== ids[i]) far += Math.exp(gamma * Math.max(1 + margin - d, 0) * (1 - margin - d));
    });
    return Math.log1p(near * far);
  };

  test('values and gradients', () => {
    const values = losses.circle(ids, x, { gamma: 4 }).dataSync();
    values.forEach((value, i) => expect(value).toBeCloseTo(byHand(i, 4, 0.4), 5));
    const loss = new losses.Circle({ gamma: 4 });
    const wanted = [0, 1, 2, 3].map((i) => byHand(i, 4, 0.4)).reduce((a, b) => a + b, 0) / 4;
    expect(loss.apply(ids, x).itemSync()).toBeCloseTo(wanted, 5);
    const point = tensor(x, 'float64');
    gradcheck((p: Tensor) => loss.apply(ids, p), [point]);
  });

  test('samples without partners count for nothing, and have no gradient', () => {
    const w = new Variable([
      [1, 0],
      [0, 1],
    ]);
    const loss = new losses.Circle();
    const { value, grads } = variableGrads(() => loss.apply([0, 1], w.read()), [w]);
    expect(value.itemSync()).toBe(0);
    expect([...grads[0]!.dataSync()]).toEqual([0, 0, 0, 0]);
    expect(
      losses.circle([0, 1], x.slice(0, 2), { refLabels: [0], refEmbeddings: x.slice(0, 1), removeDiagonal: false })
        .shape,
    ).toEqual([2]);
    expect(() => loss.apply([0, 1, 2], x)).toThrow('class ids [n] for embeddings [n, d]');
  });
});

describe('generalized cross-entropy', () => {
  test('values, gradients, mistakes', () => {
    const p = [
      [0.3, 0.7],
      [0.9, 0.1],
    ];
    const loss = new losses.CategoricalGeneralizedCrossEntropy({ q: 0.7, reduction: 'none' });
    const wanted = [0.7, 0.9].map((x) => (1 - x ** 0.7) / 0.7);
    loss
      .apply([1, 0], p)
      .dataSync()
      .forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 5));
    expect([...loss.apply([[1], [0]], p).dataSync()]).toEqual([...loss.apply([1, 0], p).dataSync()]);
    const mean = new losses.CategoricalGeneralizedCrossEntropy();
    gradcheck((t: Tensor) => mean.apply([1, 0], t), [tensor(p, 'float64')]);
    expect(() => loss.apply([2, 0], p)).toThrow('class id');
    expect(() =>
      loss.apply(
        [
          [0, 1],
          [1, 0],
        ],
        p,
      ),
    ).toThrow('expected class ids of shape [2]');
    expect(() => new losses.CategoricalGeneralizedCrossEntropy({ q: 1 })).toThrow('between 0 and 1');
  });
});

describe('CTC', () => {
  test('the probability of all ways to say the labels', () => {
    // Two steps, one label: it may be said first, last, or twice.
    const logits = [
      [
        [0.2, 1.1, -0.3],
        [0.5, 0.4, 0.9],
      ],
    ];
    const softmax = (row: readonly number[]): number[] => {
      const e = row.map(Math.exp);
      return e.map((v) => v / e.reduce((a, b) => a + b, 0));
    };
    const [a, b] = logits[0]!.map(softmax);
    const chance = a![1]! * b![0]! + a![0]! * b![1]! + a![1]! * b![1]!;
    expect(new losses.CTC().apply([[1, 0]], logits).itemSync()).toBeCloseTo(-Math.log(chance), 5);
    expect(losses.get('ctc')).toBeInstanceOf(losses.CTC);
    expect(() => losses.ctc([1], logits)).toThrow('expected labels [n, longest]');
  });
});

test('stored forms give the same loss', () => {
  for (const loss of [
    new losses.Circle({ gamma: 64, margin: 0.25, removeDiagonal: false }),
    new losses.CategoricalGeneralizedCrossEntropy({ q: 0.2 }),
    new losses.CTC({ reduction: 'sum' }),
  ]) {
    const copy = losses.get(JSON.parse(JSON.stringify(losses.serialize(loss))) as never);
    expect(copy.getConfig()).toEqual(loss.getConfig());
  }
});
