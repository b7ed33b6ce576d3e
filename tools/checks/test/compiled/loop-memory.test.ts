/**
 * What gradients of loops keep: for each iteration the values that the way back reads, each once, and of checkpoints only
 * what goes in.
 */
import { checkpoint, grad } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import * as t from '@dl/tensor';
import { jit, setBackend, type Tensor } from '@dl/tensor';
import { beforeAll, describe, expect, test } from 'vitest';

const [BATCH, WIDTH] = [4, 8];
const CARRY = BATCH * WIDTH;

type Loss = (w: Tensor, h: Tensor, xs: Tensor) => Tensor;

/** Elements of temporaries that one more iteration takes; the same for all iterations. */
function perStep(loss: Loss): number {
  const elements = (steps: number): number => {
    const all = jit((w: Tensor, h: Tensor, xs: Tensor) => grad(loss, { argnums: [0, 1, 2] })(w, h, xs) as never);
    const { program } = all.lower(t.ones([WIDTH, WIDTH]), t.ones([BATCH, WIDTH]), t.ones([steps, BATCH, WIDTH]));
    return program.buffers.reduce((sum, { role, size }) => (role === 'temp' ? sum + Number(size) : sum), 0);
  };
  const [few, some, many] = [elements(10), elements(20), elements(40)] as [number, number, number];
  expect(many - some).toBe(2 * (some - few));
  return (some - few) / 10;
}

type Cell = (h: Tensor, w: Tensor) => Tensor;
const scanned =
  (cell: Cell): Loss =>
  (w, h, xs) =>
    t
      .scan(
        (c: Tensor, x: Tensor) => {
          const next = cell(c.add(x), w);
          return [next, next.sum()] as const;
        },
        h,
        xs,
      )[1]
      .sum();
const looped =
  (cell: Cell): Loss =>
  (w, h, xs) =>
    t.foriLoop(0, xs.shape[0]!, (_, c) => cell(c, w), h).sum();
const mapped =
  (cell: Cell): Loss =>
  (w, _, xs) =>
    t.map((x: Tensor) => cell(x, w), xs).sum();

/** A cell of so many layers. */
const deep =
  (layers: number): Cell =>
  (h, w) =>
    Array.from({ length: layers }).reduce<Tensor>((y) => t.sin(t.tanh(y.matmul(w)).mul(y)).add(t.exp(y.mul(0.1))), h);

describe('memory of gradients of loops', { timeout: 60_000 }, () => {
  beforeAll(() => setBackend(cpu({ threads: 1 })));

  // How many tensors of the size of a carry an iteration takes; a scan also has its outputs, a number each.
  test.each<[name: string, body: (c: Tensor, x: Tensor) => Tensor, kept: number]>([
    ['a sum keeps nothing', (c, x) => c.add(x), 0],
    ['a function keeps its derivative', (c, x) => t.sin(c).add(x), 1],
    ['a product keeps the carry, and finds the element where it is', (c, x) => c.mul(x), 1],
    ['views are made again', (c, x) => t.flip(c, 0).reshape([WIDTH, BATCH]).reshape([BATCH, WIDTH]).mul(x), 1],
    ['a value that is used twice is kept once', (c, x) => c.mul(x).add(c.mul(t.flip(x, 0))), 1],
  ])('%s', (_, body, kept) => {
    const loss: Loss = (_w, h, xs) => t.scan((c: Tensor, x: Tensor) => [body(c, x), null] as const, h, xs)[0].sum();
    expect(perStep(loss) / CARRY).toBe(kept);
  });

  test('a result of every iteration that the way back reads is not kept a second time', () => {
    // The stack of results, and that of their cotangents.
    const loss: Loss = (_, h, xs) =>
      t
        .scan(
          (c: Tensor, x: Tensor) => {
            const y = t.exp(c.mul(0.1));
            return [c.add(x), y] as const;
          },
          h,
          xs,
        )[1]
        .square()
        .sum();
    expect(perStep(loss) / CARRY).toBeLessThanOrEqual(2);
  });

  test.each([
    ['foriLoop', looped, CARRY],
    ['scan', scanned, CARRY + 1],
    ['map', mapped, 0],
  ] as const)('of a checkpointed body of %s only what goes in is kept', (_, loop, most) => {
    for (const layers of [1, 4]) {
      expect(perStep(loop(deep(layers)))).toBeGreaterThanOrEqual(4 * layers * CARRY);
      const whole = perStep(loop(checkpoint(deep(layers))));
      expect(whole).toBeLessThanOrEqual(most);
    }
  });

  test('arguments that a function does not read take no memory', () => {
    const { program } = jit((...all: Tensor[]) => all[0]!.mul(2)).lower(t.ones([3]), t.ones([1000]));
    const sizes = program.buffers.map(({ size }) => Number(size));
    expect(Math.max(...sizes)).toBe(3);
  });
});
