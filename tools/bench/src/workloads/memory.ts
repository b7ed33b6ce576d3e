/**
 * Resident memory: of a process that loaded the framework, after many steps of the small network, and at its peak while the
 * convolutional network is trained.
 */
import { readFileSync } from 'node:fs';
import { cnn, cnnBatch, seedBatches, seedNet } from '../networks/small.ts';
import { inMode, stepOf } from '../networks/training.ts';
import type { Report } from './report.ts';

/** MB of this process now, or at most so far. */
function resident(which: 'now' | 'peak'): number {
  if (which === 'now') return process.memoryUsage.rss() / 1e6;
  try {
    // The usage that Node reports starts from the parent's peak.
    return (Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024) / 1e6;
  } catch {
    return (process.resourceUsage().maxRSS * 1024) / 1e6;
  }
}

/** Runs one case. */
export async function run(report: Report, name: string): Promise<void> {
  const add = (when: string, value: number): void =>
    report({ case: `${name}, ${when}`, mode: 'compiled', median: value, min: value, unit: 'MB' });
  add('loaded', resident('now'));
  if (name === 'seed net') {
    const step = inMode('compiled', stepOf(seedNet()));
    const batches = seedBatches();
    for (let i = 1; i <= 100_000; i++) {
      const loss = step(...batches[i % batches.length]!);
      // Programs look at the loss now and then, which lets the collector's finalizers run.
      if (i % 100 === 0) await loss.data();
      if (i === 10_000 || i === 100_000) add(`after ${i.toLocaleString('en-US')} steps`, resident('now'));
    }
  } else {
    const step = inMode('compiled', stepOf(cnn()));
    const [x, y] = cnnBatch();
    for (let i = 0; i < 20; i++) await step(x, y).data();
    add('peak of 20 steps', resident('peak'));
  }
}
