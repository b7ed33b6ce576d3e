/**
 * What an optimizer keeps beside variables, and what an update sees of it.
 */
import { tensor, Variable, type Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor/interpreter';

/** State that an optimizer keeps beside each variable. */
export interface SlotSpec {
  readonly name: string;
  /** First value of all elements, 0 unless given; 'weight' copies the variable. */
  readonly initial?: number | 'weight';
  /** Which variables have it, all unless given. */
  readonly when?: (variable: Variable) => boolean;
  /** Shape, that of the variable unless given. */
  readonly shape?: (variable: Variable) => readonly number[];
}

/** A scalar that an optimizer keeps for all variables. */
export interface ScalarSpec {
  readonly name: string;
  /** First value, 0 unless given. */
  readonly initial?: number;
}

/** What an update knows beside the variable, its gradient and its slots. */
export interface UpdateContext {
  /** A scalar of the variable's dtype. */
  readonly learningRate: Tensor;
  /** Number of this update, from 1; a scalar of the variable's dtype. */
  readonly step: Tensor;
  /** Values of the optimizer's own scalars before this update, by name. */
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** The variable that is updated: its shape and name may be used, its value not. */
  readonly variable: Variable;
}

/** Slots by name. */
export type Slots = Readonly<Record<string, Tensor>>;

/** The outcome of an update. */
export interface Updated {
  readonly weight: Tensor;
  readonly slots: Slots;
}

/** State with memory of its own from the start, so that updates are compiled once. */
export function makeSlot(
  name: string,
  shape: readonly number[],
  dtype: Variable['dtype'],
  initial: number | Variable,
): Variable {
  const values = (): Tensor =>
    typeof initial === 'number'
      ? tensor(new Float32Array(sizeOf(shape)).fill(initial), dtype, shape)
      : initial.value.mul(1);
  return new Variable(values, { name, shape, dtype, kind: 'slot' });
}
