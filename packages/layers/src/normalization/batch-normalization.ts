/**
 * BatchNormalization.
 */
import { batchNorm, mul, rsqrt, square, sub, Tensor, type Variable } from '@dl/tensor';
import { compositeAll, normalizeAxis } from '@dl/tensor/interpreter';
import { knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import {
  checkClipping,
  moveRenorm,
  renormalize,
  RootInitializer,
  type RenormClipping,
  type RenormState,
} from './batch-renormalization.ts';
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
  /** Whether training is corrected towards slow statistics (S. Ioffe, 2017), for small batches; false unless given. */
  readonly renorm?: boolean | undefined;
  /** Limits of these corrections; none unless given. */
  readonly renormClipping?: RenormClipping | null | undefined;
  /** Part of the slow statistics that stays at each step, 0.99 unless given. */
  readonly renormMomentum?: number | undefined;
  /** Whether devices share their statistics. A model runs on one device here, so it changes nothing; false unless given. */
  readonly synchronized?: boolean | undefined;
}

interface Attrs {
  readonly axes: readonly number[];
  readonly epsilon: number;
  /** Whether a factor is among the inputs, after the values. */
  readonly scale: boolean;
  /** Whether a summand is the last input. */
  readonly offset: boolean;
}

/** Values standardized over the batch with what that takes; equal parts of forward and backward pass are computed once. */
function standardized(x: Tensor, axes: readonly number[], epsilon: number): Standardized & { readonly root: Tensor } {
  const mean = x.mean(axes, true);
  const centred = sub(x, mean);
  const variance = square(centred).mean(axes, true);
  const root = rsqrt(variance.add(epsilon));
  return { y: mul(centred, root), mean, variance, root };
}

/** γ·y + β of standardized values y, mean and biased variance over the batch: one program, and one for the gradient. */
const normalizeBatch = /* @__PURE__ */ compositeAll<Attrs>(
  'batchNormalize',
  ([x, ...rest], { axes, epsilon, scale, offset }) => {
    const { y, mean, variance } = standardized(x!, axes, epsilon);
    const scaled = scale ? mul(y, rest[0]!) : y;
    return [offset ? scaled.add(rest.at(-1)!) : scaled, mean, variance];
  },
  {
    // The statistics feed moving averages only, so no gradient comes from them.
    vjp: ([x, ...rest], _, [g], attrs) => {
      const { scale, offset } = attrs as unknown as Attrs;
      let parts: readonly Tensor[] | null = null;
      const part = (k: number) => (): Tensor =>
        (parts ??= normalizeBatchGrad([x!, g!, ...(scale ? [rest[0]!] : [])], attrs as unknown as Attrs))[k]!;
      const shaped = (k: number, like: Tensor) => (): Tensor => part(k)().reshape(like.shape);
      return [part(0), ...(scale ? [shaped(1, rest[0]!)] : []), ...(offset ? [shaped(2, rest.at(-1)!)] : [])];
    },
  },
);

/** dγ = Σ g·y, dβ = Σ g, dx = γ·s·(g − dβ/n − y·dγ/n), with s = 1/√(variance + ε) and n values a channel. */
const normalizeBatchGrad = /* @__PURE__ */ compositeAll<Attrs>(
  'batchNormalizeGrad',
  ([x, g, scale], { axes, epsilon }) => {
    const { y, root } = standardized(x!, axes, epsilon);
    const [along, sum] = [mul(g!, y).sum(axes, true), g!.sum(axes, true)];
    const each =
      1 /
      Math.max(
        axes.reduce((n, axis) => n * x!.shape[axis]!, 1),
        1,
      );
    const inner = sub(sub(g!, mul(sum, each)), mul(y, mul(along, each)));
    return [mul(inner, scale === undefined ? root : mul(root, scale)), along, sum];
  },
);

/**
 * Standardizes each channel over the batch during training, and with moving statistics otherwise (S. Ioffe, C. Szegedy,
 * 2015). A frozen layer (`trainable = false`) uses its moving statistics even during training, and leaves them alone.
 *
 * Weights: gamma, beta, moving_mean and moving_variance, each [channels]. The moving variance takes the biased variance of
 * batches, as in Keras. With a mask, which has the leading axes of the input, only the entries that count enter the statistics.
 * With `renorm` there are also moving_stddev, renorm_mean and renorm_stddev.
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
    'renorm',
    'renormClipping',
    'renormMomentum',
    'synchronized',
  ];
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly renorm: boolean;
  readonly renormClipping: RenormClipping | null;
  readonly renormMomentum: number;
  readonly synchronized: boolean;
  readonly #settings: Readonly<Record<'beta' | 'gamma' | 'movingMean' | 'movingVariance', WeightSettings>>;
  #gamma: Variable | null = null;
  #beta: Variable | null = null;
  #movingMean: Variable | null = null;
  #movingVariance: Variable | null = null;
  #renormState: RenormState | null = null;

  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.momentum = options.momentum ?? 0.99;
    this.epsilon = options.epsilon ?? 1e-3;
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.renorm = options.renorm ?? false;
    this.renormClipping = options.renormClipping ?? null;
    checkClipping(this.label, this.renormClipping);
    this.renormMomentum = options.renormMomentum ?? 0.99;
    this.synchronized = options.synchronized ?? false;
    this.#settings = {
      beta: weightSettings(this.label, options, 'beta', 'zeros'),
      gamma: weightSettings(this.label, options, 'gamma', 'ones'),
      movingMean: weightSettings<'movingMean'>(this.label, options, 'movingMean', 'zeros'),
      movingVariance: weightSettings<'movingVariance'>(this.label, options, 'movingVariance', 'ones'),
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
    if (this.renorm) {
      const deviation = { ...state, initializer: new RootInitializer(movingVariance.initializer) };
      this.#renormState = {
        movingStddev: this.addWeight({ name: 'moving_stddev', ...deviation }),
        mean: this.addWeight({ name: 'renorm_mean', ...state, initializer: movingMean.initializer }),
        stddev: this.addWeight({ name: 'renorm_stddev', ...deviation }),
      };
    }
    this.inputSpec = { ...this.inputSpec, rank: inputShape.length, axes: { [this.axis]: channels } };
  }

  override call(inputs: Tensor, context: CallContext): Tensor {
    // Sums of squares overflow in half precision.
    if (inputs.dtype === 'float16') return this.#normalize(inputs.cast('float32'), context).cast('float16');
    return this.#normalize(inputs, context);
  }

  #normalize(inputs: Tensor, { training, mask }: CallContext): Tensor {
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
    const state = this.#renormState;
    if (state === null && !(mask instanceof Tensor)) {
      const factors = [scale, offset].filter((t) => t !== null);
      const attrs = { axes, epsilon, scale: scale !== null, offset: offset !== null };
      const [result, average, spreadOut] = normalizeBatch([inputs, ...factors], attrs);
      this.#move(average!, spreadOut!);
      return result!;
    }
    const { y, mean, variance } =
      mask instanceof Tensor ? standardizeMasked(inputs, mask, axes, epsilon) : standardize(inputs, axes, epsilon);
    const corrected = state === null ? y : renormalize(y, mean, variance, state, this.renormClipping ?? {}, epsilon);
    this.#move(mean, variance);
    const scaled = scale === null ? corrected : mul(corrected, scale);
    return offset === null ? scaled : scaled.add(offset);
  }

  #move(mean: Tensor, variance: Tensor): void {
    const [average, spread] = [this.#movingMean!, this.#movingVariance!];
    const { momentum: moving, renormMomentum: slow } = this;
    const rate = 1 - moving;
    average.assign(average.read().mul(moving).add(mean.reshape(average.shape).mul(rate)));
    const state = this.#renormState;
    spread.assign(
      state === null
        ? spread.read().mul(moving).add(variance.reshape(spread.shape).mul(rate))
        : moveRenorm(mean, variance, state, { slow, moving }, this.epsilon),
    );
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
      renorm: this.renorm,
      renorm_clipping: this.renormClipping as Config | null,
      renorm_momentum: this.renormMomentum,
      synchronized: this.synchronized,
    };
  }
}

/** Standardized values with the statistics they were standardized by. */
interface Standardized {
  readonly y: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

function standardize(x: Tensor, axes: readonly number[], epsilon: number): Standardized {
  const [y, mean, variance] = normalizeBatch([x], { axes, epsilon, scale: false, offset: false });
  return { y: y!, mean: mean!, variance: variance! };
}

/** Mean and biased variance are those of the entries a mask lets through. */
function standardizeMasked(x: Tensor, mask: Tensor, axes: readonly number[], epsilon: number): Standardized {
  let counts = mask.cast(x.dtype);
  while (counts.rank < x.rank) counts = counts.expandDims(-1);
  const weights = counts.broadcastTo(x.shape);
  const total = weights.sum(axes, true).add(1e-7);
  const mean = x.mul(weights).sum(axes, true).div(total);
  const variance = square(sub(x, mean)).mul(weights).sum(axes, true).div(total);
  return { y: batchNorm(x, mean, variance, { epsilon }), mean, variance };
}
