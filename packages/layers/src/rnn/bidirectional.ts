/**
 * Bidirectional: a recurrent layer in both directions of time.
 */
import { add, concat, ConfigError, flip, mul, type Tensor, type TensorLike } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { checkWord } from '../base/checks.ts';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { LayerClass } from '../base/layer-config.ts';
import { Layer, type CallContext, type CallOptions, type LayerOptions } from '../base/layer.ts';
import { cloneLayer, nestedFromConfig, serializeNested, type LayerLoader } from '../base/nested.ts';
import { asList, type InputsLike, type ShapesOf } from '../base/tensors.ts';
import { RNN, type RNNArguments, type RNNOutput } from './rnn.ts';
import { buildForBatch, withKnownBatch } from './time-axis.ts';

/** How the outputs of both directions become one; null gives both. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave' | null;

const MODES = ['concat', 'sum', 'mul', 'ave'] as const;

/** Options of {@link Bidirectional}. */
export interface BidirectionalOptions<S extends boolean, M extends MergeMode> extends LayerOptions {
  /** 'concat', along the last axis, unless given. */
  readonly mergeMode?: M | undefined;
  /** The layer for the way back; made like the first one unless given. */
  readonly backwardLayer?: RNN<S> | undefined;
  /** Values of the weights: those of the layer forwards, then backwards. */
  readonly weights?: readonly TensorLike[] | undefined;
}

/** What {@link Bidirectional} gives: a list if states are returned, or if the outputs are not merged. */
export type BidirectionalOutput<S extends boolean, M extends MergeMode> = M extends null
  ? readonly Tensor[]
  : RNNOutput<S>;

/**
 * A recurrent layer from the first step to the last, and another from the last to the first; the outputs of both are merged.
 * Sequences of both are in the order of time. [batch, steps, in] becomes [batch, 2 · units], or [batch, units] unless
 * `mergeMode` is 'concat', with [batch, steps, …] where the layer returns sequences.
 *
 * The layer is not used itself: both directions are made from its configuration, under the names `forward_<name>` and
 * `backward_<name>`. Lists of results and `initialState` hold the output or outputs, then the states forwards, then backwards.
 * With a mask, masked steps of sequences are zeros; the output has no mask, as that of recurrent layers.
 *
 * (M. Schuster and K. Paliwal, 1997.)
 *
 * @throws ConfigError for a layer that is not recurrent, or a backward layer that does not fit it.
 * @example
 * new Bidirectional(new LSTM(4)).apply(zeros([2, 5, 3])); // [2, 8]
 * const [forwards, backwards] = new Bidirectional(new GRU(4), { mergeMode: null }).apply(zeros([2, 5, 3]));
 */
export class Bidirectional<S extends boolean = false, M extends MergeMode = 'concat'> extends Layer<
  Tensor,
  BidirectionalOutput<S, M>,
  RNNArguments
> {
  static override readonly className: string = 'Bidirectional';
  static override readonly positional: readonly string[] = ['layer'];
  static override readonly options: readonly string[] = ['mergeMode', 'backwardLayer', 'weights'];

  readonly forwardLayer: RNN<S>;
  readonly backwardLayer: RNN<S>;
  readonly mergeMode: MergeMode;
  readonly #stored: Config;
  readonly #initial: readonly TensorLike[] | null;

  constructor(layer: RNN<S>, options: BidirectionalOptions<S, M> = {}) {
    super(options);
    const { label } = this;
    if (!((layer as unknown) instanceof RNN)) {
      throw new ConfigError(`${label}: expected a recurrent layer, got ${describe(layer)}`);
    }
    const { mergeMode = 'concat', backwardLayer } = options;
    this.mergeMode = mergeMode === null ? null : checkWord(label, 'mergeMode', mergeMode, MODES);
    this.#stored = { layer: serializeNested(layer) };
    this.#initial = options.weights ?? null;
    this.forwardLayer = cloneLayer(layer, { name: prefixed('forward_', layer.name) });
    this.backwardLayer =
      backwardLayer ?? cloneLayer(layer, { name: prefixed('backward_', layer.name), go_backwards: !layer.goBackwards });
    checkPair(label, this.forwardLayer, this.backwardLayer);
    for (const one of [this.forwardLayer, this.backwardLayer]) one.zeroOutputForMask = one.returnSequences;
    this.inputSpec = this.forwardLayer.inputSpec;
  }

  get returnSequences(): boolean {
    return this.forwardLayer.returnSequences;
  }

  get returnState(): boolean {
    return this.forwardLayer.returnState;
  }

  /** Sets the states of both stateful layers to zeros. */
  resetState(): void {
    this.forwardLayer.resetState();
    this.backwardLayer.resetState();
  }

  /** The same as {@link resetState}. */
  resetStates(): void {
    this.resetState();
  }

  override ensureBuilt(inputShape: LayerShape, from?: string): void {
    super.ensureBuilt(withKnownBatch(inputShape, this.batchInputShape), from);
  }

  protected override build(inputShape: LayerShape): void {
    this.forwardLayer.ensureBuilt(inputShape);
    this.backwardLayer.ensureBuilt(inputShape);
    this.inputSpec = this.forwardLayer.inputSpec;
    if (this.#initial !== null) this.setWeights(this.#initial);
  }

  override apply(inputs: InputsLike<Tensor>, options?: CallOptions & RNNArguments): BidirectionalOutput<S, M> {
    if (this.forwardLayer.stateful) buildForBatch(this, inputs);
    return super.apply(inputs, options);
  }

  override call(
    inputs: Tensor,
    { training, mask, initialState }: CallContext & RNNArguments,
  ): BidirectionalOutput<S, M> {
    const states = asList(initialState ?? []);
    if (states.length % 2 !== 0) {
      throw new ConfigError(
        `${this.label}: initialState must hold the states forwards, then backwards, got ${states.length} tensors`,
      );
    }
    const half = states.length / 2;
    const run = (layer: RNN<S>, own: readonly Tensor[]): readonly Tensor[] =>
      asList(layer.apply(inputs, { training, mask, initialState: own.length === 0 ? null : own }));
    const [forwards, ...first] = run(this.forwardLayer, states.slice(0, half));
    const [processed, ...second] = run(this.backwardLayer, states.slice(half));
    const backwards = this.returnSequences ? flip(processed!, 1) : processed!;
    const outputs = merge(this.mergeMode, forwards!, backwards);
    const list = [...outputs, ...first, ...second];
    return (list.length === 1 ? list[0]! : list) as BidirectionalOutput<S, M>;
  }

  override computeOutputShape(inputShape: LayerShape): ShapesOf<BidirectionalOutput<S, M>> {
    const shapes = (layer: RNN<S>): readonly LayerShape[] => {
      const all = layer.computeOutputShape(inputShape);
      return (this.returnState ? all : [all]) as readonly LayerShape[];
    };
    const [first, ...forwards] = shapes(this.forwardLayer);
    const [second, ...backwards] = shapes(this.backwardLayer);
    const wide = [...first!.slice(0, -1), first!.at(-1)! + second!.at(-1)!];
    const outputs = this.mergeMode === null ? [first!, second!] : [this.mergeMode === 'concat' ? wide : first!];
    const list = [...outputs, ...forwards, ...backwards];
    return (list.length === 1 ? list[0]! : list) as unknown as ShapesOf<BidirectionalOutput<S, M>>;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      ...this.#stored,
      merge_mode: this.mergeMode,
      backward_layer: serializeNested(this.backwardLayer),
    };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config, load?: LayerLoader): T {
    return nestedFromConfig(this, config, ['layer', 'backward_layer'], load);
  }
}

const prefixed = (prefix: string, name: string): string => (name.startsWith(prefix) ? name : `${prefix}${name}`);

function checkPair(where: string, forwards: RNN<boolean>, backwards: RNN<boolean>): void {
  if (!((backwards as unknown) instanceof RNN)) {
    throw new ConfigError(`${where}: expected a recurrent layer as backwardLayer, got ${describe(backwards)}`);
  }
  if (forwards.goBackwards === backwards.goBackwards) {
    throw new ConfigError(`${where}: one layer must go backwards; give the backward layer goBackwards: true`);
  }
  for (const key of ['returnSequences', 'returnState', 'stateful'] as const) {
    if (forwards[key] !== backwards[key]) {
      throw new ConfigError(
        `${where}: both layers must have the same ${key}, got ${forwards[key]} forwards and ${backwards[key]} backwards`,
      );
    }
  }
}

function merge(mode: MergeMode, a: Tensor, b: Tensor): readonly Tensor[] {
  switch (mode) {
    case null:
      return [a, b];
    case 'concat':
      return [concat([a, b], -1)];
    case 'sum':
      return [add(a, b)];
    case 'ave':
      return [mul(add(a, b), 0.5)];
    case 'mul':
      return [mul(a, b)];
  }
}
