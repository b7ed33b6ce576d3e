/**
 * Batching of ops that move elements.
 */
import { reshape, Tensor, where } from '@dl/tensor';
import { apply } from '@dl/tensor/interpreter';
import { aligned, batchedInput, upTo, type BatchRule } from './rule.ts';
import type { BatchTable } from './table.ts';

const up = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/** A fill value per example goes, by a mask, where a padding with 0 has left room. */
const pad: BatchRule<'pad'> = (context) => {
  const { batched, inputs, attrs } = context;
  const all = { low: [0, ...attrs.low], high: [0, ...attrs.high], interior: [0, ...attrs.interior] };
  const x = batchedInput(context, 0);
  if (!batched[1]) return apply('pad', [x, inputs[1]!], all);
  const room = (t: Tensor, fill: number): Tensor => apply('pad', [t, Tensor.scalar(fill, t.dtype)], all);
  const inside = apply('broadcastTo', [Tensor.scalar(1, 'bool')], { shape: x.shape });
  const fill = reshape(inputs[1]!, [-1, ...attrs.low.map(() => 1)]);
  return where(room(inside, 0), room(x, 0), fill);
};

/** Rules of movement ops. */
export const MOVEMENT_BATCHING: Pick<
  BatchTable,
  'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'flip' | 'pad' | 'concat' | 'barrier'
> = {
  reshape: ({ inputs: [x], attrs, size }) => apply('reshape', [x!], { shape: [size, ...attrs.shape] }),
  transpose: ({ inputs: [x], attrs }) => apply('transpose', [x!], { permutation: [0, ...up(attrs.permutation)] }),
  broadcastTo: (context) =>
    apply('broadcastTo', [aligned(context, 0, context.attrs.shape.length)], {
      shape: [context.size, ...context.attrs.shape],
    }),
  slice: ({ inputs: [x], attrs, size: n }) =>
    apply('slice', [x!], { start: [0, ...attrs.start], size: [n, ...attrs.size], step: [1, ...attrs.step] }),
  flip: ({ inputs: [x], attrs }) => apply('flip', [x!], { axes: up(attrs.axes) }),
  pad,
  concat: (context) =>
    apply(
      'concat',
      upTo(context.inputs.length).map((k) => batchedInput(context, k)),
      { axis: context.attrs.axis + 1 },
    ),
  barrier: (context) => apply('barrier', [batchedInput(context, 0), context.inputs[1]!], {}),
};
