/**
 * The equation of EinsumDense: which axes of input, kernel and output are one.
 */
import { ConfigError, ShapeError } from '@dl/tensor';
import { formatShape } from '@dl/tensor/interpreter';
import type { LayerShape } from '../base/input-spec.ts';

/** The three terms of `input,kernel->output`; `...` may stand for more axes of input and output. */
export interface Equation {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  /** Where `...` stands in input and output. */
  readonly rest: 'none' | 'first' | 'last';
}

/** What an equation and an input shape say about shapes. */
export interface EinsumShapes {
  readonly kernel: readonly number[];
  /** Broadcasts to the output; null without bias axes. */
  readonly bias: readonly number[] | null;
  readonly output: LayerShape;
  /** Numbers of inputs and outputs of one unit. */
  readonly fans: readonly [fanIn: number, fanOut: number];
}

/** @throws ConfigError for an equation that is not `ab,bc->ac`, `...b,bc->...c` or `ab...,bc->ac...` in form. */
export function parseEquation(where: string, equation: string): Equation {
  const parts = /^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$/.exec(
    typeof equation === 'string' ? equation.replaceAll(' ', '') : '',
  );
  const [, first, input, last, kernel, outFirst, output, outLast] = parts ?? [];
  const once = (term: string | undefined): boolean => new Set(term).size === term?.length;
  const valid =
    parts !== null && first === outFirst && last === outLast && !(first !== undefined && last !== undefined);
  if (!valid || ![input, kernel, output].every(once)) {
    throw new ConfigError(
      `${where}: expected an equation such as 'ab,bc->ac', '...b,bc->...c' or 'ab...,bc->ac...', got '${String(equation)}'`,
    );
  }
  const rest = first !== undefined ? 'first' : last !== undefined ? 'last' : 'none';
  return { input: input!, kernel: kernel!, output: output!, rest };
}

/** Sizes of the letters of a term by the shape they stand for. */
function sizesOf(letters: string, shape: LayerShape, rest: Equation['rest']): Map<string, number | null> {
  const offset = rest === 'first' ? shape.length - letters.length : 0;
  return new Map([...letters].map((letter, i) => [letter, shape[i + offset] ?? null]));
}

/**
 * Shapes of kernel, bias and output.
 *
 * @param outputShape Sizes of the output without the batch and without what `...` stands for; null where the input has them.
 * @throws ShapeError or ConfigError naming the letter whose size is not known or differs.
 */
export function einsumShapes(
  where: string,
  { input, kernel, output, rest }: Equation,
  inputShape: LayerShape,
  outputShape: LayerShape,
  biasAxes: string | null,
): EinsumShapes {
  const hidden = inputShape.length - input.length;
  if (hidden < 0 || (rest === 'none' && hidden !== 0)) {
    throw new ShapeError(
      `${where}: the equation takes inputs of rank ${input.length}${rest === 'none' ? '' : ' or more'}, got ${formatShape(inputShape)}`,
    );
  }
  const inner = rest === 'first' ? inputShape.slice(1, Math.max(hidden, 1)) : [];
  const tail = rest === 'last' ? inputShape.slice(inputShape.length - hidden) : [];
  const batch = inputShape[0] ?? null;
  // Axes that `...` stands for come after the batch, where it comes first, or at the end.
  const whole = rest === 'first' && hidden === 0 ? [...outputShape] : [batch, ...inner, ...outputShape, ...tail];
  if (whole.length !== output.length + hidden) {
    throw new ConfigError(
      `${where}: outputShape ${formatShape(outputShape)} does not fit the output '${output}' of the equation`,
    );
  }
  const given = sizesOf(input, inputShape, rest);
  const wanted = sizesOf(output, whole, rest);
  for (const [letter, size] of wanted) {
    const own = given.get(letter);
    if (own === undefined || own === null || size === null || own === size) continue;
    throw new ShapeError(`${where}: axis '${letter}' has ${own} elements in the input and ${size} in outputShape`);
  }
  const sizeOf = (letter: string): number => {
    const size = given.get(letter) ?? wanted.get(letter) ?? null;
    if (size !== null) return size;
    const known = given.has(letter) || wanted.has(letter);
    throw new ConfigError(
      `${where}: the size of axis '${letter}' ${known ? 'must be known' : 'is not known: the letter is neither in the input nor in the output'}`,
    );
  };
  const product = (letters: readonly string[]): number => letters.reduce((total, letter) => total * sizeOf(letter), 1);
  const letters = [...kernel];
  return {
    kernel: letters.map(sizeOf),
    bias: biasAxes === null ? null : biasShape(where, output, biasAxes, sizeOf, rest === 'last' ? hidden : 0),
    output: whole.map((size, i) => {
      const letter = output[i - (rest === 'first' ? hidden : 0)];
      return size ?? (letter === undefined ? null : (given.get(letter) ?? null));
    }),
    fans: [
      product(letters.filter((letter) => input.includes(letter))),
      product(letters.filter((letter) => output.includes(letter))),
    ],
  };
}

function biasShape(
  where: string,
  output: string,
  axes: string,
  sizeOf: (letter: string) => number,
  tail: number,
): readonly number[] {
  const places = [...axes].map((letter) => output.indexOf(letter));
  if (places.length === 0 || places.includes(-1)) {
    throw new ConfigError(`${where}: biasAxes '${axes}' must be letters of the output '${output}'`);
  }
  const from = [...output.slice(Math.min(...places))];
  return [
    ...from.map((letter) => (axes.includes(letter) ? sizeOf(letter) : 1)),
    ...Array.from({ length: tail }, () => 1),
  ];
}
