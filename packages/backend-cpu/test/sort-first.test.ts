/**
 * The front of the order, on lines that fill the room for candidates in every way.
 */
import { configure, cpu, setThreads } from '@dl/backend-cpu';
import { setBackend, sort, tensor, topK } from '@dl/tensor';
import { testRandom } from '@dl/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { whenWorth } from './together.ts';

beforeAll(() => {
  configure({ threads: 1 });
  setBackend(cpu());
});

const LINES: Readonly<Record<string, (n: number) => Float32Array>> = {
  random: (n) => {
    const random = testRandom(n);
    return Float32Array.from({ length: n }, () => random.next() - 0.5);
  },
  rising: (n) => Float32Array.from({ length: n }, (_, i) => i),
  falling: (n) => Float32Array.from({ length: n }, (_, i) => -i),
  equal: (n) => new Float32Array(n).fill(2),
  few: (n) => Float32Array.from({ length: n }, (_, i) => (i * 7) % 5),
  'NaN and infinities': (n) => Float32Array.from({ length: n }, (_, i) => [NaN, Infinity, -Infinity, 0, -0, 3][i % 6]!),
};

describe.each(Object.entries(LINES))('%s', (_, line) => {
  test.each([
    [1, 1],
    [10, 3],
    [5000, 0],
    [5000, 1],
    [5000, 100],
    [20_000, 700],
    [3000, 3000],
  ])('of %i elements, %i', (n, k) => {
    const x = line(n);
    const { values, indices } = topK(tensor(x), k);
    // The position decides among equals.
    const order = [...x.keys()].sort((a, b) => {
      const [p, q] = [x[a]!, x[b]!];
      if (Number.isNaN(p) || Number.isNaN(q)) return Number(Number.isNaN(p)) - Number(Number.isNaN(q)) || a - b;
      return q - p || a - b;
    });
    const wanted = order.slice(0, k);
    expect([...indices.dataSync()]).toEqual(wanted);
    expect([...values.dataSync()]).toEqual(wanted.map((i) => x[i]!));
  });
});

test('rows, as sorting them whole gives; threads change nothing', () => {
  const x = tensor(LINES['random']!(64 * 900)).reshape([64, 900]);
  const whole = sort(x, -1, { descending: true }).dataSync();
  const rows = (): Float32Array => whenWorth(true, () => topK(x, 9).values.dataSync()) as Float32Array;
  const first = [...rows()];
  first.forEach((value, i) => expect(value).toBe(whole[Math.floor(i / 9) * 900 + (i % 9)]));
  setThreads(2);
  expect([...rows()]).toEqual(first);
  setThreads(1);
});

test.each(['float64', 'int32', 'uint8', 'float16'] as const)('%s', (dtype) => {
  const x = tensor(Array.from({ length: 4000 }, (_, i) => (i * 37) % 251)).cast(dtype);
  const { values, indices } = topK(x, 20);
  const all = [...x.dataSync()];
  const order = [...all.keys()].sort((a, b) => all[b]! - all[a]! || a - b).slice(0, 20);
  expect([...indices.dataSync()]).toEqual(order);
  expect([...values.dataSync()]).toEqual(order.map((i) => all[i]!));
});
