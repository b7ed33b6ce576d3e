/**
 * Large arrays in the heap: which buffers live there, for how long, and that nothing changes where they do not fit.
 */
import { cpu } from '@dl/backend-cpu';
import { add, exp, setBackend, softmax, tensor, type Tensor } from '@dl/tensor';
import { binary, load, type Operand, type Program, type TypedArray } from '@dl/tensor/backend';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CpuBuffer } from '../src/buffer.ts';
import { Heap } from '../src/memory/heap.ts';
import { LARGE } from '../src/memory/pool.ts';
import { countedBytes } from '../src/memory/resident.ts';
import { runtime } from '../src/runtime.ts';
import { firstDifference } from './compare.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Lets the collector run, and finalizers after it. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const { heap } = runtime();
const BUDGET = heap.budget;
const backend = cpu();
const SIZE = LARGE / 4 + 5;
const placeOf = (t: Tensor): number => (t.storage!.buffer as CpuBuffer).address;
const ramp = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => (i % 1000) / 500 - 1);

/** Faster than `toEqual` where there are millions of numbers. */
const expectSame = (got: TypedArray, wanted: TypedArray): void =>
  expect(firstDifference(got, wanted, 'float32')).toBe(null);

beforeAll(() => setBackend(backend));
afterEach(() => void (heap.budget = BUDGET));

describe('heap', () => {
  test('free neighbours become one block', () => {
    const own = new Heap();
    const blocks = [1, 2, 3, 4].map(() => own.allocate(1 << 20));
    const last = own.allocate(64);
    for (const i of [1, 3, 2]) own.release(blocks[i]!);
    expect(own.allocate(3 << 20)).toBe(blocks[1]);
    own.release(blocks[0]!);
    own.release(blocks[1]!);
    own.release(last);
    expect([own.top, own.used]).toEqual([blocks[0], 0]);
  });

  test('sizes that take turns use the same memory', () => {
    const own = new Heap();
    const sizes = [5, 3, 7, 1, 6].map((n) => n << 20);
    const first = sizes.map((bytes) => own.allocate(bytes));
    const end = own.allocate(64);
    const { top } = own;
    first.forEach((address) => own.release(address));
    for (let round = 0; round < 20; round++) {
      const held = sizes.map((_, i) => own.allocate(sizes[(i + round) % sizes.length]!));
      expect(new Set(held).size).toBe(sizes.length);
      held.forEach((address) => own.release(address));
    }
    expect(own.top).toBe(top);
    own.release(end);
  });

  test('small blocks leave large free ones whole', () => {
    const own = new Heap();
    const large = own.allocate(4 << 20);
    own.allocate(64);
    own.release(large);
    expect(own.allocate(100)).toBeGreaterThan(large + (4 << 20));
    expect(own.allocate(4 << 20)).toBe(large);
  });

  test('random blocks never meet', () => {
    const own = new Heap();
    const held = new Map<number, number>();
    let state = 12345;
    const random = (n: number): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n;
    for (let i = 0; i < 3000; i++) {
      if (held.size > 40 || (held.size > 0 && random(2) === 0)) {
        const address = [...held.keys()][random(held.size)]!;
        held.delete(address);
        own.release(address);
        continue;
      }
      const bytes = 1 + random(random(3) === 0 ? 3 << 20 : 5000);
      const address = own.allocate(bytes);
      for (const [other, size] of held) expect(address + bytes <= other || other + size <= address).toBe(true);
      held.set(address, bytes);
    }
    [...held.keys()].forEach((address) => own.release(address));
    expect(own.used).toBe(0);
    expect(own.top).toBe(new Heap().allocate(1));
  });

  test('what does not fit is refused by name, and offered nowhere', () => {
    const own = new Heap();
    expect(own.offer(5 * 2 ** 30)).toBe(null);
    expect(() => own.allocate(5 * 2 ** 30)).toThrow('out of memory');
    expect(own.used).toBe(0);
  });
});

describe('large arrays', () => {
  test('lie in the heap from the first write on, and so do results; small ones do not', () => {
    const x = tensor(ramp(SIZE));
    const place = placeOf(x);
    expect(place).toBeGreaterThan(0);
    const y = add(x, 1);
    expect(placeOf(y)).toBeGreaterThan(0);
    expect(placeOf(x)).toBe(place);
    expect(y.dataSync()[999]).toBeCloseTo(1.998, 6);
    expectSame(x.dataSync(), ramp(SIZE));
    expect(placeOf(add(tensor([1, 2]), 1))).toBe(0);
  });

  test('disposed ones are used again, whichever sizes take turns', () => {
    const x = tensor(ramp(3 * SIZE));
    const parts = [1, 2, 3].map((n) => x.slice([0], [n * SIZE]));
    parts.forEach((part) => exp(part).dispose());
    const top = backend.heapBytes();
    for (let i = 0; i < 12; i++) exp(parts[i % 3]!).dispose();
    expect(backend.heapBytes()).toBe(top);
  });

  test('come back when the collector finds them', async () => {
    await settle();
    const before = countedBytes(heap);
    const x = tensor(ramp(SIZE));
    for (let i = 0; i < 5; i++) exp(x);
    expect(countedBytes(heap)).toBe(before + 6 * x.storage!.buffer.byteLength);
    await settle();
    expect(countedBytes(heap)).toBe(before + x.storage!.buffer.byteLength);
    expect(x.dataSync()[0]).toBe(-1);
  });

  test('beyond the budget they lie in host arrays, with the same values', () => {
    const x = tensor(ramp(4 * SIZE), 'float32', [4, SIZE]);
    const y = tensor(ramp(4 * SIZE), 'float32', [4, SIZE]);
    const wanted = [add(x, y), softmax(x), add(x.slice([1, 0], [2, SIZE]), y.slice([2, 0], [2, SIZE]))];
    heap.budget = countedBytes(heap);
    const far = tensor(ramp(4 * SIZE), 'float32', [4, SIZE]);
    expect(placeOf(far)).toBe(0);
    // Of every pair of places of inputs one: pieces are copied for the second only.
    for (const other of [x, far]) {
      const got = [add(other, y), softmax(other), add(other.slice([1, 0], [2, SIZE]), y.slice([2, 0], [2, SIZE]))];
      got.forEach((t, i) => {
        expect(placeOf(t)).toBe(0);
        expectSame(t.dataSync(), wanted[i]!.dataSync());
      });
    }
    heap.budget = BUDGET;
    expectSame(add(far, y).dataSync(), wanted[0]!.dataSync());
    expect(placeOf(far)).toBeGreaterThan(0);
  });

  test('a loop that never waits does not exhaust the heap', () => {
    heap.budget = countedBytes(heap) + 20 * LARGE;
    const most = backend.heapBytes() + 40 * LARGE;
    let x = tensor(ramp(SIZE));
    for (let i = 0; i < 100; i++) x = add(x, 1);
    expect(x.dataSync()[0]).toBe(99);
    expect(backend.heapBytes()).toBeLessThan(most);
  });

  test('views share the bytes of what they are views of', () => {
    const x = tensor(ramp(2 * SIZE), 'float32', [2, SIZE]);
    const before = countedBytes(heap);
    const [row, turned] = [x.at(1), x.transpose()];
    expect(add(row, turned.slice([0, 1], [SIZE, 1]).reshape([SIZE])).dataSync()[7]).toBe(2 * x.dataSync()[SIZE + 7]!);
    expect(countedBytes(heap)).toBe(before + row.size * 4);
    x.dispose();
    expectSame(row.dataSync(), ramp(2 * SIZE).subarray(SIZE));
  });
});

describe('buffers of programs', () => {
  const at = (buffer: number, offset: number, stride = 1): Operand => ({
    buffer,
    dtype: 'float32',
    offset,
    strides: [stride],
  });
  const sum = (a: Operand, b: Operand, output: Operand, size: number): Program => ({
    name: 'sum',
    buffers: (['input', 'input', 'output'] as const).map((role) => ({ role, dtype: 'float32' as const, size })),
    args: [0, 1, 2],
    params: [],
    kernels: [
      {
        kind: 'map',
        shape: [size],
        operands: [a, b],
        outputs: [{ operand: output, expr: binary('add', load(0, 'float32'), load(1, 'float32')) }],
      },
    ],
  });
  const filled = (): CpuBuffer => {
    const buffer = backend.allocate(SIZE * 4) as CpuBuffer;
    backend.write(buffer, ramp(SIZE), 'float32');
    return buffer;
  };
  const valuesOf = (buffer: CpuBuffer): Float32Array => new Float32Array(backend.readSync!(buffer, 'float32', 0, SIZE));

  test('one buffer for two inputs', () => {
    const [input, output] = [filled(), backend.allocate(SIZE * 4) as CpuBuffer];
    backend.compile(sum(at(0, 0), at(1, 0), at(2, 0), SIZE)).run([input, input, output], []);
    expectSame(
      valuesOf(output),
      ramp(SIZE).map((v) => 2 * v),
    );
  });

  test('an output that is an input as well is written when all is read', () => {
    const buffer = filled();
    const other = filled();
    backend.compile(sum(at(0, SIZE - 1, -1), at(1, 0), at(2, 0), SIZE)).run([buffer, other, buffer], []);
    const before = ramp(SIZE);
    expectSame(
      valuesOf(buffer),
      before.map((v, i) => Math.fround(v + before[SIZE - 1 - i]!)),
    );
  });

  test('what lies beyond a short output stays', () => {
    const [a, b, output] = [filled(), filled(), filled()];
    const short = SIZE - 3;
    backend.compile(sum(at(0, 0), at(1, 0), at(2, 0), short)).run([a, b, output], []);
    expect([...valuesOf(output).subarray(short - 1)]).toEqual([
      Math.fround(2 * ramp(SIZE)[short - 1]!),
      ...ramp(SIZE).subarray(short),
    ]);
  });

  test('freed in the heap, a buffer is zero again until something is written', () => {
    const buffer = filled();
    const place = buffer.address;
    backend.free(buffer);
    expect(buffer.address).toBe(0);
    const next = backend.allocate(SIZE * 4) as CpuBuffer;
    next.moveTo(heap);
    expect(next.address).toBe(place);
    expect(valuesOf(next).every((v) => v === 0)).toBe(true);
    backend.free(next);
  });
});
