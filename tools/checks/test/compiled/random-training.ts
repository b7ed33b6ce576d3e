/**
 * Random programs as trainings: a random function of Variables and arguments, a random scalar of its outputs, gradients of
 * both, and an update of the Variables.
 */
import { grad, variableGrads } from '@dl/autograd';
import { tensor, Variable, type Tensor } from '@dl/tensor';
import { fuzzProgram, testRandom } from '@dl/tensor/testing';
import type { Training } from './training.ts';

/** A random training and its text. */
export interface RandomTraining {
  readonly text: string;
  /** @param nudge Inputs are multiplied by numbers this close to 1. */
  readonly make: (nudge?: number, nudgeSeed?: number) => Training;
}

const STEPS = 2;
const RATE = 0.05;

/** The training of a seed. */
export function randomTraining(seed: number): RandomTraining {
  const { inputs, run, text } = fuzzProgram(seed);
  const make = (nudge = 0, nudgeSeed = 0): Training => {
    const random = testRandom(seed * 31 + 7);
    const nudges = testRandom(nudgeSeed);
    const moved = (values: Float64Array, shape: readonly number[]): Tensor =>
      tensor(
        values.map((x) => x * (1 + nudge * (2 * nudges.next() - 1))),
        'float32',
        shape,
      );
    const isArgument = inputs.map((_, i) => i > 0 && random.next() < 0.5);
    const variables = inputs.flatMap(({ values, shape }, i) =>
      isArgument[i]! ? [] : [new Variable(moved(values, shape), { name: `input ${i}` })],
    );
    const batch = inputs.flatMap(({ values, shape }, i) => (isArgument[i]! ? [moved(values, shape)] : []));
    const pull = Array.from({ length: 3 }, () => 2 * random.next() - 1);
    const twice = random.next() < 0.3;

    /** The scalar, and the outputs it is made of. */
    const forward = (args: readonly Tensor[]): readonly [loss: Tensor, ...outputs: Tensor[]] => {
      let [argument, variable] = [0, 0];
      const outputs = run(isArgument.map((is) => (is ? args[argument++]! : variables[variable++]!.value)));
      const parts = outputs.map((y, i) => y.mul(y.flip().mul(0.1).add(pull[i]!)).mean());
      return [parts.reduce((a, b) => a.add(b)), ...outputs];
    };
    return {
      batches: Array.from({ length: STEPS }, () => batch),
      step: (...args) => {
        let outputs: readonly Tensor[] = [];
        const { value, grads } = variableGrads(() => {
          const [loss, ...rest] = forward(args);
          outputs = rest;
          return loss;
        }, variables);
        const others =
          args.length === 0 ? [] : [grad((first: Tensor) => forward([first, ...args.slice(1)])[0])(args[0]!)];
        // A second reading, after some Variables have moved.
        for (const [i, variable] of variables.entries()) {
          if (grads[i] !== null) variable.assign(variable.value.sub(grads[i]!.mul(RATE)));
        }
        return [value, ...outputs, ...others, ...(twice ? [forward(args)[0]] : [])];
      },
      variables: () => variables,
    };
  };
  return { text, make };
}
