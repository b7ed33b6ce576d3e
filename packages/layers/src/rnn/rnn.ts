/**
 * RNN: a cell applied to one time step after the other.
 */
import { ConfigError, flip, moveAxis, ShapeError, zeros, type DType, Tensor, Variable, type Shape } from '@dl/tensor';
import { castTo, describe, formatShape } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { InputSpec, LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type CallOptions, type LayerOptions } from '../base/layer.ts';
import type { LayerClass } from '../base/layer-config.ts';
import { nestedFromConfig, serializeNested, type LayerLoader } from '../base/nested.ts';
import { asList, type InputsLike, type Mask, type ShapesOf } from '../base/tensors.ts';
import { RNNCell } from './cell.ts';
import { runSteps } from './run-steps.ts';
import { StackedRNNCells } from './stacked-cells.ts';
import { buildForBatch, stepOf, withKnownBatch } from './time-axis.ts';

/** Options of recurrent layers. */
export interface RNNOptions<S extends boolean = boolean> extends LayerOptions {
  /** Whether to give the outputs of all steps, [batch, steps, …]; otherwise that of the last, [batch, …]. */
  readonly returnSequences?: boolean | undefined;
  /** Whether to give a list: the output, then the last states. */
  readonly returnState?: S | undefined;
  /** Whether to go from the last step to the first. Sequences come out in that order: last step first. */
  readonly goBackwards?: boolean | undefined;
  /** Whether a call starts with the states that the call before ended with. Needs a fixed batch size. */
  readonly stateful?: boolean | undefined;
  /** Whether the compiled program holds all steps one after the other instead of a loop. */
  readonly unroll?: boolean | undefined;
  /** Whether masked steps give zeros; otherwise they repeat the output before. */
  readonly zeroOutputForMask?: boolean | undefined;
}

/** Names of {@link RNNOptions}. */
export const RNN_OPTIONS: readonly string[] = [
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'unroll',
  'zeroOutputForMask',
];

/** What a recurrent layer gives: a list if `S`, the option `returnState`, is true. */
export type RNNOutput<S extends boolean> = S extends true ? readonly Tensor[] : Tensor;

/** What a recurrent layer is called with, beside the sequences. */
export interface RNNArguments {
  /** The states before the first step, one tensor or as many as the cell has; zeros unless given. */
  readonly initialState?: Tensor | readonly Tensor[] | null | undefined;
}

/**
 * A cell applied to one step after the other: [batch, steps, …] to [batch, …], the output of the last step, or with
 * `returnSequences` to [batch, steps, …]. Several cells are stacked: each gets the output of the one before. All steps are
 * one loop, whose body is traced once; what the cell can do without states, such as the product of the inputs and its
 * kernel, is done for all steps at once before it.
 *
 * With a mask, [batch, steps], a step that is masked changes no state, and its output is the one before it (zeros with
 * `zeroOutputForMask`). The output itself has no mask: to stack recurrent layers, pass it on as the option `mask` of `apply`.
 *
 * @throws ShapeError for states or a mask that do not fit, ConfigError for `stateful` without a batch size.
 * @example
 * new RNN([new LSTMCell(8), new GRUCell(4)]).apply(zeros([2, 5, 3])); // [2, 4]
 * const [y, h, c] = new LSTM(4, { returnState: true }).apply(zeros([2, 5, 3]));
 */
export class RNN<S extends boolean = false> extends Layer<Tensor, RNNOutput<S>, RNNArguments> {
  static override readonly className: string = 'RNN';
  static override readonly positional: readonly string[] = ['cell'];
  static override readonly options: readonly string[] = RNN_OPTIONS;

  readonly cell: RNNCell;
  readonly returnSequences: boolean;
  readonly returnState: S;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  /** May be changed until the layer is called. */
  zeroOutputForMask: boolean;
  #states: readonly Variable[] | null = null;

  constructor(cell: RNNCell | readonly RNNCell[], options: RNNOptions<S> = {}) {
    super(options);
    this.cell = checkCell(this.label, cell);
    this.returnSequences = options.returnSequences ?? false;
    this.returnState = (options.returnState ?? false) as S;
    this.goBackwards = options.goBackwards ?? false;
    this.stateful = options.stateful ?? false;
    this.unroll = options.unroll ?? false;
    this.zeroOutputForMask = options.zeroOutputForMask ?? false;
    this.inputSpec = { minRank: 2, hint: 'steps are axis 1; a recurrent layer before needs returnSequences: true' };
  }

  /** The states that the next call starts with, which are no weights; null unless the layer is stateful and built. */
  get states(): readonly Variable[] | null {
    return this.#states;
  }

  override get variables(): readonly Variable[] {
    return [...super.variables, ...(this.#states ?? [])];
  }

  /** Sets the states of a stateful layer to zeros. @throws ConfigError for a layer that is not stateful. */
  resetState(): void {
    if (!this.stateful) {
      throw new ConfigError(`${this.label}: there are no states to reset; make the layer with stateful: true`);
    }
    for (const state of this.#states ?? []) state.assign(zeros(state.shape, state.dtype));
  }

  /** The same as {@link resetState}. */
  resetStates(): void {
    this.resetState();
  }

  override ensureBuilt(inputShape: LayerShape, from?: string): void {
    super.ensureBuilt(withKnownBatch(inputShape, this.batchInputShape), from);
  }

  protected override build(inputShape: LayerShape): void {
    const step = stepOf(inputShape);
    this.cell.ensureBuilt(step);
    this.inputSpec = { ...this.inputSpec, axes: axesOfSequence(this.cell.inputSpec) };
    if (!this.stateful) return;
    const shapes = this.cell.stateShapes(step);
    const unknown = shapes.find((shape) => shape.includes(null));
    if (unknown !== undefined) {
      throw new ConfigError(
        `${this.label}: a stateful layer must know its batch size and the sizes of its states, got ${formatShape(unknown)}; ` +
          'give it batchInputShape, such as [32, null, 8]',
      );
    }
    const { dtype } = this;
    this.#states = shapes.map((size) => {
      const shape = size as Shape;
      return new Variable(() => zeros(shape, dtype), { name: 'rnn_state', shape, dtype, kind: 'state' });
    });
  }

  override apply(inputs: InputsLike<Tensor>, options?: CallOptions & RNNArguments): RNNOutput<S> {
    if (this.stateful) buildForBatch(this, inputs);
    return super.apply(inputs, options);
  }

  override call(inputs: Tensor, context: CallContext & RNNArguments): RNNOutput<S> {
    const { cell, goBackwards, returnSequences } = this;
    const shape = stepOf(inputs.shape) as Shape;
    const { project, step } = cell.begin(shape, context.training);
    const dtype = this.computeDtype;
    const { last, all, states } = runSteps(project(moveAxis(inputs, 1, 0)), {
      step,
      states: this.#start(shape, dtype, context.initialState ?? null),
      outputState: cell.outputState ?? zeros(cell.outputShape(shape) as Shape, dtype),
      mask: stepMask(this.label, inputs, context.mask),
      reverse: goBackwards,
      unroll: this.unroll,
      zeroOutputForMask: this.zeroOutputForMask,
      sequences: returnSequences,
    });
    this.#states?.forEach((state, i) => state.assign(castTo(states[i]!, state.dtype)));
    const sequence = all === null ? null : moveAxis(all, 0, 1);
    const output = sequence === null ? last : goBackwards ? flip(sequence, 1) : sequence;
    return (this.returnState ? [output, ...states] : output) as RNNOutput<S>;
  }

  /** The states before the first step. */
  #start(inputShape: Shape, dtype: DType, given: Tensor | readonly Tensor[] | null): readonly Tensor[] {
    const [batch] = inputShape;
    const kept = this.#states;
    if (kept !== null && kept[0]?.shape[0] !== batch) {
      throw new ShapeError(
        `${this.label}: a stateful layer for batches of ${kept[0]?.shape[0]} got a batch of ${batch}`,
      );
    }
    if (given === null) {
      return kept?.map((state) => castTo(state.value, dtype)) ?? this.cell.getInitialState(inputShape, dtype);
    }
    const list = asList(given);
    const shapes = this.cell.stateShapes(inputShape);
    const fits =
      list.length === shapes.length && shapes.every((s, i) => formatShape(s) === formatShape(list[i]!.shape));
    if (fits) return list.map((state) => castTo(state, dtype));
    const [wanted, got] = [shapes, list.map((state) => state.shape)].map((all) => all.map(formatShape).join(', '));
    throw new ShapeError(`${this.label}: initialState must have the shapes ${wanted}, got ${got}`);
  }

  override computeOutputShape(inputShape: LayerShape): ShapesOf<RNNOutput<S>> {
    const step = stepOf(inputShape);
    const [batch, ...features] = this.cell.outputShape(step);
    const output = this.returnSequences ? [batch!, inputShape[1]!, ...features] : [batch!, ...features];
    const result = this.returnState ? [output, ...this.cell.stateShapes(step)] : output;
    return result as unknown as ShapesOf<RNNOutput<S>>;
  }

  /** The configuration without the cell. */
  protected layerConfig(): Config {
    return {
      ...super.getConfig(),
      return_sequences: this.returnSequences,
      return_state: this.returnState,
      go_backwards: this.goBackwards,
      stateful: this.stateful,
      unroll: this.unroll,
      zero_output_for_mask: this.zeroOutputForMask,
    };
  }

  override getConfig(): Config {
    return { ...this.layerConfig(), cell: serializeNested(this.cell) };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config, load?: LayerLoader): T {
    return nestedFromConfig(this, config, ['cell'], load);
  }
}

/** The cell, or several as one. */
function checkCell(where: string, cell: RNNCell | readonly RNNCell[]): RNNCell {
  if (Array.isArray(cell)) return new StackedRNNCells(cell as readonly RNNCell[]);
  if (cell instanceof RNNCell) return cell;
  throw new ConfigError(`${where}: expected a cell or a list of cells, got ${describe(cell)}`);
}

/** Sizes that a cell knows of its input, as axes of the sequence. */
function axesOfSequence({ axes = {} }: InputSpec): Readonly<Record<number, number>> {
  return Object.fromEntries(
    Object.entries(axes).map(([axis, size]) => [Number(axis) > 0 ? Number(axis) + 1 : axis, size]),
  );
}

/** The mask by steps, [steps, batch]. */
function stepMask(where: string, inputs: Tensor, given: Mask): Tensor | null {
  const mask = given === null || given instanceof Tensor ? given : (given[0] ?? null);
  if (mask === null) return null;
  const [batch, steps] = inputs.shape;
  if (mask.rank !== 2 || mask.shape[0] !== batch || mask.shape[1] !== steps) {
    throw new ShapeError(`${where}: expected a mask ${formatShape([batch!, steps!])}, got ${formatShape(mask.shape)}`);
  }
  return moveAxis(castTo(mask, 'bool'), 1, 0);
}
