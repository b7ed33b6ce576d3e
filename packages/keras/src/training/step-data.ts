/**
 * What the step methods of a model get and give.
 */
import type { Tensors } from '@dl/layers';
import type { Tensor } from '@dl/tensor';

/** One batch as the step methods get it. */
export interface StepData<I extends Tensors = Tensor, O extends Tensors = Tensor> {
  readonly x: I;
  readonly y: O | null;
  /** One weight per sample, or those of each output. */
  readonly sampleWeight: Tensors | null;
}

/** What `computeLoss` and `computeMetrics` get. */
export interface LossData<I extends Tensors = Tensor, O extends Tensors = Tensor> extends StepData<I, O> {
  readonly yPred: O;
  /** What layers added during the call with `addLoss`. */
  readonly losses?: readonly Tensor[];
  /** Whether the model is trained rather than evaluated. */
  readonly training?: boolean;
}

/** What a step may return in place of the metrics. */
export type StepLogs = Record<string, Tensor> | undefined;

/** The steps of a model, one batch each. */
export interface Steps {
  readonly train: (data: StepData<Tensors, Tensors>) => StepLogs;
  readonly test: (data: StepData<Tensors, Tensors>) => StepLogs;
  readonly predict: (x: Tensors) => Tensors;
  /** Several steps in one call of the device; the logs of the last. */
  readonly trainSeveral: (data: readonly StepData<Tensors, Tensors>[]) => StepLogs;
  readonly testSeveral: (data: readonly StepData<Tensors, Tensors>[]) => StepLogs;
  /** Predictions for several batches, joined where they are made in one call. */
  readonly predictSeveral: (xs: readonly Tensors[]) => readonly Tensors[];
}
