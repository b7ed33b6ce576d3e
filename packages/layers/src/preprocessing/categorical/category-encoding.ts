/**
 * CategoryEncoding: vectors for integer categories.
 */
import { ConfigError, ShapeError, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { castTo, checkIndices, formatShape, sameShape } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../../base/layer.ts';
import { refuseSparse } from '../sparse.ts';
import { encode, encodedShape, outputModeOf, type OutputMode } from './encode.ts';

/** Options of {@link CategoryEncoding}. */
export interface CategoryEncodingOptions extends LayerOptions {
  /** 'multi_hot' (the default), 'one_hot' or 'count'. */
  readonly outputMode?: 'multi_hot' | 'one_hot' | 'count' | undefined;
  /** Only false: there are no sparse tensors. */
  readonly sparse?: false | undefined;
}

/** Call arguments of {@link CategoryEncoding}. */
export interface CategoryEncodingCall {
  /** With 'count': what each element counts, in the shape of the input. */
  readonly countWeights?: TensorLike | undefined;
}

const MODES = ['multi_hot', 'one_hot', 'count'] as const;

/**
 * Integers 0 … numTokens − 1 as vectors of `numTokens` places in the layer's dtype; see {@link OutputMode}.
 *
 * @throws ConfigError for weights with another mode, ShapeError for integers outside.
 * @example new CategoryEncoding(4).apply([[0, 1], [3, 1]]); // [[1, 1, 0, 0], [0, 1, 0, 1]]
 */
export class CategoryEncoding extends Layer<Tensor, Tensor, CategoryEncodingCall> {
  static override readonly className: string = 'CategoryEncoding';
  static override readonly positional: readonly string[] = ['numTokens'];
  static override readonly options: readonly string[] = ['outputMode', 'sparse'];
  readonly numTokens: number;
  readonly outputMode: OutputMode;

  constructor(numTokens: number, options: CategoryEncodingOptions = {}) {
    super(options);
    this.numTokens = checkCount(this.label, 'numTokens', numTokens);
    const mode = outputModeOf(options.outputMode ?? 'multi_hot');
    this.outputMode = checkWord(this.label, 'outputMode', mode, MODES);
    refuseSparse('CategoryEncoding', options.sparse ?? false);
    this.inputSpec = { kind: 'number' };
  }

  override call(inputs: Tensor, { countWeights }: CallContext & CategoryEncodingCall): Tensor {
    const ids = castTo(inputs, 'int32');
    checkIndices(this.label, ids, this.numTokens);
    const { outputMode: mode, numTokens: depth, computeDtype: dtype } = this;
    const encoding = { mode, depth, dtype, where: this.label };
    if (countWeights === undefined) return encode(ids, encoding);
    if (mode !== 'count')
      throw new ConfigError(`${this.label}: countWeights go with outputMode 'count', not '${mode}'`);
    const weights = tensor(countWeights, dtype);
    if (sameShape(weights.shape, ids.shape)) return encode(ids, encoding, weights);
    throw new ShapeError(
      `${this.label}: countWeights ${formatShape(weights.shape)} must have the shape ${formatShape(ids.shape)} of the input`,
    );
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return encodedShape(inputShape, this.outputMode, this.numTokens);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), num_tokens: this.numTokens, output_mode: this.outputMode };
  }
}
