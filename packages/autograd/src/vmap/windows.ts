/**
 * Batching of window ops: the axis of examples has windows of one element.
 */
import { apply, type OpAttrs, type OpName, type WindowAttrs } from '@dl/tensor/interpreter';
import { batchedInput, type BatchContext, type BatchRule } from './rule.ts';
import type { BatchTable } from './table.ts';

function widened<A extends WindowAttrs>(attrs: A): A {
  return {
    ...attrs,
    window: [1, ...attrs.window],
    strides: [1, ...attrs.strides],
    padding: [[0, 0], ...attrs.padding],
    windowDilation: [1, ...attrs.windowDilation],
  };
}

const both = (context: BatchContext<OpName>) => [batchedInput(context, 0), batchedInput(context, 1)];

const reduceWindow: BatchRule<'reduceWindow'> = ({ inputs, attrs }) => {
  const all: OpAttrs['reduceWindow'] = { ...widened(attrs), baseDilation: [1, ...attrs.baseDilation] };
  return apply('reduceWindow', inputs, all);
};

/** Rules of window ops. */
export const WINDOW_BATCHING: Pick<BatchTable, 'reduceWindow' | 'windowArg' | 'windowGather' | 'windowScatter'> = {
  reduceWindow,
  windowArg: ({ inputs, attrs }) => apply('windowArg', inputs, widened(attrs)),
  windowGather: (context) => apply('windowGather', both(context), widened(context.attrs)),
  windowScatter: (context) =>
    apply('windowScatter', both(context), {
      ...widened(context.attrs),
      shape: [context.size, ...context.attrs.shape],
    }),
};
