/**
 * Gradients of strided convolutions, compiled: no kernel multiplies by the zeros between spread-out elements, and the
 * values are those of the eager gradient.
 */
import { grad } from '@dl/autograd';
import { cpu, setThreads } from '@dl/backend-cpu';
import { conv, convTranspose, Generator, jit, scan, setBackend, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { afterAll, describe, expect, test } from 'vitest';

afterAll(() => {
  setThreads(1);
  setBackend(reference());
});

interface Shape {
  readonly image: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: number | readonly number[];
  readonly padding: 'same' | 'valid';
  readonly groups?: number;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'by two': { image: [2, 7, 8, 3], kernel: [3, 3, 3, 5], strides: 2, padding: 'same' },
  'further than the kernel reaches': { image: [1, 9, 7, 4], kernel: [1, 2, 4, 6], strides: [2, 3], padding: 'valid' },
  'along one axis': { image: [2, 8, 6, 3], kernel: [3, 3, 3, 4], strides: [4, 1], padding: 'same' },
  'in groups': { image: [2, 6, 6, 4], kernel: [3, 3, 2, 6], strides: 2, padding: 'same', groups: 2 },
  'of signals': { image: [3, 17, 2], kernel: [5, 2, 4], strides: 3, padding: 'valid' },
  'of volumes': { image: [1, 5, 6, 4, 2], kernel: [2, 3, 2, 2, 3], strides: 2, padding: 'same' },
};

const close = (got: Tensor, wanted: Tensor): void => {
  const values = wanted.dataSync();
  got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 4));
};

describe.each(['reference', 'cpu', 'cpu, two threads'])('%s', (name) => {
  test.each(Object.entries(SHAPES))('%s', (_, { image, kernel, strides, padding, groups = 1 }) => {
    setBackend(name === 'reference' ? reference() : cpu());
    if (name !== 'reference') setThreads(name === 'cpu' ? 1 : 2);
    const g = new Generator(3);
    const [x, w] = [g.normal(image), g.normal(kernel)];
    // The gate before the convolution becomes an epilogue of its gradient.
    const loss = (t: Tensor): Tensor => conv(t.relu(), w, { strides, padding, groups }).square().sum();
    const step = jit(grad(loss));
    close(step(x), grad(loss)(x));
    const convs = step.lower(x).program.kernels.filter((one) => one.kind === 'conv');
    expect(convs.flatMap(({ axes }) => axes.map(({ lhsDilation }) => lhsDilation)).every((by) => by === 1)).toBe(true);
  });

  test('transposed convolutions, and convolutions inside loops', () => {
    setBackend(name === 'reference' ? reference() : cpu());
    const g = new Generator(4);
    const [x, w] = [g.normal([2, 4, 5, 3]), g.normal([3, 3, 4, 3])];
    const up = (t: Tensor): Tensor => convTranspose(t, w, { strides: 2, padding: 'same' });
    const step = jit(up);
    close(step(x), up(x));
    expect(step.lower(x).program.kernels.filter(({ kind }) => kind === 'conv').length).toBeGreaterThan(1);
    const rows = g.normal([4, 2, 4, 5, 3]);
    const all = (t: Tensor): Tensor => scan((sum: Tensor, row: Tensor) => [sum.add(up(row)), sum.sum()], up(x), t)[0];
    close(jit(all)(rows), all(rows));
  });
});
