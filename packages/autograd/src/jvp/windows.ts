/**
 * Forward derivatives of window ops.
 */
import { apply } from '@dl/tensor/interpreter';
import { positionsOf, windowOnly } from '../vjp/windows.ts';
import { linear, type JvpRule } from './rule.ts';
import type { JvpTable } from './table.ts';

const reduceWindow: JvpRule<'reduceWindow'> = ([dx], { inputs: [x], attrs }) =>
  attrs.op === 'sum'
    ? apply('reduceWindow', [dx!], attrs)
    : apply('windowGather', [dx!, positionsOf(x!, attrs)], windowOnly(attrs));

/** Forward rules of window ops. */
export const WINDOW_JVP: Pick<JvpTable, 'reduceWindow' | 'windowArg' | 'windowGather' | 'windowScatter'> = {
  reduceWindow,
  windowArg: null,
  windowGather: /* @__PURE__ */ linear('windowGather', 1),
  windowScatter: /* @__PURE__ */ linear('windowScatter', 1),
};
