/**
 * RNNCell: what recurrent layers do in one step.
 */
import { zeros, type DType, type Shape, type Tensor } from '@dl/tensor';
import { castTo } from '@dl/tensor/interpreter';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext } from '../base/layer.ts';

/** What a cell is called with, beside the input of the step. */
export interface CellArguments {
  /** The states before the step. */
  readonly states: readonly Tensor[];
}

/** How a cell goes through one sequence. */
export interface CellRun {
  /**
   * What needs no states, for one step ([batch, …]) or for all at once ([steps, batch, …]): the product of the inputs and
   * the kernel, for example. Steps get its result in place of their input.
   */
  readonly project: (inputs: Tensor) => Tensor;
  /** One step: the output, then the next states. */
  readonly step: (projected: Tensor, states: readonly Tensor[]) => readonly Tensor[];
}

/**
 * Base class of cells. `call(inputs, { states, training })` takes the input of one step, [batch, features], and gives a list:
 * the output, then the next states in the order of `stateSize`.
 *
 * A cell of your own needs `stateSize` and `call`. `begin` is there for speed: it may take work out of the loop.
 *
 * @example
 * class Sum extends RNNCell {
 *   override readonly stateSize = 3;
 *   override call(x: Tensor, { states }: CallContext & CellArguments): readonly Tensor[] {
 *     const sum = states[0]!.add(x);
 *     return [sum, sum];
 *   }
 * }
 * new RNN(new Sum()).apply(ones([2, 5, 3])); // fives, [2, 3]
 */
export abstract class RNNCell extends Layer<Tensor, readonly Tensor[], CellArguments> {
  /** Size of the last axis of the state, or of each state. */
  abstract readonly stateSize: number | readonly number[];
  /** Which state the output is equal to, or null. Such an output needs no memory of its own in the loop. */
  readonly outputState: number | null = null;

  /** Size of the last axis of the output: that of the first state unless overridden. */
  get outputSize(): number {
    const { stateSize } = this;
    return typeof stateSize === 'number' ? stateSize : stateSize[0]!;
  }

  /** Shape of the output of a step for the shape of its input, batch included. */
  outputShape(inputShape: LayerShape): LayerShape {
    return [inputShape[0] ?? null, this.outputSize];
  }

  /** Shapes of the states for the shape of a step's input, batch included. */
  stateShapes(inputShape: LayerShape): readonly LayerShape[] {
    const { stateSize } = this;
    const sizes = typeof stateSize === 'number' ? [stateSize] : stateSize;
    return sizes.map((size) => [inputShape[0] ?? null, size]);
  }

  /** The states before the first step: zeros unless overridden. `inputShape` is that of a step, batch included. */
  getInitialState(inputShape: Shape, dtype: DType = this.computeDtype): readonly Tensor[] {
    return this.stateShapes(inputShape).map((shape) => zeros(shape as Shape, dtype));
  }

  /**
   * Starts a sequence whose steps have inputs of this shape, batch included. Dropout masks are drawn here, so that they are
   * the same in all steps. Unless overridden, a step calls the cell.
   */
  begin(_inputShape: Shape, training: boolean): CellRun {
    return { project: (inputs) => inputs, step: (inputs, states) => this.apply(inputs, { states, training }) };
  }

  override computeOutputShape(inputShape: LayerShape): readonly LayerShape[] {
    return [this.outputShape(inputShape), ...this.stateShapes(inputShape)];
  }
}

/** One step of a cell that says with `begin` how it goes: its `call`. */
export function singleStep(
  cell: RNNCell,
  inputs: Tensor,
  { states, training }: CallContext & CellArguments,
): readonly Tensor[] {
  const { project, step } = cell.begin(inputs.shape, training);
  return step(
    project(inputs),
    states.map((state) => castTo(state, cell.computeDtype)),
  );
}
