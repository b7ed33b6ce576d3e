/**
 * Finding where NaN begins: a training step under an interpreter that looks at the result of every op.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError, DlError, getBackend, type Tensor, type Variable } from '@dl/tensor';
import {
  currentInterpreter,
  currentLabel,
  formatShape,
  isFloating,
  leavesOf,
  withInterpreter,
  type Interpreter,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import type { Batch } from '../data/source.ts';
import type { AnyModel } from '../model.ts';
import type { StepLogs, Steps } from './step-data.ts';
import { eagerSteps } from './step-programs.ts';

/** Position of the first value that is NaN or infinite, or −1. */
function firstBad(t: Tensor): number {
  if (!isFloating(t.dtype) || t.value !== null) return -1;
  return t.dataSync().findIndex((value: number) => !Number.isFinite(value));
}

/** What is wrong at a place, such as `NaN at [1, 0]`. */
function describeBad(t: Tensor, flat: number): string {
  const index = t.shape.map((n, axis) => Math.floor(flat / t.shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
  return `${t.dataSync()[flat]} at ${formatShape(index)}`;
}

/** Runs ops below, and throws for the first one that makes NaN or infinity of finite values. */
class NumericsInterpreter implements Interpreter {
  readonly #below: Interpreter;
  /** The layer or weight that a value comes from. */
  readonly #origins = new WeakMap<Tensor, string>();

  constructor(below: Interpreter) {
    this.#below = below;
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    return withInterpreter(this.#below, () => {
      const outputs = this.#below.apply(op, inputs, attrs);
      const origins = inputs.map((input) => this.#origins.get(input));
      const origin = currentLabel() ?? origins.find((known) => known !== undefined);
      for (const output of outputs) {
        const bad = firstBad(output);
        if (bad >= 0 && inputs.every((input) => firstBad(input) < 0)) {
          const name = op === 'call' ? (attrs as OpAttrs['call']).callee.name : op;
          const from = inputs.map(({ shape }, i) => formatShape(shape) + (origins[i] ? ` (${origins[i]})` : ''));
          throw new DlError(`${name}: made ${describeBad(output, bad)} of finite inputs ${from.join(', ')}`);
        }
        if (origin !== undefined) this.#origins.set(output, origin);
      }
      return outputs;
    });
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    const value = variable.readUnder(this.#below, keep);
    this.#origins.set(value, `variable ${variable.name}`);
    return value;
  }

  assignVariable(variable: Variable, value: Tensor): void {
    if (this.#below.assignVariable) this.#below.assignVariable(variable, value);
    else variable.poke(value);
  }
}

/**
 * Runs `fn` and throws a DlError naming the op and the layer where NaN or infinity first came up.
 *
 * @throws ConfigError on backends that cannot be read at once.
 */
export function checkingNumerics<T>(fn: () => T): T {
  if (getBackend().readSync === undefined) {
    throw new ConfigError(`checkNumerics: the ${getBackend().name} backend cannot be read at once; use another one`);
  }
  return withInterpreter(new NumericsInterpreter(currentInterpreter()), fn);
}

/** Throws a DlError for the first tensor that holds NaN or infinity. */
export function checkFinite(tree: unknown, name: string): void {
  for (const values of leavesOf(tree)) {
    const bad = firstBad(values);
    if (bad >= 0) throw new DlError(`${name} holds ${describeBad(values, bad)}`);
  }
}

/** Runs a step in that way; a fault in the batch itself is named by its part and row. */
function checkedStep<T>(batch: CheckedBatch, step: (batch: never) => T): T {
  for (const part of ['x', 'y', 'sampleWeight'] as const) {
    for (const values of leavesOf(batch[part])) {
      const bad = firstBad(values);
      if (bad >= 0) throw new DlError(`${part} holds ${describeBad(values, bad)} of the batch`);
    }
  }
  return checkingNumerics(() => step(batch as never));
}

type CheckedBatch = Partial<Pick<Batch, 'x' | 'y' | 'sampleWeight'>>;

/** Models whose steps are checked whatever `fit` is asked for. */
const watched = new WeakSet<object>();

/** Switches the check of all steps of a model on or off. */
export function watchNumerics(model: object, on: boolean): void {
  if (on) watched.add(model);
  else watched.delete(model);
}

/** Whether the steps of a model are checked. */
export const watchesNumerics = (model: object): boolean => watched.has(model);

/** The steps of a model, op by op and checked; errors tell the number of the batch since they were made. */
export function checkedSteps(model: AnyModel): Steps {
  const eager = eagerSteps(model);
  const counted = <D extends CheckedBatch, R>(where: string, step: (data: D) => R): ((data: D) => R) => {
    let count = 0;
    return (data) => atBatch(`${where}: batch ${count++}`, () => checkedStep(data, step));
  };
  const train = counted('train', eager.train);
  const test = counted('evaluate', eager.test);
  const predict = counted('predict', ({ x }: { readonly x: Tensors }) => eager.predict(x));
  return {
    train,
    test,
    predict: (x) => predict({ x }),
    trainSeveral: (data) => data.map(train).at(-1),
    testSeveral: (data) => data.map(test).at(-1),
    predictSeveral: (xs) => xs.map((x) => predict({ x })),
  };
}

/** Runs a step of `fit` op by op and checked. */
export function checkedTraining(model: AnyModel, batch: Batch, epoch: number, place: number): StepLogs {
  return atBatch(`fit: epoch ${epoch + 1}, batch ${place}`, () =>
    checkedStep(batch, (data: Batch) => model.trainStep(data)),
  );
}

/** Runs `fn`; errors get the place in front. */
function atBatch<T>(place: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof DlError) error.message = `${place}: ${error.message}`;
    throw error;
  }
}
