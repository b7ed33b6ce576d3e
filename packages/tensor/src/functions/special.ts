/**
 * Special functions: erfc, i0 and the incomplete gamma function.
 */
import type { TensorLike } from '../create.ts';
import { apply } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';
import { real, realPair, scalar } from './arguments.ts';
import { composite } from './composite.ts';
import {
  abs,
  add,
  div,
  equal,
  exp,
  greater,
  isNan,
  less,
  log,
  log1p,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  round,
  sign,
  sqrt,
  square,
  sub,
  where,
} from './elementwise.ts';
import { foriLoop } from './loop.ts';
import { op } from './op.ts';

type None = Readonly<Record<never, never>>;

/** Σ cₖ·Tₖ(u) with half of the first, by Clenshaw's recurrence. */
function chebyshev(u: Tensor, coefficients: readonly number[]): Tensor {
  const twice = mul(u, 2);
  let [last, before]: [Tensor | null, Tensor | null] = [null, null];
  for (let k = coefficients.length - 1; k > 0; k--) {
    const next: Tensor =
      last === null ? scalar(coefficients[k]!, u.dtype) : add(sub(mul(twice, last), before ?? 0), coefficients[k]!);
    [last, before] = [next, last];
  }
  return add(sub(mul(u, last!), before!), coefficients[0]! / 2);
}

/** (1 + 2x)·e^(x²)·erfc(x) over u = (x − 3.75)/(x + 3.75), from tools/golden/special_coefficients.py. */
const ERFC: readonly number[] = [
  2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5, 4.13902798607301e-6,
  7.74038306619849e-7, -2.1886401049234397e-7, 1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10,
  -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
  -2.2370566594359995e-18, -2.187342944303018e-18,
];
/** e^−x·I₀(x) up to 8 over u = x/4 − 1. */
const I0_NEAR: readonly number[] = [
  0.6767952744094761, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764, 0.04930528423967071,
  -0.02373741480589947, 0.010546460394594998, -0.004324309995050576, 0.0016394756169413357, -0.0005763755745385824,
  0.00018850288509584165, -5.754195010082104e-5, 1.6448448070728896e-5, -4.4167383584587505e-6, 1.1173875391201037e-6,
  -2.670793853940612e-7, 6.046995022541919e-8, -1.300025009986248e-8, 2.6598237246823866e-9, -5.189795601635263e-10,
  9.675809035373237e-11, -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13, 7.676185498604936e-14,
  -1.1685332877993451e-14, 1.715391285555133e-15, -2.431279846547955e-16, 3.3307945188222384e-17,
  -4.4153416464793395e-18,
];
/** √x·e^−x·I₀(x) from 8 on over u = 16/x − 1. */
const I0_FAR: readonly number[] = [
  0.8044904110141088, 0.0033691164782556943, 6.889758346916825e-5, 2.8913705208347567e-6, 2.0489185894690638e-7,
  2.266668990498178e-8, 3.3962320257083865e-9, 4.94060238822497e-10, 1.1889147107846439e-11, -3.1499165279632416e-11,
  -1.3215811840447713e-11, -1.7941785315068062e-12, 7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14,
  -4.150569347287222e-14, -9.554846698828307e-15, 3.8116806693526224e-15, 1.7725601330565263e-15,
  -3.425485619677219e-16, -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17, -4.830504485944182e-18,
  -7.233180487874754e-18, 9.92147541217369e-19, 1.1936508908459817e-18,
];

const erfcOf: (inputs: readonly Tensor[], attrs: None) => Tensor = /* @__PURE__ */ composite<None>(
  'erfc',
  ([x]) => {
    // Beyond 30 nothing is left, also in float64.
    const a = minimum(abs(x!), 30);
    const f = chebyshev(sub(1, div(7.5, add(a, 3.75))), ERFC);
    // x² is rounded, which its exponential makes large; 16·x as a whole number has an exact square.
    const head = div(round(mul(a, 16)), 16);
    const decay = mul(exp(neg(square(head))), exp(neg(mul(sub(a, head), add(a, head)))));
    const tail = mul(decay, div(f, add(mul(a, 2), 1)));
    return where(less(x!, 0), sub(2, tail), tail);
  },
  { vjp: ([x], _, [dy]) => [() => mul(dy!, mul(exp(neg(square(x!))), -2 / Math.sqrt(Math.PI)))] },
);
/** 1 − erf(x), with its full precision where little is left (relative error of some units in the last place). */
export const erfc: (x: TensorLike) => Tensor = /* @__PURE__ */ op('erfc', (x: TensorLike) =>
  erfcOf([real(x, 'erfc')], {}),
);

const i0Of = /* @__PURE__ */ composite<None>(
  'i0',
  ([x]) => {
    const a = abs(x!);
    const near = chebyshev(sub(mul(minimum(a, 8), 0.25), 1), I0_NEAR);
    // Beyond 2000 the result is infinite anyway.
    const wide = minimum(maximum(a, 8), 2000);
    const far = div(chebyshev(sub(div(16, wide), 1), I0_FAR), sqrt(wide));
    // In two halves, as e^x overflows before the result does.
    const half = exp(mul(a, 0.5));
    return mul(mul(half, where(less(a, 8), near, far)), half);
  },
  { vjp: 'recompute' },
);
/** The modified Bessel function of the first kind of order 0, by Chebyshev series. */
export const i0: (x: TensorLike) => Tensor = /* @__PURE__ */ op('i0', (x: TensorLike) => i0Of([real(x, 'i0')], {}));

/** log Γ(a) − ((a − ½)·log a − a + ½·log 2π) for a ≥ 8, by Stirling's series. */
function stirlingRest(a: Tensor): Tensor {
  const r = div(1, square(a));
  const series = [-1 / 1680, 1 / 1260, -1 / 360, 1 / 12].reduce<Tensor>(
    (sum, c) => add(mul(sum, r), c),
    scalar(1 / 1188, a.dtype),
  );
  return div(series, a);
}

/** x^a·e^−x/Γ(a + 1), in forms that lose little for small and for large a. */
function gammaDensity(a: Tensor, x: Tensor): Tensor {
  const small = minimum(a, 8);
  const shifted = add(small, 9);
  const product = Array.from({ length: 8 }, (_, k) => add(small, k + 1)).reduce((p, f) => mul(p, f));
  const logGamma = add(
    sub(add(mul(sub(shifted, 0.5), log(shifted)), 0.5 * Math.log(2 * Math.PI)), shifted),
    stirlingRest(shifted),
  );
  const safe = where(greater(x, 0), x, 1);
  const direct = mul(exp(sub(sub(mul(small, log(safe)), x), logGamma)), product);
  const large = maximum(a, 8);
  const ratio = div(sub(x, large), large);
  const bump = mul(large, sub(log1p(ratio), ratio));
  const stirling = div(exp(sub(bump, stirlingRest(large))), sqrt(mul(large, 2 * Math.PI)));
  return where(greater(x, 0), where(less(a, 8), direct, stirling), where(equal(a, 0), 1, 0));
}

/** Terms that the series and the fraction get: enough up to an order of 1000. */
const TERMS = 300;
/** From this order on the uniform expansion is used. */
const LARGE_ORDER = 1000;

/** Σ xᵏ/((a + 1)…(a + k)) of a low x, and the continued fraction of Γ(a, x)·e^x/x^a of a high one (Lentz). */
function gammaParts(a: Tensor, low: Tensor, high: Tensor): [series: Tensor, fraction: Tensor] {
  const one = where(equal(a, a), scalar(1, a.dtype), 1);
  const tiny = 1e-30;
  const start = add(sub(high, a), 1);
  const d = div(1, start);
  const step = (i: Tensor, [term, sum, b, c, dd, h]: Tensor[]): Tensor[] => {
    const k = add(apply('cast', [i], { dtype: a.dtype }), 1);
    const nextTerm = mul(term!, div(low, add(a, k)));
    const an = mul(k, sub(a, k));
    const nextB = add(b!, 2);
    const keep = (value: Tensor): Tensor => where(less(abs(value), tiny), tiny, value);
    const nextD = div(1, keep(add(mul(an, dd!), nextB)));
    const nextC = keep(add(nextB, div(an, c!)));
    return [nextTerm, add(sum!, nextTerm), nextB, nextC, nextD, mul(h!, mul(nextD, nextC))];
  };
  const results = foriLoop(0, TERMS, step, [one, one, start, mul(one, 1 / tiny), d, d]);
  return [results[1]!, results[5]!];
}

/** P(a, x) for large a: ½·erfc(−η·√(a/2)) less the first term of the rest (N. Temme, 1979). */
function gammaUniform(a: Tensor, x: Tensor): Tensor {
  const ratio = div(sub(x, a), a);
  const eta = mul(sign(ratio), sqrt(mul(maximum(sub(ratio, log1p(maximum(ratio, -1))), 0), 2)));
  const near = less(abs(ratio), 0.05);
  const series = add(mul(add(mul(eta, -2 / 135), 1 / 12), eta), -1 / 3);
  const c0 = where(near, series, sub(div(1, where(near, 1, ratio)), div(1, where(near, 1, eta))));
  const rest = div(mul(exp(mul(mul(square(eta), a), -0.5)), c0), sqrt(mul(a, 2 * Math.PI)));
  return sub(mul(erfcOf([neg(mul(eta, sqrt(mul(a, 0.5))))], {}), 0.5), rest);
}

const gammaincOf = /* @__PURE__ */ composite<None>(
  'gammainc',
  ([a, x]) => {
    const order = minimum(maximum(a!, 0), LARGE_ORDER);
    const rising = less(x!, add(order, 1));
    // Each part gets arguments that it can bear; the other one is taken where they are not those given.
    const low = where(rising, maximum(x!, 0), 0);
    const high = where(rising, add(order, 2), minimum(x!, 1e4));
    const [series, fraction] = gammaParts(order, low, high);
    const density = gammaDensity(order, maximum(x!, 0));
    const moderate = where(rising, mul(density, series), sub(1, mul(mul(density, order), fraction)));
    const large = gammaUniform(maximum(a!, LARGE_ORDER), maximum(x!, 0));
    const value = minimum(where(greater(a!, LARGE_ORDER), large, moderate), 1);
    const known = where(equal(x!, Infinity), 1, where(equal(a!, 0), 1, value));
    return where(logicalOr(logicalOr(less(x!, 0), less(a!, 0)), logicalOr(isNan(x!), isNan(a!))), NaN, known);
  },
  {
    vjp: ([a, x], _, [dy]) => [
      () => mul(dy!, NaN),
      () => mul(dy!, where(equal(a!, 0), 0, mul(div(a!, x!), gammaDensity(a!, x!)))),
    ],
  },
);
/**
 * The regularized lower incomplete gamma function P(a, x) = 1/Γ(a)·∫₀ˣ t^(a−1)·e^−t dt, for a ≥ 0 and x ≥ 0, otherwise NaN.
 * By its series and continued fraction; beyond an order of 1000 by the uniform expansion, to about 1e−8. The gradient by
 * `a` is NaN: it has no closed form.
 */
export const gammainc: (a: TensorLike, x: TensorLike) => Tensor = /* @__PURE__ */ op(
  'gammainc',
  (a: TensorLike, x: TensorLike) => {
    const [order, limit] = realPair(a, x, 'gammainc');
    const { shape } = add(order, limit);
    const wide = (t: Tensor): Tensor => apply('broadcastTo', [t], { shape });
    return gammaincOf([wide(order), wide(limit)], {});
  },
);
