/**
 * The whole state of a run as bytes: weights and optimizer as Keras keeps them, and everything else in a file of its own.
 */
import { FormatError, hdf5Parts, readSafetensors, writeSafetensors, type NamedArray } from '@dl/formats';
import { ConfigError, defaultRandom, tensor, type Tensor, type TypedArray, type Variable } from '@dl/tensor';
import { formatShape, hasDefaultRandom, isPlain, sameShape } from '@dl/tensor/interpreter';
import type { Callback, CallbackState, Logs } from '../callbacks/callback.ts';
import type { AnyModel } from '../model.ts';
import { weightTree } from '../saving/h5-weights.ts';
import { builtOptimizer } from '../saving/load.ts';
import { storedObjects } from '../saving/object-paths.ts';
import { openModelFile } from '../saving/open.ts';
import { parseJson, writeJson } from '../saving/python-json.ts';
import { applyPlan, arrayOf } from '../saving/weight-plan.ts';
import type { Resumption, RunRecord, TrainingRun } from '../training/run.ts';

const VERSION = 1;

/** The key of the JSON part in the file's metadata. */
const KEY = 'state';

/** A callback's state in JSON; its tensors are arrays of the file. */
interface StoredCallback {
  readonly values: CallbackState['values'];
  readonly tensors: number;
}

interface StoredRun {
  readonly version: number;
  readonly record: RunRecord;
  readonly optimizer: string;
  readonly callbacks: Readonly<Record<string, StoredCallback>>;
}

/** Variables beside those in the file of weights. */
function otherVariables(model: AnyModel): readonly Variable[] {
  const { optimizer } = model;
  const stored = new Set(storedObjects(model, optimizer).flatMap(({ variables }) => variables));
  const all = [...model.variables, ...optimizer.variables];
  return [...new Set(all)].filter((variable) => !stored.has(variable));
}

/** Its class and how much state it has. */
function optimizerKey(model: AnyModel): string {
  const { optimizer } = model;
  const { className } = optimizer.constructor as { readonly className?: string };
  return `${className ?? optimizer.name} with ${builtOptimizer(model)?.variables.length ?? 0} variables`;
}

const metricVariables = (model: AnyModel): readonly Variable[] =>
  model.namedMetrics.flatMap(({ metric }) => metric.variables);

/** Callbacks by their class, and their number among those of the class. */
function byKey(callbacks: readonly Callback[]): ReadonlyMap<string, Callback> {
  const keys = new Map<string, Callback>();
  for (const callback of callbacks) {
    const { name } = callback.constructor;
    let count = 0;
    while (keys.has(`${name} ${count}`)) count++;
    keys.set(`${name} ${count}`, callback);
  }
  return keys;
}

/** The bytes of weights and of all other state, as they are at the moment. */
export async function captureRun(
  run: TrainingRun,
  logs: Logs,
): Promise<{ readonly weights: Iterable<Uint8Array>; readonly state: Iterable<Uint8Array> }> {
  const { model, callbacks } = run;
  const tree = await weightTree(model, model.optimizer);
  const arrays = new Map<string, NamedArray>();
  const put = async (name: string, list: readonly Variable[]): Promise<void> => {
    for (const [i, variable] of list.entries()) arrays.set(`${name}/${i}`, await arrayOf(variable));
  };
  await put('variables', otherVariables(model));
  await put('generator', hasDefaultRandom() ? [defaultRandom().state] : []);
  // Between epochs metrics hold nothing.
  if (run.position.step > 0) await put('metrics', metricVariables(model));
  const states: Record<string, StoredCallback> = {};
  for (const [key, callback] of byKey(callbacks.callbacks)) {
    const state = callback.getState();
    if (state === null) continue;
    const { values, tensors = [] } = state;
    states[key] = { values, tensors: tensors.length };
    for (const [i, one] of tensors.entries()) {
      const data = await one.data();
      arrays.set(`callbacks/${key}/${i}`, { dtype: one.dtype, shape: one.shape, data });
    }
  }
  const record = run.record(logs);
  const stored: StoredRun = { version: VERSION, record, optimizer: optimizerKey(model), callbacks: states };
  return { weights: hdf5Parts(tree), state: [writeSafetensors(arrays, { [KEY]: writeJson(stored) })] };
}

/** Loads weights and the optimizer of a backup into a model; of a backup that Keras wrote this is all. */
export async function loadBackupWeights(model: AnyModel, bytes: Uint8Array, where: string): Promise<void> {
  const file = await openModelFile(bytes);
  try {
    if (file.weights === null) throw new FormatError('there are no weights in the backup', { file: where });
    const plan = file.weights.plan(model, builtOptimizer(model), {});
    applyPlan(plan, where);
  } finally {
    file.close();
  }
}

/**
 * What goes on from a backup.
 *
 * @throws FormatError when the state cannot be read.
 */
export function resumptionOf(run: TrainingRun, weights: Uint8Array, state: Uint8Array, where: string): Resumption {
  const { arrays, metadata } = readSafetensors(state, { file: where });
  const stored = parseJson(metadata.get(KEY) ?? 'null', { file: where }) as StoredRun | null;
  if (!isPlain(stored) || stored.version !== VERSION) {
    throw new FormatError('the state is of another version of this library; remove the folder to start anew', {
      file: where,
    });
  }
  const { record, callbacks, optimizer } = stored;
  const { model } = run;
  if (optimizer !== optimizerKey(model)) {
    throw new ConfigError(
      `${where}: the backup is of ${optimizer}, the model has ${optimizerKey(model)}; compile the model as before`,
    );
  }
  let warned = false;
  return {
    record,
    restore: async () => {
      const others = planned(arrays, 'variables', otherVariables(model), where);
      const shared = arrays.has('generator/0') ? [defaultRandom().state] : [];
      // Metrics are made by a first step, so there may be none before it.
      const kept = metricVariables(model);
      const metrics = [...arrays.keys()].some((name) => name.startsWith('metrics/')) && kept.length > 1;
      const ready = metrics && arrays.has(`metrics/${kept.length - 1}`) && !arrays.has(`metrics/${kept.length}`);
      const sums = ready ? planned(arrays, 'metrics', kept, where) : [];
      await loadBackupWeights(model, weights, where);
      for (const { variable, value } of [...others, ...sums, ...planned(arrays, 'generator', shared, where)]) {
        variable.assign(value);
        value.dispose();
      }
      const known = byKey(run.callbacks.callbacks);
      for (const [key, { values, tensors: count }] of Object.entries(callbacks)) {
        const tensors = Array.from({ length: count }, (_, i) => tensorOf(arrays, `callbacks/${key}/${i}`, where));
        const callback = known.get(key);
        callback?.setState({ values, tensors });
        if (callback === undefined && !warned) {
          console.warn(`${where}: the backup has the state of a callback that is not here: ${key.split(' ')[0]}`);
        }
      }
      warned = true;
    },
  };
}

function tensorOf(arrays: ReadonlyMap<string, NamedArray>, name: string, where: string): Tensor {
  const array = arrays.get(name);
  if (array === undefined)
    throw new ConfigError(`${where}: there is no '${name}' in the backup; is it of another model?`);
  return tensor(array.data as TypedArray, array.dtype, array.shape);
}

/** Values for variables, none of them set yet. */
function planned(
  arrays: ReadonlyMap<string, NamedArray>,
  name: string,
  variables: readonly Variable[],
  where: string,
): readonly { readonly variable: Variable; readonly value: Tensor }[] {
  return variables.map((variable, i) => {
    const key = `${name}/${i}`;
    const array = arrays.get(key);
    if (array !== undefined && sameShape(array.shape, variable.shape)) {
      return { variable, value: tensor(array.data as TypedArray, variable.dtype, array.shape) };
    }
    const found = array === undefined ? 'none' : formatShape(array.shape);
    throw new ConfigError(
      `${where}: '${variable.name}' needs shape ${formatShape(variable.shape)}, the backup has ${found}; go on with the same model`,
    );
  });
}
