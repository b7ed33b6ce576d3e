/**
 * Normalizations and dropout.
 */
import { asTensor, type TensorLike } from '../../create.ts';
import { ConfigError } from '../../errors.ts';
import { normalizeAxes, type Shape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { add, mul, rsqrt, square, sub, where } from '../elementwise.ts';
import { op } from '../op.ts';
import { defaultRandom, type RandomStream } from '../random.ts';
import { mean } from '../reduce.ts';

interface NormAttrs {
  readonly axes: readonly number[];
  readonly epsilon: number;
}

const standardize = /* @__PURE__ */ composite<NormAttrs>(
  'standardize',
  ([x], { axes, epsilon }) => {
    const centred = sub(x!, mean(x!, axes, true));
    return mul(centred, rsqrt(add(mean(square(centred), axes, true), epsilon)));
  },
  {
    vjp: ([x], [y], [dy], { axes, epsilon }) => [
      () => standardizeGrad([x!, y!, dy!], { axes: axes as number[], epsilon: epsilon as number }),
    ],
  },
);

/** dx = s·(dy − mean(dy) − y·mean(dy·y)), with s = 1/√(variance + ε). */
const standardizeGrad = /* @__PURE__ */ composite<NormAttrs>('standardizeGrad', ([x, y, dy], { axes, epsilon }) => {
  const centred = sub(x!, mean(x!, axes, true));
  const scale = rsqrt(add(mean(square(centred), axes, true), epsilon));
  return mul(scale, sub(sub(dy!, mean(dy!, axes, true)), mul(y!, mean(mul(dy!, y!), axes, true))));
});

/** Options of normalizations: learnt scale and offset that broadcast to the input. */
export interface ScaleOptions {
  readonly scale?: TensorLike | null;
  readonly offset?: TensorLike | null;
  readonly epsilon?: number;
}

function scaled(x: Tensor, { scale, offset }: ScaleOptions): Tensor {
  const y = scale === undefined || scale === null ? x : mul(x, scale);
  return offset === undefined || offset === null ? y : add(y, offset);
}

/** (x − mean)/√(variance + ε) over `axes` (default the last), then scale and offset. ε is 1e−7 as in `keras.ops`. */
export const layerNorm: (x: TensorLike, axes?: number | readonly number[], options?: ScaleOptions) => Tensor =
  /* @__PURE__ */ op(
    'layerNorm',
    (x: TensorLike, axes: number | readonly number[] = -1, options: ScaleOptions = {}) => {
      const t = asTensor(x, 'layerNorm');
      return scaled(
        standardize([t], { axes: normalizeAxes(axes, t.rank, 'layerNorm'), epsilon: options.epsilon ?? 1e-7 }),
        options,
      );
    },
  );

/** x·rsqrt(mean x² + ε)·scale over `axes` (B. Zhang, R. Sennrich, 2019); ε is 1e−6. */
export const rmsNorm: (x: TensorLike, axes?: number | readonly number[], options?: ScaleOptions) => Tensor =
  /* @__PURE__ */ op('rmsNorm', (x: TensorLike, axes: number | readonly number[] = -1, options: ScaleOptions = {}) => {
    const t = asTensor(x, 'rmsNorm');
    const list = normalizeAxes(axes, t.rank, 'rmsNorm');
    return scaled(mul(t, rsqrt(add(mean(square(t), list, true), options.epsilon ?? 1e-6))), options);
  });

/**
 * Normalization with given statistics: (x − mean)·rsqrt(variance + ε)·scale + offset; everything broadcasts to `x`.
 * With batch statistics use {@link layerNorm} over the batch axes. ε is 1e−3.
 */
export const batchNorm: (x: TensorLike, mean: TensorLike, variance: TensorLike, options?: ScaleOptions) => Tensor =
  /* @__PURE__ */ op(
    'batchNorm',
    (x: TensorLike, average: TensorLike, variance: TensorLike, options: ScaleOptions = {}) =>
      scaled(
        normalizeWith([asTensor(x, 'batchNorm'), asTensor(average, 'batchNorm'), asTensor(variance, 'batchNorm')], {
          epsilon: options.epsilon ?? 1e-3,
        }),
        options,
      ),
  );

const normalizeWith = /* @__PURE__ */ composite<{ readonly epsilon: number }>(
  'normalizeWith',
  ([x, average, variance], { epsilon }) => mul(sub(x!, average!), rsqrt(add(variance!, epsilon))),
  { vjp: 'recompute' },
);

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** Shape of the mask; it broadcasts to the input, so sizes of 1 drop whole slices together. */
  readonly noiseShape?: Shape;
  readonly generator?: RandomStream;
}

/**
 * Sets elements to 0 with probability `rate` and divides the others by 1 − rate (inverted dropout).
 *
 * @throws ConfigError when the rate is not in [0, 1].
 */
export const dropout: (x: TensorLike, rate: number, options?: DropoutOptions) => Tensor = /* @__PURE__ */ op(
  'dropout',
  (x: TensorLike, rate: number, { noiseShape, generator = defaultRandom() }: DropoutOptions = {}) => {
    const t = asTensor(x, 'dropout');
    if (!(rate >= 0 && rate <= 1)) throw new ConfigError(`dropout: the rate must be in [0, 1], got ${rate}`);
    if (rate === 0) return t;
    const drawn = generator.uniform(noiseShape ?? t.shape);
    return rate === 1 ? mul(t, 0) : applyMask([t, drawn], { rate });
  },
);

const applyMask: (inputs: readonly Tensor[], attrs: { readonly rate: number }) => Tensor = /* @__PURE__ */ composite<{
  readonly rate: number;
}>('dropoutMask', ([x, drawn], { rate }) => where(drawn!.greaterEqual(rate), mul(x!, 1 / (1 - rate)), 0), {
  vjp: ([, drawn], _, [dy], { rate }) => [() => applyMask([dy!, drawn!], { rate: rate as number }), null],
});
