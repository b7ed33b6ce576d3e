/**
 * Sequential: a model whose layers follow one another.
 */
import { InputLayer, Layer, withPath, type CallContext, type Config, type LayerShape } from '@dl/layers';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Model } from './model.ts';
import { serializeLayer } from './serialize-layer.ts';

/** Options of {@link Sequential}. */
export interface SequentialOptions {
  /** 'sequential', numbered, unless given. */
  readonly name?: string | undefined;
  readonly trainable?: boolean | undefined;
}

/**
 * A model whose layers follow one another. It is built at once if the first layer knows its input (an `InputLayer`, or the
 * option `inputShape`), otherwise when it first sees data.
 *
 * @example
 * const model = new Sequential([new Dense(64, { activation: 'relu', inputShape: [32] }), new Dense(10)]);
 * model.summary();
 */
export class Sequential extends Model {
  static override readonly className: string = 'Sequential';
  static override readonly options: readonly string[] = [];
  #input: InputLayer | null = null;
  readonly #layers: Layer[] = [];
  #shape: LayerShape | null = null;

  constructor(layers: readonly Layer[] = [], options: SequentialOptions = {}) {
    super(options);
    if (!Array.isArray(layers))
      throw new ConfigError(`Sequential: expected an array of layers, got ${describe(layers)}`);
    this.supportsMasking = true;
    for (const layer of layers) this.add(layer);
  }

  /**
   * Appends a layer.
   *
   * @throws ConfigError for something that is no layer, a name that is taken, or an InputLayer that is not the first.
   */
  add(layer: Layer): void {
    if (!((layer as unknown) instanceof Layer)) {
      throw new ConfigError(`${this.name}: add() expects a layer, got ${describe(layer)}`);
    }
    if (layer instanceof InputLayer) {
      if (this.#input !== null || this.#layers.length > 0) {
        throw new ConfigError(`${this.name}: an InputLayer must be the first layer`);
      }
      this.#setInput(layer);
      return;
    }
    if (this.#layers.some(({ name }) => name === layer.name)) {
      throw new ConfigError(
        `${this.name}: there is a layer named '${layer.name}' already; names must differ, and a layer can be added once`,
      );
    }
    const shape = layer.batchInputShape ?? (layer instanceof Sequential ? layer.#shape : null);
    if (this.#layers.length === 0 && this.#input === null && shape !== null) {
      this.#setInput(new InputLayer({ batchShape: shape }));
    }
    this.#layers.push(layer);
    if (this.#shape !== null) this.#buildFrom(this.#shape);
  }

  #setInput(layer: InputLayer): void {
    layer.ensureBuilt(layer.batchShape);
    this.#input = layer;
    this.#shape = layer.batchShape;
  }

  /** Removes the last layer and returns it. */
  pop(): Layer {
    const layer = this.#layers.pop();
    if (layer === undefined) throw new ConfigError(`${this.name}: there is no layer to pop`);
    return layer;
  }

  /** The layers, without the InputLayer. */
  override get layers(): readonly Layer[] {
    return [...this.#layers];
  }

  protected override sublayers(): readonly Layer[] {
    return this.#layers;
  }

  /** The shape the model is built for, batch included, or null. */
  get inputShape(): LayerShape | null {
    return this.#shape;
  }

  /** The shape of the output, batch included, or null before the model is built. */
  get outputShape(): LayerShape | null {
    return this.built && this.#shape !== null ? this.computeOutputShape(this.#shape) : null;
  }

  override get builtFor(): LayerShape | null {
    return this.#shape;
  }

  override get built(): boolean {
    return this.#shape !== null && this.#layers.every((layer) => layer.built);
  }

  /** Builds all layers for inputs of this shape, batch included (null for open sizes). */
  override build(inputShape: LayerShape): void {
    this.ensureBuilt(inputShape);
  }

  override ensureBuilt(inputShape: LayerShape): void {
    if (this.built) return;
    if (this.#layers.length === 0) throw new ConfigError(`${this.name}: the model has no layers; add() some`);
    this.#buildFrom(inputShape);
    this.#shape ??= inputShape;
  }

  #buildFrom(inputShape: LayerShape): void {
    withPath(this.name, () => {
      let shape = inputShape;
      let from = this.#input?.name;
      for (const layer of this.#layers) {
        layer.ensureBuilt(shape, from);
        shape = layer.computeOutputShape(shape);
        from = layer.name;
      }
    });
  }

  override call(inputs: Tensor, { training, mask }: CallContext): Tensor {
    let x = this.#input === null ? inputs : this.#input.apply(inputs, { training, mask });
    let from = this.#input?.name;
    this.#layers.forEach((layer, i) => {
      // The first layer gets the mask that was given; later ones find theirs beside their input.
      x = layer.apply(x, { training, from, ...(i === 0 && mask !== null ? { mask } : {}) });
      from = layer.name;
    });
    return x;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return this.#layers.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  /** The layers as Keras stores them; `models.fromConfig` makes the model again. */
  override getConfig(): Config {
    const { name, trainable, dtype } = super.getConfig();
    const layers = [...(this.#input === null ? [] : [this.#input]), ...this.#layers].map(serializeLayer);
    return { name, trainable, dtype, layers, ...(this.#shape === null ? {} : { build_input_shape: this.#shape }) };
  }

  static override fromConfig(): never {
    throw new ConfigError('Sequential: use models.fromConfig(), which knows all layers');
  }
}
