/**
 * Reductions, statistics, sorting and searching.
 */
import type { Tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import {
  casesOf,
  exactly,
  flags,
  positive,
  real,
  whole,
  within,
  type Case,
  type CaseOptions,
  type Input,
} from '../case.ts';

const on = casesOf(ops);
const X = real([3, 4]);
const HOLES = exactly([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1], 'bool', [3, 4]);
const withHoles = (x: Tensor, holes: Tensor): Tensor => ops.where(holes, NaN, x);
const BY_VALUE = 'how many results there are depends on values; give a size';

type Reduction = typeof ops.sum;
type ReductionName = { [K in keyof typeof ops]: (typeof ops)[K] extends Reduction ? K : never }[keyof typeof ops];
const reductions = (input: Input, names: readonly ReductionName[], options: CaseOptions = {}): Case[] =>
  names.map((name) =>
    on(name, (f, x) => [(f as Reduction)(x, -1), (f as Reduction)(x, 0, true), (f as Reduction)(x)], [input], options),
  );

export const STATISTICS: readonly Case[] = [
  ...reductions(X, [
    'sum',
    'prod',
    'max',
    'min',
    'mean',
    'std',
    'variance',
    'logSumExp',
    'countNonzero',
    'median',
    'ptp',
  ]),
  ...reductions(flags([3, 4]), ['all', 'any']),
  ...(['nanSum', 'nanProd', 'nanMax', 'nanMin', 'nanMean', 'nanStd', 'nanVar', 'nanMedian'] as const).map((name) =>
    on(name, (f, x, holes) => [f(withHoles(x, holes), -1), f(withHoles(x, holes))], [X, HOLES]),
  ),
  on('argMax', (f, x) => [f(x, 1), f(x)], [X]),
  on('argMin', (f, x) => [f(x, 1), f(x)], [X]),
  on('nanArgMax', (f, x, holes) => [f(withHoles(x, holes), 1), f(withHoles(x, holes))], [X, HOLES]),
  on('nanArgMin', (f, x, holes) => [f(withHoles(x, holes), 1), f(withHoles(x, holes))], [X, HOLES]),
  on('moments', (f, x) => f(x, 0), [X]),
  on('cumsum', (f, x) => [f(x, 1), f(x, 0, { reverse: true, exclusive: true })], [X]),
  on('cumprod', (f, x) => [f(x, 1), f(x, 0, { reverse: true })], [X]),
  on('cummax', (f, x) => f(x, 1), [X]),
  on('cummin', (f, x) => f(x, 1), [X]),
  on('nanCumsum', (f, x, holes) => f(withHoles(x, holes), 1), [X, HOLES]),
  on('nanCumprod', (f, x, holes) => f(withHoles(x, holes), 1), [X, HOLES]),
  on('average', (f, x, w) => f(x, 1, { weights: w }), [X, positive([3, 4])]),
  on('bincount', (f, x, w) => f(x, { weights: w, length: 5 }), [whole([6], 0, 5), real([6])]),
  on('corrcoef', (f, x) => f(x), [real([3, 5])]),
  on('correlate', (f, x, y) => f(x, y, 'full'), [real([5]), real([3])]),
  on('diff', (f, x) => f(x, 2), [X]),
  on('digitize', (f, x, bins) => f(x, bins), [X, exactly([-0.5, 0.1, 0.8], 'float')]),
  on('histogram', (f, x) => f(x, { bins: 4, range: [-1, 1.5] }), [X], { derivative: 'counts: a step function' }),
  on('trapezoid', (f, y, x) => f(y, { x }), [X, exactly([0, 1, 1.5, 4], 'float')]),
  on('quantile', (f, x) => f(x, [0.2, 0.7], 1), [X]),
  on('percentile', (f, x) => f(x, 30, 0), [X]),
  on('nanQuantile', (f, x, holes) => f(withHoles(x, holes), [0.2, 0.7], 1), [X, HOLES]),
  on('nanPercentile', (f, x, holes) => f(withHoles(x, holes), 30, 1), [X, HOLES]),
  on('sort', (f, x) => f(x, 1), [X]),
  on('argsort', (f, x) => f(x, 0), [X]),
  on('argpartition', (f, x) => ops.sort(ops.slice(f(x, 2, 1), [0, 0], [3, 2]), 1), [X]),
  on('topK', (f, x) => f(x, 2), [X]),
  on('inTopK', (f, scores, targets) => f(targets, scores, 2), [X, whole([3], 0, 4)]),
  on('isIn', (f, x, y) => f(x, y), [whole([3, 4], 0, 9), whole([3], 0, 9)]),
  on('searchSorted', (f, sorted, x) => f(sorted, x), [exactly([-0.5, 0.1, 0.8], 'float'), X]),
  on('nonzero', (f, x) => f(x), [flags([3, 4])], { reads: true, jit: BY_VALUE, vmap: BY_VALUE }),
  on('unique', (f, x) => f(x, { size: 5, fillValue: 0 }), [whole([6], 0, 5)]),
  on('unravelIndex', (f, x) => f(x, [3, 4]), [whole([5], 0, 12)]),
  on('segmentSum', (f, x, ids) => f(x, ids, 3), [real([4, 2]), exactly([0, 2, 0, 1])]),
  on('segmentProd', (f, x, ids) => f(x, ids, 3), [real([4, 2]), exactly([0, 2, 0, 1])]),
  on('segmentMax', (f, x, ids) => f(x, ids, 3), [real([4, 2]), exactly([0, 2, 0, 1])]),
  on('segmentMin', (f, x, ids) => f(x, ids, 3), [real([4, 2]), exactly([0, 2, 0, 1])]),
  on('cdist', (f, x, y) => f(x, y), [within([3, 2], -1, 1), real([2, 2])]),
];
