/**
 * Random numbers by rejection, with a fixed number of rounds so that they run on every backend and inside jit.
 */
import { apply } from '../runtime/interpreter.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { filled, scalar } from './arguments.ts';
import { compositeAll } from './composite.ts';
import {
  abs,
  add,
  cast,
  div,
  exp,
  floor,
  greater,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  sqrt,
  square,
  sub,
  where,
} from './elementwise.ts';
import { foriLoop } from './loop.ts';
import { drawNormal, drawUniform } from './random.ts';

interface Draw {
  readonly shape: Shape;
}
const ZERO = (): Tensor => scalar(0, 'float32');
const ONE = (): Tensor => scalar(1, 'float32');
/** Half a step of the uniform numbers: keeps them off 0. */
const HALF_STEP = 2 ** -25;

/** Draws over and over until every place has a value, at most `rounds` times; the last try stays. */
function rejection(
  rounds: number,
  shape: Shape,
  state: Tensor,
  attempt: (state: Tensor) => { value: Tensor; accepted: Tensor; state: Tensor },
): [value: Tensor, state: Tensor] {
  type Carry = [value: Tensor, done: Tensor, state: Tensor];
  const again = (_: Tensor, [value, done, current]: Carry): Carry => {
    const next = attempt(current);
    return [where(done, value, next.value), logicalOr(done, next.accepted), next.state];
  };
  const [value, , last] = foriLoop(0, rounds, again, [filled(shape, 0, 'float32'), filled(shape, 0, 'bool'), state]);
  return [value, last];
}

/** One try in twenty is refused at worst; eight rounds leave a place in 10¹⁰ to its last try. */
const GAMMA_ROUNDS = 8;

/**
 * Gamma numbers of shape parameters α and scale 1 (G. Marsaglia, W. Tsang, 2000): [state, α] gives their logarithms and the
 * next state. Logarithms, as for small α most numbers are too small for a float.
 */
export const drawLogGamma: (inputs: readonly Tensor[], attrs: Draw) => Tensor[] = /* @__PURE__ */ compositeAll(
  'randomLogGamma',
  ([state, alpha]: readonly Tensor[], { shape }: Draw) => {
    const small = less(alpha!, 1);
    const d = sub(where(small, add(alpha!, 1), alpha!), 1 / 3);
    const c = div(1 / 3, sqrt(d));
    const [value, after] = rejection(GAMMA_ROUNDS, shape, state!, (current) => {
      const [x, second] = drawNormal([current, ZERO(), ONE()], { shape });
      const [u, third] = drawUniform([second!, ZERO(), ONE()], { shape });
      const base = add(mul(c, x!), 1);
      const safe = maximum(base, 1e-6);
      const v = mul(mul(safe, safe), safe);
      const bound = add(mul(square(x!), 0.5), mul(d, add(sub(1, v), log(v))));
      const accepted = logicalAnd(greater(base, 0), less(log(add(u!, HALF_STEP)), bound));
      return { value: log(mul(d, v)), accepted, state: third! };
    });
    const [u, next] = drawUniform([after, ZERO(), ONE()], { shape });
    const boost = div(log(add(u!, HALF_STEP)), where(small, alpha!, 1));
    return [where(small, add(value, boost), value), next!];
  },
);

/** Steps of the search: for a mean below 10, larger numbers do not occur. */
const SEARCH_STEPS = 64;
/** Up to this mean the distribution function is searched; beyond, numbers are drawn by rejection. */
const SEARCH_MEAN = 10;
/** One try in five is refused at worst. */
const BINOMIAL_ROUNDS = 16;

/** The number at which the distribution function passes a uniform number. */
function binomialBySearch(n: Tensor, p: Tensor, u: Tensor): Tensor {
  const odds = div(p, sub(1, p));
  const first = exp(mul(n, apply('log1p', [mul(p, -1)], {})));
  const step = (i: Tensor, [k, left, mass]: Tensor[]): Tensor[] => {
    const beyond = logicalAnd(apply('greaterEqual', [left!, mass!], {}), less(k!, n));
    const counted = apply('equal', [k!, cast(i, 'float32')], {});
    const moves = logicalAnd(beyond, counted);
    const factor = mul(div(sub(n, k!), add(k!, 1)), odds);
    return [
      where(moves, add(k!, 1), k!),
      where(moves, sub(left!, mass!), left!),
      where(moves, mul(mass!, factor), mass!),
    ];
  };
  const spread = (t: Tensor): Tensor => apply('broadcastTo', [t], { shape: u.shape });
  return foriLoop(0, SEARCH_STEPS, step, [filled(u.shape, 0, 'float32'), u, spread(first)])[0]!;
}

/** log k! − ((k + ½)·log(k + 1) − (k + 1) + ½·log 2π). */
function factorialRest(k: Tensor): Tensor {
  const next = add(k, 1);
  const r = div(1, square(next));
  return div(add(mul(add(mul(r, 1 / 1260), -1 / 360), r), 1 / 12), next);
}

/** The transformed rejection of W. Hörmann (1993), for a mean of at least 10. */
function binomialByRejection(n: Tensor, p: Tensor, state: Tensor, shape: Shape): [Tensor, Tensor] {
  return rejection(BINOMIAL_ROUNDS, shape, state, (current) => {
    // Made again in every round, so that the loop reads few tensors.
    const q = sub(1, p);
    const deviation = sqrt(mul(mul(n, p), q));
    const b = add(mul(deviation, 2.53), 1.15);
    const a = add(add(mul(b, 0.0248), -0.0873), mul(p, 0.01));
    const centre = add(mul(n, p), 0.5);
    const r = div(p, q);
    const alpha = mul(add(div(5.1, b), 2.83), deviation);
    const m = floor(mul(add(n, 1), p));
    const [raw, second] = drawUniform([current, scalar(-0.5, 'float32'), scalar(0.5, 'float32')], { shape });
    const [v, third] = drawUniform([second!, ZERO(), ONE()], { shape });
    const us = maximum(sub(0.5, abs(raw!)), HALF_STEP);
    const k = floor(add(mul(add(div(mul(a, 2), us), b), raw!), centre));
    const inside = logicalAnd(apply('greaterEqual', [k, ZERO()], {}), lessEqual(k, n));
    const safe = minimum(maximum(k, 0), n);
    const quick = logicalAnd(
      apply('greaterEqual', [us, scalar(0.07, 'float32')], {}),
      lessEqual(v!, sub(0.92, div(4.2, b))),
    );
    const height = log(div(mul(add(v!, HALF_STEP), alpha), add(div(a, square(us)), b)));
    const up = mul(add(m, 0.5), log(div(add(m, 1), mul(r, add(sub(n, m), 1)))));
    const middle = mul(add(n, 1), log(div(add(sub(n, m), 1), add(sub(n, safe), 1))));
    const down = mul(add(safe, 0.5), log(div(mul(r, add(sub(n, safe), 1)), add(safe, 1))));
    const rests = sub(
      add(factorialRest(m), factorialRest(sub(n, m))),
      add(factorialRest(safe), factorialRest(sub(n, safe))),
    );
    const accepted = logicalOr(quick, lessEqual(height, add(add(up, middle), add(down, rests))));
    return { value: safe, accepted: logicalAnd(inside, accepted), state: third! };
  });
}

/** How many of n trials of probability p succeed: [state, n, p] gives float32 numbers and the next state. */
export const drawBinomial: (inputs: readonly Tensor[], attrs: Draw) => Tensor[] = /* @__PURE__ */ compositeAll(
  'randomBinomial',
  ([state, counts, probability]: readonly Tensor[], { shape }: Draw) => {
    const n = maximum(floor(counts!), 0);
    const flipped = greater(probability!, 0.5);
    const p = maximum(minimum(where(flipped, sub(1, probability!), probability!), 0.5), 0);
    const large = logicalNot(less(mul(n, p), SEARCH_MEAN));
    const [u, second] = drawUniform([state!, ZERO(), ONE()], { shape });
    const searched = binomialBySearch(where(large, 1, n), where(large, 0, p), u!);
    // Where the search serves, rejection gets numbers that it can bear.
    const [drawn, third] = binomialByRejection(where(large, n, 100), where(large, p, 0.5), second!, shape);
    const successes = where(large, drawn, searched);
    return [where(flipped, sub(n, successes), successes), third];
  },
);
