/**
 * Regularizers: penalties on weights or activities that are added to the loss.
 */
import {
  abs,
  add,
  ConfigError,
  eye,
  matmul,
  maximum,
  mul,
  rsqrt,
  ShapeError,
  square,
  sub,
  tensor,
  transpose,
  type Tensor,
  type TensorLike,
} from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import {
  resolveObject,
  serializeObject,
  toOptions,
  type Config,
  type ConfigurableClass,
  type Serialized,
} from './base/config.ts';

/**
 * Base class. `apply` gives a scalar penalty.
 *
 * @example
 * class Mean extends Regularizer {
 *   apply(x: TensorLike): Tensor {
 *     return tensor(x).mean();
 *   }
 * }
 */
export abstract class Regularizer {
  /** The penalty, a scalar. */
  abstract apply(x: TensorLike): Tensor;

  getConfig(): Config {
    return {};
  }

  /** A regularizer from what `getConfig` gave: its entries are the options of the constructor, unless a class says otherwise. */
  static fromConfig(config: Config): Regularizer {
    return new (this as unknown as new (options: object) => Regularizer)(toOptions(config));
  }
}

function checkFactor(where: string, name: string, value: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new ConfigError(`${where}: ${name} must be a finite number, got ${String(value)}`);
  }
  return value;
}

/** l1·Σ|w|; l1 is 0.01 unless given. */
export class L1 extends Regularizer {
  static readonly className: string = 'L1';
  readonly l1: number;

  constructor(l1 = 0.01) {
    super();
    this.l1 = checkFactor('L1', 'l1', l1);
  }

  override apply(x: TensorLike): Tensor {
    return mul(abs(x).sum(), this.l1);
  }

  override getConfig(): Config {
    return { l1: this.l1 };
  }

  static override fromConfig(config: Config): L1 {
    return new L1(config['l1'] as number | undefined);
  }
}

/** l2·Σw², without a factor ½; l2 is 0.01 unless given. */
export class L2 extends Regularizer {
  static readonly className: string = 'L2';
  readonly l2: number;

  constructor(l2 = 0.01) {
    super();
    this.l2 = checkFactor('L2', 'l2', l2);
  }

  override apply(x: TensorLike): Tensor {
    return mul(square(x).sum(), this.l2);
  }

  override getConfig(): Config {
    return { l2: this.l2 };
  }

  static override fromConfig(config: Config): L2 {
    return new L2(config['l2'] as number | undefined);
  }
}

/** Options of {@link L1L2}. */
export interface L1L2Options {
  readonly l1?: number | null;
  readonly l2?: number | null;
}

/** l1·Σ|w| + l2·Σw²; both factors are 0 unless given, so the bare name `'l1_l2'` regularizes nothing. */
export class L1L2 extends Regularizer {
  static readonly className: string = 'L1L2';
  readonly l1: number;
  readonly l2: number;

  constructor({ l1, l2 }: L1L2Options = {}) {
    super();
    this.l1 = checkFactor('L1L2', 'l1', l1 ?? 0);
    this.l2 = checkFactor('L1L2', 'l2', l2 ?? 0);
  }

  override apply(x: TensorLike): Tensor {
    const parts = [
      ...(this.l1 === 0 ? [] : [mul(abs(x).sum(), this.l1)]),
      ...(this.l2 === 0 ? [] : [mul(square(x).sum(), this.l2)]),
    ];
    return parts.length === 0 ? tensor(0) : parts.reduce((a, b) => add(a, b));
  }

  override getConfig(): Config {
    return { l1: this.l1, l2: this.l2 };
  }

  static override fromConfig(config: Config): L1L2 {
    return new L1L2(toOptions(config) as L1L2Options);
  }
}

/** Options of {@link OrthogonalRegularizer}. */
export interface OrthogonalRegularizerOptions {
  /** Whether rows (the default) or columns are pushed apart. */
  readonly mode?: 'rows' | 'columns';
}

/**
 * Pushes the rows or columns of a matrix to be orthogonal: the mean absolute cosine of all pairs, times the factor
 * (0.01 unless given).
 */
export class OrthogonalRegularizer extends Regularizer {
  static readonly className: string = 'OrthogonalRegularizer';
  readonly factor: number;
  readonly mode: 'rows' | 'columns';

  constructor(factor = 0.01, { mode = 'rows' }: OrthogonalRegularizerOptions = {}) {
    super();
    this.factor = checkFactor('OrthogonalRegularizer', 'factor', factor);
    if (mode !== 'rows' && mode !== 'columns') {
      throw new ConfigError(`OrthogonalRegularizer: mode must be 'rows' or 'columns', got '${String(mode)}'`);
    }
    this.mode = mode;
  }

  override apply(x: TensorLike): Tensor {
    const t = tensor(x);
    if (t.rank !== 2) {
      throw new ShapeError(`OrthogonalRegularizer: expected a matrix, got shape ${formatShape(t.shape)}`);
    }
    const rows = this.mode === 'rows' ? t : transpose(t);
    const unit = mul(rows, rsqrt(maximum(square(rows).sum(1, true), 1e-14)));
    const size = rows.shape[0]!;
    const cosines = mul(matmul(unit, transpose(unit)), sub(1, eye(size, size, 0, t.dtype)));
    // Each pair occurs twice among the cosines.
    return mul(abs(cosines).sum(), (0.5 * this.factor) / ((size * (size - 1)) / 2));
  }

  override getConfig(): Config {
    return { factor: this.factor, mode: this.mode };
  }

  static override fromConfig(config: Config): OrthogonalRegularizer {
    return new OrthogonalRegularizer(
      config['factor'] as number | undefined,
      toOptions(config) as OrthogonalRegularizerOptions,
    );
  }
}

const CLASSES: Readonly<Record<string, ConfigurableClass<Regularizer>>> = {
  l1: L1,
  l2: L2,
  l1_l2: L1L2,
  orthogonal_regularizer: OrthogonalRegularizer,
};

/** A regularizer, its name, its stored configuration, or null for none. */
export type RegularizerLike = Regularizer | string | Serialized | null;

/**
 * Resolves a regularizer; the names 'l1' and 'l2' mean a factor of 0.01.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('l2');
 */
export function get(identifier: RegularizerLike | undefined): Regularizer | null {
  return resolveObject(identifier, Regularizer, CLASSES, 'regularizers', 'regularizer');
}

/** The stored form of a regularizer. */
export function serialize(regularizer: Regularizer | null): Serialized | null {
  return regularizer === null ? null : serializeObject(regularizer, 'keras.regularizers');
}

export { get as deserialize };
