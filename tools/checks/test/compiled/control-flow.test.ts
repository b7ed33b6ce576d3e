/**
 * Random programs whose steps are loops, branches and checkpoints in each other: eagerly, compiled, and under all nestings of
 * transformations, against the same programs written out by JavaScript. A seeded sample; more with FULL.
 */
import { grad } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { jit, setBackend, tensor, withBackend, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectTensor } from '../../../../packages/autograd/test/samples.ts';
import { tiny } from '../../../../packages/tensor/test/tiny-backend.ts';
import { ALL_BACKENDS } from '../cases/support.ts';
import { controlProgram, FLOW, WRITTEN_OUT, type Flow } from './control-programs.ts';
import { NESTINGS, plainly, project, toleranceOf, transformed, type Scalar } from './nestings.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const FULL = Boolean(process.env['FULL']);
const seeds = (count: number, offset = 0): number[] =>
  Array.from({ length: count }, (_, i) => (FULL ? 1 + i : (SEED * 7919 + offset + i) % 1e6));

type Two = (x: Tensor, y: Tensor) => Tensor;
const gradients = (f: Two): ((x: Tensor, y: Tensor) => Tensor[]) =>
  grad((x: Tensor, y: Tensor) => project(f(x, y)), { argnums: [0, 1] }) as never;

/** A program by a flow and its inputs. */
function drawn(seed: number, dtype: 'float32' | 'float64', depth = 3) {
  const { text, inputs, by } = controlProgram(seed, depth);
  const [x, y] = inputs.map((values) => tensor([...values], dtype)) as [Tensor, Tensor];
  const f =
    (flow: Flow): Two =>
    (...values) =>
      by(flow)(values);
  return { text, x, y, f };
}

describe.each([
  ['reference', reference],
  ['cpu', () => cpu({ threads: 1 })],
] as const)('%s', { timeout: 600_000 }, (_, make) => {
  beforeAll(() => setBackend(make()));

  test.each(seeds(FULL ? 300 : 6))('values and gradients, seed %i', (seed) => {
    const { text, x, y, f } = drawn(seed, 'float64');
    const wanted = f(WRITTEN_OUT)(x, y);
    expectTensor(f(FLOW)(x, y), wanted, 1e-10, text);
    expectTensor(jit(f(FLOW))(x, y), wanted, 1e-10, `compiled ${text}`);
    const slopes = gradients(f(WRITTEN_OUT))(x, y);
    for (const way of [gradients(f(FLOW)), jit(gradients(f(FLOW))), gradients(jit(f(FLOW)))]) {
      way(x, y).forEach((slope, i) => expectTensor(slope, slopes[i]!, 1e-9, `gradient ${i} of ${text}`));
    }
  });
});

describe('nestings', { timeout: 600_000 }, () => {
  beforeAll(() => setBackend(cpu({ threads: 1 })));

  // A quarter of them unless all are asked for: another one for every seed.
  const some = NESTINGS.map((names, i) => [names.join(' of '), names, i] as const);
  test.each(some.filter(([, , i]) => FULL || i % 4 === SEED % 4))('%s', (_, names, at) => {
    for (const seed of seeds(FULL ? 10 : 1, 31 * at)) {
      const { text, inputs, by } = controlProgram(seed, 2);
      const [x, y] = inputs.map((values) => tensor([...values], 'float64')) as [Tensor, Tensor];
      const f =
        (flow: Flow): Scalar =>
        (value) =>
          project(by(flow)([value, y]));
      const wanted = plainly(names, f(WRITTEN_OUT))(x);
      const tolerance = toleranceOf(names);
      expectTensor(transformed(names, f(FLOW))(x), wanted, tolerance, `${names.join(' of ')}, ${text}`);
      const compiled = jit(transformed(names, f(FLOW)));
      expectTensor(compiled(x), wanted, tolerance, `compiled ${names.join(' of ')}, ${text}`);
    }
  });
});

describe.each([...ALL_BACKENDS, ['tiny', tiny] as const])('float32 on %s', { timeout: 600_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test.each(seeds(FULL ? 40 : 2, 500))('values and gradients, seed %i', async (seed) => {
    const [wanted, slopes] = withBackend(reference(), () => {
      const { x, y, f } = drawn(seed, 'float64', 1);
      return [f(WRITTEN_OUT)(x, y), gradients(f(WRITTEN_OUT))(x, y)] as const;
    });
    const { text, x, y, f } = drawn(seed, 'float32', 1);
    const close = async (actual: Tensor, expected: Tensor): Promise<void> => {
      const values = await actual.data();
      expected.dataSync().forEach((value, i) => {
        expect(Math.abs(values[i]! - Number(value)), text).toBeLessThan(2e-4 * Math.max(1, Math.abs(Number(value))));
      });
    };
    for (const way of [f(FLOW), jit(f(FLOW))]) await close(way(x, y), wanted);
    for (const way of [gradients(f(FLOW)), jit(gradients(f(FLOW)))]) {
      for (const [i, slope] of way(x, y).entries()) await close(slope, slopes[i]!);
    }
  });
});
