/**
 * The calls that a built model is made of.
 */
import type { KerasTensor, Operation } from '@dl/layers';
import type { AnyModel } from '../model.ts';

/** One call of a layer or an op. */
export interface Call {
  readonly operation: Operation;
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
}

/** The calls of a functional model, or those of a chain. */
export function callsOf(model: AnyModel): readonly Call[] {
  if (model.graph !== null) return model.graph.nodes;
  const calls: Call[] = [];
  let tensor = model.outputs[0] as KerasTensor;
  for (;;) {
    const { operation, inputs, outputs } = tensor.node;
    calls.unshift({ operation, inputs, outputs });
    if (inputs.length === 0) return calls;
    tensor = inputs[0]!;
  }
}
