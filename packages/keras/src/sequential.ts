/**
 * Sequential: a model whose layers follow one another.
 */
import {
  InputLayer,
  KerasTensor,
  Layer,
  withPath,
  type CallContext,
  type Config,
  type LayerShape,
  type Operation,
  type StoredParts,
} from '@dl/layers';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Form } from './functional/structure.ts';
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
  #head: KerasTensor | null = null;
  readonly #layers: Layer[] = [];
  /** What the last layer gives, symbolically, once the input is known. */
  #tail: KerasTensor | null = null;

  constructor(layers: readonly (Layer | Tensor)[] = [], options: SequentialOptions = {}) {
    super(options);
    this.inputSpec = { minRank: 1 };
    if (!Array.isArray(layers))
      throw new ConfigError(`Sequential: expected an array of layers, got ${describe(layers)}`);
    for (const layer of layers as readonly (Layer | Tensor)[]) this.add(layer);
  }

  /**
   * Appends a layer, or gives the model its input with `Input(…)`.
   *
   * @throws ConfigError for something that is no layer, a name that is taken, or an input that is not the first.
   */
  add(layer: Layer | Tensor): void {
    const input = layer instanceof KerasTensor ? layer.node.operation : layer;
    if (input !== layer && !(input instanceof InputLayer)) {
      throw new ConfigError(
        `${this.name}: add() expects a layer, got the output of ${(input as Operation).label}; add the layer itself`,
      );
    }
    if (!((input as unknown) instanceof Layer)) {
      throw new ConfigError(`${this.name}: add() expects a layer, got ${describe(layer)}`);
    }
    if (input instanceof InputLayer) {
      if (this.#head !== null || this.#layers.length > 0) {
        throw new ConfigError(`${this.name}: an InputLayer must be the first layer`);
      }
      this.#setInput(input);
      return;
    }
    this.#append(input as Layer);
  }

  #append(layer: Layer): void {
    if (this.#layers.some(({ name }) => name === layer.name)) {
      throw new ConfigError(
        `${this.name}: there is a layer named '${layer.name}' already; names must differ, and a layer can be added once`,
      );
    }
    const shape = layer.batchInputShape ?? (layer instanceof Sequential ? layer.inputShape : null);
    if (this.#layers.length === 0 && this.#head === null && shape !== null) {
      this.#setInput(new InputLayer({ batchShape: shape, ...(layer.built ? {} : { dtype: layer.computeDtype }) }));
    }
    this.#layers.push(layer);
    if (this.#tail !== null) this.#tail = this.#extend(this.#tail, layer);
  }

  #setInput(layer: InputLayer): void {
    this.#head = layer.output as KerasTensor;
    this.#tail = this.#head;
  }

  /** Builds a layer on what the one before gives. */
  #extend(tail: KerasTensor, layer: Layer): KerasTensor {
    return withPath(this.name, () => layer.apply(tail)) as KerasTensor;
  }

  /** Removes the last layer and returns it. */
  pop(): Layer {
    const layer = this.#layers.pop();
    if (layer === undefined) throw new ConfigError(`${this.name}: there is no layer to pop`);
    const node = layer.inboundNodes.find(({ outputs }) => outputs[0] === this.#tail);
    if (this.#tail !== null && node !== undefined) this.#tail = node.inputs[0]!;
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
    return this.#head?.shape ?? null;
  }

  /** The shape of the output, batch included, or null before the model is built. */
  get outputShape(): LayerShape | null {
    return this.#tail?.shape ?? null;
  }

  override get input(): Tensor {
    return this.#head ?? super.input;
  }

  override get output(): Tensor {
    return this.#tail ?? super.output;
  }

  override get inputForm(): Form {
    return { kind: 'one', names: [this.#head?.name ?? 'input'] };
  }

  override get outputForm(): Form {
    return { kind: 'one', names: [this.#layers.at(-1)?.name ?? 'output'] };
  }

  override get builtFor(): LayerShape | null {
    return this.inputShape;
  }

  override get built(): boolean {
    return this.#tail !== null && this.#layers.every((layer) => layer.built);
  }

  /** Builds all layers for inputs of this shape, batch included (null for open sizes). */
  override build(inputShape: LayerShape): void {
    this.ensureBuilt(inputShape);
  }

  override ensureBuilt(inputShape: LayerShape): void {
    if (this.built) return;
    if (this.#layers.length === 0) throw new ConfigError(`${this.name}: the model has no layers; add() some`);
    this.#setInput(new InputLayer({ batchShape: inputShape }));
    for (const layer of this.#layers) this.#tail = this.#extend(this.#tail!, layer);
  }

  override call(inputs: Tensor, { training, mask }: CallContext): Tensor {
    const head = this.#head?.node.operation as InputLayer | undefined;
    let x = head === undefined ? inputs : head.apply(inputs, { training, mask });
    let from = head?.name;
    this.#layers.forEach((layer, i) => {
      // The first layer gets the mask that was given; later ones find theirs beside their input.
      x = layer.apply(x, { training, from, ...(i === 0 && mask !== null ? { mask } : {}) });
      from = layer.name;
    });
    return x;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    if (this.#tail !== null && sameShape(inputShape, this.#head!.shape)) return this.#tail.shape;
    return this.#layers.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  /** @internal Where Keras keeps the class. */
  override get kerasModule(): string {
    return 'keras';
  }

  /** @internal The layers come first, in their order. */
  override storedParts(): StoredParts {
    const parts = super.storedParts();
    return { ...parts, children: { layers: this.#layers, ...parts.children } };
  }

  /** The layers as Keras stores them; `models.fromConfig` makes the model again. */
  override getConfig(): Config {
    const { name, trainable, dtype } = super.getConfig();
    const head = this.#head?.node.operation as InputLayer | undefined;
    const layers = [...(head === undefined ? [] : [head]), ...this.#layers].map(serializeLayer);
    return { name, trainable, dtype, layers, ...(head === undefined ? {} : { build_input_shape: head.batchShape }) };
  }

  static override fromConfig(): never {
    throw new ConfigError('Sequential: use models.fromConfig(), which knows all layers');
  }
}

const sameShape = (a: LayerShape, b: LayerShape): boolean =>
  a.length === b.length && a.every((n, axis) => n === b[axis]);
