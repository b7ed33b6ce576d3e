/**
 * Which layer computes something else on another backend.
 */
import { ConfigError, getBackend, isArrayData, Tensor, withBackend, type Variable } from '@dl/tensor';
import { reference, type Backend } from '@dl/tensor/backend';
import {
  currentInterpreter,
  describe,
  formatShape,
  leavesOf,
  sameShape,
  withInterpreter,
  type Interpreter,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import { toHosts, type DataTree, type HostArray } from '../data/host-array.ts';
import { mapSeveral } from '../functional/structure.ts';
import type { AnyModel } from '../model.ts';

/** Options of {@link compareBackends}. */
export interface CompareOptions {
  /** Two or more; the others are compared with the first. The reference backend and the default one unless given. */
  readonly backends?: readonly Backend[] | undefined;
  /** Difference that is no fault, relative to the first backend's value; 1e-4 unless given. */
  readonly rtol?: number | undefined;
  /** Difference that is no fault, absolute; 1e-5 unless given. */
  readonly atol?: number | undefined;
}

/** How the output of a layer differs on a backend. */
export interface LayerDifference {
  /** Path of the layer in the model, and its name and class. */
  readonly path: string;
  readonly label: string;
  readonly backend: string;
  /** Largest difference; infinite where one value is NaN or infinite and the other is another. */
  readonly difference: number;
  /** Place of that difference in the output, and the two values there. */
  readonly index: readonly number[];
  readonly expected: number;
  readonly got: number;
  /** Whether it is beyond the tolerance. */
  readonly differs: boolean;
}

/** What {@link compareBackends} found. */
export class BackendComparison {
  /** Every call of a layer, in the order of the calls, for each of the backends after the first. */
  readonly layers: readonly LayerDifference[];
  /** The first layer whose output differs beyond the tolerance, or null. */
  readonly first: LayerDifference | null;
  readonly #names: readonly string[];

  constructor(layers: readonly LayerDifference[], names: readonly string[]) {
    this.layers = layers;
    this.first = layers.find(({ differs }) => differs) ?? null;
    this.#names = names;
  }

  toString(): string {
    const [base, ...others] = this.#names;
    const { first, layers } = this;
    if (first === null) {
      const most = layers.reduce((top, { difference }) => Math.max(top, difference), 0);
      return `all layers agree on ${others.join(', ')} with ${base}; the largest difference is ${most.toPrecision(3)}`;
    }
    const { label, path, backend, difference, index, expected, got } = first;
    return (
      `the first layer that differs is ${label}${path === '' ? '' : ` at ${path}`}: on ${backend} it gives ${got} at ` +
      `${formatShape(index)}, on ${base} ${expected}; the largest difference is ${difference.toPrecision(3)}`
    );
  }
}

/** Runs ops below, with values of Variables that live on another backend than they do. What is assigned stays here. */
class Elsewhere implements Interpreter {
  readonly #below: Interpreter = currentInterpreter();
  readonly #values: Map<Variable, Tensor>;

  constructor(values: Map<Variable, Tensor>) {
    this.#values = values;
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    return withInterpreter(this.#below, () => this.#below.apply(op, inputs, attrs));
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    return this.#values.get(variable) ?? variable.readUnder(this.#below, keep);
  }

  assignVariable(variable: Variable, value: Tensor): void {
    this.#values.set(variable, value);
  }
}

interface Seen {
  readonly path: string;
  readonly label: string;
  readonly outputs: readonly HostArray[];
}

const isHost = (value: unknown): boolean => isArrayData(value);

/** What every layer gives on a backend. The model stays as it is. */
async function outputsOn(backend: Backend, model: AnyModel, input: DataTree): Promise<readonly Seen[]> {
  const hosts = await toHosts(input, 'compareBackends: input');
  const x = mapSeveral<HostArray, Tensor>(hosts, isHost, ({ data, shape }) =>
    Tensor.fromValues(data, shape, dtypeOf(data), backend),
  );
  if (!model.built) withBackend(backend, () => model.prepare(x));
  const values = new Map<Variable, Tensor>();
  for (const variable of model.variables) values.set(variable, await variable.value.to(backend));
  const calls: { readonly path: string; readonly label: string; readonly outputs: readonly Tensor[] }[] = [];
  const handles = model.namedModules().map(([path, layer]) =>
    layer.registerForwardHook(({ label }, _inputs, output) => {
      calls.push({ path, label, outputs: leavesOf(output) });
    }),
  );
  try {
    withBackend(backend, () => withInterpreter(new Elsewhere(values), () => model.apply(x, { training: false })));
  } finally {
    for (const handle of handles) handle.remove();
  }
  return Promise.all(
    calls.map(async ({ path, label, outputs }) => ({
      path,
      label,
      outputs: await Promise.all(outputs.map(async (one) => ({ data: await one.data(), shape: one.shape }))),
    })),
  );
}

const dtypeOf = (data: HostArray['data']): Tensor['dtype'] =>
  data instanceof Float32Array || data instanceof Float64Array ? 'float32' : 'int32';

/** The largest difference of one call. */
function compareCall(base: Seen, other: Seen, backend: string, rtol: number, atol: number): LayerDifference {
  const { path, label } = base;
  let worst = { difference: 0, index: [] as readonly number[], expected: 0, got: 0, differs: false };
  base.outputs.forEach(({ data, shape }, k) => {
    const output = other.outputs[k]!;
    if (!sameShape(shape, output.shape)) {
      throw new ConfigError(
        `compareBackends: ${label} gives shape ${formatShape(output.shape)} on ${backend}, ${formatShape(shape)} on the first`,
      );
    }
    for (let i = 0; i < data.length; i++) {
      const [expected, got] = [data[i]!, output.data[i]!];
      const same = Object.is(expected, got) || expected === got;
      const difference = same
        ? 0
        : Number.isFinite(expected) && Number.isFinite(got)
          ? Math.abs(got - expected)
          : Infinity;
      const differs = worst.differs || difference > atol + rtol * Math.abs(expected);
      if (difference <= worst.difference) {
        worst = { ...worst, differs };
        continue;
      }
      const index = shape.map((n, axis) => Math.floor(i / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
      worst = { difference, index, expected, got, differs };
    }
  });
  return { path, label, backend, ...worst };
}

/**
 * Calls a model on several backends, layer by layer and op by op, and names the first layer whose output differs, and by how
 * much. Layers are compared in the order of their calls; a layer counts with what its inputs have gathered so far. The model
 * stays where and as it is; it is called for inference.
 *
 * @param input Data for one call, as for `predict`.
 * @throws ConfigError for fewer than two backends.
 * @example
 * const comparison = await compareBackends(model, x, { backends: [reference(), cpu()] });
 * console.log(String(comparison), comparison.first?.label);
 */
export async function compareBackends(
  model: AnyModel,
  input: DataTree,
  options: CompareOptions = {},
): Promise<BackendComparison> {
  const { backends = [reference(), getBackend()], rtol = 1e-4, atol = 1e-5 } = options;
  if (!Array.isArray(backends) || backends.length < 2) {
    throw new ConfigError(`compareBackends: expected two backends or more, got ${describe(backends)}`);
  }
  const [first, ...others] = backends as readonly Backend[];
  const base = await outputsOn(first!, model, input);
  const layers: LayerDifference[] = [];
  for (const backend of others) {
    const seen = await outputsOn(backend, model, input);
    base.forEach((call, i) => layers.push(compareCall(call, seen[i]!, backend.name, rtol, atol)));
  }
  return new BackendComparison(
    layers,
    backends.map(({ name }) => name),
  );
}
