/**
 * Activations by name, as `keras.activations`.
 */
import {
  celu,
  ConfigError,
  elu,
  exp,
  gelu as approximateGelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  mul,
  relu as plainRelu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  sub,
  tanh,
  tanhShrink,
  tensor,
  threshold as thresholdOp,
  where,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { functionOf, lookUp, serializeFunction, type ConfigValue } from './base/config.ts';

export {
  celu,
  elu,
  exp as exponential,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanh,
  tanhShrink,
  thresholdOp as threshold,
};

/** A function of one tensor that keeps its shape (`glu` alone halves an axis). */
export type ActivationFunction = (x: Tensor) => Tensor;

/** Options of {@link relu}. */
export interface ReluOptions {
  /** Slope below the threshold, 0 unless given. */
  readonly negativeSlope?: number;
  /** Upper limit, none unless given. */
  readonly maxValue?: number | null;
  /** Where the upper branch begins, 0 unless given. */
  readonly threshold?: number;
}

/** x above the threshold, `negativeSlope`·(x − threshold) below, limited to `maxValue` at last. */
export function relu(x: TensorLike, { negativeSlope = 0, maxValue = null, threshold = 0 }: ReluOptions = {}): Tensor {
  const t = tensor(x);
  const plain = negativeSlope === 0 && threshold === 0;
  const bent = plain
    ? plainRelu(t)
    : where(t.greater(threshold), t, negativeSlope === 0 ? 0 : mul(sub(t, threshold), negativeSlope));
  return maxValue === null ? bent : bent.minimum(maxValue);
}

/** x unchanged. */
export function linear(x: TensorLike): Tensor {
  return tensor(x);
}

/** x·Φ(x) (D. Hendrycks, K. Gimpel, 2016), exact unless `approximate` asks for the tanh form. */
export function gelu(x: TensorLike, approximate = false): Tensor {
  return approximateGelu(x, approximate);
}

/** The names activations are known by; camelCase spellings work as well. */
export type ActivationName =
  | 'relu'
  | 'relu6'
  | 'leaky_relu'
  | 'elu'
  | 'celu'
  | 'selu'
  | 'softplus'
  | 'softsign'
  | 'silu'
  | 'swish'
  | 'gelu'
  | 'glu'
  | 'tanh'
  | 'tanh_shrink'
  | 'hard_tanh'
  | 'hard_shrink'
  | 'soft_shrink'
  | 'sigmoid'
  | 'log_sigmoid'
  | 'hard_sigmoid'
  | 'hard_silu'
  | 'hard_swish'
  | 'sparse_sigmoid'
  | 'sparse_plus'
  | 'squareplus'
  | 'exponential'
  | 'mish'
  | 'linear'
  | 'softmax'
  | 'log_softmax'
  | 'sparsemax';

const FUNCTIONS: { readonly [N in ActivationName]: ActivationFunction } = {
  relu: (x: Tensor) => plainRelu(x),
  relu6,
  leaky_relu: (x: Tensor) => leakyRelu(x),
  elu: (x: Tensor) => elu(x),
  celu: (x: Tensor) => celu(x),
  selu,
  softplus,
  softsign,
  silu,
  swish: silu,
  gelu: (x: Tensor) => gelu(x),
  glu: (x: Tensor) => glu(x),
  tanh,
  tanh_shrink: tanhShrink,
  hard_tanh: hardTanh,
  hard_shrink: (x: Tensor) => hardShrink(x),
  soft_shrink: (x: Tensor) => softShrink(x),
  sigmoid,
  log_sigmoid: logSigmoid,
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  sparse_sigmoid: sparseSigmoid,
  sparse_plus: sparsePlus,
  squareplus: (x: Tensor) => squareplus(x),
  exponential: exp,
  mish,
  linear,
  softmax: (x: Tensor) => softmax(x),
  log_softmax: (x: Tensor) => logSoftmax(x),
  sparsemax: (x: Tensor) => sparsemax(x),
};

/** An activation: its name, a function, or null for none. */
export type ActivationLike = ActivationName | (string & Record<never, never>) | ActivationFunction | null;

const names = new Map<ActivationFunction, string>();

/**
 * Resolves an activation; null gives `linear`. Messages begin with `where`.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('relu')(tensor([-1, 2]));
 */
export function get(identifier: ActivationLike | undefined, where = 'activations'): ActivationFunction {
  if (identifier === null || identifier === undefined) return linear;
  if (typeof identifier === 'function') return identifier;
  if (typeof identifier === 'string') return lookUp(FUNCTIONS, identifier, where, 'activation');
  const own = typeof identifier === 'object' ? functionOf(identifier) : undefined;
  if (own !== undefined) return own as ActivationFunction;
  throw new ConfigError(`${where}: expected the name of an activation or a function, got ${describe(identifier)}`);
}

/** The stored form of an activation: the name of a built-in one, otherwise a record with the name of the function. */
export function serialize(activation: ActivationFunction): ConfigValue {
  if (names.size === 0) {
    for (const [name, fn] of Object.entries(FUNCTIONS)) if (!names.has(fn)) names.set(fn, name);
  }
  return names.get(activation) ?? serializeFunction(activation);
}

export { get as deserialize };
