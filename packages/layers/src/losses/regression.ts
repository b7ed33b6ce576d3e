/**
 * Losses on numbers: functions that give one value per sample, and their classes.
 */
import {
  abs,
  add,
  log,
  maximum,
  minimum,
  mul,
  normalize,
  softplus,
  square,
  sub,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { composite, normalizeAxis } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets } from './align.ts';
import { EPSILON, Loss, type LossOptions } from './loss.ts';

type Body<A> = (yTrue: Tensor, yPred: Tensor, attrs: A) => Tensor;

/** A loss function that runs as one program forward and one backward. */
function fused<A extends object>(
  name: string,
  body: Body<A>,
): (yTrue: TensorLike, yPred: TensorLike, attrs: A) => Tensor {
  const run = composite<A>(name, ([t, p], attrs) => body(t!, p!, attrs), { vjp: 'recompute' });
  return (yTrue, yPred, attrs) => run([...alignTargets(name, yTrue, yPred)], attrs);
}
const plain = (name: string, body: Body<object>): ((yTrue: TensorLike, yPred: TensorLike) => Tensor) => {
  const run = fused(name, body);
  return (yTrue, yPred) => run(yTrue, yPred, {});
};

/** mean (p − y)² over the last axis. */
export const meanSquaredError: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain(
  'meanSquaredError',
  (t, p) => square(sub(p, t)).mean(-1),
);
/** mean |p − y| over the last axis. */
export const meanAbsoluteError: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain(
  'meanAbsoluteError',
  (t, p) => abs(sub(p, t)).mean(-1),
);
/** 100·mean |p − y| / max(|y|, ε) over the last axis. */
export const meanAbsolutePercentageError: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain(
  'meanAbsolutePercentageError',
  (t, p) =>
    abs(sub(t, p).div(maximum(abs(t), EPSILON)))
      .mean(-1)
      .mul(100),
);
/** mean (log(1 + p) − log(1 + y))² over the last axis, both at least ε. */
export const meanSquaredLogarithmicError: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain(
  'meanSquaredLogarithmicError',
  (t, p) => square(sub(log(add(maximum(p, EPSILON), 1)), log(add(maximum(t, EPSILON), 1)))).mean(-1),
);
const huberOf = /* @__PURE__ */ fused<{ readonly delta: number }>('huber', (t, p, { delta }) => {
  const e = abs(sub(p, t));
  return where(e.lessEqual(delta), mul(square(e), 0.5), sub(mul(e, delta), 0.5 * delta * delta)).mean(-1);
});
/** ½e² up to |e| = δ, then δ|e| − ½δ² (P. Huber, 1964), mean over the last axis; δ is 1 unless given. */
export function huber(yTrue: TensorLike, yPred: TensorLike, delta = 1): Tensor {
  return huberOf(yTrue, yPred, { delta });
}
/** mean log cosh e over the last axis, without overflow. */
export const logCosh: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain('logCosh', (t, p) => {
  const e = sub(p, t);
  return sub(add(e, softplus(mul(e, -2))), Math.LN2).mean(-1);
});
/** mean (p − y·log(p + ε)) over the last axis. */
export const poisson: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain('poisson', (t, p) =>
  sub(p, mul(t, log(add(p, EPSILON)))).mean(-1),
);
/** Σ y·log(y/p) over the last axis, both limited to [ε, 1]. */
export const klDivergence: (yTrue: TensorLike, yPred: TensorLike) => Tensor = /* @__PURE__ */ plain(
  'klDivergence',
  (t, p) => {
    const [y, q] = [minimum(maximum(t, EPSILON), 1), minimum(maximum(p, EPSILON), 1)];
    return mul(y, log(y.div(q))).sum(-1);
  },
);
const cosine = /* @__PURE__ */ fused<{ readonly axis: number }>('cosineSimilarity', (t, p, { axis }) =>
  mul(normalize(t, axis), normalize(p, axis)).sum(axis),
);
/** −Σ ŷ·p̂ of the vectors along an axis (the last unless given), normalized: −1 for the same direction. */
export function cosineSimilarity(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  const [t, p] = alignTargets('cosineSimilarity', yTrue, yPred);
  return cosine(t, p, { axis: normalizeAxis(axis, p.rank, 'cosineSimilarity') }).neg();
}

/**
 * Mean of (p − y)².
 *
 * @example new MeanSquaredError().apply([[0, 1]], [[1, 1]]); // 0.5
 */
export class MeanSquaredError extends Loss {
  static readonly className: string = 'MeanSquaredError';

  constructor(options: LossOptions = {}) {
    super('mean_squared_error', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanSquaredError(yTrue, yPred);
  }
}

/**
 * Mean of |p − y|.
 *
 * @example new MeanAbsoluteError().apply([[0, 1]], [[2, 1]]); // 1
 */
export class MeanAbsoluteError extends Loss {
  static readonly className: string = 'MeanAbsoluteError';

  constructor(options: LossOptions = {}) {
    super('mean_absolute_error', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanAbsoluteError(yTrue, yPred);
  }
}

/**
 * 100 times the mean of |p − y| / |y|.
 *
 * @example new MeanAbsolutePercentageError().apply([[2]], [[1]]); // 50
 */
export class MeanAbsolutePercentageError extends Loss {
  static readonly className: string = 'MeanAbsolutePercentageError';

  constructor(options: LossOptions = {}) {
    super('mean_absolute_percentage_error', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanAbsolutePercentageError(yTrue, yPred);
  }
}

/**
 * Mean of (log(1 + p) − log(1 + y))².
 *
 * @example new MeanSquaredLogarithmicError().apply([[0]], [[1]]); // 0.48
 */
export class MeanSquaredLogarithmicError extends Loss {
  static readonly className: string = 'MeanSquaredLogarithmicError';

  constructor(options: LossOptions = {}) {
    super('mean_squared_logarithmic_error', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return meanSquaredLogarithmicError(yTrue, yPred);
  }
}

/**
 * Mean of log cosh(p − y): quadratic near 0, linear far away.
 *
 * @example new LogCosh().apply([[0]], [[1]]); // 0.434
 */
export class LogCosh extends Loss {
  static readonly className: string = 'LogCosh';

  constructor(options: LossOptions = {}) {
    super('log_cosh', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return logCosh(yTrue, yPred);
  }
}

/**
 * Mean of p − y·log p, for counts.
 *
 * @example new Poisson().apply([[1]], [[1]]); // 1
 */
export class Poisson extends Loss {
  static readonly className: string = 'Poisson';

  constructor(options: LossOptions = {}) {
    super('poisson', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return poisson(yTrue, yPred);
  }
}

/**
 * Σ y·log(y/p), from one distribution to another.
 *
 * @example new KLDivergence().apply([[0.5, 0.5]], [[0.5, 0.5]]); // 0
 */
export class KLDivergence extends Loss {
  static readonly className: string = 'KLDivergence';

  constructor(options: LossOptions = {}) {
    super('kl_divergence', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return klDivergence(yTrue, yPred);
  }
}

/** Options of {@link Huber}. */
export interface HuberOptions extends LossOptions {
  /** Where the quadratic part ends, 1 unless given. */
  readonly delta?: number | undefined;
}

/**
 * Quadratic up to δ, then linear (P. Huber, 1964).
 *
 * @example new Huber({ delta: 0.5 }).apply([[0]], [[2]]); // 0.875
 */
export class Huber extends Loss {
  static readonly className: string = 'Huber';
  readonly delta: number;

  constructor(options: HuberOptions = {}) {
    super('huber_loss', options);
    this.delta = options.delta ?? 1;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return huber(yTrue, yPred, this.delta);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), delta: this.delta };
  }
}

/** Options of {@link CosineSimilarity}. */
export interface CosineSimilarityOptions extends LossOptions {
  /** The axis of the vectors, the last unless given. */
  readonly axis?: number | undefined;
}

/**
 * The negative cosine of the angle between vectors: −1 is best.
 *
 * @example new CosineSimilarity().apply([[0, 1]], [[0, 2]]); // -1
 */
export class CosineSimilarity extends Loss {
  static readonly className: string = 'CosineSimilarity';
  readonly axis: number;

  constructor(options: CosineSimilarityOptions = {}) {
    super('cosine_similarity', options);
    this.axis = options.axis ?? -1;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return cosineSimilarity(yTrue, yPred, this.axis);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
