/**
 * Loss: the base class, and how per-sample values become one number.
 */
import { ConfigError, logicalAnd, Tensor, tensor, type TensorLike } from '@dl/tensor';
import { castTo, composite, describe } from '@dl/tensor/interpreter';
import { normalizeName, toOptions, type Config } from '../base/config.ts';
import { maskOf } from '../base/masks.ts';
import { alignRanks, alignWeights } from './align.ts';

/**
 * How per-sample values become one number. 'sum_over_batch_size' (the default, also 'mean') divides the weighted sum by
 * the number of values, so weights do not enter the divisor; 'mean_with_sample_weight' divides by the sum of the weights.
 */
export type Reduction = 'sum_over_batch_size' | 'mean' | 'mean_with_sample_weight' | 'sum' | 'none' | null;

/** Options of every loss. */
export interface LossOptions {
  /** 'sum_over_batch_size' unless given. */
  readonly reduction?: Reduction | undefined;
  readonly name?: string | undefined;
}

/** Options of {@link Loss.apply}. */
export interface LossCallOptions {
  /** One weight per sample, or per value. */
  readonly sampleWeight?: TensorLike | null | undefined;
  /** Values that count; taken from the predictions unless given. */
  readonly mask?: Tensor | null | undefined;
}

const REDUCTIONS = ['sum_over_batch_size', 'mean', 'mean_with_sample_weight', 'sum', 'none'] as const;

function checkReduction(where: string, reduction: Reduction | undefined): Exclude<Reduction, null> {
  if (reduction === undefined) return 'sum_over_batch_size';
  if (reduction === null) return 'none';
  const known = typeof reduction === 'string' && REDUCTIONS.find((r) => normalizeName(r) === normalizeName(reduction));
  if (known) return known;
  throw new ConfigError(
    `${where}: unknown reduction ${describe(reduction)}; known: ${REDUCTIONS.map((r) => `'${r}'`).join(', ')}`,
  );
}

/** ε of Keras's `config.epsilon()`. */
export const EPSILON = 1e-7;

interface ReduceAttrs {
  readonly divisor: number;
}

/** Σ values / divisor, as one program forward and one backward. */
const scaledSum = /* @__PURE__ */ composite<ReduceAttrs>(
  'lossMean',
  ([values], { divisor }) => values!.sum().div(divisor),
  {
    vjp: 'recompute',
  },
);
const scaledWeightedSum = /* @__PURE__ */ composite<ReduceAttrs>(
  'weightedLossMean',
  ([values, weights], { divisor }) => values!.mul(weights!).sum().div(divisor),
  { vjp: 'recompute' },
);
/** Σ values·weights / Σ weights, 0 where all weights are 0. */
const weightedMean = /* @__PURE__ */ composite<object>(
  'lossWeightedMean',
  ([values, weights]) => {
    const total = weights!.broadcastTo(values!.shape).sum();
    return values!
      .mul(weights!)
      .sum()
      .div(total.add(total.equal(0)));
  },
  { vjp: 'recompute' },
);

/** Weights of the values a mask lets through; for means they make up for the values that are left out. */
function maskWeights(mask: Tensor, values: Tensor, reduction: Reduction): Tensor {
  const weights = castTo(mask, values.dtype);
  if (reduction !== 'sum_over_batch_size' && reduction !== 'mean') return weights;
  return weights.mul(weights.sum().add(EPSILON).pow(-1).mul(weights.size));
}

/** Reduces per-sample values with optional weights and mask. */
export function reduceLoss(
  where: string,
  values: Tensor,
  sampleWeight: Tensor | null,
  mask: Tensor | null,
  reduction: Exclude<Reduction, null>,
): Tensor {
  let weights = sampleWeight === null ? null : alignWeights(where, sampleWeight, values);
  if (mask !== null) {
    const valid = alignWeights(where, maskWeights(alignRanks(mask, values)[0], values, reduction), values);
    weights = weights === null ? valid : weights.mul(valid);
  }
  if (reduction === 'none') return weights === null ? values : values.mul(weights);
  if (reduction === 'mean_with_sample_weight' && weights !== null) return weightedMean([values, weights], {});
  const divisor = reduction === 'sum' ? 1 : Math.max(values.size, 1);
  return weights === null ? scaledSum([values], { divisor }) : scaledWeightedSum([values, weights], { divisor });
}

/**
 * Base class of losses: `call` gives one value per sample, `apply` reduces them.
 *
 * @example
 * class Cubic extends Loss {
 *   call(yTrue: Tensor, yPred: Tensor): Tensor {
 *     return yTrue.sub(yPred).abs().pow(3).mean(-1);
 *   }
 * }
 * new Cubic('cubic').apply([[1]], [[3]]); // 8
 */
export abstract class Loss {
  readonly name: string;
  readonly reduction: Exclude<Reduction, null>;

  constructor(name: string, options: LossOptions = {}) {
    this.name = options.name ?? name;
    this.reduction = checkReduction(this.name, options.reduction);
  }

  /** One value per sample; targets come as they were given. */
  abstract call(yTrue: Tensor, yPred: Tensor): Tensor;

  /**
   * The reduced loss, a scalar unless the reduction is 'none'. A mask on the predictions leaves values out.
   *
   * @throws ShapeError when targets and predictions, or weights, do not fit together.
   */
  apply(yTrue: TensorLike, yPred: TensorLike, options: LossCallOptions = {}): Tensor {
    const p = tensor(yPred);
    const values = this.call(tensor(yTrue), p);
    const { sampleWeight = null } = options;
    const [own, given] = [maskOf(values), options.mask === undefined ? maskOf(p) : options.mask];
    const mask = own === null || given === null ? (own ?? given) : logicalAnd(...alignRanks(own, given));
    const weights = sampleWeight === null ? null : tensor(sampleWeight);
    return reduceLoss(this.name, values, weights, mask, this.reduction);
  }

  getConfig(): Config {
    return { name: this.name, reduction: this.reduction };
  }

  static fromConfig<T>(this: new (options: never) => T, config: Config): T {
    return new this(toOptions(config) as never);
  }
}

/**
 * A loss from a function of targets and predictions that gives one value per sample. Targets [n] come as [n, 1] where
 * predictions are [n, 1], and the other way around, so that the two do not broadcast.
 */
export class FunctionLoss extends Loss {
  readonly fn: (yTrue: Tensor, yPred: Tensor) => Tensor;

  constructor(fn: (yTrue: Tensor, yPred: Tensor) => Tensor, options: LossOptions = {}) {
    super(fn.name === '' ? 'loss' : fn.name, options);
    this.fn = fn;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    const value: unknown = this.fn(...alignRanks(yTrue, yPred));
    if (value instanceof Tensor) return value;
    throw new ConfigError(
      `${this.name}: the function of a loss must give a tensor, got ${describe(value)}; use ops only`,
    );
  }
}
