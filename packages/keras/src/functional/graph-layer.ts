/**
 * GraphLayer: a layer made of the calls between symbolic inputs and outputs, or, in subclasses, of a `call` of their own.
 */
import {
  asList,
  autoName,
  Layer,
  setMask,
  type CallContext,
  type Config,
  type DTypeLike,
  type LayerShape,
  type ShapesOf,
  type StoredParts,
  type Tensors,
} from '@dl/layers';
import { ConfigError, Tensor, unknownName } from '@dl/tensor';
import { ModuleLayer } from '../modules/module-layer.ts';
import { isTensor } from './forms.ts';
import { graphConfig } from './config.ts';
import { FunctionalGraph } from './graph.ts';
import { mapSeveral, type Form } from './structure.ts';

/** Options of {@link Model}; a subclass may take more. */
export interface ModelOptions<I extends Tensors = Tensors, O extends Tensors = Tensors> {
  /** Symbolic tensors, from `Input()`: one, a list or a record. */
  readonly inputs?: I | undefined;
  /** What layers and ops made of them. */
  readonly outputs?: O | undefined;
  /** 'functional' or the snake case of the class, numbered, unless given. */
  readonly name?: string | undefined;
  readonly trainable?: boolean | undefined;
  readonly dtype?: DTypeLike | undefined;
}

/** The base of models: what they compute. Training is added by `Model`. */
export class GraphLayer<
  I extends Tensors = Tensor,
  O extends Tensors = Tensor,
  C extends object = object,
> extends ModuleLayer<I, O, C> {
  readonly #graph: FunctionalGraph | null = null;

  constructor(options?: ModelOptions<I, O>);
  constructor(inputs: I, outputs: O, options?: ModelOptions);
  constructor(first: I | ModelOptions<I, O> = {}, last?: O, rest: ModelOptions = {}) {
    if (isPlainModel(new.target)) checkArguments(first, last, rest);
    const positional = last !== undefined;
    const { inputs, outputs, ...options } = positional ? rest : (first as ModelOptions<I, O>);
    const [from, to] = positional ? [first as I, last] : [inputs as I | undefined, outputs as O | undefined];
    const functional = from !== undefined && to !== undefined;
    super({
      ...options,
      name: options.name ?? (functional && isPlainModel(new.target) ? autoName('functional') : undefined),
    });
    if (!functional) return;
    this.#graph = new FunctionalGraph(from, to, this.name);
    this.ensureBuilt(mapSeveral<Tensor, LayerShape>(this.#graph.inputs, isTensor, ({ shape }) => shape) as ShapesOf<I>);
  }

  /** The name of the class in files: 'Functional' for models made of inputs and outputs. */
  get className(): string {
    return #graph in this && this.#graph !== null && isPlainModel(this.constructor) ? 'Functional' : '';
  }

  /** @internal Where Keras keeps the class. */
  get kerasModule(): string {
    return this.className === 'Functional' ? 'keras.src.models.functional' : 'keras.layers';
  }

  /** @internal The calls of a functional model; null for others. */
  get graph(): FunctionalGraph | null {
    return this.#graph;
  }

  /**
   * The computation. A functional model has it; override it in a subclass.
   *
   * @throws ConfigError when there is neither.
   */
  override call(inputs: I, { mask }: CallContext & C): O {
    const { graph } = this;
    if (graph === null) {
      throw new ConfigError(`${this.label}: override call(), or make the model from inputs and outputs`);
    }
    if (mask instanceof Tensor && inputs instanceof Tensor) setMask(inputs, mask);
    return graph.run(inputs) as O;
  }

  override computeOutputShape(inputShape: ShapesOf<I>): ShapesOf<O> {
    const { graph } = this;
    if (graph === null || JSON.stringify(inputShape) !== JSON.stringify(this.builtFor)) {
      return super.computeOutputShape(inputShape);
    }
    return mapSeveral<Tensor, LayerShape>(graph.outputs, isTensor, ({ shape }) => shape) as ShapesOf<O>;
  }

  /** The layers of the model; of a functional one by their distance from the outputs. */
  get layers(): readonly Layer[] {
    return this.sublayers() as readonly Layer[];
  }

  protected override sublayers(): readonly Layer<Tensors, Tensors>[] {
    const called = (this.graph?.operations ?? []).filter((operation) => operation instanceof Layer);
    return [...new Set([...called, ...super.sublayers()])];
  }

  /** The symbolic inputs, as a list. @throws ConfigError for models that have none yet. */
  get inputs(): readonly Tensor[] {
    return asList(this.input);
  }

  /** The symbolic outputs, as a list. @throws ConfigError for models that have none yet. */
  get outputs(): readonly Tensor[] {
    return asList(this.output);
  }

  override get input(): I {
    return (this.graph?.inputs ?? super.input) as I;
  }

  override get output(): O {
    return (this.graph?.outputs ?? super.output) as O;
  }

  /** Which inputs the model takes, and their names; null when it is not known. */
  get inputForm(): Form | null {
    return this.graph?.inputForm ?? null;
  }

  /** Which outputs the model gives, and their names; null when it is not known before a call. */
  get outputForm(): Form | null {
    return this.graph?.outputForm ?? null;
  }

  /** @internal The layers of a model made of inputs and outputs come first, in their order. */
  override storedParts(): StoredParts {
    const parts = super.storedParts();
    return this.graph === null ? parts : { ...parts, children: { layers: this.layers, ...parts.children } };
  }

  /** For a functional model its layers and their calls, as Keras stores them; `models.fromConfig` makes the model again. */
  override getConfig(): Config {
    const config = super.getConfig();
    if (this.className !== 'Functional') return config;
    const { name, trainable } = config;
    return { name, trainable, ...graphConfig(this.graph!) };
  }
}

/** Whether a class is `Model` itself, not one made of it. */
const isPlainModel = (target: unknown): boolean =>
  Object.hasOwn(target as object, 'className') && (target as typeof Layer).className === 'Model';

const OPTIONS = ['name', 'trainable', 'dtype'];

/** Throws unless inputs and outputs come together, and for options that a model does not know. */
function checkArguments(first: unknown, last: unknown, rest: object): void {
  const alone = first instanceof Tensor || Array.isArray(first);
  const { inputs, outputs, ...options } = (alone || last !== undefined ? rest : first) as ModelOptions;
  const [from, to] = alone || last !== undefined ? [first, last] : [inputs, outputs];
  if ((from === undefined) !== (to === undefined)) {
    const missing = from === undefined ? 'inputs' : 'outputs';
    throw new ConfigError(`Model: the ${missing} are missing; use new Model(inputs, outputs)`);
  }
  for (const key of Object.keys(options)) if (!OPTIONS.includes(key)) unknownName('Model', 'option', key, OPTIONS);
}
