/**
 * Fuzzing: random programs, the same for the same seed. Each runs op by op and as one program, and is compared with the
 * reference backend. All steps are continuous and keep values small, so that roundings stay small too.
 */
import type { Backend } from '../backend/backend.ts';
import { reference } from '../backend/reference/reference.ts';
import { DlError } from '../errors.ts';
import { compositeAll } from '../functions/composite.ts';
import { withBackend } from '../runtime/context.ts';
import { sizeOf, type Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { expectClose } from './compare.ts';
import type { ConformanceCase } from './conformance.ts';
import { STEPS, type Draw } from './fuzz-steps.ts';
import { testRandom, type TestRandom } from './random.ts';

/** A random function of float32 tensors. */
export interface FuzzProgram {
  readonly inputs: readonly { readonly shape: Shape; readonly values: Float64Array }[];
  /** The steps, one a line: `%3 = matmul(%0, %2)`. */
  readonly text: string;
  readonly run: (inputs: readonly Tensor[]) => Tensor[];
}

/** Options of {@link fuzzCases}. */
export interface FuzzOptions {
  readonly seed: number;
  /** Number of programs. */
  readonly count: number;
  /** Most steps of a program, 12 unless given. */
  readonly steps?: number;
}

const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17];
const OUTPUTS = 3;
const TOLERANCE = 1e-4;

function drawShape(random: TestRandom): Shape {
  return Array.from({ length: random.below(4) }, () => random.pick(SIZES));
}

/** The program of a seed. */
export function fuzzProgram(seed: number, steps: number = 12): FuzzProgram {
  const random = testRandom(seed);
  const shapes: Shape[] = Array.from({ length: 1 + random.below(3) }, () => drawShape(random));
  const inputs = shapes.map((shape) => ({
    shape,
    values: Float64Array.from({ length: sizeOf(shape) }, () => 4 * random.next() - 2),
  }));
  const made: { readonly apply: (tensors: readonly Tensor[]) => Tensor; readonly from: readonly number[] }[] = [];
  const lines = inputs.map(({ shape }, i) => `%${i}: input [${shape.join()}]`);
  const count = 1 + random.below(steps);
  while (made.length < count) {
    const draw: Draw = { random, shapes };
    const step = random.pick(STEPS)(draw);
    if (step === null) continue;
    const { from, shape, text, apply } = step;
    lines.push(`%${shapes.length}: [${shape.join()}] = ${text}(${from.map((i) => `%${i}`).join(', ')})`);
    shapes.push(shape);
    made.push({ apply, from });
  }
  return {
    inputs,
    text: lines.join('\n'),
    run: (tensors) => {
      const values = [...tensors];
      for (const { apply, from } of made) values.push(apply(from.map((i) => values[i]!)));
      return values.slice(-Math.min(OUTPUTS, made.length));
    },
  };
}

async function results(backend: Backend, { inputs, run }: FuzzProgram): Promise<ArrayLike<number>[]> {
  const tensors = withBackend(backend, () =>
    run(inputs.map(({ shape, values }) => Tensor.fromValues(values, shape, 'float32'))),
  );
  return Promise.all(tensors.map((tensor) => tensor.data()));
}

/**
 * Random programs as conformance cases. A failure names the seed and prints the program.
 *
 * @example for (const { name, run } of fuzzCases({ seed: 1, count: 50 })) test(name, () => run(backend));
 */
export function fuzzCases({ seed, count, steps }: FuzzOptions): readonly ConformanceCase[] {
  return Array.from({ length: count }, (_, i) => {
    const own = seed + i;
    const program = fuzzProgram(own, steps);
    const fused = compositeAll<object>('fuzz', (inputs) => program.run(inputs));
    return {
      name: `fuzz ${own}`,
      run: async (backend) => {
        const expected = await results(reference(), program);
        const ways = {
          'op by op': program,
          fused: { ...program, run: (inputs: readonly Tensor[]) => fused(inputs, {}) },
        };
        for (const [way, variant] of Object.entries(ways)) {
          try {
            (await results(backend, variant)).forEach((actual, k) =>
              expectClose(actual, expected[k]!, TOLERANCE, `output ${k}`),
            );
          } catch (cause) {
            const reason = cause instanceof Error ? cause.message : String(cause);
            throw new DlError(`fuzz seed ${own}, ${way}: ${reason}\n${program.text}`, { cause });
          }
        }
      },
    };
  });
}
