/**
 * Embedding: a table of vectors, looked up by number.
 */
import {
  cast,
  DTypeError,
  gather,
  notEqual,
  reshape,
  tensor,
  where as whereTrue,
  type Tensor,
  type TensorLike,
  type Variable,
  type DType,
  type Shape,
} from '@dl/tensor';
import { isFloating } from '@dl/tensor/interpreter';
import { checkCount } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { CallContext } from '../base/layer.ts';
import { Initializer } from '../initializers/constant.ts';
import { LORA_OPTIONS, LoraLayer, type LoraLayerOptions } from './lora.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions extends LoraLayerOptions, WeightOptionsOf<'embeddings'> {
  /** Whether id 0 is padding: the output then has a mask; false unless given. */
  readonly maskZero?: boolean | undefined;
  /** First values of the table, [inputDim, outputDim]; the initializer's unless given. Not part of the configuration. */
  readonly weights?: TensorLike | null | undefined;
}

/** A table that is given. */
class GivenTable extends Initializer {
  readonly #table: TensorLike;

  constructor(table: TensorLike) {
    super();
    this.#table = table;
  }

  override apply(_shape: Shape, dtype?: DType): Tensor {
    return tensor(this.#table, dtype);
  }
}

/**
 * The rows of a table for ids: [batch, …] integers to [batch, …, outputDim]. Weight: embeddings [inputDim, outputDim]
 * (uniform in ±0.05). With `loraRank`, or after `enableLora(rank)`, it is frozen and lora_embeddings_a [inputDim, rank] and
 * lora_embeddings_b [rank, outputDim] are learnt.
 *
 * Ids must lie in [0, inputDim). Called on data they are checked where the backend can read them at once, and the error
 * names the id and its place; elsewhere, and inside compiled functions, an id outside gives a row of NaN.
 *
 * @example new Embedding(1000, 64).apply(tensor([[4, 20]], 'int32')); // [1, 2, 64]
 */
export class Embedding<C extends object = object> extends LoraLayer<C> {
  static override readonly className: string = 'Embedding';
  static override readonly positional: readonly string[] = ['inputDim', 'outputDim'];
  static override readonly options: readonly string[] = [
    'embeddingsInitializer',
    'embeddingsRegularizer',
    'embeddingsConstraint',
    'maskZero',
    'weights',
    ...LORA_OPTIONS,
  ];
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  protected readonly embeddingsSettings: WeightSettings;
  readonly #first: TensorLike | null;

  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}) {
    super(options);
    this.inputDim = checkCount(this.label, 'inputDim', inputDim);
    this.outputDim = checkCount(this.label, 'outputDim', outputDim);
    this.maskZero = options.maskZero ?? false;
    this.#first = options.weights ?? null;
    this.embeddingsSettings = weightSettings(this.label, options, 'embeddings', 'uniform');
    this.supportsMasking = this.maskZero;
    this.inputSpec = { kind: 'number' };
  }

  /** [inputDim, outputDim] without the change by LoRA, or null before the layer is built. */
  get embeddings(): Variable | null {
    return this.mainWeight;
  }

  protected override build(): void {
    const { initializer, ...rest } = this.embeddingsSettings;
    const first = this.#first === null ? initializer : new GivenTable(this.#first);
    const form = {
      axes: [1],
      shape: [this.inputDim],
      spread: (scale: Tensor): Tensor => reshape(scale, [this.inputDim, 1]),
    };
    this.addMain('embeddings', [this.inputDim, this.outputDim], { ...rest, initializer: first }, form);
    this.addFactors();
  }

  override call(inputs: Tensor, _context: CallContext & C): Tensor {
    const ids = wholeIds(this.label, inputs);
    return this.adaptedRows((table) => gather(table, ids));
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
      ...weightConfig('embeddings', this.embeddingsSettings),
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
