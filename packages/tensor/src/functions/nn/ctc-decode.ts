/**
 * The label sequences that outputs of connectionist temporal classification stand for.
 */
import type { TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { apply, applyAll } from '../../runtime/interpreter.ts';
import { formatShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { filled, integers, oneOf, pickAlongLast, positions, real, wholeNumber } from '../arguments.ts';
import { equal, less, logicalAnd, neg, notEqual, where } from '../elementwise.ts';
import { concat, expandDims, slice } from '../movement.ts';
import { op } from '../op.ts';
import { argMax, max, sum } from '../reduce.ts';
import { logSoftmax } from './activations.ts';

/** Options of {@link ctcDecode}. */
export interface CtcDecodeOptions {
  /** 'greedy' takes the best class at each time; 'beam_search' the best sequences over all ways to them. */
  readonly strategy?: 'greedy' | 'beam_search';
  /** How many prefixes a beam search keeps. Default 100. */
  readonly beamWidth?: number;
  /** How many sequences a beam search gives. Default 1. */
  readonly topPaths?: number;
  /** Whether one class at neighbouring times is one label. Default true. */
  readonly mergeRepeated?: boolean;
  /** The class that stands for no label. Default 0. */
  readonly maskIndex?: number;
}

/**
 * Label sequences [paths, batch, times], int32 and filled up with −1, and their scores.
 *
 * Greedy: one path, with the score −Σ of the largest outputs, [batch, 1]. Beam search: `topPaths` sequences and the
 * logarithms of their probabilities by softmax of the outputs, [batch, paths], best first; it runs on the host.
 *
 * @throws ConfigError for a beam search inside jit.
 * @example const [labels, scores] = ctcDecode(logits, [10]);
 */
export const ctcDecode: (
  inputs: TensorLike,
  sequenceLengths: TensorLike,
  options?: CtcDecodeOptions,
) => [decoded: Tensor, scores: Tensor] = /* @__PURE__ */ op(
  'ctcDecode',
  (inputs: TensorLike, sequenceLengths: TensorLike, options: CtcDecodeOptions = {}): [Tensor, Tensor] => {
    const t = real(inputs, 'ctcDecode');
    const lengths = integers(sequenceLengths, 'ctcDecode');
    if (t.rank !== 3 || lengths.rank !== 1 || lengths.size !== t.shape[0] || t.shape[2] === 0) {
      throw new ShapeError(
        `ctcDecode: expected outputs [batch, times, classes] and lengths [batch], got ${formatShape(t.shape)} and ${formatShape(lengths.shape)}`,
      );
    }
    const { strategy = 'greedy', maskIndex = 0, mergeRepeated = true, beamWidth = 100, topPaths = 1 } = options;
    oneOf(strategy, ['greedy', 'beam_search'], 'ctcDecode: strategy');
    wholeNumber(maskIndex, 0, 'ctcDecode: maskIndex');
    if (strategy === 'greedy') return greedy(t, lengths, maskIndex, mergeRepeated);
    wholeNumber(beamWidth, 1, 'ctcDecode: beamWidth');
    if (wholeNumber(topPaths, 1, 'ctcDecode: topPaths') > beamWidth) {
      throw new ConfigError(`ctcDecode: ${topPaths} paths do not come out of a beam of ${beamWidth}`);
    }
    if (t.value !== null || lengths.value !== null) {
      throw new ConfigError('ctcDecode: a beam search reads values, which jit cannot do; call it outside');
    }
    return beams(t, lengths, { maskIndex, mergeRepeated, beamWidth, topPaths });
  },
);

function greedy(t: Tensor, lengths: Tensor, blank: number, merge: boolean): [Tensor, Tensor] {
  const [batch, times] = t.shape as [number, number];
  const counts = less(positions(times, 1, 2), expandDims(lengths, 1));
  const best = where(counts, argMax(t, -1), blank);
  const score = neg(sum(where(counts, max(t, -1), 0), 1, true));
  const before = concat([filled([batch, 1], -1, 'int32'), best], 1);
  const fresh = merge ? notEqual(best, slice(before, 0, [batch, times])) : filled([batch, times], 1, 'bool');
  const labels = where(logicalAnd(fresh, notEqual(best, blank)), best, -1);
  // A stable sort by whether there is a label moves labels to the front in their order.
  const order = applyAll('sort', [apply('cast', [equal(labels, -1)], { dtype: 'int32' })], {
    axis: 1,
    descending: false,
  });
  return [expandDims(pickAlongLast(labels, order[1]!), 0), score];
}

const logAdd = (a: number, b: number): number => {
  const top = Math.max(a, b);
  return top === -Infinity ? top : top + Math.log(Math.exp(a - top) + Math.exp(b - top));
};

/** A prefix of labels with the log-probabilities of the ways to it that end in a blank, and in its last label. */
interface Beam {
  readonly labels: readonly number[];
  blank: number;
  label: number;
}

/** Prefix beam search (A. Hannun et al., 2014) over rows of log-probabilities. */
function search(
  rows: readonly (readonly number[])[],
  { maskIndex, mergeRepeated, beamWidth }: Required<Omit<CtcDecodeOptions, 'strategy' | 'topPaths'>>,
): Beam[] {
  let beams: Beam[] = [{ labels: [], blank: 0, label: -Infinity }];
  const total = (beam: Beam): number => logAdd(beam.blank, beam.label);
  for (const row of rows) {
    const next = new Map<string, Beam>();
    const reach = (labels: readonly number[]): Beam => {
      const key = labels.join();
      const known = next.get(key) ?? { labels, blank: -Infinity, label: -Infinity };
      next.set(key, known);
      return known;
    };
    for (const beam of beams) {
      const all = total(beam);
      row.forEach((p, c) => {
        if (c === maskIndex) {
          const same = reach(beam.labels);
          same.blank = logAdd(same.blank, all + p);
          return;
        }
        const repeats = mergeRepeated && c === beam.labels.at(-1);
        if (repeats) {
          const same = reach(beam.labels);
          same.label = logAdd(same.label, beam.label + p);
        }
        const longer = reach([...beam.labels, c]);
        longer.label = logAdd(longer.label, (repeats ? beam.blank : all) + p);
      });
    }
    beams = [...next.values()].sort((a, b) => total(b) - total(a)).slice(0, beamWidth);
  }
  return beams;
}

function beams(t: Tensor, lengths: Tensor, options: Required<Omit<CtcDecodeOptions, 'strategy'>>): [Tensor, Tensor] {
  const [batch, times, classes] = t.shape as [number, number, number];
  const { topPaths } = options;
  const values = logSoftmax(t, -1).dataSync();
  const counts = lengths.dataSync();
  const decoded = new Int32Array(topPaths * batch * times).fill(-1);
  const scores = new Float64Array(batch * topPaths).fill(-Infinity);
  for (let b = 0; b < batch; b++) {
    const rows = Array.from({ length: Math.min(counts[b]!, times) }, (_, i) => {
      const start = (b * times + i) * classes;
      return [...values.subarray(start, start + classes)];
    });
    search(rows, options)
      .slice(0, topPaths)
      .forEach((beam, path) => {
        decoded.set(beam.labels, (path * batch + b) * times);
        scores[b * topPaths + path] = logAdd(beam.blank, beam.label);
      });
  }
  return [
    Tensor.fromValues(decoded, [topPaths, batch, times], 'int32'),
    Tensor.fromValues(scores, [batch, topPaths], t.dtype),
  ];
}
