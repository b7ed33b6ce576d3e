/**
 * absMaxQuantize: whole numbers and a scale, from the largest size along some axes.
 */
import {
  abs,
  add,
  cast,
  clip,
  ConfigError,
  div,
  max,
  mul,
  round,
  tensor,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { toOptions, type Config } from '../base/config.ts';

/** Dtypes that quantized values are kept in. */
export type QuantizedDType = 'int8' | 'int16' | 'int32';

/** Options of {@link absMaxQuantize}. */
export interface AbsMaxOptions {
  /** Smallest and largest value; [-127, 127] unless given. */
  readonly valueRange?: readonly [number, number] | undefined;
  /** 'int8' unless given. */
  readonly dtype?: QuantizedDType | undefined;
  /** Added to the largest size, so that zeros have a scale; 1e-7 unless given. */
  readonly epsilon?: number | undefined;
}

const RANGES: Readonly<Record<QuantizedDType, number>> = { int8: 2 ** 7, int16: 2 ** 15, int32: 2 ** 31 };

function checkRange(range: readonly [number, number], dtype: QuantizedDType): readonly [number, number] {
  if (!Object.hasOwn(RANGES, dtype)) {
    throw new ConfigError(`absMaxQuantize: dtype must be 'int8', 'int16' or 'int32', got ${describe(dtype)}`);
  }
  const [low, high] = range;
  const limit = RANGES[dtype];
  if (Number.isInteger(low) && Number.isInteger(high) && low < high && high > 0 && low >= -limit && high < limit) {
    return range;
  }
  throw new ConfigError(`absMaxQuantize: valueRange must be two integers that ${dtype} has, got ${describe(range)}`);
}

/** Rounded values and their scale, still floats; the steps of {@link absMaxQuantize} that layers share. */
export function roundedByAbsMax(
  x: Tensor,
  axis: readonly number[],
  [low, high]: readonly [number, number] = [-127, 127],
  epsilon: number = 1e-7,
): readonly [values: Tensor, scale: Tensor] {
  const scale = div(high, add(max(abs(x), axis, true), epsilon));
  return [clip(round(mul(x, scale)), low, high), scale];
}

/**
 * Values as whole numbers, and the scale that they were multiplied by: x ≈ values / scale. The scale has the axes of x, of
 * length 1 where the largest size was taken. Follows `keras.quantizers.abs_max_quantize`.
 *
 * @param axis The axes that share a scale.
 * @throws ConfigError for a range that the dtype does not have.
 * @example
 * const [values, scale] = absMaxQuantize([[1, -2], [0.5, 4]], -1);
 * values.arraySync(); // [[64, -127], [16, 127]]
 */
export function absMaxQuantize(
  inputs: TensorLike,
  axis: number | readonly number[],
  options: AbsMaxOptions = {},
): [values: Tensor, scale: Tensor] {
  const { dtype = 'int8', epsilon = 1e-7 } = options;
  const range = checkRange(options.valueRange ?? [-127, 127], dtype);
  const axes = typeof axis === 'number' ? [axis] : axis;
  const [values, scale] = roundedByAbsMax(tensor(inputs), axes, range, epsilon);
  return [cast(values, dtype), scale];
}

/** Options of {@link AbsMaxQuantizer}. */
export interface AbsMaxQuantizerOptions extends Omit<AbsMaxOptions, 'dtype'> {
  /** The axes that share a scale. */
  readonly axis?: number | readonly number[] | null | undefined;
  /** 'int8' unless given. */
  readonly outputDtype?: QuantizedDType | undefined;
}

/**
 * {@link absMaxQuantize} with its settings, as `keras.quantizers.AbsMaxQuantizer`.
 *
 * @example const [values, scale] = new AbsMaxQuantizer({ axis: 0 }).apply([[1], [2]]);
 */
export class AbsMaxQuantizer {
  static readonly className: string = 'AbsMaxQuantizer';
  readonly axis: readonly number[] | null;
  readonly valueRange: readonly [number, number];
  readonly epsilon: number;
  readonly outputDtype: QuantizedDType;

  constructor(options: AbsMaxQuantizerOptions = {}) {
    const { axis = null, valueRange = [-127, 127], epsilon = 1e-7, outputDtype = 'int8' } = options;
    this.axis = typeof axis === 'number' ? [axis] : axis;
    this.outputDtype = outputDtype;
    this.valueRange = checkRange(valueRange, outputDtype);
    this.epsilon = epsilon;
  }

  /** Values and scale. `axis` is that of the constructor unless given. */
  apply(inputs: TensorLike, axis: number | readonly number[] | null = this.axis): [values: Tensor, scale: Tensor] {
    if (axis === null) throw new ConfigError('AbsMaxQuantizer: give the axis, here or to the constructor');
    const { valueRange, outputDtype: dtype, epsilon } = this;
    return absMaxQuantize(inputs, axis, { valueRange, dtype, epsilon });
  }

  /** The settings under Keras's names. */
  getConfig(): Config {
    const { valueRange, epsilon, outputDtype, axis } = this;
    return { axis, value_range: valueRange, epsilon, output_dtype: outputDtype };
  }

  static fromConfig(config: Config): AbsMaxQuantizer {
    return new AbsMaxQuantizer(toOptions(config) as AbsMaxQuantizerOptions);
  }
}
