/**
 * ModuleLayer: what people who come from PyTorch look for in a model.
 */
import { Layer, type Tensors, type Weight } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import { checkBuilt, loadState, type LoadedState, type LoadStateOptions, type StateValues } from './state-dict.ts';
import { namesOf } from './weight-names.ts';

/** Weights and layers by name, under what models compute. */
export abstract class ModuleLayer<
  I extends Tensors = Tensor,
  O extends Tensors = Tensor,
  C extends object = object,
> extends Layer<I, O, C> {
  /**
   * The weights that gradients may change, frozen ones as well, with the names that they have in {@link stateDict}. For their
   * values see there; for all weights in order, `weights`.
   *
   * @example for (const [name, weight] of model.namedParameters()) console.log(name, weight.shape);
   */
  namedParameters(): readonly (readonly [name: string, weight: Weight])[] {
    return this.#named().filter(([, { kind }]) => kind === 'trainable');
  }

  /**
   * The model itself under '', and every layer inside it, outer ones first: each once, under the names of the layers around
   * it and its own, as in 'block/conv'.
   *
   * @example for (const [path, layer] of model.namedModules()) console.log(path, layer.label);
   */
  namedModules(): readonly (readonly [path: string, layer: Layer<Tensors, Tensors>])[] {
    const seen = new Set<object>();
    const found: (readonly [string, Layer<Tensors, Tensors>])[] = [];
    const visit = (layer: Layer<Tensors, Tensors>, path: string): void => {
      if (seen.has(layer)) return;
      seen.add(layer);
      found.push([path, layer]);
      const all = new Set<object>(layer.flattenLayers());
      // Layers that others hold are met through those.
      const inner = [...all].filter((one) => one !== layer) as Layer<Tensors, Tensors>[];
      const deeper = new Set<object>(inner.flatMap((one) => one.flattenLayers().filter((other) => other !== one)));
      for (const one of inner) if (!deeper.has(one)) visit(one, path === '' ? one.name : `${path}/${one.name}`);
    };
    visit(this as unknown as Layer<Tensors, Tensors>, '');
    return found;
  }

  /**
   * The values of all weights of a built model by name: their paths, as in 'sequential/dense/kernel', numbered where two are
   * the same. They are those of now, and stay as they are when the model is trained on. Names are those of safetensors and
   * npz files of the model.
   *
   * @throws ConfigError for a model that is not built.
   * @example
   * const best = model.stateDict();
   * await model.fit(x, y);
   * model.loadStateDict(best);
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(this.#named().map(([name, weight]) => [name, weight.value]));
  }

  /**
   * Sets weights by name. Everything is checked first: a name that is missing or not known, or a shape that differs, is an
   * error that lists all of them, and no weight is set then.
   *
   * @param values What {@link stateDict} gave, or arrays by name, also in a Map. Other dtypes are cast.
   * @returns Names that were missing or not known, which there are only with `strict: false`.
   * @throws ConfigError for names and ShapeError for shapes that do not fit.
   * @example
   * const { missingKeys } = model.loadStateDict({ 'sequential/dense/bias': [0, 1] }, { strict: false });
   */
  loadStateDict(values: StateValues, options: LoadStateOptions = {}): LoadedState {
    return loadState(this.label, this.#named(), values, options);
  }

  #named(): readonly (readonly [string, Weight])[] {
    const { weights } = this;
    checkBuilt(this);
    return namesOf(weights).map((name, i) => [name, weights[i]!]);
  }
}
