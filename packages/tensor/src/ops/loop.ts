/**
 * Loops: a graph that runs again and again on values it carries from one iteration to the next.
 */
import { computeDType } from '../dtype.ts';
import type { KernelBuilder } from '../graph/kernel-builder.ts';
import { iteration as counter, load } from '../kernel/scalar.ts';
import type { OpAttrs } from './attrs.ts';
import type { ElementwiseRow, OpaqueRow, OpTable, Source } from './spec.ts';

/** The number of the iteration of the innermost loop, from 0; in bodies of loops only. */
const iteration: ElementwiseRow<OpAttrs['iteration']> = {
  kind: 'elementwise',
  infer: () => [{ shape: [], dtype: 'int32' }],
  expr: () => counter(),
};

function copy(builder: KernelBuilder, source: Source, target: Source): void {
  builder.map(source.shape, [source], [{ target, expr: load(0, computeDType(source.dtype)) }]);
}

/** Inputs: first values of the carries, then what the body takes from outside. Outputs: the carries at the end. */
const loop: OpaqueRow<OpAttrs['loop']> = {
  kind: 'opaque',
  infer: (_, { body }) => body.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  lower: (builder, inputs, { trip, body }, outputs) => {
    const temp = ({ dtype, shape }: Source): Source => builder.buffer('temp', dtype, shape);
    const [current, next] = [outputs.map(temp), outputs.map(temp)];
    current.forEach((target, i) => copy(builder, inputs[i]!, target));
    const kernels = builder.nested(body, [...current, ...inputs.slice(current.length)], next);
    builder.add({
      kind: 'loop',
      trip,
      reverse: false,
      carries: current.map(({ buffer }, i) => ({ current: buffer, next: next[i]!.buffer })),
      body: kernels,
    });
    current.forEach((source, i) => copy(builder, source, outputs[i]!));
  },
};

export const LOOP: Pick<OpTable, 'iteration' | 'loop'> = { iteration, loop };
