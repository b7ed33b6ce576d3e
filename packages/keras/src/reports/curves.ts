/**
 * Curves of yes-or-no predictions over all thresholds: ROC, and precision against recall.
 */
import { ConfigError, ShapeError } from '@dl/tensor';
import type { Data } from '../data/host-array.ts';
import { readColumn, readWeights } from './answers.ts';

/** Options of {@link rocCurve} and {@link precisionRecallCurve}. */
export interface CurveOptions {
  /** One weight for each sample; 1 unless given. */
  readonly sampleWeight?: Data | undefined;
}

/** How often a model is right about positives against how often it is wrong about negatives. */
export interface RocCurve {
  /** Share of the negatives that score at least the threshold, rising from 0 to 1. */
  readonly falsePositiveRate: readonly number[];
  /** Share of the positives that score at least the threshold, rising from 0 to 1. */
  readonly truePositiveRate: readonly number[];
  /** Falling; the first is infinite. */
  readonly thresholds: readonly number[];
  /** Area under the curve: 0.5 for guesses, 1 at best. */
  readonly area: number;
}

/** How many of those that a model calls positive are so, against how many of the positives it finds. */
export interface PrecisionRecallCurve {
  /** Share of positives among samples that score at least the threshold; the first is 1. */
  readonly precision: readonly number[];
  /** Share of the positives that score at least the threshold, rising from 0 to 1. */
  readonly recall: readonly number[];
  /** Falling; the first is infinite. */
  readonly thresholds: readonly number[];
  /** Area under the curve, interpolated as the metric `AUC` with `curve: 'PR'` does (J. Davis and M. Goadrich, 2006). */
  readonly area: number;
  /** Mean of precisions, each weighted by the recall that it adds: the area of steps. */
  readonly averagePrecision: number;
  /** Share of positives in the data: the precision of guesses. */
  readonly baseline: number;
}

interface Counts {
  /** Weight of positives, and of negatives, that score at least the threshold. */
  readonly hits: readonly number[];
  readonly alarms: readonly number[];
  readonly thresholds: readonly number[];
}

/** What scores at least each of the thresholds, at which the score of a sample lies. */
async function countsOf(where: string, yTrue: Data, yScore: Data, options: CurveOptions): Promise<Counts> {
  const labels = await readColumn(yTrue, `${where}: yTrue`);
  const count = labels.length;
  for (let i = 0; i < count; i++) {
    if (labels[i] === 0 || labels[i] === 1) continue;
    throw new ConfigError(
      `${where}: yTrue must be 0 or 1, got ${labels[i]} at [${i}]; for several classes take one against the rest`,
    );
  }
  if (count === 0) throw new ShapeError(`${where}: there are no samples`);
  const scores = await readColumn(yScore, `${where}: yScore`, count);
  const weights = await readWeights(options.sampleWeight, `${where}: sampleWeight`, count);
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const [hits, alarms, thresholds] = [[0], [0], [Infinity]];
  let [hit, alarm] = [0, 0];
  order.forEach((at, k) => {
    if (labels[at] === 1) hit += weights[at]!;
    else alarm += weights[at]!;
    const next = order[k + 1];
    if (next !== undefined && scores[next] === scores[at]) return;
    hits.push(hit);
    alarms.push(alarm);
    thresholds.push(scores[at]!);
  });
  if (!(hit > 0) || !(alarm > 0)) {
    throw new ConfigError(
      `${where}: yTrue needs both positives and negatives, got only ${hit > 0 ? 'positives' : 'negatives'}`,
    );
  }
  return { hits, alarms, thresholds };
}

/** Sum over steps between neighbouring points. */
const steps = (count: number, part: (i: number) => number): number => {
  let total = 0;
  for (let i = 1; i < count; i++) total += part(i);
  return total;
};

/**
 * The receiver operating characteristic, with a point for every score that occurs. `yTrue` holds 0 or 1, `yScore` is higher
 * the surer the model is of 1: probabilities or logits, both one number for each sample. Follows
 * `sklearn.metrics.roc_curve` with `drop_intermediate=False`.
 *
 * @throws ConfigError unless there are positives and negatives, ShapeError for other numbers of samples.
 * @example
 * const { area } = await rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.75
 */
export async function rocCurve(yTrue: Data, yScore: Data, options: CurveOptions = {}): Promise<RocCurve> {
  const { hits, alarms, thresholds } = await countsOf('rocCurve', yTrue, yScore, options);
  const truePositiveRate = hits.map((n) => n / hits.at(-1)!);
  const falsePositiveRate = alarms.map((n) => n / alarms.at(-1)!);
  const area = steps(
    hits.length,
    (i) =>
      ((falsePositiveRate[i]! - falsePositiveRate[i - 1]!) * (truePositiveRate[i]! + truePositiveRate[i - 1]!)) / 2,
  );
  return { falsePositiveRate, truePositiveRate, thresholds, area };
}

/**
 * Precision against recall, with a point for every score that occurs. Arguments as for {@link rocCurve}.
 *
 * @throws ConfigError unless there are positives and negatives, ShapeError for other numbers of samples.
 * @example
 * const { averagePrecision } = await precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.8333
 */
export async function precisionRecallCurve(
  yTrue: Data,
  yScore: Data,
  options: CurveOptions = {},
): Promise<PrecisionRecallCurve> {
  const { hits, alarms, thresholds } = await countsOf('precisionRecallCurve', yTrue, yScore, options);
  const all = hits.at(-1)!;
  const called = hits.map((hit, i) => hit + alarms[i]!);
  const recall = hits.map((hit) => hit / all);
  const precision = hits.map((hit, i) => (called[i] === 0 ? 1 : hit / called[i]!));
  const averagePrecision = steps(hits.length, (i) => (recall[i]! - recall[i - 1]!) * precision[i]!);
  const area = steps(hits.length, (i) => {
    const [found, calls] = [hits[i]! - hits[i - 1]!, called[i]! - called[i - 1]!];
    if (calls === 0) return 0;
    const slope = found / calls;
    const start = hits[i - 1]! - slope * called[i - 1]!;
    const ratio = called[i - 1]! > 0 ? called[i]! / called[i - 1]! : 1;
    return (slope * (found + start * Math.log(ratio))) / all;
  });
  return { precision, recall, thresholds, area, averagePrecision, baseline: all / called.at(-1)! };
}
