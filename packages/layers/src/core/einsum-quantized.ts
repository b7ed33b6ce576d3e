/**
 * The product of an EinsumDense whose kernel is int8: its scales stand where the output has the axes of the kernel.
 */
import { cast, div, einsum, reshape, type Tensor } from '@dl/tensor';
import { roundedByAbsMax } from '../quantizers/abs-max.ts';
import type { Equation } from './einsum-equation.ts';
import type { QuantizedMain, ScaleForm } from './lora.ts';

const without = (letters: string, others: string): string =>
  [...letters].filter((letter) => !others.includes(letter)).join('');
const common = (letters: string, others: string): string =>
  [...letters].filter((letter) => others.includes(letter)).join('');

/** A term with `...` where the equation has it. */
const withRest = (letters: string, { rest }: Equation): string =>
  `${rest === 'first' ? '...' : ''}${letters}${rest === 'last' ? '...' : ''}`;

/**
 * Scales of a kernel: one for all along the axes that are summed over, stored with the axes of the output (one for `...`),
 * of length 1 where the kernel has none, as in Keras.
 */
export function scaleForm(terms: Equation, kernelShape: readonly number[]): ScaleForm {
  const { kernel, output, rest } = terms;
  const kept = common(kernel, output);
  const inOrder = common(output, kernel);
  const sizeOf = (letter: string): number => kernelShape[kernel.indexOf(letter)]!;
  const letters = [...output].map((letter) => (kernel.includes(letter) ? sizeOf(letter) : 1));
  const shape = rest === 'none' ? letters : rest === 'first' ? [1, ...letters] : [...letters, 1];
  return {
    axes: [...kernel].flatMap((letter, axis) => (output.includes(letter) ? [] : [axis])),
    shape,
    store: (scale) => reshape(einsum(`${kept}->${inOrder}`, reshape(scale, [...kept].map(sizeOf))), shape),
    spread: (scale) =>
      reshape(
        einsum(`${inOrder}->${kept}`, reshape(scale, [...inOrder].map(sizeOf))),
        kernelShape.map((size, axis) => (output.includes(kernel[axis]!) ? size : 1)),
      ),
  };
}

/** The product of inputs, rounded along the axes that are summed over, and an int8 kernel. */
export function quantizedEinsum(terms: Equation, inputs: Tensor, { values, scale }: QuantizedMain): Tensor {
  const { input, kernel, output, rest } = terms;
  const offset = rest === 'first' ? inputs.rank - input.length : 0;
  const summed = without(input, output);
  const axes = [...summed].map((letter) => input.indexOf(letter) + offset);
  const [rounded, inputScale] = roundedByAbsMax(cast(inputs, 'float32'), axes);
  const sums = einsum(`${withRest(input, terms)},${kernel}->${withRest(output, terms)}`, rounded, values);
  const inOrder = common(output, kernel);
  const kernelScale = reshape(
    scale,
    [...inOrder].map((letter) => values.shape[kernel.indexOf(letter)]!),
  );
  const open = reshape(
    inputScale,
    inputs.shape.filter((_, axis) => !axes.includes(axis)),
  );
  const kept = without(input, summed);
  const scales = einsum(`${withRest(kept, terms)},${inOrder}->${withRest(output, terms)}`, open, kernelScale);
  return cast(div(sums, scales), inputs.dtype);
}
