/**
 * BatchNormalization.
 */
import { batchNorm, mul, rsqrt, square, sub, Tensor, type Variable } from '@dl/tensor';
import { composite, compositeAll, normalizeAxis } from '@dl/tensor/interpreter';
import { knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link BatchNormalization}. */
export interface BatchNormalizationOptions
  extends
    LayerOptions,
    WeightOptionsOf<'beta'>,
    WeightOptionsOf<'gamma'>,
    Pick<WeightOptionsOf<'movingMean'>, 'movingMeanInitializer'>,
    Pick<WeightOptionsOf<'movingVariance'>, 'movingVarianceInitializer'> {
  /** The axis that is kept apart, the last unless given: the channels. */
  readonly axis?: number | undefined;
  /** Part of the moving statistics that stays at each step, 0.99 unless given. */
  readonly momentum?: number | undefined;
  /** Added to the variance, 0.001 unless given. */
  readonly epsilon?: number | undefined;
  /** Whether there is an offset beta; true unless given. */
  readonly center?: boolean | undefined;
  /** Whether there is a factor gamma; true unless given. */
  readonly scale?: boolean | undefined;
}

interface Attrs {
  readonly axes: readonly number[];
  readonly epsilon: number;
}

/** Standardized values, mean and biased variance over the batch: one program, and one for the gradient. */
const standardizeBatch = /* @__PURE__ */ compositeAll<Attrs>(
  'batchStandardize',
  ([x], { axes, epsilon }) => {
    const average = x!.mean(axes, true);
    const centred = sub(x!, average);
    const variance = square(centred).mean(axes, true);
    return [mul(centred, rsqrt(variance.add(epsilon))), average, variance];
  },
  {
    // The statistics feed moving averages only, so no gradient comes from them.
    vjp: (_, [y, , variance], [dy], attrs) => [
      () => standardizeBatchGrad([y!, variance!, dy!], attrs as unknown as Attrs),
    ],
  },
);

/** dx = s·(dy − mean(dy) − y·mean(dy·y)), with s = 1/√(variance + ε). */
const standardizeBatchGrad = /* @__PURE__ */ composite<Attrs>(
  'batchStandardizeGrad',
  ([y, variance, dy], { axes, epsilon }) => {
    const inner = sub(sub(dy!, dy!.mean(axes, true)), mul(y!, mul(dy!, y!).mean(axes, true)));
    return mul(rsqrt(variance!.add(epsilon)), inner);
  },
);

/**
 * Standardizes each channel over the batch during training, and with moving statistics otherwise (S. Ioffe, C. Szegedy,
 * 2015). A frozen layer (`trainable = false`) uses its moving statistics even during training, and leaves them alone.
 *
 * Weights: gamma, beta, moving_mean and moving_variance, each [channels]. The moving variance takes the biased variance of
 * batches, as in Keras. With a mask only the entries that count enter the statistics.
 *
 * @example new BatchNormalization().apply(zeros([32, 8]), { training: true });
 */
export class BatchNormalization extends Layer {
  static override readonly className: string = 'BatchNormalization';
  static override readonly options: readonly string[] = [
    'axis',
    'momentum',
    'epsilon',
    'center',
    'scale',
    'betaInitializer',
    'gammaInitializer',
    'movingMeanInitializer',
    'movingVarianceInitializer',
    'betaRegularizer',
    'gammaRegularizer',
    'betaConstraint',
    'gammaConstraint',
  ];
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #settings: Readonly<Record<'beta' | 'gamma' | 'movingMean' | 'movingVariance', WeightSettings>>;
  #gamma: Variable | null = null;
  #beta: Variable | null = null;
  #movingMean: Variable | null = null;
  #movingVariance: Variable | null = null;

  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.momentum = options.momentum ?? 0.99;
    this.epsilon = options.epsilon ?? 1e-3;
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.#settings = {
      beta: weightSettings(options, 'beta', 'zeros'),
      gamma: weightSettings(options, 'gamma', 'ones'),
      movingMean: weightSettings<'movingMean'>(options, 'movingMean', 'zeros'),
      movingVariance: weightSettings<'movingVariance'>(options, 'movingVariance', 'ones'),
    };
    this.supportsMasking = true;
    this.inputSpec = { minRank: 2, kind: 'float' };
  }

  protected override build(inputShape: LayerShape): void {
    const { beta, gamma, movingMean, movingVariance } = this.#settings;
    const channels = knownSize(this.label, inputShape, this.axis);
    const shape = [channels];
    if (this.scale) this.#gamma = this.addWeight({ name: 'gamma', shape, ...gamma });
    if (this.center) this.#beta = this.addWeight({ name: 'beta', shape, ...beta });
    const state = { shape, trainable: false };
    this.#movingMean = this.addWeight({ name: 'moving_mean', ...state, initializer: movingMean.initializer });
    this.#movingVariance = this.addWeight({
      name: 'moving_variance',
      ...state,
      initializer: movingVariance.initializer,
    });
    this.inputSpec = { ...this.inputSpec, rank: inputShape.length, axes: { [this.axis]: channels } };
  }

  override call(inputs: Tensor, { training, mask }: CallContext): Tensor {
    const axis = normalizeAxis(this.axis, inputs.rank, this.label);
    const apart = inputs.shape.map((n, d) => (d === axis ? n : 1));
    // Statistics and factors of the last axis broadcast as they are.
    const spread = (v: Variable | Tensor): Tensor => {
      const t = v instanceof Tensor ? v : v.read();
      return axis === inputs.rank - 1 ? t : t.reshape(apart);
    };
    const scale = this.#gamma === null ? null : spread(this.#gamma);
    const offset = this.#beta === null ? null : spread(this.#beta);
    const { epsilon } = this;
    if (!training || !this.trainable) {
      const [mean, variance] = [spread(this.#movingMean!), spread(this.#movingVariance!)];
      return batchNorm(inputs, mean, variance, { scale, offset, epsilon });
    }
    const axes = inputs.shape.map((_, d) => d).filter((d) => d !== axis);
    if (mask instanceof Tensor) {
      const { mean, variance } = maskedMoments(inputs, mask, axes);
      this.#move(mean, variance);
      return batchNorm(inputs, mean, variance, { scale, offset, epsilon });
    }
    const [y, mean, variance] = standardizeBatch([inputs], { axes, epsilon });
    this.#move(mean!, variance!);
    const scaled = scale === null ? y! : mul(y!, scale);
    return offset === null ? scaled : scaled.add(offset);
  }

  #move(mean: Tensor, variance: Tensor): void {
    const [average, spread] = [this.#movingMean!, this.#movingVariance!];
    const rate = 1 - this.momentum;
    average.assign(average.read().mul(this.momentum).add(mean.reshape(average.shape).mul(rate)));
    spread.assign(spread.read().mul(this.momentum).add(variance.reshape(spread.shape).mul(rate)));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    const { movingMean, movingVariance } = this.#settings;
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      ...weightConfig('gamma', this.#settings.gamma),
      ...weightConfig('beta', this.#settings.beta),
      moving_mean_initializer: weightConfig('x', movingMean)['x_initializer'],
      moving_variance_initializer: weightConfig('x', movingVariance)['x_initializer'],
    };
  }
}

/** Mean and biased variance of the entries a mask lets through. */
function maskedMoments(x: Tensor, mask: Tensor, axes: readonly number[]): { mean: Tensor; variance: Tensor } {
  let counts = mask.cast(x.dtype);
  while (counts.rank < x.rank) counts = counts.expandDims(-1);
  const weights = counts.broadcastTo(x.shape);
  const total = weights.sum(axes, true).add(1e-7);
  const mean = x.mul(weights).sum(axes, true).div(total);
  return { mean, variance: square(sub(x, mean)).mul(weights).sum(axes, true).div(total) };
}
