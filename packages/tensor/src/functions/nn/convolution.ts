/**
 * Convolutions and pooling of one to three spatial axes, with Keras's padding rules.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../../create.ts';
import { toFloating } from '../../dtype.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import type { Padding } from '../../ops/attrs.ts';
import { dilatedSize } from '../../ops/contract.ts';
import { apply } from '../../runtime/interpreter.ts';
import { describe, formatShape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { div } from '../elementwise.ts';
import { flip, reshape, swapAxes } from '../movement.ts';
import { op } from '../op.ts';
import { withChannelsLast, type FormatOptions } from './data-format.ts';

/** 'valid': no padding. 'same': output ⌈n/stride⌉, the extra element after. 'causal': all padding before (one axis). */
export type PaddingMode = 'valid' | 'same' | 'causal' | Padding;

export interface ConvOptions extends FormatOptions {
  readonly strides?: number | readonly number[];
  readonly padding?: PaddingMode;
  readonly dilation?: number | readonly number[];
  /** Number of groups that channels and features are split into. */
  readonly groups?: number;
}

export interface PoolOptions extends FormatOptions {
  /** Default: the pool size. */
  readonly strides?: number | readonly number[] | null;
  readonly padding?: PaddingMode;
}

/** One number per spatial axis. */
export function perAxis(value: number | readonly number[], rank: number, where: string): readonly number[] {
  const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
  if (!Array.isArray(list) || list.length !== rank || list.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ConfigError(
      `${where}: expected a positive integer or ${rank} of them, got ${Array.isArray(list) ? `[${list.join(', ')}]` : describe(value)}`,
    );
  }
  return list as readonly number[];
}

/** Padding per spatial axis for an input, from a mode or explicit pairs. */
export function resolvePadding(
  mode: PaddingMode,
  input: readonly number[],
  window: readonly number[],
  strides: readonly number[],
  where: string,
): Padding {
  if (mode === 'valid') return input.map(() => [0, 0]);
  if (mode === 'causal') {
    if (input.length !== 1)
      throw new ConfigError(`${where}: padding 'causal' works for one spatial axis, got ${input.length}`);
    return [[window[0]! - 1, 0]];
  }
  if (mode === 'same') {
    return input.map((n, d) => {
      const total = Math.max((Math.ceil(n / strides[d]!) - 1) * strides[d]! + window[d]! - n, 0);
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    });
  }
  if (Array.isArray(mode) && mode.length === input.length) return mode as Padding;
  throw new ConfigError(
    `${where}: unknown padding ${describe(mode)}; use 'valid', 'same', 'causal' or a [low, high] pair per axis`,
  );
}

/**
 * Convolution of [batch, …spatial, channels] with a kernel [...size, channels / groups, features].
 * The number of spatial axes comes from the input's rank.
 *
 * @throws ShapeError when channels, groups and features do not fit.
 * @example conv(images, kernel, { strides: 2, padding: 'same' });
 */
export const conv: (x: TensorLike, kernel: TensorLike, options?: ConvOptions) => Tensor = /* @__PURE__ */ op(
  'conv',
  (x: TensorLike, kernel: TensorLike, { dataFormat, ...options }: ConvOptions = {}) =>
    withChannelsLast(x, dataFormat, 'conv', (image) => convLast(image, kernel, options)),
);

function convLast(
  x: Tensor,
  kernel: TensorLike,
  { strides = 1, padding = 'valid', dilation = 1, groups = 1 }: ConvOptions,
): Tensor {
  const [t, w] = promotePair(x, kernel, 'conv');
  const rank = t.rank - 2;
  if (rank < 1 || w.rank !== t.rank) {
    throw new ShapeError(
      `conv: expected an input [batch, …spatial, channels] and a kernel of the same rank, got ${formatShape(t.shape)} and ${formatShape(w.shape)}`,
    );
  }
  const s = perAxis(strides, rank, 'conv: strides');
  const d = perAxis(dilation, rank, 'conv: dilation');
  const window = d.map((step, i) => dilatedSize(w.shape[i]!, step));
  return apply('conv', [t, w], {
    strides: s,
    padding: resolvePadding(padding, t.shape.slice(1, -1), window, s, 'conv'),
    lhsDilation: s.map(() => 1),
    rhsDilation: d,
    featureGroups: groups,
    batchGroups: 1,
  });
}

/**
 * Each channel convolved with its own `multiplier` kernels: kernel [...size, channels, multiplier], output channels
 * channels·multiplier, those of one input channel together.
 */
export const depthwiseConv: (x: TensorLike, kernel: TensorLike, options?: Omit<ConvOptions, 'groups'>) => Tensor =
  /* @__PURE__ */ op(
    'depthwiseConv',
    (x: TensorLike, kernel: TensorLike, options: Omit<ConvOptions, 'groups'> = {}) => {
      const w = asTensor(kernel, 'depthwiseConv');
      const [channels, multiplier] = w.shape.slice(-2) as [number, number];
      return conv(x, reshape(w, [...w.shape.slice(0, -2), 1, channels * multiplier]), { ...options, groups: channels });
    },
  );

export interface ConvTransposeOptions extends FormatOptions {
  readonly strides?: number | readonly number[];
  readonly padding?: 'valid' | 'same';
  readonly outputPadding?: number | readonly number[] | null;
  readonly dilation?: number | readonly number[];
}

/**
 * A depthwise convolution, then a pointwise one with a kernel [1, …, channels·multiplier, features].
 */
export const separableConv: (
  x: TensorLike,
  depthwiseKernel: TensorLike,
  pointwiseKernel: TensorLike,
  options?: Omit<ConvOptions, 'groups'>,
) => Tensor = /* @__PURE__ */ op(
  'separableConv',
  (
    x: TensorLike,
    depthwiseKernel: TensorLike,
    pointwiseKernel: TensorLike,
    options: Omit<ConvOptions, 'groups'> = {},
  ) =>
    withChannelsLast(x, options.dataFormat, 'separableConv', (t) =>
      conv(depthwiseConv(t, depthwiseKernel, { ...options, dataFormat: 'channels_last' }), pointwiseKernel),
    ),
);

/**
 * Transposed convolution, the gradient of {@link conv} with respect to its input: kernel [...size, features, channels].
 * Output sizes follow Keras: 'valid' (n − 1)·s + max(k, s), 'same' n·s, unless `outputPadding` says otherwise.
 */
export const convTranspose: (x: TensorLike, kernel: TensorLike, options?: ConvTransposeOptions) => Tensor =
  /* @__PURE__ */ op(
    'convTranspose',
    (x: TensorLike, kernel: TensorLike, { dataFormat, ...options }: ConvTransposeOptions = {}) =>
      withChannelsLast(x, dataFormat, 'convTranspose', (image) => transposeLast(image, kernel, options)),
  );

function transposeLast(
  x: Tensor,
  kernel: TensorLike,
  { strides = 1, padding = 'valid', outputPadding = null, dilation = 1 }: ConvTransposeOptions,
): Tensor {
  const [t, w] = promotePair(x, kernel, 'convTranspose');
  const rank = t.rank - 2;
  if (rank < 1 || w.rank !== t.rank) {
    throw new ShapeError(
      `convTranspose: input ${formatShape(t.shape)} and kernel ${formatShape(w.shape)} must have one rank ≥ 3`,
    );
  }
  if (padding !== 'valid' && padding !== 'same') {
    throw new ConfigError(`convTranspose: unknown padding ${describe(padding)}; use 'valid' or 'same'`);
  }
  const s = perAxis(strides, rank, 'convTranspose: strides');
  const d = perAxis(dilation, rank, 'convTranspose: dilation');
  const extra =
    outputPadding === null ? null : typeof outputPadding === 'number' ? s.map(() => outputPadding) : outputPadding;
  const pads = s.map((stride, i): readonly [number, number] => {
    const k = dilatedSize(w.shape[i]!, d[i]!);
    const p = extra?.[i] ?? null;
    if (padding === 'valid') return [k - 1, k - 1 + (p ?? Math.max(stride - k, 0))];
    const total = p === null ? stride + k - 2 : k + (k % 2) - 2 + p;
    const low = Math.min(Math.ceil(total / 2), k - 1);
    return [low, total - low];
  });
  const turned = swapAxes(
    flip(
      w,
      s.map((_, i) => i),
    ),
    -1,
    -2,
  );
  return apply('conv', [t, turned], {
    strides: s.map(() => 1),
    padding: pads,
    lhsDilation: s,
    rhsDilation: d,
    featureGroups: 1,
    batchGroups: 1,
  });
}

/** Window, strides and padding over all axes, batch and channels included. */
function windowOf(
  t: Tensor,
  size: number | readonly number[],
  { strides, padding = 'valid' }: PoolOptions,
  where: string,
) {
  const rank = t.rank - 2;
  if (rank < 1)
    throw new ShapeError(`${where}: expected an input [batch, …spatial, channels], got shape ${formatShape(t.shape)}`);
  const window = perAxis(size, rank, `${where}: pool size`);
  const step = perAxis(strides ?? window, rank, `${where}: strides`);
  const pads = resolvePadding(padding, t.shape.slice(1, -1), window, step, where);
  return {
    window: [1, ...window, 1],
    strides: [1, ...step, 1],
    padding: [[0, 0], ...pads, [0, 0]] as Padding,
    windowDilation: t.shape.map(() => 1),
  };
}

type Pool = (x: TensorLike, size: number | readonly number[], options?: PoolOptions) => Tensor;
const pool = (name: string, run: (t: Tensor, size: number | readonly number[], options: PoolOptions) => Tensor): Pool =>
  /* @__PURE__ */ op(name, (x: TensorLike, size: number | readonly number[], options: PoolOptions = {}) =>
    withChannelsLast(x, options.dataFormat, name, (t) => run(t, size, options)),
  );

/** Largest element of each window; padding never wins. Ties pass their gradient to the first. */
export const maxPool: Pool = /* @__PURE__ */ pool('maxPool', (t, size, options) =>
  apply('reduceWindow', [t], {
    ...windowOf(t, size, options, 'maxPool'),
    op: 'max',
    baseDilation: t.shape.map(() => 1),
  }),
);

/** Mean of each window over the elements that are inside, as Keras counts. */
export const avgPool: Pool = /* @__PURE__ */ pool('avgPool', (raw, size, options) => {
  const t = castTo(raw, toFloating(raw.dtype));
  const attrs = { ...windowOf(t, size, options, 'avgPool'), op: 'sum' as const, baseDilation: t.shape.map(() => 1) };
  const total = apply('reduceWindow', [t], attrs);
  const padded = attrs.padding.some(([low, high]) => low > 0 || high > 0);
  if (!padded)
    return div(
      total,
      attrs.window.reduce((a, b) => a * b, 1),
    );
  const inside = [1, ...t.shape.slice(1, -1), 1];
  const unit = apply('broadcastTo', [Tensor.scalar(1, t.dtype)], { shape: inside });
  return div(total, apply('reduceWindow', [unit], attrs));
});
