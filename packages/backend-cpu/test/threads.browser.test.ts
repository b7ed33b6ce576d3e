/**
 * Threads in a browser: none on a page's main thread, which may not wait; all within a worker.
 */
import { cpu, features, setThreads } from '@dl/backend-cpu';
import { testRandom } from '@dl/tensor/testing';
import { expect, test } from 'vitest';
import { runtime } from '../src/runtime.ts';
import type { BrowserReport } from './browser-worker.ts';
import { KERNELS } from './random-kernels.ts';
import { runProgram } from './run-program.ts';

test('a main thread computes alone', () => {
  setThreads(4);
  expect(features()).toMatchObject({ sharedMemory: true, threads: 1 });
  const { program, args, params } = KERNELS['matmul']!(testRandom(1));
  runProgram(cpu(), program, args, params);
  expect(runtime().team.gather()).toBe(1);
  expect(runtime().team.workers).toBe(0);
});

test('in a worker three threads give the bits of one', async () => {
  const worker = new Worker(new URL('./browser-worker.ts', import.meta.url), { type: 'module' });
  const report = await new Promise<BrowserReport>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as BrowserReport);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.terminate();
  expect(report).toMatchObject({ workers: 2, differences: [], left: 0 });
  expect(report.offered).toBe(Math.min(4, navigator.hardwareConcurrency));
  expect(report.jobs).toBeGreaterThan(10);
});
