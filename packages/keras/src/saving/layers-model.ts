/**
 * Models of TensorFlow.js: model.json and shards of weights.
 */
import { FormatError, readWeightsManifest, type NamedArray, type ReadOptions } from '@dl/formats';
import type { Weight } from '@dl/layers';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { upgradeCompile, upgradeModel } from './keras-2.ts';
import type { ModelFile, StoredWeights } from './model-file.ts';
import { inMemory, renamer } from './named-weights.ts';
import type { Place } from './places.ts';
import { emptyPlan, pathOf, planOne, type StoredArray } from './weight-plan.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Opens a model.json whose text has been parsed. Its shards are read and checked.
 *
 * @throws FormatError for graph models, and for what is missing or damaged.
 */
export async function openLayersModel(json: Json, place: Place, options: ReadOptions): Promise<ModelFile> {
  const file = place.name;
  if (json['format'] === 'graph-model') {
    throw new FormatError(
      'it is a graph-model, which has ops in place of layers; convert the original with --output_format tfjs_layers_model',
      { file },
    );
  }
  const { modelTopology: topology, weightsManifest: manifest, trainingConfig } = json;
  const format = 'TensorFlow.js layers-model';
  const where = `${file} (${format})`;
  const weights = manifest === undefined ? null : await weightsOf(manifest, place, options);
  if (!isPlain(topology)) return { format, where, weights, close: () => undefined };
  const { keras_version: version } = topology;
  const dialect = {
    where,
    oldHardSigmoid: !(typeof version === 'string' && version.startsWith('3')),
    resetAfter: false,
  };
  return {
    format,
    where,
    model: upgradeModel(topology, dialect),
    compile: upgradeCompile(trainingConfig ?? topology['training_config']),
    weights,
    close: () => undefined,
  };
}

async function weightsOf(manifest: unknown, place: Place, options: ReadOptions): Promise<StoredWeights> {
  const read = await readWeightsManifest(manifest, (path) => place.beside(path), options);
  const stored = new Map<string, StoredArray>();
  let ofOptimizer = 0;
  for (const [name, array] of read) {
    if (array.dtype === 'string') {
      throw new FormatError('the weight holds texts, which layers here keep in their configuration', {
        file: place.name,
        field: name,
      });
    }
    if (array.group === 'optimizer') ofOptimizer++;
    else stored.set(name, inMemory(name, array as NamedArray));
  }
  return {
    list: () => [...stored.values()],
    plan: (model, optimizer, { rename }) => {
      const names = new FileNames(stored.keys());
      const plan = emptyPlan();
      const toName = renamer(rename);
      const used = new Set<string>();
      for (const { weight, index } of placedWeights(model)) {
        const candidates = candidatesOf(toName(pathOf(weight)), index);
        const name = candidates.map((candidate) => names.find(candidate)).find((one) => one !== undefined);
        if (name === undefined || used.has(name)) {
          const reason = `the file has none of ${candidates.slice(0, 4).join(', ')}`;
          plan.problems.push({ kind: 'missing', what: pathOf(weight), reason });
        } else {
          used.add(name);
          planOne(plan, weight, stored.get(name)!);
        }
      }
      plan.unused.push(...[...stored.keys()].filter((name) => !used.has(name)));
      if (ofOptimizer > 0 && optimizer !== null) {
        plan.warnings.push(`the file has ${ofOptimizer} arrays of an optimizer of TensorFlow.js; it starts anew here`);
      }
      return plan;
    },
  };
}

/** Weights with their places among those of their layer. */
function placedWeights(model: AnyModel): readonly { weight: Weight; index: number }[] {
  const places = new Map<Weight, number>();
  for (const layer of model.flattenLayers()) {
    layer.storedParts().weights.forEach((weight, index) => places.set(weight, index));
  }
  return model.weights.map((weight) => ({ weight, index: places.get(weight)! }));
}

/** What weights were called before Keras 3: the kernel of a DepthwiseConv2D. */
const OLDER_NAMES: Readonly<Record<string, string>> = { kernel: 'depthwise_kernel' };

/**
 * Names that files may have for a weight: its path, without the models around it, without the cell of a recurrent layer, and
 * with its number in place of its name, as converters of Keras 3 write.
 */
function candidatesOf(path: string, index: number): readonly string[] {
  const parts = path.split('/');
  const found: string[] = [];
  for (let i = 0; i + 1 < parts.length; i++) {
    const rest = parts.slice(i);
    found.push(rest.join('/'));
    if (rest.length > 2) found.push([...rest.slice(0, -2), rest.at(-1)!].join('/'));
  }
  const owners = found.map((name) => name.slice(0, name.lastIndexOf('/')));
  const older = Object.hasOwn(OLDER_NAMES, parts.at(-1)!) ? [OLDER_NAMES[parts.at(-1)!]!] : [];
  return [...found, ...[...older, String(index)].flatMap((last) => owners.map((owner) => `${owner}/${last}`))];
}

/** Names of a file, also found without the cells that TensorFlow puts into those of recurrent layers. */
class FileNames {
  readonly #exact: ReadonlySet<string>;
  readonly #short = new Map<string, string | null>();

  constructor(names: Iterable<string>) {
    this.#exact = new Set(names);
    for (const name of this.#exact) {
      const parts = name.replace(/:0$/, '').split('/');
      const variants = new Set([parts.join('/'), [...parts.slice(0, -2), parts.at(-1)!].join('/')]);
      for (const short of variants) this.#short.set(short, this.#short.has(short) ? null : name);
    }
  }

  find(name: string): string | undefined {
    return this.#exact.has(name) ? name : (this.#short.get(name) ?? undefined);
  }
}
