/**
 * Host arrays of buffers: given back early, by the collector, or never while something can still see them.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { CpuBuffer } from '../src/buffer.ts';
import { giveArray, LARGE, takeArray } from '../src/memory/pool.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Lets the collector run, and finalizers after it. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('host arrays', () => {
  test('a freed array is handed out again', () => {
    const buffer = new CpuBuffer(5000);
    const array = buffer.target();
    buffer.free();
    expect(takeArray(5000)).toBe(array);
  });

  test('a large array comes back when its buffer is collected', async () => {
    const size = LARGE + 64;
    const mark = (): void => void (new CpuBuffer(size).target()[7] = 77);
    mark();
    await settle();
    const again = new CpuBuffer(size);
    expect(again.target()[7]).toBe(77);
    const other = new CpuBuffer(size);
    expect(other.target() === again.target()).toBe(false);
    expect(again.target()[7]).toBe(77);
  });

  test('an array that was freed early comes back once', async () => {
    const size = LARGE + 128;
    let buffer: CpuBuffer | null = new CpuBuffer(size);
    const array = buffer.target();
    buffer.free();
    buffer = null;
    await settle();
    expect(takeArray(size) === array).toBe(true);
    expect(takeArray(size) === array).toBe(false);
  });

  test('what is read of a buffer that was never written is zero, also in a used array', () => {
    const first = new CpuBuffer(6000);
    first.target().fill(9);
    first.free();
    expect(new CpuBuffer(6000).host().every((v) => v === 0)).toBe(true);
  });

  test('a pool full of sizes that nobody asks for takes new ones', () => {
    const bytes = 200 * 2 ** 20;
    for (const size of [bytes, bytes + 64]) giveArray(new Uint8Array(size));
    const latest = new Uint8Array(bytes + 128);
    giveArray(latest);
    expect(takeArray(bytes + 128) === latest).toBe(true);
  });
});
