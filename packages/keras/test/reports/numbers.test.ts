import { describe, expect, test } from 'vitest';
import { Generator, layers, losses, metrics, Model, Sequential, tensor, type Tensor } from '@dl/keras';
import {
  accuracyOf,
  confusionMatrix,
  gradientHistograms,
  histogram,
  precisionRecallCurve,
  rocCurve,
  weightHistograms,
} from '@dl/keras/reports';
import '../helpers.ts';

describe('confusionMatrix', () => {
  test('counts pairs of classes, of numbers, scores and one-hot rows', async () => {
    const wanted = [
      [1, 0, 0],
      [0, 1, 1],
      [0, 0, 1],
    ];
    expect(await confusionMatrix([0, 1, 1, 2], [0, 1, 2, 2])).toEqual(wanted);
    const scores = [
      [9, 0, 1],
      [0, 2, 1],
      [0.1, 0.2, 0.7],
      [-3, -2, -1],
    ];
    expect(await confusionMatrix(Int32Array.of(0, 1, 1, 2), tensor(scores))).toEqual(wanted);
    const oneHot = [0, 1, 1, 2].map((k) => [0, 1, 2].map((j) => Number(j === k)));
    expect(await confusionMatrix(oneHot, scores)).toEqual(wanted);
  });

  test('weighs samples, keeps classes that do not occur, and gives shares', async () => {
    expect(await confusionMatrix([0, 1, 1], [0, 1, 0], { numClasses: 3, weights: [2, 0.5, 1] })).toEqual([
      [2, 0, 0],
      [1, 0.5, 0],
      [0, 0, 0],
    ]);
    const [truth, guess] = [
      [0, 0, 1, 1],
      [0, 1, 1, 1],
    ];
    expect(await confusionMatrix(truth, guess, { normalize: 'true' })).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
    expect(await confusionMatrix(truth, guess, { normalize: 'pred' })).toEqual([
      [1, 1 / 3],
      [0, 2 / 3],
    ]);
    expect(await confusionMatrix(truth, guess, { normalize: 'all', numClasses: 3 })).toEqual([
      [0.25, 0.25, 0],
      [0, 0.5, 0],
      [0, 0, 0],
    ]);
  });

  test('says what does not fit', async () => {
    await expect(confusionMatrix([0, 1], [0.2, 0.9])).rejects.toThrow(
      /confusionMatrix: yPred: 0\.20*\d* at \[0\] is no class number.*greater\(0\.5\)/,
    );
    await expect(confusionMatrix([0, 1], [0])).rejects.toThrow('confusionMatrix: yTrue has 2 samples, yPred 1');
    await expect(confusionMatrix([0, 5], [0, 1], { numClasses: 3 })).rejects.toThrow('class 5 in the data');
    await expect(confusionMatrix([[[1]]], [0])).resolves.toEqual([
      [0, 0],
      [1, 0],
    ]);
    await expect(confusionMatrix([0, -1], [0, 1])).rejects.toThrow('-1 at [1] is no class number');
    await expect(confusionMatrix([0], [[NaN, 1]])).rejects.toThrow('NaN at [0, 0]');
    await expect(confusionMatrix([0], [0], { normalize: 'rows' as never })).rejects.toThrow("'true', 'pred' or 'all'");
  });

  test('accuracy is the share on the diagonal', () => {
    expect(
      accuracyOf([
        [8, 2],
        [1, 9],
      ]),
    ).toBe(0.85);
    expect(accuracyOf([[0]])).toBeNaN();
  });
});

describe('curves', () => {
  test('of four samples, by hand', async () => {
    const roc = await rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    expect(roc.falsePositiveRate).toEqual([0, 0, 0.5, 0.5, 1]);
    expect(roc.truePositiveRate).toEqual([0, 0.5, 0.5, 1, 1]);
    expect(roc.thresholds[0]).toBe(Infinity);
    expect(roc.area).toBe(0.75);
    const pr = await precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
    expect(pr.precision).toEqual([1, 1, 0.5, 2 / 3, 0.5]);
    expect(pr.recall).toEqual([0, 0.5, 0.5, 1, 1]);
    expect(pr.averagePrecision).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
    expect(pr.baseline).toBe(0.5);
  });

  test('equal scores are one point; guesses that are all equal have half the area', async () => {
    const roc = await rocCurve([0, 1, 0, 1], [3, 3, 3, 3]);
    expect(roc.falsePositiveRate).toEqual([0, 1]);
    expect(roc.area).toBe(0.5);
  });

  test('areas are what they are by definition, and what AUC gives with many thresholds', async () => {
    const random = new Generator(4);
    const count = 300;
    const noise = await random.normal([count]).data();
    const labels = Array.from({ length: count }, (_, i) => Number(i % 3 === 0));
    // Distinct scores on a grid, so that thresholds between its points see each of them alone.
    const order = labels.map((label, i) => label * 1.2 + noise[i]!).map((value, i) => [value, i] as const);
    const scores = new Array<number>(count);
    order.toSorted(([a], [b]) => a - b).forEach(([, i], rank) => (scores[i] = (rank + 1) / (count + 1)));
    const sampleWeight = labels.map((_, i) => 0.5 + (i % 4));
    for (const weights of [undefined, sampleWeight]) {
      const options = weights === undefined ? {} : { sampleWeight: weights };
      const roc = await rocCurve(labels, scores, options);
      const pr = await precisionRecallCurve(labels, scores, options);
      // The chance that a positive scores higher than a negative.
      let [pairs, won] = [0, 0];
      labels.forEach((a, i) =>
        labels.forEach((b, j) => {
          if (a !== 1 || b !== 0) return;
          const weight = (weights?.[i] ?? 1) * (weights?.[j] ?? 1);
          pairs += weight;
          if (scores[i]! > scores[j]!) won += weight;
        }),
      );
      expect(roc.area).toBeCloseTo(won / pairs, 10);
      const thresholds = Array.from({ length: count }, (_, i) => (i + 0.5) / (count + 1));
      for (const [curve, area] of [
        ['ROC', roc.area],
        ['PR', pr.area],
      ] as const) {
        const auc = new metrics.AUC({ curve, thresholds });
        auc.updateState(labels, scores, options);
        expect(await auc.result().item()).toBeCloseTo(area, 4);
      }
      expect(Math.abs(pr.area - pr.averagePrecision)).toBeLessThan(0.02);
    }
  });

  test('say what does not fit', async () => {
    await expect(rocCurve([1, 1], [0.1, 0.2])).rejects.toThrow(
      'needs both positives and negatives, got only positives',
    );
    await expect(rocCurve([0, 2], [0.1, 0.2])).rejects.toThrow('yTrue must be 0 or 1, got 2 at [1]');
    await expect(rocCurve([0, 1], [0.1])).rejects.toThrow('yScore: expected 2 numbers');
    await expect(precisionRecallCurve([0, 1], [0.1, NaN])).rejects.toThrow('got NaN at [1]');
    await expect(rocCurve([0, 1], [0, 1], { sampleWeight: [1, -1] })).rejects.toThrow('must not be negative');
  });
});

describe('histograms', () => {
  test('count finite values in equal parts', () => {
    const one = histogram('x', [0, 1, 1, 4, NaN, Infinity], { bins: 4 });
    expect(one).toMatchObject({ counts: [1, 2, 0, 1], edges: [0, 1, 2, 3, 4], min: 0, max: 4, mean: 1.5, size: 6 });
    expect(one.nonFinite).toBe(2);
    expect(one.zeros).toBe(1);
    expect(one.std).toBeCloseTo(1.5, 12);
    expect(histogram('x', [2, 2], { bins: 2 })).toMatchObject({ counts: [0, 2], edges: [1.5, 2, 2.5] });
    expect(histogram('x', [NaN], { bins: 2 }).counts).toEqual([0, 0]);
    expect(() => histogram('x', [1], { bins: 0 })).toThrow('bins must be a positive integer, got 0');
  });

  test('of weights stand under their paths', async () => {
    const model = new Sequential([new layers.Dense(2, { inputShape: [3], name: 'first' })], { name: 'net' });
    model.setWeights([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [0, 0],
    ]);
    const found = await weightHistograms(model, { bins: 5 });
    expect(found.map(({ name }) => name)).toEqual(model.weights.map(({ path }) => path));
    expect(found[0]).toMatchObject({ min: 1, max: 6, mean: 3.5, size: 6, counts: [1, 1, 1, 1, 2] });
    expect(found[1]!.zeros).toBe(2);
    await expect(weightHistograms(new Sequential([new layers.Dense(1)]))).rejects.toThrow('build sequential');
  });

  test('of gradients are those of a training step, which leaves the model as it is', async () => {
    class Dead extends Model {
      readonly used = new layers.Dense(1, { useBias: false, kernelInitializer: 'ones', inputShape: [2] });
      readonly norm = new layers.BatchNormalization();
      readonly dropped = new layers.Dropout(0.5);
      readonly unused = new layers.Dense(1, { useBias: false, inputShape: [2] });
      override call(x: Tensor): Tensor {
        this.unused.apply(x);
        this.norm.apply(this.dropped.apply(x));
        return this.used.apply(x);
      }
    }
    const model = new Dead();
    model.compile({ loss: new losses.MeanSquaredError() });
    const x = [
      [1, 2],
      [3, 4],
    ];
    const y = [[2], [8]];
    model.apply(x);
    const before = await Promise.all(model.variables.map((one) => one.value.array()));
    const found = await gradientHistograms(model, x, y);
    // d/dw of the mean of (x·w − y)²: the errors are 1 and −1.
    const gradient = [1 * 1 - 1 * 3, 1 * 2 - 1 * 4];
    expect([found[0]!.min, found[0]!.max]).toEqual(gradient);
    expect(found.at(-1)).toMatchObject({ size: 2, zeros: 2, min: 0, max: 0 });
    expect(found.map(({ name }) => name)).toEqual(model.trainableWeights.map(({ path }) => path));
    expect(await Promise.all(model.variables.map((one) => one.value.array()))).toEqual(before);
    await expect(gradientHistograms(new Sequential([new layers.Dense(1)]), x, y)).rejects.toThrow('call compile()');
  });
});
