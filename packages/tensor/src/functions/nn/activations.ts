/**
 * Activations. Each runs as one kernel, forward and backward.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { toFloating } from '../../dtype.ts';
import { normalizeAxes } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite, type StaticValue } from '../composite.ts';
import {
  abs,
  add,
  clip,
  div,
  erf,
  exp,
  expm1,
  less,
  log1p,
  minimum,
  mul,
  relu,
  sigmoid,
  sign,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from '../elementwise.ts';
import { split } from '../movement.ts';
import { op } from '../op.ts';
import { logSumExp, max, sum } from '../reduce.ts';

type Attrs = { readonly [key: string]: StaticValue };
type Activation = (x: TensorLike) => Tensor;

const real = (x: TensorLike, where_: string): Tensor => {
  const t = asTensor(x, where_);
  return castTo(t, toFloating(t.dtype));
};

/** An activation of one tensor without options. */
function simple(name: string, body: (x: Tensor) => Tensor): Activation {
  const run = composite<Attrs>(name, ([x]) => body(x!), { vjp: 'recompute' });
  return /* @__PURE__ */ op(name, (x: TensorLike) => run([real(x, name)], {}));
}

/** An activation with one numeric option. */
function tunable(
  name: string,
  option: number,
  body: (x: Tensor, option: number) => Tensor,
): (x: TensorLike, option?: number) => Tensor {
  const run = composite<{ readonly k: number }>(name, ([x], { k }) => body(x!, k), { vjp: 'recompute' });
  return /* @__PURE__ */ op(name, (x: TensorLike, k = option) => run([real(x, name)], { k }));
}

// The rule gives σ(x) at 0 as well, to every order, which the slopes of relu and |x| there do not.
const softplusOf = /* @__PURE__ */ composite<Attrs>('softplus', ([x]) => add(relu(x!), log1p(exp(abs(x!).neg()))), {
  vjp: ([x], _, [dy]) => [() => softplusGrad([x!, dy!], {})],
});
const softplusGrad = /* @__PURE__ */ composite<Attrs>('softplusGrad', ([x, dy]) => mul(dy!, sigmoid(x!)), {
  vjp: 'recompute',
});
/** log(1 + e^x), stable at both ends. */
export const softplus: Activation = /* @__PURE__ */ op('softplus', (x: TensorLike) =>
  softplusOf([real(x, 'softplus')], {}),
);
/** x/(1 + |x|). */
export const softsign: Activation = /* @__PURE__ */ simple('softsign', (x) => div(x, add(abs(x), 1)));
/** x·sigmoid(x), also called swish. */
export const silu: Activation = /* @__PURE__ */ simple('silu', (x) => mul(x, sigmoid(x)));
/** log(sigmoid(x)), stable. */
export const logSigmoid: Activation = /* @__PURE__ */ simple('logSigmoid', (x) => softplus(x.neg()).neg());
/** x·tanh(softplus(x)). */
export const mish: Activation = /* @__PURE__ */ simple('mish', (x) => mul(x, tanh(softplus(x))));
/** clip(x/6 + ½, 0, 1). */
export const hardSigmoid: Activation = /* @__PURE__ */ simple('hardSigmoid', (x) =>
  clip(add(mul(x, 1 / 6), 0.5), 0, 1),
);
/** x·hardSigmoid(x). */
export const hardSilu: Activation = /* @__PURE__ */ simple('hardSilu', (x) =>
  mul(x, clip(add(mul(x, 1 / 6), 0.5), 0, 1)),
);
/** clip(x, −1, 1). */
export const hardTanh: Activation = /* @__PURE__ */ simple('hardTanh', (x) => clip(x, -1, 1));
/** x − tanh(x). */
export const tanhShrink: Activation = /* @__PURE__ */ simple('tanhShrink', (x) => sub(x, tanh(x)));
/** min(max(x, 0), 6). */
export const relu6: Activation = /* @__PURE__ */ simple('relu6', (x) => minimum(relu(x), 6));
/** 0 below −1, 1 above 1, a line between. */
export const sparseSigmoid: Activation = /* @__PURE__ */ simple('sparseSigmoid', (x) =>
  clip(mul(add(x, 1), 0.5), 0, 1),
);
/** 0 below −1, (x + 1)²/4 to 1, then x. */
export const sparsePlus: Activation = /* @__PURE__ */ simple('sparsePlus', (x) =>
  where(x.lessEqual(-1), 0, where(less(x, 1), mul(square(add(x, 1)), 0.25), x)),
);

/** The argument of an exponential that counts below 0 only; its slope at 0 is 1, that of `minimum` a half. */
const below = (x: Tensor): Tensor => where(x.greater(0), 0, x);

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;
/** Below 0 α(e^x − 1), else x; α is 1. */
export const elu: (x: TensorLike, alpha?: number) => Tensor = /* @__PURE__ */ tunable('elu', 1, (x, alpha) =>
  where(x.greater(0), x, mul(expm1(below(x)), alpha)),
);
/** max(0, x) + min(0, α(e^{x/α} − 1)); α is 1. */
export const celu: (x: TensorLike, alpha?: number) => Tensor = /* @__PURE__ */ tunable('celu', 1, (x, alpha) =>
  where(x.greater(0), x, mul(expm1(below(div(x, alpha))), alpha)),
);
/** The self-normalizing elu (G. Klambauer et al., 2017). */
export const selu: Activation = /* @__PURE__ */ simple('selu', (x) =>
  mul(where(x.greater(0), x, mul(expm1(below(x)), SELU_ALPHA)), SELU_SCALE),
);
/** x above 0, else slope·x; the slope is 0.2. */
export const leakyRelu: (x: TensorLike, negativeSlope?: number) => Tensor = /* @__PURE__ */ tunable(
  'leakyRelu',
  0.2,
  (x, slope) => where(x.greater(0), x, mul(x, slope)),
);
/** x where |x| exceeds the threshold (0.5), else 0. */
export const hardShrink: (x: TensorLike, threshold?: number) => Tensor = /* @__PURE__ */ tunable(
  'hardShrink',
  0.5,
  (x, t) => where(abs(x).greater(t), x, 0),
);
/** x moved towards 0 by the threshold (0.5). */
export const softShrink: (x: TensorLike, threshold?: number) => Tensor = /* @__PURE__ */ tunable(
  'softShrink',
  0.5,
  (x, t) => where(abs(x).greater(t), sub(x, mul(sign(x), t)), 0),
);
/** x above the threshold, else the value 0. */
export const threshold: (x: TensorLike, threshold?: number, value?: number) => Tensor = /* @__PURE__ */ op(
  'threshold',
  (x: TensorLike, limit = 0, value = 0) => where(real(x, 'threshold').greater(limit), x, value),
);
/** (x + √(x² + b))/2; b is 4. */
export const squareplus: (x: TensorLike, b?: number) => Tensor = /* @__PURE__ */ tunable('squareplus', 4, (x, b) =>
  mul(add(x, sqrt(add(square(x), b))), 0.5),
);

const geluExact = /* @__PURE__ */ composite<Attrs>(
  'gelu',
  ([x]) => mul(mul(x!, 0.5), add(erf(mul(x!, Math.SQRT1_2)), 1)),
  {
    vjp: 'recompute',
  },
);
const geluTanh = /* @__PURE__ */ composite<Attrs>(
  'geluTanh',
  ([x]) => {
    // ½(1 + tanh z) is sigmoid(2z): one exponential, no overflow.
    const z = mul(mul(x!, add(mul(square(x!), 0.044715), 1)), 2 * Math.sqrt(2 / Math.PI));
    return mul(x!, sigmoid(z));
  },
  { vjp: 'recompute' },
);
/** x·Φ(x) (D. Hendrycks, K. Gimpel, 2016); by default the tanh approximation, as `keras.ops.gelu`. */
export const gelu: (x: TensorLike, approximate?: boolean) => Tensor = /* @__PURE__ */ op(
  'gelu',
  (x: TensorLike, approximate = true) => (approximate ? geluTanh : geluExact)([real(x, 'gelu')], {}),
);

interface AxisAttrs {
  readonly axes: readonly number[];
}

const softmaxOf = /* @__PURE__ */ composite<AxisAttrs>(
  'softmax',
  ([x], { axes }) => {
    const e = exp(sub(x!, max(x!, axes, true)));
    return div(e, sum(e, axes, true));
  },
  {
    vjp: (_, [y], [dy], attrs) => [() => softmaxGrad([y!, dy!], attrs as unknown as AxisAttrs)],
  },
);
const softmaxGrad = /* @__PURE__ */ composite<AxisAttrs>('softmaxGrad', ([y, dy], { axes }) => {
  const weighted = mul(y!, dy!);
  return sub(weighted, mul(y!, sum(weighted, axes, true)));
});
const logSoftmaxOf = /* @__PURE__ */ composite<AxisAttrs>(
  'logSoftmax',
  ([x], { axes }) => sub(x!, logSumExp(x!, axes, true)),
  {
    vjp: (_, [y], [dy], attrs) => [() => logSoftmaxGrad([y!, dy!], attrs as unknown as AxisAttrs)],
  },
);
const logSoftmaxGrad = /* @__PURE__ */ composite<AxisAttrs>('logSoftmaxGrad', ([y, dy], { axes }) =>
  sub(dy!, mul(exp(y!), sum(dy!, axes, true))),
);

const overAxes =
  (name: string, run: (inputs: readonly Tensor[], attrs: AxisAttrs) => Tensor) =>
  (x: TensorLike, axis: number | readonly number[] = -1): Tensor => {
    const t = real(x, name);
    if (t.size === 0) return t;
    return run([t], { axes: normalizeAxes(axis, t.rank, name) });
  };
/** e^x / Σ e^x over an axis (or several), stable. */
export const softmax: (x: TensorLike, axis?: number | readonly number[]) => Tensor = /* @__PURE__ */ op(
  'softmax',
  overAxes('softmax', softmaxOf),
);
/** x − log Σ e^x over an axis (or several), stable. */
export const logSoftmax: (x: TensorLike, axis?: number | readonly number[]) => Tensor = /* @__PURE__ */ op(
  'logSoftmax',
  overAxes('logSoftmax', logSoftmaxOf),
);

/** The first half of an axis times the sigmoid of the second. */
export const glu: (x: TensorLike, axis?: number) => Tensor = /* @__PURE__ */ op('glu', (x: TensorLike, axis = -1) => {
  const [value, gate] = split(real(x, 'glu'), 2, axis) as [Tensor, Tensor];
  return mul(value, sigmoid(gate));
});
