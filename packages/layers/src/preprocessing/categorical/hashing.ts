/**
 * Hashing: categories by their hash, without a vocabulary.
 */
import { DTypeError, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { checkCount, checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import type { LayerClass } from '../../base/layer-config.ts';
import { Layer, type CallOptions, type LayerOptions } from '../../base/layer.ts';
import { bucketOf, checkSalt, type Salt } from '../hash/buckets.ts';
import { refuseSparse } from '../sparse.ts';
import { checkOnHost, holdsStrings, stringsOf, type StringsLike } from '../strings.ts';
import { encode, encodedShape, type OutputMode } from './encode.ts';
import { storedDType } from './stored-dtype.ts';

/** Options of {@link Hashing}. */
export interface HashingOptions extends LayerOptions {
  /** A string or integer that has bin 0 for itself. Default none. */
  readonly maskValue?: string | number | null | undefined;
  /** Hashes with SipHash64 and this instead of FarmHash64. Default none. */
  readonly salt?: Salt | null | undefined;
  /** 'int' (the default), 'one_hot', 'multi_hot' or 'count'. */
  readonly outputMode?: Exclude<OutputMode, 'tf_idf'> | undefined;
  /** Only false: there are no sparse tensors. */
  readonly sparse?: false | undefined;
}

const MODES = ['int', 'one_hot', 'multi_hot', 'count'] as const;

/**
 * The bin of each string or integer by its hash: int32 from 0 to numBins − 1, or vectors; see {@link OutputMode}. Bins are
 * those of Keras: FarmHash64 of the UTF-8 text, integers in decimal, or SipHash64 where there is a salt.
 *
 * It works on the host, on JavaScript strings and on integers it can read, so it is applied to data, in `dataset.map` for
 * example, not inside a model.
 *
 * @throws ConfigError for options that do not fit, and inside a model or `jit`.
 * @example new Hashing(3).apply([['A'], ['B'], ['E']]); // [[1], [0], [2]]
 */
export class Hashing extends Layer {
  static override readonly className: string = 'Hashing';
  static override readonly positional: readonly string[] = ['numBins'];
  static override readonly options: readonly string[] = ['maskValue', 'salt', 'outputMode', 'sparse'];
  readonly numBins: number;
  readonly maskValue: string | number | null;
  readonly salt: readonly [number, number] | null;
  readonly outputMode: OutputMode;

  constructor(numBins: number, options: HashingOptions = {}) {
    super(options);
    this.numBins = checkCount(this.label, 'numBins', numBins);
    this.maskValue = options.maskValue ?? null;
    this.salt = checkSalt('Hashing', options.salt);
    this.outputMode = checkWord(this.label, 'outputMode', options.outputMode ?? 'int', MODES);
    refuseSparse('Hashing', options.sparse ?? false);
  }

  override apply(inputs: StringsLike | TensorLike, _options?: CallOptions): Tensor {
    checkOnHost(this.label, inputs);
    const { values, shape } = categoriesOf(inputs, this.label);
    const masks = this.maskValue !== null && this.numBins > 1;
    const bucket = bucketOf(masks ? this.numBins - 1 : this.numBins, this.salt);
    const mask = String(this.maskValue);
    const bins = values.map((value) => (masks ? (value === mask ? 0 : bucket(value) + 1) : bucket(value)));
    const { outputMode: mode, numBins: depth, computeDtype: dtype } = this;
    return encode(tensor(Int32Array.from(bins), 'int32', shape), { mode, depth, dtype, where: this.label });
  }

  override call(inputs: Tensor): Tensor {
    return this.apply(inputs);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return encodedShape(inputShape, this.outputMode, this.numBins);
  }

  override getConfig(): Config {
    const { numBins, salt, maskValue, outputMode } = this;
    const own = { num_bins: numBins, salt, mask_value: maskValue, output_mode: outputMode, sparse: false };
    return { ...super.getConfig(), ...own };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config): T {
    return Layer.fromConfig.call(this as LayerClass<unknown>, storedDType(config)) as T;
  }
}

/** Categories as texts. */
interface Categories {
  readonly values: readonly string[];
  readonly shape: readonly number[];
  /** Whether they were integers. */
  readonly integers: boolean;
}

/** Strings, or integers as decimal texts; reals are cut to integers, unless they must be `whole`. */
export function categoriesOf(inputs: StringsLike | TensorLike, where: string, whole = false): Categories {
  if (holdsStrings(inputs)) return { ...stringsOf(inputs, where), integers: false };
  const t = tensor(inputs);
  if (t.dtype === 'bool') throw new DTypeError(`${where}: expected strings or integers, got bool`);
  const values = t.dataSync();
  if (whole && !values.every(Number.isInteger)) {
    throw new DTypeError(`${where}: expected strings or integers, got numbers with fractions`);
  }
  return { values: Array.from(values, (value) => String(Math.trunc(value))), shape: t.shape, integers: true };
}
