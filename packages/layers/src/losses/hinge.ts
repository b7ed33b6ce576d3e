/**
 * Hinge losses.
 */
import { add, all, equal, logicalOr, maximum, mul, square, sub, where, type Tensor, type TensorLike } from '@dl/tensor';
import { composite } from '@dl/tensor/interpreter';
import { alignTargets } from './align.ts';
import { Loss, type LossOptions } from './loss.ts';

/** Labels 0 and 1 become −1 and 1, but only if all labels are 0 or 1. */
function signed(labels: Tensor): Tensor {
  const binary = all(logicalOr(equal(labels, 0), equal(labels, 1)));
  return where(binary, sub(mul(labels, 2), 1), labels);
}

const hingeOf = /* @__PURE__ */ composite<object>(
  'hinge',
  ([t, p]) => maximum(sub(1, mul(signed(t!), p!)), 0).mean(-1),
  {
    vjp: 'recompute',
  },
);
const squaredHingeOf = /* @__PURE__ */ composite<object>(
  'squaredHinge',
  ([t, p]) => square(maximum(sub(1, mul(signed(t!), p!)), 0)).mean(-1),
  { vjp: 'recompute' },
);
const categoricalHingeOf = /* @__PURE__ */ composite<object>(
  'categoricalHinge',
  ([t, p]) => {
    const own = mul(t!, p!).sum(-1);
    const best = mul(sub(1, t!), p!).max(-1);
    return maximum(add(sub(best, own), 1), 0);
  },
  { vjp: 'recompute' },
);

/** mean max(1 − y·p, 0) over the last axis; labels are −1 and 1, or 0 and 1. */
export function hinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return hingeOf([...alignTargets('hinge', yTrue, yPred)], {});
}
/** mean max(1 − y·p, 0)² over the last axis; labels are −1 and 1, or 0 and 1. */
export function squaredHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return squaredHingeOf([...alignTargets('squaredHinge', yTrue, yPred)], {});
}
/** max(best wrong score − right score + 1, 0) for one-hot targets. */
export function categoricalHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return categoricalHingeOf([...alignTargets('categoricalHinge', yTrue, yPred)], {});
}

/**
 * Mean of max(1 − y·p, 0).
 *
 * @example new Hinge().apply([[1, -1]], [[2, 0]]); // 0.5
 */
export class Hinge extends Loss {
  static readonly className: string = 'Hinge';

  constructor(options: LossOptions = {}) {
    super('hinge', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return hinge(yTrue, yPred);
  }
}

/**
 * Mean of max(1 − y·p, 0)².
 *
 * @example new SquaredHinge().apply([[1]], [[-1]]); // 4
 */
export class SquaredHinge extends Loss {
  static readonly className: string = 'SquaredHinge';

  constructor(options: LossOptions = {}) {
    super('squared_hinge', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return squaredHinge(yTrue, yPred);
  }
}

/**
 * max(best wrong score − right score + 1, 0), for one-hot targets.
 *
 * @example new CategoricalHinge().apply([[0, 1]], [[0.2, 0.8]]); // 0.4
 */
export class CategoricalHinge extends Loss {
  static readonly className: string = 'CategoricalHinge';

  constructor(options: LossOptions = {}) {
    super('categorical_hinge', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalHinge(yTrue, yPred);
  }
}
