/**
 * Initializer: the base class, and the initializers without randomness.
 */
import { eye, ShapeError, type DType, type Shape, type Tensor } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import { toOptions, type Config } from '../base/config.ts';
import { filled } from '../base/filled.ts';

/**
 * Base class: `apply` gives a tensor of the shape and dtype.
 *
 * @example
 * class Sevens extends Initializer {
 *   apply(shape: Shape, dtype: DType = 'float32'): Tensor {
 *     return full(shape, 7, dtype);
 *   }
 * }
 */
export abstract class Initializer {
  /**
   * A value of this shape; float32 unless given.
   *
   * @param fans Numbers of inputs and outputs of one unit, where they do not follow from the shape.
   */
  abstract apply(shape: Shape, dtype?: DType, fans?: readonly [fanIn: number, fanOut: number]): Tensor;

  getConfig(): Config {
    return {};
  }

  /** An initializer from what `getConfig` gave: its entries are the options of the constructor, unless a class says otherwise. */
  static fromConfig(config: Config): Initializer {
    return new (this as unknown as new (options: object) => Initializer)(toOptions(config));
  }
}

/** All 0. */
export class Zeros extends Initializer {
  static readonly className: string = 'Zeros';

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return filled(shape, 0, dtype);
  }

  static override fromConfig(): Zeros {
    return new Zeros();
  }
}

/** All 1. */
export class Ones extends Initializer {
  static readonly className: string = 'Ones';

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return filled(shape, 1, dtype);
  }

  static override fromConfig(): Ones {
    return new Ones();
  }
}

/** All the same value, 0 unless given. */
export class Constant extends Initializer {
  static readonly className: string = 'Constant';
  readonly value: number;

  constructor(value = 0) {
    super();
    this.value = value;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    return filled(shape, this.value, dtype);
  }

  override getConfig(): Config {
    return { value: this.value };
  }

  static override fromConfig(config: Config): Constant {
    return new Constant(config['value'] as number | undefined);
  }
}

/** `gain` on the diagonal of a matrix, 0 elsewhere; gain 1 unless given. */
export class Identity extends Initializer {
  static readonly className: string = 'Identity';
  readonly gain: number;

  constructor(gain = 1) {
    super();
    this.gain = gain;
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    if (shape.length !== 2) throw new ShapeError(`Identity: expected the shape of a matrix, got ${formatShape(shape)}`);
    return eye(shape[0]!, shape[1]!, 0, dtype).mul(this.gain);
  }

  override getConfig(): Config {
    return { gain: this.gain };
  }

  static override fromConfig(config: Config): Identity {
    return new Identity(config['gain'] as number | undefined);
  }
}
