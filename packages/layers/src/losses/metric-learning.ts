/**
 * Circle: a loss for embeddings, which brings samples of one class together.
 */
import {
  add,
  ConfigError,
  equal,
  eye,
  greater,
  logicalAnd,
  logicalNot,
  logSumExp,
  matmul,
  maximum,
  mul,
  ShapeError,
  softplus,
  squeeze,
  sub,
  tensor,
  transpose,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { castTo, composite, formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { setMask } from '../base/masks.ts';
import { predictions } from './align.ts';
import { Loss, type LossOptions } from './loss.ts';

/** Options of {@link circle}. */
export interface CircleOptions {
  /** Class ids of `refEmbeddings`, those of the batch unless given. */
  readonly refLabels?: TensorLike | null | undefined;
  /** Embeddings to compare with, of unit length; those of the batch unless given. */
  readonly refEmbeddings?: TensorLike | null | undefined;
  /** Whether a sample is kept from being its own partner; true unless given. Set it to false for other references. */
  readonly removeDiagonal?: boolean | undefined;
  /** Scale of the similarities, 80 unless given. */
  readonly gamma?: number | undefined;
  /** How much partners may differ, 0.4 unless given. */
  readonly margin?: number | undefined;
}

interface CircleAttrs {
  readonly gamma: number;
  readonly margin: number;
  readonly removeDiagonal: boolean;
}

/** Stands for −∞ where there is no partner, so that gradients stay numbers. */
const NOTHING = -1e30;

const circleOf = /* @__PURE__ */ composite<CircleAttrs>(
  'circle',
  ([ids, x, refIds, refs], { gamma, margin, removeDiagonal }) => {
    const distances = maximum(sub(1, matmul(x!, transpose(refs!))), 0);
    const same = equal(ids!.expandDims(1), refIds!.expandDims(0));
    const [rows, columns] = distances.shape as [number, number];
    const friends = removeDiagonal ? logicalAnd(same, equal(eye(rows, columns), 0)) : same;
    const pull = mul(maximum(add(distances, margin), 0), mul(sub(distances, margin), gamma));
    const push = mul(maximum(sub(1 + margin, distances), 0), mul(sub(1 - margin, distances), gamma));
    const near = logSumExp(where(friends, pull, NOTHING), 1);
    const far = logSumExp(where(logicalNot(same), push, NOTHING), 1);
    return softplus(add(near, far));
  },
  { vjp: 'recompute' },
);

/**
 * The circle loss (Y. Sun et al., 2020) of embeddings [n, d] of unit length and class ids [n]: one value per sample. Samples
 * whose loss is 0, such as those without partners, do not count in means.
 *
 * @throws ShapeError when there is not one class id per embedding.
 */
export function circle(yTrue: TensorLike, yPred: TensorLike, options: CircleOptions = {}): Tensor {
  const { removeDiagonal = true, gamma = 80, margin = 0.4 } = options;
  const x = predictions(yPred);
  const ids = classIds(tensor(yTrue), x);
  const refs = castTo(tensor(options.refEmbeddings ?? x), x.dtype);
  const refIds = classIds(tensor(options.refLabels ?? ids), refs);
  const values = circleOf([ids, x, refIds, refs], { gamma, margin, removeDiagonal });
  setMask(values, greater(values, 0));
  return values;
}

function classIds(labels: Tensor, embeddings: Tensor): Tensor {
  const flat = labels.rank === 2 && labels.shape[1] === 1 ? squeeze(labels, 1) : labels;
  if (embeddings.rank === 2 && flat.rank === 1 && flat.shape[0] === embeddings.shape[0]) return castTo(flat, 'int32');
  throw new ShapeError(
    `circle: expected class ids [n] for embeddings [n, d], got ${formatShape(labels.shape)} and ${formatShape(embeddings.shape)}`,
  );
}

/** Options of {@link Circle}. */
export interface CircleLossOptions extends LossOptions {
  /** Scale of the similarities, 80 unless given. */
  readonly gamma?: number | undefined;
  /** How much partners may differ, 0.4 unless given. */
  readonly margin?: number | undefined;
  /** Whether a sample is kept from being its own partner; true unless given. */
  readonly removeDiagonal?: boolean | undefined;
}

/**
 * The circle loss of a batch: samples of one class come together, others move apart (Y. Sun et al., 2020). Targets are
 * class ids, predictions embeddings of unit length; end the model with `UnitNormalization`.
 *
 * @example new Circle().apply([0, 0, 1], [[1, 0], [0.6, 0.8], [0, 1]]);
 */
export class Circle extends Loss {
  static readonly className: string = 'Circle';
  readonly gamma: number;
  readonly margin: number;
  readonly removeDiagonal: boolean;

  constructor(options: CircleLossOptions = {}) {
    super('circle', options);
    this.gamma = options.gamma ?? 80;
    this.margin = options.margin ?? 0.4;
    this.removeDiagonal = options.removeDiagonal ?? true;
    if (!(this.gamma > 0)) throw new ConfigError(`${this.name}: gamma must be positive, got ${String(this.gamma)}`);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    const { gamma, margin, removeDiagonal } = this;
    return circle(yTrue, yPred, { gamma, margin, removeDiagonal });
  }

  override getConfig(): Config {
    const { gamma, margin, removeDiagonal: remove_diagonal } = this;
    return { ...super.getConfig(), gamma, margin, remove_diagonal };
  }
}
