/**
 * Layers that move elements: Flatten, Reshape, Permute and RepeatVector.
 */
import { broadcastTo, ConfigError, moveAxis, reshape, ShapeError, transpose, type Tensor } from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { checkCount } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { checkDataFormat, type DataFormat } from '../base/spatial.ts';

/** Product of sizes, or null when one is open. */
const product = (sizes: LayerShape): number | null =>
  sizes.reduce<number | null>((total, n) => (total === null || n === null ? null : total * n), 1);

/** Options of layers with a data format. */
export interface DataFormatOptions extends LayerOptions {
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

/**
 * All axes but the batch as one: [batch, a, b, …] to [batch, a·b·…]. With channels first, the channels move last before.
 *
 * @example new Flatten().apply(zeros([32, 28, 28])); // [32, 784]
 */
export class Flatten extends Layer {
  static override readonly className: string = 'Flatten';
  static override readonly options: readonly string[] = ['dataFormat'];
  readonly dataFormat: DataFormat;

  constructor(options: DataFormatOptions = {}) {
    super(options);
    this.dataFormat = checkDataFormat('Flatten', options.dataFormat);
    this.inputSpec = { minRank: 1 };
  }

  override call(inputs: Tensor): Tensor {
    const x = this.dataFormat === 'channels_first' && inputs.rank > 2 ? moveAxis(inputs, 1, -1) : inputs;
    const width = x.shape.slice(1).reduce((total, n) => total * n, 1);
    return reshape(x, [x.shape[0]!, width]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [inputShape[0] ?? null, product(inputShape.slice(1))];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/**
 * The same elements under another shape; the batch stays. One size may be −1.
 *
 * @example new Reshape([7, -1]).apply(zeros([2, 28])); // [2, 7, 4]
 */
export class Reshape extends Layer {
  static override readonly className: string = 'Reshape';
  static override readonly positional: readonly string[] = ['targetShape'];
  static override readonly options: readonly string[] = [];
  readonly targetShape: readonly number[];

  constructor(targetShape: readonly number[], options: LayerOptions = {}) {
    super(options);
    const valid = Array.isArray(targetShape) && targetShape.every((n) => Number.isInteger(n) && n >= -1);
    if (!valid || targetShape.filter((n) => n === -1).length > 1) {
      throw new ConfigError(`Reshape: expected sizes of which at most one is -1, got ${describe(targetShape)}`);
    }
    this.targetShape = targetShape;
  }

  override call(inputs: Tensor): Tensor {
    const target = this.#resolve(inputs.shape.slice(1));
    return reshape(inputs, [inputs.shape[0]!, ...(target as readonly number[])]);
  }

  #resolve(from: LayerShape): LayerShape {
    const size = product(from);
    const known = this.targetShape.reduce((total, n) => (n === -1 ? total : total * n), 1);
    const open = this.targetShape.includes(-1);
    if (size !== null && (open ? known === 0 || size % known !== 0 : size !== known)) {
      throw new ShapeError(
        `${this.label}: cannot reshape ${formatShape(from)} (${size} elements per sample) to ${formatShape(this.targetShape)}`,
      );
    }
    return this.targetShape.map((n) => (n === -1 ? (size === null ? null : size / known) : n));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [inputShape[0] ?? null, ...this.#resolve(inputShape.slice(1))];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), target_shape: this.targetShape };
  }
}

/**
 * Reorders the axes after the batch; `dims` counts them from 1.
 *
 * @example new Permute([2, 1]).apply(zeros([2, 10, 64])); // [2, 64, 10]
 */
export class Permute extends Layer {
  static override readonly className: string = 'Permute';
  static override readonly positional: readonly string[] = ['dims'];
  static override readonly options: readonly string[] = [];
  readonly dims: readonly number[];

  constructor(dims: readonly number[], options: LayerOptions = {}) {
    super(options);
    const sorted = Array.isArray(dims) ? [...dims].sort((a, b) => a - b) : [];
    if (sorted.length === 0 || sorted.some((n, i) => n !== i + 1)) {
      throw new ConfigError(
        `Permute: dims must hold each of 1 … rank − 1 once, got ${Array.isArray(dims) ? `[${dims.join(', ')}]` : describe(dims)}`,
      );
    }
    this.dims = dims;
    this.inputSpec = { rank: dims.length + 1 };
  }

  override call(inputs: Tensor): Tensor {
    return transpose(inputs, [0, ...this.dims]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [inputShape[0] ?? null, ...this.dims.map((axis) => inputShape[axis] ?? null)];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), dims: this.dims };
  }
}

/**
 * Repeats each sample `n` times: [batch, features] to [batch, n, features].
 *
 * @example new RepeatVector(3).apply(zeros([2, 5])); // [2, 3, 5]
 */
export class RepeatVector extends Layer {
  static override readonly className: string = 'RepeatVector';
  static override readonly positional: readonly string[] = ['n'];
  static override readonly options: readonly string[] = [];
  readonly n: number;

  constructor(n: number, options: LayerOptions = {}) {
    super(options);
    this.n = checkCount(this.label, 'n', n);
    this.inputSpec = { rank: 2 };
  }

  override call(inputs: Tensor): Tensor {
    const [batch, features] = inputs.shape as readonly [number, number];
    return broadcastTo(inputs.expandDims(1), [batch, this.n, features]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [inputShape[0] ?? null, this.n, inputShape[1] ?? null];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), n: this.n };
  }
}
