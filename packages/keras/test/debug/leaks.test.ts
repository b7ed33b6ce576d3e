import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { memory, ones, setBackend, tensor, tidy, type Tensor } from '@dl/keras';
import { reference, type Backend } from '@dl/tensor/backend';
import { leaks, trackTensors } from '@dl/keras/debug';

setFlagsFromString('--expose-gc');
(globalThis as { gc?: () => void }).gc = runInNewContext('gc') as () => void;

/** The reference backend, but what is forgotten is not collected at once. */
function counted(): Backend {
  const good = reference();
  return { ...good, name: 'counted', capabilities: { ...good.capabilities, collected: false } };
}

const kept: Tensor[] = [];
function forget(count: number): void {
  for (let i = 0; i < count; i++) kept.push(ones([8]).add(1));
}

afterEach(() => {
  for (const one of kept.splice(0)) one.dispose();
});

test('names the places that made what is alive, where memory is counted', async () => {
  setBackend(counted());
  const live = memory().live;
  const handle = trackTensors();
  forget(3);
  const total = tidy(() => tensor([1, 2, 3]).square().sum());
  const report = await leaks();
  expect(report).toMatchObject({ tracking: true, collected: false, tensors: 3 * 2 + 1 });
  expect(report.tensors).toBe(memory().live - live);
  expect(report.sites[0]).toMatchObject({ tensors: 3, bytes: 3 * 32 });
  expect(report.bytes).toBe(report.sites.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(report.sites[0]!.site).toMatch(/forget.*leaks\.test\.ts:\d+/);
  expect(report.sites[0]!.stack.split('\n').length).toBeGreaterThan(2);
  expect(String(report)).toMatch(
    /^7 tensors alive since trackTensors\(\), \d+ bytes\nThe counted backend's memory is not collected at once: free/,
  );
  total.dispose();
  for (const one of kept.splice(0)) one.dispose();
  // The ones inside were never let go.
  expect((await leaks()).tensors).toBeLessThanOrEqual(3);
  handle.remove();
});

test('says where memory is collected, and counts what is held', async () => {
  setBackend(reference());
  const handle = trackTensors();
  forget(5);
  for (let i = 0; i < 3000; i++) ones([4]).add(i);
  const report = await leaks();
  expect(report.collected).toBe(true);
  const held = report.sites.find(({ site }) => site.includes('forget'))!;
  expect(held.tensors).toBe(5);
  expect(report.tensors).toBeLessThan(1000);
  expect(String(report)).toContain("The reference backend's memory is reclaimed by the JS collector");
  handle.remove();
});

test('remembers nothing when off', async () => {
  setBackend(counted());
  trackTensors().remove();
  forget(1);
  const report = await leaks();
  expect(report).toMatchObject({ tracking: false, sites: [], tensors: memory().live });
  expect(String(report)).toContain('Call trackTensors() first');
});
