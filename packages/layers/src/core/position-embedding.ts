/**
 * PositionEmbedding: a learnt vector for each place of a sequence.
 */
import { add, ShapeError, slice, type Tensor, type Variable } from '@dl/tensor';
import { checkCount, knownSize } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import { weightConfig, weightSettings, type WeightOptionsOf, type WeightSettings } from '../base/weight-settings.ts';

/** Options of {@link PositionEmbedding}. */
export type PositionEmbeddingOptions = LayerOptions & WeightOptionsOf<'embeddings'>;

/**
 * Adds to each step of [batch, steps, features] the vector of its place. Weight: embeddings [sequenceLength, features]
 * ('glorot_uniform'). Masks are passed on.
 *
 * @throws ShapeError for sequences longer than `sequenceLength`.
 * @example new PositionEmbedding(128).apply(zeros([2, 10, 64])); // [2, 10, 64]
 */
export class PositionEmbedding extends Layer {
  static override readonly className: string = 'PositionEmbedding';
  static override readonly positional: readonly string[] = ['sequenceLength'];
  static override readonly options: readonly string[] = [
    'embeddingsInitializer',
    'embeddingsRegularizer',
    'embeddingsConstraint',
  ];
  readonly sequenceLength: number;
  readonly #settings: WeightSettings;
  #embeddings: Variable | null = null;

  constructor(sequenceLength: number, options: PositionEmbeddingOptions = {}) {
    super(options);
    this.sequenceLength = checkCount(this.label, 'sequenceLength', sequenceLength);
    this.#settings = weightSettings(this.label, options, 'embeddings', 'glorot_uniform');
    this.supportsMasking = true;
    this.inputSpec = { rank: 3, kind: 'float' };
  }

  protected override build(inputShape: LayerShape): void {
    const features = knownSize(this.label, inputShape, -1);
    this.#embeddings = this.addWeight({
      name: 'embeddings',
      shape: [this.sequenceLength, features],
      ...this.#settings,
    });
    this.inputSpec = { ...this.inputSpec, axes: { [-1]: features } };
  }

  override call(inputs: Tensor): Tensor {
    const [, steps = 0, features = 0] = inputs.shape;
    if (steps > this.sequenceLength) {
      throw new ShapeError(`${this.label}: got ${steps} steps, there are places for ${this.sequenceLength}`);
    }
    return add(inputs, slice(this.#embeddings!, [0, 0], [steps, features]));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      sequence_length: this.sequenceLength,
      ...weightConfig('embeddings', this.#settings),
    };
  }
}
