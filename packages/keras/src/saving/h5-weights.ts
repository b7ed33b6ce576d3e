/**
 * Weights in HDF5 as Keras 3 keeps them: a group per object, with numbered datasets in its group `vars`.
 */
import { getNode, type H5Group, type H5GroupNode, type H5Node } from '@dl/formats';
import type { Optimizer } from '@dl/optim';
import type { AnyModel } from '../model.ts';
import { storedObjects, type StoredObject } from './object-paths.ts';
import { arrayOf, emptyPlan, planInOrder, type StoredArray, type WeightPlan } from './weight-plan.ts';

/** A group under construction. */
interface OpenGroup {
  readonly attributes: Map<string, string>;
  readonly children: Map<string, H5Node>;
}

const openGroup = (): OpenGroup => ({ attributes: new Map(), children: new Map() });

/** The tree of weights and state of a model. */
export async function weightTree(model: AnyModel, optimizer: Optimizer | null): Promise<H5GroupNode> {
  const root = openGroup();
  for (const { path, name, variables } of storedObjects(model, optimizer)) {
    const vars = groupAt(root, path === '' ? 'vars' : `${path}/vars`);
    vars.attributes.set('name', name);
    for (const [i, variable] of variables.entries()) vars.children.set(String(i), await arrayOf(variable));
  }
  return root;
}

function groupAt(root: OpenGroup, path: string): OpenGroup {
  return path.split('/').reduce((group, name) => {
    const known = group.children.get(name) as OpenGroup | undefined;
    const next = known ?? openGroup();
    group.children.set(name, next);
    return next;
  }, root);
}

/** Datasets of `vars` in the order of their numbers. */
function arraysIn(group: H5Group, path: string): readonly StoredArray[] {
  const numbered = [...group.children].filter(([name, node]) => /^\d+$/.test(name) && node.kind === 'dataset');
  return numbered
    .sort(([a], [b]) => Number(a) - Number(b))
    .flatMap(([name, node]) => (node.kind === 'dataset' ? [storedArray(node, `${path}/${name}`)] : []));
}

/** A dataset as an array of a plan. */
export function storedArray(
  node: Extract<H5Group['children'] extends ReadonlyMap<string, infer N> ? N : never, { kind: 'dataset' }>,
  name: string,
): StoredArray {
  return { name, shape: node.shape, dtype: node.dtype, read: () => node.read() };
}

/** All arrays below a group with their paths. */
export function allArrays(group: H5Group, path = ''): readonly StoredArray[] {
  return [...group.children].flatMap(([name, node]) => {
    const inner = path === '' ? name : `${path}/${name}`;
    return node.kind === 'dataset' ? [storedArray(node, inner)] : allArrays(node, inner);
  });
}

/** Plans the loading of a tree that {@link weightTree}, or Keras, wrote. */
export function planFromTree(root: H5Group, model: AnyModel, optimizer: Optimizer | null): WeightPlan {
  const plan = emptyPlan();
  const used = new Set<string>();
  for (const object of storedObjects(model, optimizer)) {
    if (object.variables.length === 0) continue;
    const found = findVars(root, object);
    const what = object.path === '' ? object.name : `${object.path} (${object.name})`;
    if (found === null) {
      if (object.kind === 'optimizer') plan.warnings.push(`the file has no state of the optimizer; it starts anew`);
      else plan.problems.push({ kind: 'missing', what, reason: 'the file has no weights of this layer' });
      continue;
    }
    for (const { name } of found) used.add(name);
    if (object.kind === 'optimizer') planOptimizer(plan, object, found);
    else planInOrder(plan, what, object.variables, found);
  }
  for (const { name } of allArrays(root)) {
    if (!used.has(name) && (optimizer !== null || !name.startsWith('optimizer/'))) plan.unused.push(name);
  }
  return plan;
}

/** State that does not fit is left out as a whole, as in Keras. */
function planOptimizer(plan: WeightPlan, { name, variables }: StoredObject, arrays: readonly StoredArray[]): void {
  const own = emptyPlan();
  // An optimizer that has not trained yet has its counters and its rate only.
  const untrained = arrays.length < variables.length && arrays.every(({ shape }) => shape.length === 0);
  planInOrder(own, name, untrained ? variables.slice(0, arrays.length) : variables, arrays);
  const [problem] = own.problems;
  if (problem === undefined) plan.assignments.push(...own.assignments);
  else
    plan.warnings.push(`the state of the optimizer does not fit and starts anew (${problem.what}: ${problem.reason})`);
}

/** The datasets of an object. Older files have private names, or those of layers in place of classes. */
function findVars(root: H5Group, { path, name }: StoredObject): readonly StoredArray[] | null {
  const parts = path.split('/');
  const last = parts.at(-1)!;
  const hidden = [...parts.slice(0, -1), `_${last}`].join('/');
  const byLayer = parts.length === 2 && parts[0] === 'layers' ? [`_layer_checkpoint_dependencies/${name}`] : [];
  for (const candidate of [path, hidden, ...byLayer]) {
    const vars = candidate === '' ? 'vars' : `${candidate}/vars`;
    const node = getNode(root, vars);
    if (node?.kind === 'group') return arraysIn(node, vars);
  }
  return null;
}
