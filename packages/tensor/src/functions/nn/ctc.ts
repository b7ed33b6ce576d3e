/**
 * Connectionist temporal classification (A. Graves et al., 2006): the loss of label sequences without known times.
 */
import { castTo, type TensorLike } from '../../create.ts';
import { ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { formatShape, type Shape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { filled, integers, pick, pickAlongLast, positions, real } from '../arguments.ts';
import { compositeAll } from '../composite.ts';
import {
  add,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  log,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  sub,
  where,
} from '../elementwise.ts';
import { foriLoop } from '../loop.ts';
import { concat, expandDims, reshape, slice, squeeze, transpose } from '../movement.ts';
import { op } from '../op.ts';
import { logSoftmax } from './activations.ts';

interface CtcAttrs {
  readonly blank: number;
}

/** The logarithm of what cannot be: low, but a number, so that differences stay numbers. */
const IMPOSSIBLE = -1e30;
/** Losses from here on stand for sequences that cannot be. */
const BEYOND = 1e29;

/** The elements of an axis `by` places before (or after, below 0), and what is impossible where there are none. */
function shifted(t: Tensor, by: number): Tensor {
  const [batch, n] = t.shape as [number, number];
  const blank = filled([batch, Math.min(Math.abs(by), n)], IMPOSSIBLE, t.dtype);
  const rest = slice(t, [0, Math.max(-by, 0)], [batch, Math.max(n - Math.abs(by), 0)]);
  return concat(by > 0 ? [blank, rest] : [rest, blank], 1);
}

/** log(e^a + e^b + e^c). */
function logSum(parts: readonly [Tensor, Tensor, Tensor]): Tensor {
  const top = parts.reduce((a, b) => maximum(a, b));
  return add(top, log(parts.map((part) => exp(sub(part, top))).reduce((a, b) => add(a, b))));
}

/** All values of a recurrence, [steps, …]: in stretches, so that a step copies only what its stretch has gathered. */
function recurrence(steps: number, first: Tensor, step: (t: Tensor, carry: Tensor) => Tensor): Tensor {
  const stretch = Math.max(Math.ceil(Math.sqrt(steps)), 1);
  const parts: Tensor[] = [];
  let carry = first;
  for (let from = 0; from < steps; from += stretch) {
    const count = Math.min(stretch, steps - from);
    const store = filled([count, ...first.shape], 0, first.dtype);
    const body = (t: Tensor, [last, kept]: [Tensor, Tensor]): [Tensor, Tensor] => {
      const next = step(t, last);
      const place = reshape(sub(t, from), [1]);
      return [next, apply('scatter', [kept, place, expandDims(next, 0)], { axes: [0], op: 'set' })];
    };
    const [end, part] = foriLoop(from, from + count, body, [carry, store]);
    carry = end;
    parts.push(part);
  }
  return concat(parts, 0);
}

/** The lattice of one batch: blanks between labels, and which steps may leave out a blank. */
function lattice([logits, labels, labelLengths, lengths]: readonly Tensor[], { blank }: CtcAttrs) {
  const [batch, times] = logits!.shape as [number, number];
  const count = 2 * labels!.shape[1]! + 1;
  const place = positions(count, 1, 2);
  const isLabel = equal(apply('rem', [place, Tensor.scalar(2, 'int32')], {}), 1);
  const half = apply('div', [place, Tensor.scalar(2, 'int32')], {});
  const wide = (t: Tensor, shape: Shape): Tensor => apply('broadcastTo', [t], { shape });
  const padded = concat([labels!, filled([batch, 1], blank, 'int32')], 1);
  const symbols = where(isLabel, pickAlongLast(padded, wide(half, [batch, count])), blank);
  const earlier = concat(
    [filled([batch, Math.min(2, count)], blank, 'int32'), slice(symbols, 0, [batch, Math.max(count - 2, 0)])],
    1,
  );
  const skips = logicalAnd(logicalAnd(isLabel, greaterEqual(place, 2)), apply('notEqual', [symbols, earlier], {}));
  const emissions = pickAlongLast(logits!, wide(expandDims(symbols, 1), [batch, times, count]));
  const last = mul(expandDims(labelLengths!, 1), 2);
  return {
    batch,
    times,
    count,
    place,
    symbols,
    skips,
    emissions: transpose(emissions, [1, 0, 2]),
    ends: logicalOr(equal(place, last), equal(place, sub(last, 1))),
    lengths: expandDims(lengths!, 1),
  };
}
type Lattice = ReturnType<typeof lattice>;

const at = (all: Tensor, t: Tensor): Tensor => squeeze(pick(all, reshape(t, [1])), 0);

/** Log-probabilities of all ways to a symbol at its time, from those at the time before. */
function forwardStep({ emissions, skips, lengths, place }: Lattice): (t: Tensor, before: Tensor) => Tensor {
  return (t, before) => {
    const here = at(emissions, t);
    const start = where(less(place, 2), here, IMPOSSIBLE);
    const ways = logSum([before, shifted(before, 1), where(skips, shifted(before, 2), IMPOSSIBLE)]);
    return where(equal(t, 0), start, where(less(t, lengths), add(ways, here), before));
  };
}

/** Minus the logarithm of all that ends well, [batch]. */
function lossOf(ways: Tensor, { ends, lengths }: Lattice): Tensor {
  const final = where(ends, ways, IMPOSSIBLE);
  const top = apply('max', [final], { axes: [1], keepDims: true });
  const total = add(log(exp(sub(final, top)).sum(1, true)), top);
  return squeeze(neg(where(equal(lengths, 0), IMPOSSIBLE, total)), 1);
}

const ctcOf = /* @__PURE__ */ compositeAll<CtcAttrs>(
  'ctcLoss',
  (inputs, attrs) => {
    const all = lattice(inputs, attrs);
    const start = filled([all.batch, all.count], IMPOSSIBLE, inputs[0]!.dtype);
    return [lossOf(foriLoop(0, all.times, forwardStep(all), start), all)];
  },
  {
    vjp: (inputs, [loss], [dy], attrs) => [
      () => ctcGradient([loss!, dy!, ...inputs], attrs as unknown as CtcAttrs)[0]!,
      null,
      null,
      null,
    ],
  },
);

/** Minus the probability of each class at each time, given the labels. */
const ctcGradient = /* @__PURE__ */ compositeAll<CtcAttrs>('ctcLossGrad', ([loss, dy, ...inputs], attrs) => {
  const all = lattice(inputs, attrs);
  const { batch, times, count, emissions, skips, ends, lengths, symbols } = all;
  const { dtype, shape } = inputs[0]!;
  const none = filled([batch, count], IMPOSSIBLE, dtype);
  const ahead = recurrence(times, none, forwardStep(all));
  // Backwards, a step that leaves out a blank is one of the symbol it arrives at.
  const backStep = (i: Tensor, after: Tensor): Tensor => {
    const t = sub(times - 1, i);
    const end = where(ends, 0, none);
    const next = add(after, at(emissions, where(less(add(t, 1), times), add(t, 1), t)));
    const skipped = shifted(where(skips, next, IMPOSSIBLE), -2);
    const ways = logSum([next, shifted(next, -1), skipped]);
    const last = sub(lengths, 1);
    return where(greaterEqual(t, last), end, ways);
  };
  const behind = apply('flip', [recurrence(times, none, backStep)], { axes: [0] });
  const perBatch = (t: Tensor): Tensor => reshape(t, [1, batch, 1]);
  const time = positions(times, 0, 3);
  const counts = logicalAnd(less(time, perBatch(lengths)), less(perBatch(loss!), BEYOND));
  const share = where(counts, exp(add(add(ahead, behind), perBatch(loss!))), 0);
  const updates = mul(transpose(share, [1, 0, 2]), reshape(neg(dy!), [batch, 1, 1]));
  const places = apply('broadcastTo', [expandDims(symbols, 1)], { shape: [batch, times, count] });
  const [rows, columns] = [positions(batch, 0, 3), positions(times, 1, 3)];
  const zero = filled(shape, 0, dtype);
  return [apply('scatter', [zero, rows, columns, places, updates], { axes: [0, 1, 2], op: 'add' })];
});

/** Options of {@link ctcLoss}. */
export interface CtcOptions {
  /** The class that stands for no label. Default 0. */
  readonly maskIndex?: number;
}

/**
 * Minus the log-probability of label sequences [batch, labels] under logits [batch, times, classes], of which the first
 * `targetLength` and `outputLength` count: [batch]. Infinite, with a gradient of 0, where the labels do not fit into the
 * times.
 *
 * @throws ShapeError for shapes that do not fit.
 * @example ctcLoss([[1, 2]], logits, [2], [10]);
 */
export const ctcLoss: (
  target: TensorLike,
  output: TensorLike,
  targetLength: TensorLike,
  outputLength: TensorLike,
  options?: CtcOptions,
) => Tensor = /* @__PURE__ */ op(
  'ctcLoss',
  (
    target: TensorLike,
    output: TensorLike,
    targetLength: TensorLike,
    outputLength: TensorLike,
    { maskIndex = 0 }: CtcOptions = {},
  ) => {
    const logits = real(output, 'ctcLoss');
    const [labels, few, long] = [target, targetLength, outputLength].map((x) => integers(x, 'ctcLoss')) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const batch = logits.shape[0];
    if (
      logits.rank !== 3 ||
      labels.rank !== 2 ||
      [labels, few, long].some((t) => t.shape[0] !== batch) ||
      few.rank !== 1
    ) {
      throw new ShapeError(
        'ctcLoss: expected labels [batch, labels], logits [batch, times, classes] and lengths [batch], got ' +
          [labels, logits, few, long].map((t) => formatShape(t.shape)).join(', '),
      );
    }
    const [, times, classes] = logits.shape as [number, number, number];
    if (!Number.isInteger(maskIndex) || maskIndex < 0 || maskIndex >= classes) {
      throw new ShapeError(`ctcLoss: maskIndex must be a class of ${classes}, got ${maskIndex}`);
    }
    if (times === 0 || batch === 0) return filled([batch ?? 0], Infinity, logits.dtype);
    const [count, length] = [minimum(few, labels.shape[1]!), minimum(long, times)];
    // Labels beyond their length may hold anything, as −1 does for none.
    const used = less(positions(labels.shape[1]!, 1, 2), expandDims(count, 1));
    const wide = castTo(logits, logits.dtype === 'float64' ? 'float64' : 'float32');
    const loss = ctcOf([logSoftmax(wide, -1), where(used, labels, maskIndex), count, length], { blank: maskIndex })[0]!;
    return castTo(where(greater(loss, BEYOND), Infinity, loss), logits.dtype);
  },
);
