/**
 * cloneModel: the same layers and calls with weights of their own.
 */
import {
  asList,
  cloneLayer,
  InputLayer,
  KerasTensor,
  OpCall,
  recordCall,
  type Layer,
  type Operation,
  type Tensors,
} from '@dl/layers';
import { ConfigError, Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Model, type AnyModel } from '../model.ts';
import { Sequential } from '../sequential.ts';
import { isTensor } from './forms.ts';
import { mapSeveral, type Form } from './structure.ts';

/** Options of {@link cloneModel}. */
export interface CloneOptions {
  /** Makes the new layer for an old one; from its configuration unless given. */
  readonly cloneFunction?: ((layer: Layer<Tensors, Tensors>) => Layer<Tensors, Tensors>) | undefined;
  /** Symbolic tensors that the copy begins at, in the form of the model's inputs: other shapes, for example. */
  readonly inputTensors?: Tensors | undefined;
}

/**
 * A model with the same layers and new weights. Layers keep their names; one that is shared stays shared.
 *
 * @throws ConfigError for subclasses of Model, which only their constructor can make again, and for `inputTensors` in
 * another form than the model's inputs.
 * @example const copy = cloneModel(model); copy.setWeights(model.getWeights());
 */
export function cloneModel<M extends AnyModel>(model: M, options: CloneOptions = {}): M {
  return new Cloner(options).model(model, options.inputTensors) as M;
}

class Cloner {
  readonly #options: CloneOptions;
  readonly #made = new Map<Operation, Layer<Tensors, Tensors>>();

  constructor(options: CloneOptions) {
    this.#options = options;
  }

  model(model: AnyModel, given?: Tensors): AnyModel {
    if (model instanceof Sequential) return this.#sequential(model, given) as unknown as AnyModel;
    if (!(model instanceof Model)) throw new ConfigError(`cloneModel: expected a model, got ${describe(model)}`);
    const { graph } = model;
    if (graph === null || model.className !== 'Functional') {
      throw new ConfigError(
        `cloneModel: ${model.label} is a class of its own; make another with its constructor and use setWeights(model.getWeights())`,
      );
    }
    if (given !== undefined) checkInputs(model, given, graph.inputForm);
    const inputs =
      given ?? mapSeveral<Tensor, Tensor>(graph.inputs, isTensor, (place) => this.#input(place as KerasTensor));
    const outputs = graph.run(inputs, (operation) =>
      operation instanceof OpCall ? again(operation) : this.#layer(operation),
    );
    return new Model(inputs, outputs, { name: model.name, trainable: model.trainable });
  }

  #input(place: KerasTensor): Tensor {
    return (this.#layer(place.node.operation as InputLayer) as unknown as InputLayer).output;
  }

  #sequential(model: Sequential, given?: Tensors): Sequential {
    if (given !== undefined) checkInputs(model as unknown as AnyModel, given, { kind: 'one', names: ['input'] });
    const old = model.built ? [this.#layer((model.input as KerasTensor).node.operation)] : [];
    const head = given === undefined ? old : [(given as KerasTensor).node.operation as InputLayer];
    const layers = [...head, ...model.layers.map((layer) => this.#layer(layer))] as unknown as Layer[];
    return new Sequential(layers, { name: model.name, trainable: model.trainable });
  }

  #layer(layer: Operation): Layer<Tensors, Tensors> {
    const known = this.#made.get(layer);
    if (known !== undefined) return known;
    const made = this.#clone(layer as Layer<Tensors, Tensors>);
    this.#made.set(layer, made);
    return made;
  }

  #clone(layer: Layer<Tensors, Tensors>): Layer<Tensors, Tensors> {
    const { cloneFunction } = this.#options;
    if (cloneFunction !== undefined && !(layer instanceof InputLayer)) return cloneFunction(layer);
    if (layer instanceof Model) return this.model(layer as AnyModel);
    return cloneLayer(layer, {});
  }
}

/** Throws unless there is one symbolic tensor for every input, in the form of the model. */
function checkInputs(model: AnyModel, given: Tensors, { kind, names }: Form): void {
  const list = asList(given);
  const other = given instanceof Tensor ? 'one' : Array.isArray(given) ? 'list' : 'record';
  if (other === kind && list.length === names.length && list.every((one) => one instanceof KerasTensor)) return;
  const wanted = kind === 'one' ? 'one symbolic tensor' : `a ${kind} of ${names.length} symbolic tensors`;
  throw new ConfigError(`cloneModel: ${model.label} needs ${wanted} for inputTensors; make them with Input()`);
}

/** The op, recorded once more under its name. */
function again({ op, apply, name, label }: OpCall): Operation {
  return { name, label, apply: (...args) => recordCall(new OpCall(op, apply, name), args).result };
}
