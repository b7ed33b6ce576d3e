/**
 * CategoricalGeneralizedCrossEntropy: a cross-entropy that wrong labels disturb less.
 */
import {
  cast,
  ConfigError,
  equal,
  expandDims,
  mul,
  pow,
  ShapeError,
  squeeze,
  sub,
  tensor,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { apply, castTo, checkIndices, composite, formatShape, sameShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { predictions } from './align.ts';
import { Loss, type LossOptions } from './loss.ts';

const generalizedOf = /* @__PURE__ */ composite<{ readonly q: number }>(
  'categoricalGeneralizedCrossEntropy',
  ([ids, p], { q }) => {
    const axis = p!.rank - 1;
    const shape = p!.shape.map((n, d) => (d === axis ? n : 1));
    const hot = equal(expandDims(ids!, axis), apply('iota', [], { shape, axis, dtype: 'int32' }));
    return sub(1, pow(mul(p!, castTo(hot, p!.dtype)).sum(axis), q)).div(q);
  },
  { vjp: 'recompute' },
);

/**
 * (1 − p^q) / q of the probability p of the right class, for class ids (Z. Zhang, M. Sabuncu, 2018): near 0 it is the
 * cross-entropy, at 1 the absolute error.
 *
 * @throws ShapeError when there is not one class id per row of probabilities.
 */
export function categoricalGeneralizedCrossEntropy(yTrue: TensorLike, yPred: TensorLike, q = 0.5): Tensor {
  const name = 'categoricalGeneralizedCrossEntropy';
  const p = predictions(yPred);
  let ids = tensor(yTrue);
  if (ids.rank === p.rank && ids.shape.at(-1) === 1) ids = squeeze(ids, -1);
  const wanted = p.shape.slice(0, -1);
  if (!sameShape(ids.shape, wanted)) {
    throw new ShapeError(
      `${name}: expected class ids of shape ${formatShape(wanted)} for predictions ${formatShape(p.shape)}, got ${formatShape(ids.shape)}`,
    );
  }
  const classes = cast(ids, 'int32');
  checkIndices(`${name} (class id)`, classes, p.shape.at(-1)!);
  return generalizedOf([classes, p], { q });
}

/** Options of {@link CategoricalGeneralizedCrossEntropy}. */
export interface GeneralizedCrossEntropyOptions extends LossOptions {
  /** Between 0 and 1, 0.5 unless given: larger values trust labels less. */
  readonly q?: number | undefined;
}

/**
 * Cross-entropy for class ids of which some are wrong.
 *
 * @throws ConfigError unless q lies between 0 and 1.
 * @example new CategoricalGeneralizedCrossEntropy({ q: 0.7 }).apply([1], [[0.3, 0.7]]); // 0.316
 */
export class CategoricalGeneralizedCrossEntropy extends Loss {
  static readonly className: string = 'CategoricalGeneralizedCrossEntropy';
  readonly q: number;

  constructor(options: GeneralizedCrossEntropyOptions = {}) {
    super('categorical_generalized_cross_entropy', options);
    this.q = options.q ?? 0.5;
    if (!(this.q > 0 && this.q < 1)) {
      throw new ConfigError(`${this.name}: q must lie between 0 and 1, got ${String(this.q)}`);
    }
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalGeneralizedCrossEntropy(yTrue, yPred, this.q);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), q: this.q };
  }
}
