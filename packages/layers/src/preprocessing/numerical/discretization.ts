/**
 * Discretization: which of several ranges a number lies in.
 */
import { ConfigError, tensor, type Tensor } from '@dl/tensor';
import { digitize } from '@dl/tensor/ops';
import { castTo, describe } from '@dl/tensor/interpreter';
import { checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import type { LayerClass } from '../../base/layer-config.ts';
import { Layer, type LayerOptions } from '../../base/layer.ts';
import { batchesOf, hostValues, type AdaptData } from '../batches.ts';
import { encode, encodedShape, type OutputMode } from '../categorical/encode.ts';
import { storedDType } from '../categorical/stored-dtype.ts';
import { refuseSparse } from '../sparse.ts';
import { QuantileSummary } from './quantile-summary.ts';

/** Options of {@link Discretization}. */
export interface DiscretizationOptions extends LayerOptions {
  /** How many ranges `adapt` finds, in place of `binBoundaries`. */
  readonly numBins?: number | null | undefined;
  /** How exact the quantiles are. Default 0.01. */
  readonly epsilon?: number | undefined;
  /** 'int' (the default), 'one_hot', 'multi_hot' or 'count'. */
  readonly outputMode?: Exclude<OutputMode, 'tf_idf'> | undefined;
  /** Only false: there are no sparse tensors. */
  readonly sparse?: false | undefined;
}

const MODES = ['int', 'one_hot', 'multi_hot', 'count'] as const;

/**
 * The index of the range that each number lies in: boundaries [0, 1] make (−∞, 0), [0, 1) and [1, ∞). With `numBins`, `adapt`
 * finds boundaries between which about as many numbers lie. int32 of the input's shape, or vectors; see {@link OutputMode}.
 *
 * @throws ConfigError unless exactly one of boundaries and number of bins is given.
 * @example new Discretization([0, 1, 2]).apply([[-1.5, 1, 3.4, 0.5]]); // [[0, 2, 3, 1]]
 */
export class Discretization extends Layer {
  static override readonly className: string = 'Discretization';
  static override readonly positional: readonly string[] = ['binBoundaries'];
  static override readonly options: readonly string[] = ['numBins', 'epsilon', 'outputMode', 'sparse'];
  readonly numBins: number | null;
  readonly epsilon: number;
  readonly outputMode: OutputMode;
  #boundaries: readonly number[] | null;

  constructor(binBoundaries: readonly number[] | null = null, options: DiscretizationOptions = {}) {
    super(options);
    const { numBins = null, epsilon = 0.01, outputMode = 'int', sparse = false } = options;
    if ((numBins === null) === (binBoundaries === null)) {
      throw new ConfigError('Discretization: give either binBoundaries or numBins');
    }
    if (numBins !== null && !(Number.isInteger(numBins) && numBins > 0)) {
      throw new ConfigError(`Discretization: numBins must be a positive integer, got ${describe(numBins)}`);
    }
    if (!(epsilon > 0 && epsilon < 1)) {
      throw new ConfigError(`Discretization: epsilon must lie between 0 and 1, got ${describe(epsilon)}`);
    }
    refuseSparse('Discretization', sparse);
    this.numBins = numBins;
    this.epsilon = epsilon;
    this.outputMode = checkWord(this.label, 'outputMode', outputMode, MODES);
    this.#boundaries = binBoundaries === null ? null : risingNumbers(binBoundaries);
    this.inputSpec = { kind: 'number' };
  }

  /** The boundaries, or null before `adapt`. */
  get binBoundaries(): readonly number[] | null {
    return this.#boundaries;
  }

  /**
   * Finds boundaries at quantiles of an array, or of all batches together.
   *
   * @throws ConfigError for a layer that was given boundaries, or without data.
   */
  async adapt(data: AdaptData): Promise<void> {
    if (this.numBins === null) {
      throw new ConfigError(`${this.label}: cannot adapt a layer that was given binBoundaries; use numBins`);
    }
    const summary = new QuantileSummary(this.epsilon);
    for await (const batch of batchesOf(data, this.label)) summary.add((await hostValues(batch)).values);
    if (summary.size === 0) throw new ConfigError(`${this.label}: adapt got no data`);
    this.#boundaries = summary.boundaries(this.numBins);
  }

  override call(inputs: Tensor): Tensor {
    const bins = this.#boundaries;
    if (bins === null) throw new ConfigError(`${this.label}: call adapt(data) first, or give binBoundaries`);
    const x = castTo(inputs, this.computeDtype);
    const indices = digitize(x, tensor(Float64Array.from(bins), this.computeDtype));
    return encode(indices, {
      mode: this.outputMode,
      depth: bins.length + 1,
      dtype: this.computeDtype,
      where: this.label,
    });
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const bins = this.#boundaries === null ? this.numBins : this.#boundaries.length + 1;
    return encodedShape(inputShape, this.outputMode, bins);
  }

  override getConfig(): Config {
    const { numBins, epsilon, outputMode } = this;
    return {
      ...super.getConfig(),
      bin_boundaries: this.#boundaries,
      num_bins: numBins,
      epsilon,
      output_mode: outputMode,
      sparse: false,
    };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config): T {
    const stored = storedDType(config);
    const learned = typeof stored['num_bins'] === 'number' ? stored['bin_boundaries'] : null;
    const make = (given: Config): T => Layer.fromConfig.call(this as LayerClass<unknown>, given) as T;
    if (learned === null || learned === undefined) return make(stored);
    // A layer that has adapted stores both.
    const layer = make({ ...stored, bin_boundaries: null });
    (layer as unknown as Discretization).#boundaries = risingNumbers(learned as readonly number[]);
    return layer;
  }
}

function risingNumbers(list: readonly number[]): readonly number[] {
  const fine = Array.isArray(list) && list.every((n, i) => typeof n === 'number' && (i === 0 || n >= list[i - 1]!));
  if (fine) return [...list];
  throw new ConfigError(`Discretization: binBoundaries must be numbers that rise, got ${describe(list)}`);
}
