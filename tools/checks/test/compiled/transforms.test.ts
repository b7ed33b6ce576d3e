/**
 * Transformations of random programs: forward against backward, examples at once against one by one, and all nestings of
 * jit, grad, jvp, vmap and checkpoint against gradients alone. A seeded sample; more with FULL.
 */
import { grad, hessian, jvp, vjp, vmap } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import {
  conv,
  Generator,
  jit,
  maxPool,
  setBackend,
  softmax,
  stack,
  tensor,
  withBackend,
  zeros,
  type Tensor,
} from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { fuzzProgram } from '@dl/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS } from '../cases/support.ts';
import { NESTINGS, plainly, project, toleranceOf, transformed, type Scalar } from './nestings.ts';
import { choices, expectTensor, checkBatching, weightsLike } from '../../../../packages/autograd/test/samples.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const FULL = Boolean(process.env['FULL']);
const seeds = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (FULL ? 1 + i : (SEED * 7919 + i) % 1e6));

interface Program {
  readonly text: string;
  readonly inputs: readonly Tensor[];
  readonly run: (...inputs: Tensor[]) => Tensor[];
}

/** The program of a seed, or of the next one whose inputs are small, on float64. */
function programOf(seed: number, steps: number): Program {
  for (let own = seed; ; own++) {
    const { inputs, text, run } = fuzzProgram(own, steps);
    if (inputs.reduce((sum, { values }) => sum + values.length, 0) > 80) continue;
    return {
      text: `seed ${own}\n${text}`,
      inputs: inputs.map(({ shape, values }) => tensor(values, 'float64', shape)),
      run: (...tensors) => run(tensors),
    };
  }
}

const dot = (a: readonly Tensor[], b: readonly Tensor[]): number =>
  a.reduce((sum, x, i) => sum + x.mul(b[i]!).sum().itemSync(), 0);

describe.each([
  ['reference', reference],
  ['cpu', cpu],
] as const)('%s', { timeout: 600_000 }, (name, make) => {
  // prettier-ignore
  beforeAll(() => setBackend(make()));

  test.each(seeds(FULL ? 400 : 30))('forward is the transpose of backward, seed %i', (seed) => {
    const { inputs, run, text } = programOf(seed, 12);
    const directions = inputs.map((x, i) => weightsLike(x, i));
    const { value, tangent } = jvp(run, [...inputs], directions);
    const cotangents = value.map((y, i) => weightsLike(y, i + 5));
    const [ahead, back] = [dot(tangent, cotangents), dot(vjp(run, ...inputs).pullback(cotangents), directions)];
    expect(Math.abs(ahead - back) / Math.max(1, Math.abs(back)), text).toBeLessThan(1e-9);
    const compiled = jit((...moved: Tensor[]) => jvp(run, [...inputs], moved).tangent)(...directions);
    tangent.forEach((dy, i) => expectTensor(compiled[i]!, dy, 1e-9, `compiled, output ${i} of ${text}`));
  });

  test.each(seeds(FULL ? 400 : 30))('all examples at once are each by itself, seed %i', (seed) => {
    const { inputs, run, text } = programOf(seed, 12);
    const masks = choices(inputs.length);
    const mask = masks[seed % masks.length]!;
    const examples = [1, 0.5, -0.3].map((k) => inputs.map((x, i) => (mask[i] ? x.mul(k).add(0.1 * i) : x)));
    const given = inputs.map((x, i) => (mask[i] ? stack(examples.map((own) => own[i]!)) : x));
    const many = vmap(run, { inAxes: mask.map((is) => (is ? 0 : null)) });
    const each = examples.map((own) => run(...own));
    for (const [way, f] of [
      ['eager', many],
      ['compiled', jit(many)],
    ] as const) {
      // prettier-ignore
      f(...given).forEach((y, i) => {
        expectTensor(y, stack(each.map((results) => results[i]!)), 1e-9, `${way}, output ${i} of ${text}`);
      });
    }
  });

  if (name === 'cpu') {
    const ops = [
      'randomBits',
      'gather',
      'scatter',
      'conv',
      'matmul',
      'sort',
      'cumulative',
      'pad',
      'windowScatter',
      'select',
    ];
    test.each(ops as Parameters<typeof checkBatching>[0][])('batching of %s', checkBatching);
  }
});

describe('nestings', { timeout: 600_000 }, () => {
  beforeAll(() => setBackend(cpu({ threads: 1 })));

  test.each(NESTINGS.map((names, i) => [names.join(' of '), names, i] as const))('%s', (_, names, at) => {
    for (const seed of seeds(FULL ? 12 : 1)) {
      const { inputs, run, text } = programOf(seed * 31 + 7 * at, 5);
      const [x, ...rest] = inputs as [Tensor, ...Tensor[]];
      const f: Scalar = (y) =>
        run(y, ...rest)
          .map(project)
          .reduce((a, b) => a.add(b), zeros([], 'float64'));
      const wanted = plainly(names, f)(x);
      const tolerance = toleranceOf(names);
      const where = `${names.join(' of ')}, ${text}`;
      expectTensor(transformed(names, f)(x), wanted, tolerance, where);
      expectTensor(jit(transformed(names, f))(x), wanted, tolerance, `compiled ${where}`);
    }
  });
});

describe.each(ALL_BACKENDS)('a small network on %s', { timeout: 120_000 }, (_, make) => {
  beforeAll(async () => setBackend(await make()), 60_000);

  test('gradients of each example and a Hessian, eagerly and compiled', async () => {
    const run = async (wrap: <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R) => {
      const g = new Generator(4);
      const [images, kernel, w] = [g.normal([3, 6, 6, 2]), g.normal([3, 3, 2, 4]), g.normal([16, 3])];
      const net = (k: Tensor, image: Tensor): Tensor =>
        softmax(
          maxPool(conv(image.reshape([1, 6, 6, 2]), k).tanh(), 2)
            .reshape([16])
            .matmul(w),
        ).at(0);
      const each = wrap(vmap(grad(net), { inAxes: [null, 0] }))(kernel, images);
      const curvature = wrap(hessian((b: Tensor) => softmax(w.matmul(b)).square().sum()))(g.normal([3]));
      return [...(await each.data()), ...(await curvature.data())];
    };
    const wanted = await withBackend(reference(), () => run((f) => f));
    for (const actual of [await run((f) => f), await run((f) => jit(f))]) {
      expect(actual).toHaveLength(wanted.length);
      actual.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4));
    }
  });
});
