/**
 * HDF5 files of Keras 1 and 2, which Keras 3 still writes: weights by the names of layers, the model in attributes.
 */
import { FormatError, getNode, type H5Attribute, type H5File, type H5Group, type ReadOptions } from '@dl/formats';
import type { Layer, Tensors, Weight } from '@dl/layers';
import type { Optimizer } from '@dl/optim';
import type { AnyModel } from '../model.ts';
import { allArrays, storedArray } from './h5-weights.ts';
import { upgradeCompile, upgradeModel } from './keras-2.ts';
import type { MatchOptions, ModelFile, StoredWeights } from './model-file.ts';
import { parseJson } from './python-json.ts';
import { emptyPlan, planInOrder, type StoredArray, type WeightPlan } from './weight-plan.ts';

/** Whether a file is one of these. */
export const isLegacy = ({ root }: H5File): boolean =>
  root.attributes.has('model_config') || root.children.has('model_weights') || listOf(root, 'layer_names') !== null;

/** A list of texts in an attribute, which is cut into `name0`, `name1` … where it is long. */
function listOf(group: H5Group, name: string): readonly string[] | null {
  const parts: H5Attribute[] = [];
  const whole = group.attributes.get(name);
  if (whole !== undefined) parts.push(whole);
  for (let i = 0; group.attributes.has(`${name}${i}`); i++) parts.push(group.attributes.get(`${name}${i}`)!);
  if (parts.length === 0) return null;
  return parts.flat().map(String);
}

/** Opens a legacy file. */
export function openLegacy(file: H5File, options: ReadOptions): ModelFile {
  const { root } = file;
  const { file: name = 'bytes' } = options;
  const format = 'legacy HDF5 file';
  const where = `${name} (${format})`;
  const json = (key: string): unknown => {
    const text = root.attributes.get(key);
    return typeof text === 'string' ? parseJson(text, options, { file: name, field: key }) : undefined;
  };
  const config = json('model_config');
  const version = String(root.attributes.get('keras_version') ?? '');
  // Keras 3 computes the hard sigmoid of old files in its own way; so its files have that, and older ones the old one.
  const dialect = { where, oldHardSigmoid: !version.startsWith('3') };
  const model = config === undefined ? undefined : upgradeModel(config, dialect);
  return {
    format,
    where,
    ...(model === undefined ? {} : { model, compile: upgradeCompile(json('training_config')) }),
    weights: legacyWeights(root, name),
    close: () => file.close(),
  };
}

function legacyWeights(root: H5Group, file: string): StoredWeights {
  const found = root.children.get('model_weights') ?? root;
  if (found.kind !== 'group') throw new FormatError('model_weights is no group', { file });
  const names = listOf(found, 'layer_names');
  if (names === null) throw new FormatError('the attribute layer_names is missing', { file });
  const groups = names.map((name): StoredGroup => {
    const group = getNode(found, name);
    if (group?.kind !== 'group') throw new FormatError(`layer_names lists '${name}', which is no group`, { file });
    return { name, arrays: arraysOf(group, name, file) };
  });
  const top = found.children.get('top_level_model_weights');
  const own = top?.kind === 'group' ? arraysOf(top, 'top_level_model_weights', file) : [];
  const state = root.children.get('optimizer_weights');
  const optimizerArrays = state?.kind === 'group' ? arraysOf(state, 'optimizer_weights', file) : null;
  return {
    list: () => allArrays(found),
    plan: (model, optimizer, options) => {
      const plan = planLayers(model, groups, own, options);
      if (optimizer !== null) planOptimizer(plan, optimizer, optimizerArrays);
      return plan;
    },
  };
}

interface StoredGroup {
  readonly name: string;
  readonly arrays: readonly StoredArray[];
}

/** The arrays that the names of a group's weights lead to. */
function arraysOf(group: H5Group, path: string, file: string): readonly StoredArray[] {
  return (listOf(group, 'weight_names') ?? []).map((name) => {
    const node = getNode(group, name);
    if (node?.kind === 'dataset') return storedArray(node, `${path}/${name}`);
    throw new FormatError(`weight_names lists '${name}', which is no dataset`, { file, field: path });
  });
}

/** Trained weights first, then the others, as these files have them. */
const weightsOf = (layer: Layer<Tensors, Tensors>): readonly Weight[] => [
  ...layer.trainableWeights,
  ...layer.nonTrainableWeights,
];

function planLayers(
  model: AnyModel,
  stored: readonly StoredGroup[],
  own: readonly StoredArray[],
  { byName = false }: MatchOptions,
): WeightPlan {
  const plan = emptyPlan();
  const layers = model.layers as unknown as readonly Layer<Tensors, Tensors>[];
  const filled = stored.filter(({ arrays }) => arrays.length > 0);
  if (byName) {
    for (const { name, arrays } of filled) {
      const layer = layers.find((one) => one.name === name);
      if (layer === undefined) plan.unused.push(...arrays.map((array) => array.name));
      else planInOrder(plan, layer.label, weightsOf(layer), arrays);
    }
    return plan;
  }
  const weighted = layers.filter((layer) => layer.weights.length > 0);
  weighted.forEach((layer, i) => {
    const group = filled[i];
    if (group !== undefined)
      planInOrder(plan, `${layer.label}, ${group.name} in the file`, weightsOf(layer), group.arrays);
    else
      plan.problems.push({
        kind: 'missing',
        what: layer.label,
        reason: `the file has ${filled.length} layers with weights`,
      });
  });
  plan.unused.push(...filled.slice(weighted.length).flatMap(({ arrays }) => arrays.map(({ name }) => name)));
  const inside = new Set(layers.flatMap((layer) => layer.weights));
  const rest = weightsOf(model).filter((weight) => !inside.has(weight));
  if (rest.length > 0) planInOrder(plan, model.label, rest, own);
  return plan;
}

/** State that does not fit is left out as a whole. */
function planOptimizer(plan: WeightPlan, optimizer: Optimizer, arrays: readonly StoredArray[] | null): void {
  if (arrays === null) return;
  const own = emptyPlan();
  planInOrder(own, optimizer.name, optimizer.variables, arrays);
  if (own.problems.length === 0) plan.assignments.push(...own.assignments);
  else plan.warnings.push(`the state of the optimizer does not fit and starts anew (${own.problems[0]!.reason})`);
}
