/**
 * Derivatives of ops that move elements.
 */
import { flip, reshape, slice, sum, transpose, zeros, type Tensor } from '@dl/tensor';
import { apply, asTensor, sizeOf } from '@dl/tensor/interpreter';
import { unbroadcast, type VjpRule } from './rule.ts';
import type { VjpTable } from './table.ts';

const scalar = (value: number, like: Tensor): Tensor => asTensor(value, 'vjp', like.dtype);

/** Puts elements back where a slice took them: padding with gaps, and a flip where the step is negative. */
const sliceRule: VjpRule<'slice'> = (dy, { inputs: [x], attrs: { start, size, step } }) => [
  () => {
    if (sizeOf(size) === 0) return zeros(x!.shape, x!.dtype);
    const backward = step.flatMap((s, axis) => (s < 0 ? [axis] : []));
    const ordered = backward.length === 0 ? dy : flip(dy, backward);
    const low = start.map((from, axis) => (step[axis]! < 0 ? from + (size[axis]! - 1) * step[axis]! : from));
    const interior = step.map((s) => Math.abs(s) - 1);
    const high = x!.shape.map((n, axis) => n - low[axis]! - ((size[axis]! - 1) * Math.abs(step[axis]!) + 1));
    return apply('pad', [ordered, scalar(0, dy)], { low, high, interior });
  },
];

/** The kept part of a padding, and the sum of the rest for the fill value. */
const padRule: VjpRule<'pad'> = (dy, { inputs: [x], attrs: { low, high, interior } }) => {
  const kept = (): Tensor => {
    if (x!.size === 0) return zeros(x!.shape, x!.dtype);
    const cropped = apply('pad', [dy, scalar(0, dy)], {
      low: low.map((n) => -n),
      high: high.map((n) => -n),
      interior: interior.map(() => 0),
    });
    return apply('slice', [cropped], {
      start: x!.shape.map(() => 0),
      size: x!.shape,
      step: interior.map((gap) => gap + 1),
    });
  };
  return [kept, () => sum(dy).sub(sum(kept()))];
};

/** Rules of movement ops. */
export const MOVEMENT_RULES: Pick<
  VjpTable,
  'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'flip' | 'pad' | 'concat' | 'iota' | 'barrier'
> = {
  reshape: (dy, { inputs: [x] }) => [() => reshape(dy, x!.shape)],
  transpose: (dy, { attrs: { permutation } }) => [
    () =>
      transpose(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
  ],
  broadcastTo: (dy, { inputs: [x] }) => [() => unbroadcast(dy, x!)],
  slice: sliceRule,
  flip: (dy, { attrs: { axes } }) => [() => flip(dy, axes)],
  pad: padRule,
  concat: (dy, { inputs, attrs: { axis } }) => {
    let from = 0;
    return inputs.map((input) => {
      const start = input.shape.map((_, d) => (d === axis ? from : 0));
      from += input.shape[axis]!;
      return () => slice(dy, start, input.shape);
    });
  },
  iota: null,
  barrier: (dy) => [() => dy, null],
};
