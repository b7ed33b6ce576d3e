/**
 * Losses for rare classes and for areas: focal cross-entropies, Dice and Tversky.
 */
import { add, clip, ConfigError, log, mul, pow, sigmoid, softmax, sub, type Tensor, type TensorLike } from '@dl/tensor';
import { composite, normalizeAxes, normalizeAxis } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets } from './align.ts';
import { EPSILON, Loss, type LossOptions } from './loss.ts';

/** Options of focal cross-entropies. */
export interface FocalOptions {
  /** Weight of the classes, 0.25 unless given. */
  readonly alpha?: number | undefined;
  /** How strongly examples that are right already are left out, 2 unless given. */
  readonly gamma?: number | undefined;
  /** Whether predictions are logits rather than probabilities; false unless given. */
  readonly fromLogits?: boolean | undefined;
  /** Part of the target that is spread over all classes, in [0, 1]; 0 unless given. */
  readonly labelSmoothing?: number | undefined;
  /** The axis of the classes, the last unless given. */
  readonly axis?: number | undefined;
}

/** Options of {@link binaryFocalCrossentropy}. */
export interface BinaryFocalOptions extends FocalOptions {
  /** Whether positives are weighted by alpha and negatives by 1 − alpha; false unless given. */
  readonly applyClassBalancing?: boolean | undefined;
}

interface BinaryFocalAttrs {
  readonly axis: number;
  readonly alpha: number | null;
  readonly gamma: number;
}

const binaryFocalOf = /* @__PURE__ */ composite<BinaryFocalAttrs>(
  'binaryFocalCrossentropy',
  ([t, p], { axis, alpha, gamma }) => {
    const safe = clip(p!, EPSILON, 1 - EPSILON);
    const entropy = add(mul(t!, log(safe)), mul(sub(1, t!), log(sub(1, safe)))).neg();
    const right = add(mul(t!, p!), mul(sub(1, t!), sub(1, p!)));
    const focal = mul(pow(sub(1, right), gamma), entropy);
    const weight = alpha === null ? null : add(mul(t!, alpha), mul(sub(1, t!), 1 - alpha));
    return (weight === null ? focal : mul(focal, weight)).mean(axis);
  },
  { vjp: 'recompute' },
);

/** Binary cross-entropy times (1 − p_t)^γ (T. Lin et al., 2017), mean over the last axis. */
export function binaryFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: BinaryFocalOptions = {},
): Tensor {
  const name = 'binaryFocalCrossentropy';
  const { alpha = 0.25, gamma = 2, labelSmoothing = 0, axis = -1 } = options;
  const [t, p] = alignTargets(name, yTrue, yPred);
  const y = labelSmoothing === 0 ? t : add(mul(t, 1 - labelSmoothing), labelSmoothing / 2);
  const probabilities = options.fromLogits === true ? sigmoid(p) : p;
  return binaryFocalOf([y, probabilities], {
    axis: normalizeAxis(axis, p.rank, name),
    alpha: options.applyClassBalancing === true ? alpha : null,
    gamma,
  });
}

interface FocalAttrs {
  readonly axis: number;
  readonly alpha: number;
  readonly gamma: number;
}

const categoricalFocalOf = /* @__PURE__ */ composite<FocalAttrs>(
  'categoricalFocalCrossentropy',
  ([t, raw], { axis, alpha, gamma }) => {
    const p = clip(raw!.div(raw!.sum(axis, true)), EPSILON, 1 - EPSILON);
    const weight = mul(pow(sub(1, p), gamma), alpha);
    return mul(mul(t!, log(p)), weight)
      .sum(axis)
      .neg();
  },
  { vjp: 'recompute' },
);

/** Categorical cross-entropy times α(1 − p)^γ (T. Lin et al., 2017). */
export function categoricalFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1 }: FocalOptions = {},
): Tensor {
  const name = 'categoricalFocalCrossentropy';
  const [t, p] = alignTargets(name, yTrue, yPred);
  const place = normalizeAxis(axis, p.rank, name);
  const y = labelSmoothing === 0 ? t : add(mul(t, 1 - labelSmoothing), labelSmoothing / p.shape[place]!);
  return categoricalFocalOf([y, fromLogits ? softmax(p, place) : p], { axis: place, alpha, gamma });
}

/** Axes that make up one area; all unless given. */
type Axes = number | readonly number[] | null;

interface OverlapAttrs {
  readonly axes: readonly number[];
  readonly alpha: number;
  readonly beta: number;
}

const diceOf = /* @__PURE__ */ composite<{ readonly axes: readonly number[] }>(
  'dice',
  ([t, p], { axes }) => {
    const overlap = mul(mul(t!, p!).sum(axes), 2);
    return sub(1, overlap.div(add(add(t!.sum(axes), p!.sum(axes)), EPSILON)));
  },
  { vjp: 'recompute' },
);
const tverskyOf = /* @__PURE__ */ composite<OverlapAttrs>(
  'tversky',
  ([t, p], { axes, alpha, beta }) => {
    const overlap = mul(t!, p!).sum(axes);
    const alarms = mul(mul(sub(1, t!), p!).sum(axes), alpha);
    const misses = mul(mul(t!, sub(1, p!)).sum(axes), beta);
    return sub(1, overlap.div(add(add(overlap, add(alarms, misses)), EPSILON)));
  },
  { vjp: 'recompute' },
);

/** 1 − 2Σyp / (Σy + Σp + ε) over the axes of an area (L. Dice, 1945), the whole batch unless given. */
export function dice(yTrue: TensorLike, yPred: TensorLike, axis: Axes = null): Tensor {
  const [t, p] = alignTargets('dice', yTrue, yPred);
  return diceOf([t, p], { axes: normalizeAxes(axis, p.rank, 'dice') });
}

/** As {@link dice}, with false positives weighted by α and false negatives by β (S. Salehi et al., 2017). */
export function tversky(yTrue: TensorLike, yPred: TensorLike, alpha = 0.5, beta = 0.5, axis: Axes = null): Tensor {
  const [t, p] = alignTargets('tversky', yTrue, yPred);
  return tverskyOf([t, p], { axes: normalizeAxes(axis, p.rank, 'tversky'), alpha, beta });
}

function checkGamma(where: string, gamma: number): number {
  if (typeof gamma === 'number' && gamma >= 0) return gamma;
  throw new ConfigError(`${where}: gamma must be a number ≥ 0, got ${String(gamma)}`);
}

/** α, γ and what cross-entropies share. */
abstract class FocalLoss extends Loss {
  readonly alpha: number;
  readonly gamma: number;
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(name: string, options: LossOptions & FocalOptions) {
    super(name, options);
    this.alpha = options.alpha ?? 0.25;
    this.gamma = checkGamma(this.name, options.gamma ?? 2);
    this.fromLogits = options.fromLogits ?? false;
    this.labelSmoothing = options.labelSmoothing ?? 0;
    this.axis = options.axis ?? -1;
  }

  override getConfig(): Config {
    const { alpha, gamma, fromLogits: from_logits, labelSmoothing: label_smoothing, axis } = this;
    return { ...super.getConfig(), alpha, gamma, from_logits, label_smoothing, axis };
  }
}

/**
 * Cross-entropy of yes-or-no targets that leaves out what is right already.
 *
 * @example new BinaryFocalCrossentropy({ gamma: 2 }).apply([[1]], [[0.5]]); // 0.173
 */
export class BinaryFocalCrossentropy extends FocalLoss {
  static readonly className: string = 'BinaryFocalCrossentropy';
  readonly applyClassBalancing: boolean;

  constructor(options: LossOptions & BinaryFocalOptions = {}) {
    super('binary_focal_crossentropy', options);
    this.applyClassBalancing = options.applyClassBalancing ?? false;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return binaryFocalCrossentropy(yTrue, yPred, this);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), apply_class_balancing: this.applyClassBalancing };
  }
}

/**
 * Cross-entropy of one-hot targets that leaves out what is right already.
 *
 * @example new CategoricalFocalCrossentropy().apply([[0, 1]], [[0.5, 0.5]]); // 0.043
 */
export class CategoricalFocalCrossentropy extends FocalLoss {
  static readonly className: string = 'CategoricalFocalCrossentropy';

  constructor(options: LossOptions & FocalOptions = {}) {
    super('categorical_focal_crossentropy', options);
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalFocalCrossentropy(yTrue, yPred, this);
  }
}

/** Options of {@link Dice}. */
export interface DiceOptions extends LossOptions {
  /** Axes that make up one area, the whole batch unless given. */
  readonly axis?: Axes | undefined;
}

/**
 * How little two areas overlap: 0 for equal ones.
 *
 * @example new Dice().apply([[1, 0]], [[1, 0]]); // 0
 */
export class Dice extends Loss {
  static readonly className: string = 'Dice';
  readonly axis: Axes;

  constructor(options: DiceOptions = {}) {
    super('dice', options);
    this.axis = options.axis ?? null;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return dice(yTrue, yPred, this.axis);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Options of {@link Tversky}. */
export interface TverskyOptions extends DiceOptions {
  /** Weight of false positives, 0.5 unless given. */
  readonly alpha?: number | undefined;
  /** Weight of false negatives, 0.5 unless given. */
  readonly beta?: number | undefined;
}

/**
 * Dice with weights for false positives and false negatives.
 *
 * @example new Tversky({ alpha: 0.3, beta: 0.7 }).apply([[1, 0]], [[1, 0]]); // 0
 */
export class Tversky extends Loss {
  static readonly className: string = 'Tversky';
  readonly alpha: number;
  readonly beta: number;
  readonly axis: Axes;

  constructor(options: TverskyOptions = {}) {
    super('tversky', options);
    this.alpha = options.alpha ?? 0.5;
    this.beta = options.beta ?? 0.5;
    this.axis = options.axis ?? null;
  }

  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return tversky(yTrue, yPred, this.alpha, this.beta, this.axis);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha, beta: this.beta, axis: this.axis };
  }
}
