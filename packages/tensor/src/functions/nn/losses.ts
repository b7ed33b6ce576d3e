/**
 * Cross-entropies on logits, in forms that stay finite.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../../create.ts';
import { isInteger, toFloating } from '../../dtype.ts';
import { DTypeError, ShapeError } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { formatShape, normalizeAxis, sameShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { checkIndices } from '../check-indices.ts';
import { composite } from '../composite.ts';
import { abs, add, exp, log1p, mul, relu, sigmoid, sub, where } from '../elementwise.ts';
import { expandDims } from '../movement.ts';
import { op } from '../op.ts';
import { logSumExp, sum } from '../reduce.ts';

interface AxisAttrs {
  readonly axis: number;
}

/** −Σ t·log softmax(z) = Σt·logsumexp(z) − Σ t·z. */
const crossEntropy = /* @__PURE__ */ composite<AxisAttrs>(
  'softmaxCrossEntropy',
  ([logits, targets], { axis }) =>
    sub(mul(sum(targets!, axis), logSumExp(logits!, axis)), sum(mul(targets!, logits!), axis)),
  {
    vjp: ([logits, targets], _, [dy], attrs) => {
      const { axis } = attrs as unknown as AxisAttrs;
      return [() => crossEntropyGrad([logits!, targets!, dy!], { axis }), () => targetGrad([logits!, dy!], { axis })];
    },
  },
);
const crossEntropyGrad = /* @__PURE__ */ composite<AxisAttrs>(
  'softmaxCrossEntropyGrad',
  ([logits, targets, dy], { axis }) => {
    const p = exp(sub(logits!, logSumExp(logits!, axis, true)));
    return mul(sub(mul(p, sum(targets!, axis, true)), targets!), expandDims(dy!, axis));
  },
);
const targetGrad = /* @__PURE__ */ composite<AxisAttrs>('softmaxCrossEntropyTargetGrad', ([logits, dy], { axis }) =>
  mul(sub(logSumExp(logits!, axis, true), logits!), expandDims(dy!, axis)),
);

/**
 * −Σ targets·log softmax(logits) over an axis (default the last); finite for any finite logits.
 *
 * @returns one loss per row: the shape of the logits without the axis.
 */
export const softmaxCrossEntropy: (targets: TensorLike, logits: TensorLike, axis?: number) => Tensor =
  /* @__PURE__ */ op('softmaxCrossEntropy', (targets: TensorLike, logits: TensorLike, axis = -1) => {
    const z = floating(logits, 'softmaxCrossEntropy');
    const t = castTo(asTensor(targets, 'softmaxCrossEntropy', z.dtype), z.dtype);
    if (!sameShape(z.shape, t.shape)) {
      throw new ShapeError(
        `softmaxCrossEntropy: targets ${formatShape(t.shape)} must have the shape of the logits ${formatShape(z.shape)}; ` +
          'for class ids use sparseSoftmaxCrossEntropy()',
      );
    }
    return crossEntropy([z, t], { axis: normalizeAxis(axis, z.rank, 'softmaxCrossEntropy') });
  });

const hit = (logits: Tensor, ids: Tensor, axis: number): Tensor => {
  const shape = logits.shape.map((n, d) => (d === axis ? n : 1));
  return apply('equal', [expandDims(ids, axis), apply('iota', [], { shape, axis, dtype: 'int32' })], {});
};
const sparse = /* @__PURE__ */ composite<AxisAttrs>(
  'sparseSoftmaxCrossEntropy',
  ([logits, ids], { axis }) => sub(logSumExp(logits!, axis), sum(where(hit(logits!, ids!, axis), logits!, 0), axis)),
  {
    vjp: ([logits, ids], _, [dy], attrs) => [
      () => sparseGrad([logits!, ids!, dy!], attrs as unknown as AxisAttrs),
      null,
    ],
  },
);
const sparseGrad = /* @__PURE__ */ composite<AxisAttrs>(
  'sparseSoftmaxCrossEntropyGrad',
  ([logits, ids, dy], { axis }) => {
    const p = exp(sub(logits!, logSumExp(logits!, axis, true)));
    return mul(sub(p, hit(logits!, ids!, axis)), expandDims(dy!, axis));
  },
);

/**
 * −log softmax(logits)[id] over an axis (default the last), for integer class ids.
 *
 * @throws ShapeError naming a class id outside the number of classes.
 */
export const sparseSoftmaxCrossEntropy: (ids: TensorLike, logits: TensorLike, axis?: number) => Tensor =
  /* @__PURE__ */ op('sparseSoftmaxCrossEntropy', (ids: TensorLike, logits: TensorLike, axis = -1) => {
    const z = floating(logits, 'sparseSoftmaxCrossEntropy');
    const place = normalizeAxis(axis, z.rank, 'sparseSoftmaxCrossEntropy');
    const raw = asTensor(ids, 'sparseSoftmaxCrossEntropy', 'int32');
    if (!isInteger(raw.dtype)) {
      throw new DTypeError(
        `sparseSoftmaxCrossEntropy: class ids must be integers, got ${raw.dtype}; use cast(ids, 'int32')`,
      );
    }
    const i = castTo(raw, 'int32');
    const wanted = z.shape.filter((_, d) => d !== place);
    if (!sameShape(wanted, i.shape)) {
      throw new ShapeError(
        `sparseSoftmaxCrossEntropy: ids must have shape ${formatShape(wanted)} for logits ${formatShape(z.shape)}, got ${formatShape(i.shape)}`,
      );
    }
    checkIndices('sparseSoftmaxCrossEntropy (class id)', i, z.shape[place]!);
    return sparse([z, i], { axis: place });
  });

/** max(z, 0) − z·t + log(1 + e^−|z|). */
const binary = /* @__PURE__ */ composite<object>(
  'sigmoidCrossEntropy',
  ([logits, targets]) => add(sub(relu(logits!), mul(logits!, targets!)), log1p(exp(abs(logits!).neg()))),
  {
    vjp: ([logits, targets], _, [dy]) => [
      () => binaryGrad([logits!, targets!, dy!], {}),
      () => mul(logits!.neg(), dy!),
    ],
  },
);
const binaryGrad = /* @__PURE__ */ composite<object>('sigmoidCrossEntropyGrad', ([logits, targets, dy]) =>
  mul(sub(sigmoid(logits!), targets!), dy!),
);

/** −t·log σ(z) − (1 − t)·log(1 − σ(z)), elementwise; finite for any finite logits. */
export const sigmoidCrossEntropy: (targets: TensorLike, logits: TensorLike) => Tensor = /* @__PURE__ */ op(
  'sigmoidCrossEntropy',
  (targets: TensorLike, logits: TensorLike) => {
    const [t, z] = promotePair(targets, floating(logits, 'sigmoidCrossEntropy'), 'sigmoidCrossEntropy');
    if (!sameShape(t.shape, z.shape)) {
      throw new ShapeError(
        `sigmoidCrossEntropy: targets ${formatShape(t.shape)} and logits ${formatShape(z.shape)} must have one shape`,
      );
    }
    return binary([z, t], {});
  },
);

function floating(x: TensorLike, where_: string): Tensor {
  const t = asTensor(x, where_);
  return castTo(t, toFloating(t.dtype));
}
