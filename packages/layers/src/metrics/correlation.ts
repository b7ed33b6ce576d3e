/**
 * Correlations of targets and predictions along an axis.
 */
import { add, mul, sqrt, square, sub, type Tensor, type TensorLike } from '@dl/tensor';
import { composite, normalizeAxes } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import { alignTargets } from '../losses/align.ts';
import { EPSILON } from '../losses/loss.ts';
import { MeanMetricWrapper, type MetricOptions } from './metric.ts';

interface AxesAttrs {
  readonly axes: readonly number[];
}

const centred = (x: Tensor, axes: readonly number[]): Tensor => sub(x, x.mean(axes, true));
const deviation = (x: Tensor, axes: readonly number[]): Tensor => sqrt(square(x).mean(axes, true));

const pearsonOf = /* @__PURE__ */ composite<AxesAttrs>(
  'pearsonCorrelation',
  ([t, p], { axes }) => {
    const [a, b] = [centred(t!, axes), centred(p!, axes)];
    const unit = (x: Tensor): Tensor => x.div(add(deviation(x, axes), EPSILON));
    return mul(unit(a), unit(b)).mean(axes);
  },
  { vjp: 'recompute' },
);

const concordanceOf = /* @__PURE__ */ composite<AxesAttrs>(
  'concordanceCorrelation',
  ([t, p], { axes }) => {
    const [a, b] = [centred(t!, axes), centred(p!, axes)];
    const gap = sub(t!.mean(axes, true), p!.mean(axes, true));
    const spread = add(add(square(a).mean(axes, true), square(b).mean(axes, true)), square(gap));
    return mul(mul(a, b), 2).div(add(spread, EPSILON)).mean(axes);
  },
  { vjp: 'recompute' },
);

/** Pearson's coefficient along an axis, from −1 to 1. */
export function pearsonCorrelation(
  yTrue: TensorLike,
  yPred: TensorLike,
  axis: number | readonly number[] = -1,
): Tensor {
  const [t, p] = alignTargets('pearsonCorrelation', yTrue, yPred);
  return pearsonOf([t, p], { axes: normalizeAxes(axis, p.rank, 'pearsonCorrelation') });
}

/** Lin's coefficient along an axis: correlation that also asks for equal means and spreads (L. Lin, 1989). */
export function concordanceCorrelation(
  yTrue: TensorLike,
  yPred: TensorLike,
  axis: number | readonly number[] = -1,
): Tensor {
  const [t, p] = alignTargets('concordanceCorrelation', yTrue, yPred);
  return concordanceOf([t, p], { axes: normalizeAxes(axis, p.rank, 'concordanceCorrelation') });
}

/** Options of correlations. */
export interface CorrelationOptions extends MetricOptions {
  /** Along which values are correlated, the last unless given. */
  readonly axis?: number | readonly number[] | undefined;
}

/**
 * Mean of Pearson's coefficients.
 *
 * @example
 * const pearson = new PearsonCorrelation();
 * pearson.updateState([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]);
 * pearson.result(); // 0.9967
 */
export class PearsonCorrelation extends MeanMetricWrapper {
  static override readonly className: string = 'PearsonCorrelation';
  readonly axis: number | readonly number[];

  constructor({ axis = -1, name = 'pearson_correlation' }: CorrelationOptions = {}) {
    super((t, p) => pearsonCorrelation(t, p, axis), { name, direction: 'up' });
    this.axis = axis;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/**
 * Mean of Lin's coefficients.
 *
 * @example
 * const concordance = new ConcordanceCorrelation();
 * concordance.updateState([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]);
 * concordance.result(); // 0.9816
 */
export class ConcordanceCorrelation extends MeanMetricWrapper {
  static override readonly className: string = 'ConcordanceCorrelation';
  readonly axis: number | readonly number[];

  constructor({ axis = -1, name = 'concordance_correlation' }: CorrelationOptions = {}) {
    super((t, p) => concordanceCorrelation(t, p, axis), { name, direction: 'up' });
    this.axis = axis;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
