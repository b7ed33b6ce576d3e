/**
 * Embedding: a table of vectors, looked up by number.
 */
import { cast, DTypeError, gather, notEqual, where as whereTrue, type Tensor, type Variable } from '@dl/tensor';
import { isFloating } from '@dl/tensor/interpreter';
import { checkCount } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions extends LayerOptions, WeightOptionsOf<'embeddings'> {
  /** Whether id 0 is padding: the output then has a mask; false unless given. */
  readonly maskZero?: boolean | undefined;
}

/**
 * The rows of a table for ids: [batch, …] integers to [batch, …, outputDim]. Weight: embeddings [inputDim, outputDim]
 * (uniform in ±0.05).
 *
 * Ids must lie in [0, inputDim). Called on data they are checked where the backend can read them at once, and the error
 * names the id and its place; elsewhere, and inside compiled functions, an id outside gives a row of NaN.
 *
 * @example new Embedding(1000, 64).apply(tensor([[4, 20]], 'int32')); // [1, 2, 64]
 */
export class Embedding extends Layer {
  static override readonly className: string = 'Embedding';
  static override readonly positional: readonly string[] = ['inputDim', 'outputDim'];
  static override readonly options: readonly string[] = [
    'embeddingsInitializer',
    'embeddingsRegularizer',
    'embeddingsConstraint',
    'maskZero',
  ];
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  readonly #settings: WeightSettings;
  #embeddings: Variable | null = null;

  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}) {
    super(options);
    this.inputDim = checkCount('Embedding', 'inputDim', inputDim);
    this.outputDim = checkCount('Embedding', 'outputDim', outputDim);
    this.maskZero = options.maskZero ?? false;
    this.#settings = weightSettings(options, 'embeddings', 'uniform');
    this.supportsMasking = this.maskZero;
    this.inputSpec = { kind: 'number' };
  }

  /** [inputDim, outputDim], or null before the layer is built. */
  get embeddings(): Variable | null {
    return this.#embeddings;
  }

  protected override build(): void {
    const shape = [this.inputDim, this.outputDim];
    this.#embeddings = this.addWeight({ name: 'embeddings', shape, ...this.#settings });
  }

  override call(inputs: Tensor): Tensor {
    return gather(this.#embeddings!, wholeIds(this.label, inputs));
  }

  override computeMask(inputs: Tensor): Tensor | null {
    return this.maskZero ? notEqual(inputs, 0) : null;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return [...inputShape, this.outputDim];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      input_dim: this.inputDim,
      output_dim: this.outputDim,
      ...weightConfig('embeddings', this.#settings),
      mask_zero: this.maskZero,
    };
  }
}

/** Ids as int32. Fractions and NaN among floating ids are found where they can be read at once, otherwise they become −1. */
function wholeIds(where: string, ids: Tensor): Tensor {
  if (isFloating(ids.dtype)) {
    if (ids.value !== null || !ids.backend.readSync) return cast(whereTrue(ids.equal(ids.floor()), ids, -1), 'int32');
    const values = ids.dataSync();
    const bad = values.findIndex((id: number) => !Number.isInteger(id));
    if (bad >= 0) {
      throw new DTypeError(`${where}: ids must be whole numbers, got ${values[bad]} at position ${bad}`);
    }
  }
  return cast(ids, 'int32');
}
