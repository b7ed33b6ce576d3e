/**
 * Finding where NaN begins: a training step under an interpreter that looks at the result of every op.
 */
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
 * Runs a step and throws a DlError naming the op and the layer where NaN or infinity first came up, or the part and row of
 * the batch that brought it.
 *
 * @throws ConfigError on backends that cannot be read at once.
 */
export function checkNumerics<T>(batch: Batch, step: (batch: Batch) => T): T {
  if (getBackend().readSync === undefined) {
    throw new ConfigError(`checkNumerics: the ${getBackend().name} backend cannot be read at once; use another one`);
  }
  for (const part of ['x', 'y', 'sampleWeight'] as const) {
    for (const values of leavesOf(batch[part])) {
      const bad = firstBad(values);
      if (bad >= 0) throw new DlError(`${part} holds ${describeBad(values, bad)} of the batch`);
    }
  }
  return withInterpreter(new NumericsInterpreter(currentInterpreter()), () => step(batch));
}

/** Runs `fn`; errors get the epoch and the batch in front. */
export function atBatch<T>(epoch: number, batch: number, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof DlError) error.message = `fit: epoch ${epoch + 1}, batch ${batch}: ${error.message}`;
    throw error;
  }
}
