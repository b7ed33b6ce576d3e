/**
 * Layer: the base class of everything with weights and a call.
 */
import { ConfigError, div, ShapeError, Tensor, tensor, type DType, type TensorLike, type Variable } from '@dl/tensor';
import { describe, formatShape, isFloating, sizeOf, withLabel } from '@dl/tensor/interpreter';
import { checkCall, checkKept, checkResult, checkWeightPlace } from './call-checks.ts';
import {
  addToCollector,
  currentCallers,
  currentPath,
  isCollecting,
  isTraining,
  withAutocast,
  withCaller,
  withPath,
  withTraining,
} from './call-context.ts';
import { checkOptions, classNameOf, type Config, type ConfigValue } from './config.ts';
import { toPolicy, type DTypePolicy } from './dtype-policy.ts';
import { HookedLayer } from './forward-hooks.ts';
import { get as getInitializer } from '../initializers.ts';
import { checkInput, checkShapeAgainst, wholeShape, type InputSpec, type LayerShape } from './input-spec.ts';
import { isSymbolic, type CallNode, type Operation } from './keras-tensor.ts';
import { buildOn, inferShapes, onlyNode, originOf, recordLayerCall, symbolicShapes } from './symbolic-call.ts';
import { constructorArguments, dtypeConfig, type LayerClass } from './layer-config.ts';
import {
  BASE_OPTIONS,
  type AddWeightOptions,
  type CallContext,
  type CallOptions,
  type LayerOptions,
} from './layer-options.ts';
import { setMask } from './masks.ts';
import { partsInProperties, type StoredParts } from './stored-parts.ts';
import { autoName, checkName, toSnakeCase } from './names.ts';
import { get as getRegularizer, serialize as serializeRegularizer, type Regularizer } from '../regularizers.ts';
import {
  asList,
  castFloating,
  mapInputs,
  masksOf,
  openShapes,
  unique,
  type InputsLike,
  type Mask,
  type ShapesOf,
  type Tensors,
} from './tensors.ts';
import { hasState, setAll, Weight } from './weight.ts';

export type { AddWeightOptions, CallContext, CallOptions, LayerOptions } from './layer-options.ts';

/**
 * Base class of layers. A subclass makes its weights in `build` and computes in `call`, which must be made of ops only:
 * it may be traced once and run many times. Layers kept in properties are found by themselves.
 *
 * @example
 * class Scale extends Layer {
 *   #factor!: Weight;
 *   override build(): void {
 *     this.#factor = this.addWeight({ name: 'factor', shape: [], initializer: 'ones' });
 *   }
 *   override call(x: Tensor): Tensor {
 *     return x.mul(this.#factor);
 *   }
 * }
 */
export abstract class Layer<I extends Tensors = Tensor, O extends Tensors = Tensor, C extends object = object>
  extends HookedLayer<I, O>
  implements Operation
{
  /** Class name in files; give your own classes one if they may be minified. */
  static readonly className: string = 'Layer';
  /** Constructor arguments that stand before the options, by option name. */
  static readonly positional: readonly string[] = [];
  /** Options beside those of every layer; null takes any. */
  static readonly options: readonly string[] | null = null;
  /** For layers on several inputs that Keras takes as arguments of their own: the names of those. */
  static readonly inputNames: readonly string[] = [];

  readonly name: string;
  readonly dtypePolicy: DTypePolicy;
  /** Shape with the batch, when the layer was told its input. */
  readonly batchInputShape: LayerShape | null;
  readonly activityRegularizer: Regularizer | null;
  /** What the input must look like; layers narrow it when they are built. */
  inputSpec: InputSpec = {};
  /** Whether an incoming mask is passed on. */
  supportsMasking = false;
  /** The calls on symbolic tensors, in functional models. */
  readonly inboundNodes: CallNode[] = [];
  #trainable: boolean;
  #built = false;
  #builtFor: ShapesOf<I> | null = null;
  /** Whether the layer was made while another was called. */
  readonly #madeInCall = currentCallers().length > 0;
  readonly #trainableOwn: Weight[] = [];
  readonly #stateOwn: Weight[] = [];

  constructor(options: LayerOptions = {}) {
    super();
    const { options: known } = new.target as typeof Layer;
    const kind = classNameOf(this);
    if (typeof options !== 'object' || options === null) {
      throw new ConfigError(`${kind}: expected an object of options, got ${describe(options)}`);
    }
    const checked = known !== null && Object.hasOwn(new.target, 'className');
    if (checked) checkOptions(kind, options, [...known, ...BASE_OPTIONS]);
    const { name, dtype, trainable = true, inputShape, batchInputShape } = options;
    this.name = name === undefined ? autoName(toSnakeCase(kind)) : checkName(kind, name);
    this.dtypePolicy = withLabel(kind, () => toPolicy(dtype));
    this.#trainable = trainable;
    this.batchInputShape = withLabel(this.label, () => wholeShape(inputShape, batchInputShape));
    this.activityRegularizer = withLabel(this.label, () => getRegularizer(options.activityRegularizer));
  }

  /** Dtype of the weights. */
  get dtype(): DType {
    return this.dtypePolicy.variableDtype;
  }

  /** Dtype that floating inputs and weights are cast to for a call. */
  get computeDtype(): DType {
    return this.dtypePolicy.computeDtype;
  }

  // ---- building and calling

  get built(): boolean {
    return this.#built;
  }

  /** The shape the layer was built for, or null. */
  get builtFor(): ShapesOf<I> | null {
    return this.#builtFor;
  }

  /** Makes the weights for inputs of this shape. Called once, by {@link ensureBuilt}; override it, do not call it. */
  protected build(_inputShape: ShapesOf<I>): void {}

  /** The computation, in ops. Override it; call {@link apply}. */
  abstract call(inputs: I, context: CallContext & C): O;

  /** Builds the layer if it is not built; sizes may be null where weights do not depend on them. */
  ensureBuilt(inputShape: ShapesOf<I>, from?: string): void {
    if (this.built) return;
    checkShapeAgainst(this.inputSpec, inputShape, this.label, from);
    withPath(this.name, () => withLabel(this.label, () => this.build(inputShape)));
    if (this.#madeInCall && this.weights.length > 0) checkKept(this.label, this);
    this.#built = true;
    this.#builtFor = inputShape;
  }

  /**
   * Runs the layer, and builds it first if need be. Symbolic inputs (from `Input()`) are not computed with: the call becomes
   * a part of a functional model.
   *
   * @throws ShapeError or DTypeError naming the layer when the input does not fit.
   */
  apply(inputs: I | InputsLike<I>, options: CallOptions & C = {} as CallOptions & C): O {
    if (isSymbolic(inputs) || Object.values(options).some(isSymbolic)) return this.#record(inputs, options);
    const { from } = options;
    const training = options.training ?? isTraining();
    const given = withLabel(this.label, () => this.#prepare(inputs));
    checkInput(this.inputSpec, given, this.label, from);
    if (!this.built) this.ensureBuilt(openShapes(given) as ShapesOf<I>, from);
    const mask = options.mask === undefined ? masksOf(given) : options.mask;
    const context = { ...options, training, mask };
    const { computeDtype, dtype } = this;
    const made = withLabel(this.label, () =>
      withAutocast(computeDtype === dtype ? null : computeDtype, () =>
        training === isTraining() ? this.#run(given, context) : withTraining(training, () => this.#run(given, context)),
      ),
    );
    const output = this.afterCall(given, made);
    this.#passMask(given, mask, output);
    if (this.activityRegularizer !== null && isCollecting()) {
      for (const t of asList(output)) this.addLoss(div(this.activityRegularizer.apply(t), t.shape[0] ?? 1));
    }
    return output;
  }

  /** Runs `call`, and checks what it gives. */
  #run(inputs: I, context: CallContext & C): O {
    checkCall(this.label, this);
    const output = withCaller(this, () => this.call(inputs, context));
    checkResult(this.label, output);
    return output;
  }

  /** Adds a call to a functional model. */
  #record(inputs: I | InputsLike<I>, options: CallOptions & C): O {
    const shapes = symbolicShapes(inputs) as ShapesOf<I>;
    const origin = originOf(inputs);
    checkShapeAgainst(this.inputSpec, shapes, this.label, origin);
    buildOn(this, inputs, () => this.ensureBuilt(shapes, origin));
    const node = recordLayerCall(this, inputs, options);
    this.inboundNodes.push(node);
    return node.result as O;
  }

  /** What the layer was applied to, symbolically: for models that begin here. @throws ConfigError unless it was once. */
  get input(): I {
    return onlyNode(this.inboundNodes, this.label, 'input').args[0] as I;
  }

  /**
   * What the layer gave, symbolically: for models that end here.
   *
   * @throws ConfigError unless the layer was applied once to symbolic tensors.
   * @example const features = new Model(model.inputs, model.getLayer('pool').output);
   */
  get output(): O {
    return onlyNode(this.inboundNodes, this.label, 'output').result as O;
  }

  /** Tensors, of the dtype the layer computes in where they are floating. */
  #prepare(inputs: I | InputsLike<I>): I {
    return mapInputs(inputs, (x) => castFloating(tensor(x), this.computeDtype)) as I;
  }

  #passMask(inputs: I, mask: Mask, output: O): void {
    const next = this.computeMask(inputs, mask);
    if (next === null || !(output instanceof Tensor)) return;
    const single = next instanceof Tensor ? next : next.find((m) => m !== null);
    if (single) setMask(output, single);
  }

  /** The mask of the output: the one that came in if the layer supports masking, otherwise none. */
  computeMask(_inputs: I, mask: Mask): Mask {
    return this.supportsMasking ? mask : null;
  }

  /** Adds a scalar to the loss of the call under way; see `collectLosses`. */
  addLoss(loss: Tensor): void {
    addToCollector(loss);
  }

  /**
   * Shape of the output for a shape of the input, without running. Unless overridden, the call is traced at two sizes of
   * each open axis; sizes that differ are null.
   */
  computeOutputShape(inputShape: ShapesOf<I>): ShapesOf<O> {
    this.ensureBuilt(inputShape);
    const context = { training: false, mask: null } as CallContext & C;
    const call = (inputs: I): O => withTraining(false, () => this.#run(inputs, context));
    return inferShapes(call, inputShape, this.computeDtype) as ShapesOf<O>;
  }

  // ---- weights

  /** Makes a weight. Call it in `build`. */
  protected addWeight(options: AddWeightOptions): Weight {
    const { name, shape, trainable = true, dtype = this.dtype, autocast } = options;
    checkWeightPlace(this.label, this, name);
    if (shape.some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(
        `${this.label}: weight '${name}' has the shape ${formatShape(shape)}; every size must be known`,
      );
    }
    const initializer = getInitializer(options.initializer ?? (isFloating(dtype) ? 'glorot_uniform' : 'zeros'));
    const weight = new Weight(() => initializer.apply(shape, dtype), {
      name,
      shape,
      dtype,
      path: `${currentPath()}${name}`,
      kind: trainable ? 'trainable' : 'state',
      trainable: trainable && this.#trainable,
      regularizer: options.regularizer ?? null,
      constraint: options.constraint ?? null,
      ...(autocast === undefined ? {} : { autocast }),
    });
    (trainable ? this.#trainableOwn : this.#stateOwn).push(weight);
    return weight;
  }

  /** Layers this one is made of: those found in its properties, and in arrays there. */
  protected sublayers(): readonly Layer<Tensors, Tensors>[] {
    const found = Object.values(this).flatMap((value: unknown) =>
      Array.isArray(value) ? (value as unknown[]) : [value],
    );
    return [...new Set(found.filter((value) => value instanceof Layer))];
  }

  /** This layer and all inside it, depth first. */
  flattenLayers(): readonly Layer<Tensors, Tensors>[] {
    return [this, ...this.sublayers().flatMap((layer) => layer.flattenLayers())];
  }

  /** Whether optimizers may change the weights; setting it holds for all layers inside. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(value: boolean) {
    this.#trainable = value;
    for (const weight of this.#trainableOwn) weight.trainable = value;
    for (const layer of this.sublayers()) layer.trainable = value;
  }

  /** All weights, layer by layer: trainable ones of a layer, then its other state. */
  get weights(): readonly Weight[] {
    const inner = this.sublayers().flatMap((layer) => layer.weights);
    return unique([...this.#trainableOwn, ...this.#stateOwn, ...inner]);
  }

  /** The weights that gradients change; none when the layer is frozen. */
  get trainableWeights(): readonly Weight[] {
    if (!this.#trainable) return [];
    const own = this.#trainableOwn.filter((weight) => weight.trainable);
    return unique([...own, ...this.sublayers().flatMap((layer) => layer.trainableWeights)]);
  }

  /** All other weights. */
  get nonTrainableWeights(): readonly Weight[] {
    const trainable = new Set(this.trainableWeights);
    return this.weights.filter((weight) => !trainable.has(weight));
  }

  /** Everything that changes: weights, and the states of random generators. */
  get variables(): readonly Variable[] {
    const generators = Object.values(this).flatMap((value: unknown) => (hasState(value) ? [value.state] : []));
    return unique([
      ...this.#trainableOwn,
      ...this.#stateOwn,
      ...generators,
      ...this.sublayers().flatMap((l) => l.variables),
    ]);
  }

  /** Penalties of the regularizers of trainable weights, one scalar each. */
  get losses(): readonly Tensor[] {
    return this.trainableWeights.flatMap((w) => (w.regularizer === null ? [] : [w.regularizer.apply(w)]));
  }

  /** Number of elements of all weights. */
  countParams(): number {
    if (!this.built) {
      throw new ConfigError(
        `${this.label}: countParams needs a built layer; call it on data, or give it an inputShape`,
      );
    }
    return this.weights.reduce((total, weight) => total + sizeOf(weight.shape), 0);
  }

  /** Values of {@link weights}. */
  getWeights(): Tensor[] {
    return this.weights.map((weight) => weight.value);
  }

  /**
   * Sets all {@link weights}, in their order.
   *
   * @throws ConfigError for another number, ShapeError naming the weight whose shape differs.
   */
  setWeights(values: readonly TensorLike[]): void {
    setAll(this.label, this.weights, values);
  }

  /** Gives the memory of all variables back. */
  dispose(): void {
    for (const variable of this.variables) variable.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  // ---- configuration

  /** @internal Own weights, trainable ones first, and what is inside under the names of Keras's files. */
  storedParts(): StoredParts {
    return { weights: [...this.#trainableOwn, ...this.#stateOwn], children: partsInProperties(this) };
  }

  /** Constructor options under Keras's names. Subclasses add theirs to `super.getConfig()`. */
  getConfig(): Config {
    const config: { [key: string]: ConfigValue } = {
      name: this.name,
      trainable: this.#trainable,
      dtype: dtypeConfig(this.dtypePolicy.name),
    };
    if (this.activityRegularizer !== null) {
      config['activity_regularizer'] = serializeRegularizer(this.activityRegularizer);
    }
    return config;
  }

  /** Makes a layer from what {@link getConfig} gave; keys it does not know are left out. */
  static fromConfig<T>(this: LayerClass<T>, config: Config): T {
    const { args, options } = constructorArguments(config, this.positional, this.options);
    return new this(...([...args, options] as never[]));
  }
}
