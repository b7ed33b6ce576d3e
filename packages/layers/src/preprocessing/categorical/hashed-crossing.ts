/**
 * HashedCrossing: combinations of categories as one category.
 */
import { ConfigError, ShapeError, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { describe, formatShape, sameShape } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import type { LayerClass } from '../../base/layer-config.ts';
import { Layer, type CallOptions, type LayerOptions } from '../../base/layer.ts';
import { word } from '../hash/bits.ts';
import { farmFingerprint64, joinFingerprints } from '../hash/farm-hash.ts';
import { refuseSparse } from '../sparse.ts';
import { checkOnHost, type StringsLike } from '../strings.ts';
import { encode, encodedShape, type OutputMode } from './encode.ts';
import { categoriesOf } from './hashing.ts';
import { storedDType } from './stored-dtype.ts';

/** Options of {@link HashedCrossing}. */
export interface HashedCrossingOptions extends LayerOptions {
  /** 'int' (the default) or 'one_hot'. */
  readonly outputMode?: 'int' | 'one_hot' | undefined;
  /** Only false: there are no sparse tensors. */
  readonly sparse?: false | undefined;
}

/** What hashes of combinations start from in TensorFlow. */
const START = 0xdecafcaffen;

/**
 * The bin of the combination of two or more features, each of shape [], [batch] or [batch, 1], by its hash: int32 from 0 to
 * numBins − 1, or one-hot vectors. Bins are those of Keras, which takes them from TensorFlow's crossed features.
 *
 * It works on the host, on JavaScript strings and on integers it can read, so it is applied to data, not inside a model.
 *
 * @throws ConfigError for fewer than two features and inside a model or `jit`, ShapeError for other shapes.
 * @example new HashedCrossing(5).apply([['A', 'B'], [101, 101]]); // [1, 4]
 */
export class HashedCrossing extends Layer<readonly Tensor[]> {
  static override readonly className: string = 'HashedCrossing';
  static override readonly positional: readonly string[] = ['numBins'];
  static override readonly options: readonly string[] = ['outputMode', 'sparse'];
  readonly numBins: number;
  readonly outputMode: OutputMode;

  constructor(numBins: number, options: HashedCrossingOptions = {}) {
    super(options);
    this.numBins = checkCount(this.label, 'numBins', numBins);
    this.outputMode = checkWord(this.label, 'outputMode', options.outputMode ?? 'int', ['int', 'one_hot']);
    refuseSparse('HashedCrossing', options.sparse ?? false);
  }

  override apply(inputs: readonly (StringsLike | TensorLike)[], _options?: CallOptions): Tensor {
    if (!Array.isArray(inputs) || inputs.length < 2) {
      throw new ConfigError(`${this.label}: expected a list of two features or more, got ${describe(inputs)}`);
    }
    for (const input of inputs) checkOnHost(this.label, input);
    const features = inputs.map((input) => categoriesOf(input, this.label, true));
    const { shape } = features[0]!;
    if (
      shape.length > 2 ||
      (shape.length === 2 && shape[1] !== 1) ||
      !features.every((f) => sameShape(f.shape, shape))
    ) {
      throw new ShapeError(
        `${this.label}: features must all have shape [], [batch] or [batch, 1], got ${features.map((f) => formatShape(f.shape)).join(', ')}`,
      );
    }
    const bins = features[0]!.values.map((_, i) => {
      const parts = features.map(({ values, integers }) =>
        integers ? word(BigInt(values[i]!)) : farmFingerprint64(values[i]!),
      );
      return Number(parts.reduce(joinFingerprints, START) % BigInt(this.numBins));
    });
    const { outputMode: mode, numBins: depth, computeDtype: dtype } = this;
    return encode(tensor(Int32Array.from(bins), 'int32', shape), { mode, depth, dtype, where: this.label });
  }

  override call(inputs: readonly Tensor[]): Tensor {
    return this.apply(inputs);
  }

  override computeOutputShape(inputShape: readonly LayerShape[]): LayerShape {
    return encodedShape(inputShape[0]!, this.outputMode, this.numBins);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), num_bins: this.numBins, output_mode: this.outputMode, sparse: false };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config): T {
    return Layer.fromConfig.call(this as LayerClass<unknown>, storedDType(config)) as T;
  }
}
