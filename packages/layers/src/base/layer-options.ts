/**
 * What layers are made with and called with.
 */
import type { DType, Shape } from '@dl/tensor';
import type { Constraint } from '../constraints.ts';
import type { DTypeLike } from './dtype-policy.ts';
import type { InitializerLike } from '../initializers.ts';
import type { LayerShape } from './input-spec.ts';
import type { Regularizer, RegularizerLike } from '../regularizers.ts';
import type { Mask } from './tensors.ts';

/** Options of `layer.apply`. */
export interface CallOptions {
  /** Whether dropout drops and batch statistics are used; inherited from the calling layer, false unless given. */
  readonly training?: boolean | undefined;
  /** Which entries of the input count; taken from the layer before unless given. */
  readonly mask?: Mask | undefined;
  /** Name of the layer the input comes from, for messages. */
  readonly from?: string | undefined;
}

/** What `layer.call` is told. */
export interface CallContext {
  readonly training: boolean;
  readonly mask: Mask;
}

/** Options of every layer. */
export interface LayerOptions {
  /** Snake case of the class, numbered, unless given. */
  readonly name?: string | undefined;
  /** Dtype of weights, and of floating inputs, or a policy such as 'mixed_float16'; float32 unless given. */
  readonly dtype?: DTypeLike | undefined;
  readonly trainable?: boolean | undefined;
  /** Shape of one input without the batch, for the first layer of a model. */
  readonly inputShape?: LayerShape | undefined;
  /** Shape with the batch, for the first layer of a model. */
  readonly batchInputShape?: LayerShape | undefined;
  /** Penalty on the output, divided by the batch size and added to the loss. */
  readonly activityRegularizer?: RegularizerLike | undefined;
}

/** Options of `layer.addWeight`. */
export interface AddWeightOptions {
  readonly name: string;
  readonly shape: Shape;
  /** 'glorot_uniform' for floating dtypes and 'zeros' for others unless given. */
  readonly initializer?: InitializerLike | undefined;
  readonly dtype?: DType | undefined;
  readonly trainable?: boolean | undefined;
  readonly regularizer?: Regularizer | null | undefined;
  readonly constraint?: Constraint | null | undefined;
  /** Whether the weight is read in the dtype that the layer computes in; true for trainable floating weights. */
  readonly autocast?: boolean | undefined;
}

/** Names of {@link LayerOptions}. */
export const BASE_OPTIONS: readonly string[] = [
  'name',
  'dtype',
  'trainable',
  'inputShape',
  'batchInputShape',
  'activityRegularizer',
];
