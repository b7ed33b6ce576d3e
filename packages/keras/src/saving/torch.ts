/**
 * Weights of PyTorch modules in layers that correspond to them.
 */
import type { Layer, Tensors, Weight } from '@dl/layers';
import { ConfigError } from '@dl/tensor';
import { sizeOf } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import type { Rename } from './model-file.ts';
import { renamer } from './named-weights.ts';
import { torchWeights, type TorchRule, type TorchWeight } from './torch-layouts.ts';
import { emptyPlan, planOne, type StoredArray, type WeightPlan } from './weight-plan.ts';

type AnyLayer = Layer<Tensors, Tensors>;

/**
 * Plans the loading of a state dictionary. A layer `block/conv` is the module `block.conv`, unless `rename` says otherwise:
 * it gets the path of a layer, without the model's name, and gives that of the module.
 */
export function planTorch(
  stored: ReadonlyMap<string, StoredArray>,
  model: AnyModel,
  rename: Rename | undefined,
): WeightPlan {
  const plan = emptyPlan();
  const used = new Set<string>();
  const toName = renamer(rename);
  const visit = (layer: AnyLayer, path: readonly string[]): void => {
    const modules = torchWeights(layer);
    const module = toName(path.join('/')).replaceAll('/', '.');
    if (modules !== null) return planModule(plan, stored, used, module, modules);
    const { weights, children } = layer.storedParts();
    if (weights.length > 0) {
      throw new ConfigError(
        `${layer.label}: it is not known how PyTorch keeps such weights; rename it as a layer that is, or load without from: 'torch'`,
      );
    }
    for (const child of Object.values(children).flat() as (AnyLayer | { readonly emptyGroup: string })[]) {
      if (!('emptyGroup' in child)) visit(child, [...path, child.name]);
    }
  };
  visit(model as unknown as AnyLayer, []);
  const counters = (name: string): boolean => name.endsWith('num_batches_tracked');
  plan.unused.push(...[...stored.keys()].filter((name) => !used.has(name) && !counters(name)));
  return plan;
}

function planModule(
  plan: WeightPlan,
  stored: ReadonlyMap<string, StoredArray>,
  used: Set<string>,
  module: string,
  weights: readonly TorchWeight[],
): void {
  for (const { weight, from, convert } of weights) {
    const names = from.map((name) => (module === '' ? name : `${module}.${name}`));
    const missing = names.find((name) => !stored.has(name));
    if (missing !== undefined) {
      plan.problems.push({ kind: 'missing', what: weight.path, reason: `the file has no '${missing}'` });
      continue;
    }
    for (const name of names) used.add(name);
    planOne(
      plan,
      weight,
      converted(
        names.map((name) => stored.get(name)!),
        weight,
        convert,
      ),
    );
  }
}

/** What the conversion gives, as an array of the file; it is checked before anything is read. */
function converted(parts: readonly StoredArray[], weight: Weight, convert: TorchRule['convert']): StoredArray {
  const values = convert(parts.map((part) => part.read()));
  // A weight per channel may stand in a shape that broadcasts.
  const fits = values.data.length === sizeOf(weight.shape) && values.shape.length === 1;
  const shape = fits ? weight.shape : values.shape;
  const name = parts.map((part) => part.name).join(' and ');
  const data = Float32Array.from(values.data);
  return { name, shape, dtype: 'float32', read: () => ({ dtype: 'float32', shape, data }) };
}
