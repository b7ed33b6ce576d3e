/**
 * Where Keras's files keep what belongs to a model: every layer and optimizer at the path of attributes that leads to it.
 */
import { classNameOf, inKerasOrder, toSnakeCase, type Layer, type StoredChild, type Tensors } from '@dl/layers';
import { Optimizer } from '@dl/optim';
import type { Variable } from '@dl/tensor';
import type { AnyModel } from '../model.ts';

type AnyLayer = Layer<Tensors, Tensors>;

/** A layer, an optimizer or an empty group in a file with weights. */
export interface StoredObject {
  /** `layers/dense_1`, or '' for the model itself. */
  readonly path: string;
  /** The name of the layer. */
  readonly name: string;
  readonly kind: 'layer' | 'optimizer';
  /** Own variables, in the order of the file. */
  readonly variables: readonly Variable[];
}

/**
 * All objects of a model in the order in which Keras visits them. What can be reached on several paths stands at the first.
 * The names of layers do not count: lists hold them under the snake case of their class, numbered.
 */
export function storedObjects(model: AnyModel, optimizer: Optimizer | null): readonly StoredObject[] {
  const walk = new Walk();
  walk.layer(model, '', optimizer);
  return walk.found;
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`);

class Walk {
  readonly found: StoredObject[] = [];
  readonly #visited = new Set<object>();

  layer(layer: AnyLayer, path: string, optimizer: Optimizer | null = null): void {
    if (this.#visited.has(layer)) return;
    this.#visited.add(layer);
    const { weights, children } = layer.storedParts();
    this.found.push({ path, name: layer.name, kind: 'layer', variables: weights });
    const { layers, ...rest } = children;
    const first = layers === undefined ? [] : ([['layers', layers]] as const);
    const others = inKerasOrder<StoredChild | Optimizer>([
      ...Object.entries(rest),
      ...(optimizer === null ? [] : ([['optimizer', optimizer]] as const)),
    ]);
    for (const [name, child] of [...first, ...others]) this.#child(child, join(path, name));
  }

  #child(child: StoredChild | Optimizer, path: string): void {
    if (child instanceof Optimizer) this.#optimizer(child, path);
    else if (Array.isArray(child)) this.#list(child as readonly AnyLayer[], path);
    else if ('emptyGroup' in child) this.found.push({ path, name: child.emptyGroup, kind: 'layer', variables: [] });
    else this.layer(child as AnyLayer, path);
  }

  #list(layers: readonly AnyLayer[], path: string): void {
    const used = new Map<string, number>();
    for (const layer of layers) {
      const name = layer.storedParts().group ?? toSnakeCase(classNameOf(layer));
      const count = used.get(name) ?? 0;
      used.set(name, count + 1);
      this.layer(layer, join(path, count === 0 ? name : `${name}_${count}`));
    }
  }

  #optimizer(optimizer: Optimizer, path: string): void {
    const { variables, inner } = optimizer.storedParts();
    this.found.push({ path, name: optimizer.name, kind: 'optimizer', variables });
    if (inner !== null) this.#optimizer(inner, join(path, 'inner_optimizer'));
  }
}
