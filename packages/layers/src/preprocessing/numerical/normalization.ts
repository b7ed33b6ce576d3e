/**
 * Normalization: features to mean 0 and variance 1, as learned from data.
 */
import { add, ConfigError, div, maximum, mul, reshape, ShapeError, sqrt, sub, tensor, type Tensor } from '@dl/tensor';
import { castTo, describe, formatShape } from '@dl/tensor/interpreter';
import type { Config, ConfigValue } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { Layer, type LayerOptions } from '../../base/layer.ts';
import type { Weight } from '../../base/weight.ts';
import { batchesOf, hostValues, type AdaptData } from '../batches.ts';
import { Moments } from './moments.ts';

/** A number, or numbers along the kept axes. */
type Values = number | readonly Values[];

/** Options of {@link Normalization}. */
export interface NormalizationOptions extends LayerOptions {
  /** Together with `variance`, in place of `adapt`. */
  readonly mean?: Values | null | undefined;
  readonly variance?: Values | null | undefined;
  /** Whether to turn normalized numbers back. Default false. */
  readonly invert?: boolean | undefined;
}

/** The least standard deviation that is divided by. */
const LEAST = 1e-7;

/**
 * (x − mean) / √variance, for each index of the axes `axis` (−1 unless given; null takes one mean for all). The numbers come
 * from the options or from `adapt`, which computes them over all other axes; the variance is that of the population.
 *
 * Weights, unless mean and variance are options: mean and variance of the kept axes, count (int32); none is trained.
 *
 * @throws ConfigError when mean and variance do not fit.
 * @example
 * const layer = new Normalization();
 * await layer.adapt([[0, 7], [2, 9]]);
 * layer.apply([[2, 7]]); // [[1, -1]]
 */
export class Normalization extends Layer {
  static override readonly className: string = 'Normalization';
  static override readonly positional: readonly string[] = ['axis'];
  static override readonly options: readonly string[] = ['mean', 'variance', 'invert'];
  readonly axis: readonly number[];
  readonly invert: boolean;
  /** Mean and variance of the options, or null where `adapt` finds them. */
  readonly given: { readonly mean: Values; readonly variance: Values } | null;
  #kept: readonly number[] = [];
  #sizes: readonly number[] = [];
  #mean: Weight | null = null;
  #variance: Weight | null = null;
  #count: Weight | null = null;

  constructor(axis: number | readonly number[] | null = -1, options: NormalizationOptions = {}) {
    super(options);
    this.axis = axis === null ? [] : typeof axis === 'number' ? [axis] : [...axis];
    if (!this.axis.every(Number.isInteger)) {
      throw new ConfigError(`Normalization: axis must be an integer, a list of them or null, got ${describe(axis)}`);
    }
    this.invert = options.invert ?? false;
    const { mean = null, variance = null } = options;
    if ((mean === null) !== (variance === null)) {
      throw new ConfigError('Normalization: mean and variance must be given together');
    }
    this.given = mean === null || variance === null ? null : { mean, variance };
    this.supportsMasking = true;
  }

  protected override build(inputShape: LayerShape): void {
    const rank = inputShape.length;
    if (this.axis.some((axis) => axis < -rank || axis >= rank)) {
      throw new ShapeError(
        `${this.label}: axis [${this.axis.join(', ')}] is not in an input of shape ${formatShape(inputShape)}`,
      );
    }
    this.#kept = this.axis.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
    this.#sizes = this.#kept.map((axis) => {
      const size = inputShape[axis];
      if (typeof size === 'number') return size;
      throw new ConfigError(`${this.label}: the size of axis ${axis} must be known; the batch can not be kept`);
    });
    this.inputSpec = { rank, axes: Object.fromEntries(this.#kept.map((axis, i) => [axis, this.#sizes[i]!])) };
    if (this.given !== null) {
      this.#constants();
      return;
    }
    const make = (name: string, initializer: string): Weight =>
      this.addWeight({ name, shape: this.#sizes, initializer, trainable: false });
    this.#mean = make('mean', 'zeros');
    this.#variance = make('variance', 'ones');
    this.#count = this.addWeight({ name: 'count', shape: [], initializer: 'zeros', dtype: 'int32', trainable: false });
  }

  /** Mean and variance of the options, in a shape that fits the input. */
  #constants(): readonly [Tensor, Tensor] {
    const { mean, variance } = this.given!;
    const place = (values: Values, name: string): Tensor => {
      const t = tensor(values as never, this.computeDtype);
      const fits = t.rank <= this.#kept.length && t.shape.every((n, i) => n === 1 || n === this.#sizes.at(i - t.rank));
      if (fits) return reshape(t, this.#spread(t.shape));
      throw new ShapeError(
        `${this.label}: ${name} of shape ${formatShape(t.shape)} does not fit the kept axes of shape ${formatShape(this.#sizes)}`,
      );
    };
    return [place(mean, 'mean'), place(variance, 'variance')];
  }

  /** Sizes along the kept axes as a shape of the input's rank. */
  #spread(sizes: readonly number[]): number[] {
    const shape = Array.from({ length: this.inputSpec.rank! }, () => 1);
    sizes.forEach((n, i) => (shape[this.#kept.at(i - sizes.length)!] = n));
    return shape;
  }

  /**
   * Finds mean and variance of an array, or of batches: arrays, tensors, a dataset, a generator. Of batches [inputs, labels]
   * the inputs count. What was learned before is forgotten.
   *
   * @throws ConfigError when the layer was given a mean, or there is no data; ShapeError for batches that do not fit.
   */
  async adapt(data: AdaptData): Promise<void> {
    if (this.given !== null)
      throw new ConfigError(`${this.label}: cannot adapt a layer that was given mean and variance`);
    let moments: Moments | null = null;
    let total = 0;
    for await (const batch of batchesOf(data, this.label)) {
      const { values, shape } = await hostValues(batch);
      // The size of the batch matters only where it is kept.
      const rows = this.axis.some((axis) => axis === 0 || axis === -shape.length);
      this.ensureBuilt(rows ? shape : [null, ...shape.slice(1)]);
      if (shape.length !== this.inputSpec.rank || this.#kept.some((axis, i) => shape[axis] !== this.#sizes[i])) {
        throw new ShapeError(
          `${this.label}: adapt got a batch of shape ${formatShape(shape)}, which does not fit what the layer was built for`,
        );
      }
      moments ??= new Moments(this.#sizes.reduce((a, b) => a * b, 1));
      moments.add(values, shape, this.#kept);
      total += shape[0] ?? 1;
    }
    if (moments === null) throw new ConfigError(`${this.label}: adapt got no data`);
    this.#mean!.assign(tensor(moments.mean, this.dtype, this.#sizes));
    this.#variance!.assign(tensor(moments.variance, this.dtype, this.#sizes));
    this.#count!.assign(tensor(total, 'int32'));
  }

  override call(inputs: Tensor): Tensor {
    const [mean, variance] =
      this.given === null
        ? ([this.#mean!, this.#variance!].map((w) => reshape(w, this.#spread(this.#sizes))) as [Tensor, Tensor])
        : this.#constants();
    const x = castTo(inputs, this.computeDtype);
    const deviation = maximum(sqrt(variance), LEAST);
    return this.invert ? add(mul(x, deviation), mean) : div(sub(x, mean), deviation);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    const { axis, invert, given } = this;
    const stored = (values: Values | undefined): ConfigValue => values ?? null;
    return {
      ...super.getConfig(),
      axis,
      invert,
      mean: stored(given?.mean),
      variance: stored(given?.variance),
    };
  }
}
