/**
 * Derivatives of window ops. The gradient of a window maximum goes to the first largest element.
 */
import { ConfigError, type Tensor } from '@dl/tensor';
import { apply, dilatedSize, type OpAttrs, type WindowAttrs } from '@dl/tensor/interpreter';
import type { VjpRule } from './rule.ts';
import type { VjpTable } from './table.ts';

/** The window alone. */
export const windowOnly = ({ window, strides, padding, windowDilation }: WindowAttrs): WindowAttrs => ({
  window,
  strides,
  padding,
  windowDilation,
});

function sumGrad(dy: Tensor, x: Tensor, attrs: OpAttrs['reduceWindow']): Tensor {
  const padding = attrs.window.map((size, axis): readonly [number, number] => {
    const window = dilatedSize(size, attrs.windowDilation[axis]!);
    const input = dilatedSize(x.shape[axis]!, attrs.baseDilation[axis]!);
    const output = dilatedSize(dy.shape[axis]!, attrs.strides[axis]!);
    const low = window - 1 - attrs.padding[axis]![0];
    return [low, input + window - 1 - output - low];
  });
  return apply('reduceWindow', [dy], {
    op: 'sum',
    window: attrs.window,
    windowDilation: attrs.windowDilation,
    strides: attrs.baseDilation,
    baseDilation: attrs.strides,
    padding,
  });
}

/** Where in its window each largest, or smallest, element stands. */
export function positionsOf(x: Tensor, attrs: OpAttrs['reduceWindow']): Tensor {
  if (attrs.baseDilation.some((n) => n !== 1)) {
    throw new ConfigError(
      `reduceWindow: the gradient of '${attrs.op}' over a dilated input is not defined; dilate with pad() first`,
    );
  }
  return apply('windowArg', [x], { ...windowOnly(attrs), op: attrs.op as 'max' | 'min' });
}

const reduceWindow: VjpRule<'reduceWindow'> = (dy, { inputs: [x], attrs }) => [
  () => {
    if (attrs.op === 'sum') return sumGrad(dy, x!, attrs);
    return apply('windowScatter', [dy, positionsOf(x!, attrs)], { ...windowOnly(attrs), shape: x!.shape });
  },
];

/** Rules of window ops. */
export const WINDOW_RULES: Pick<VjpTable, 'reduceWindow' | 'windowArg' | 'windowGather' | 'windowScatter'> = {
  reduceWindow,
  windowArg: null,
  windowGather: (dy, { inputs: [x, positions], attrs }) => [
    () => apply('windowScatter', [dy, positions!], { ...windowOnly(attrs), shape: x!.shape }),
    null,
  ],
  windowScatter: (dy, { inputs: [, positions], attrs }) => [
    () => apply('windowGather', [dy, positions!], windowOnly(attrs)),
    null,
  ],
};
