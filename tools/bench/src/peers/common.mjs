/**
 * What the JavaScript peers share: their packages, their data and their rows.
 */
import { createRequire } from 'node:module';

/** Loads a package from the peers' own folder. */
export const load = createRequire(new URL('../../peers/package.json', import.meta.url));
export { measure, summarize } from '../stats.ts';
export { oneHotRows, randomFloats } from '../workloads/report.ts';
export { SIZES } from '../workloads/sizes.ts';

/** The workload that was asked for. */
export const workload = process.argv[2];

/** A function that writes rows of a system. */
export const reporter = (system) => (name, sample, unit) => {
  const row = { workload, case: name, system, ...sample, unit, node: process.versions.node, threads: 1 };
  console.log(JSON.stringify(row));
};

/** Milliseconds as microseconds. */
export const micro = ({ median, min }) => ({ median: median * 1000, min: min * 1000 });

/** Milliseconds of a square matrix product as GFLOP/s. */
export const gflops = ({ median, min }, n) => ({
  median: (2 * n ** 3) / (median * 1e6),
  min: (2 * n ** 3) / (min * 1e6),
});

/** Runs the workload that was asked for. */
export async function runWorkload(workloads) {
  const run = workloads[workload];
  if (run === undefined) console.error(`${process.argv[1]}: no workload '${workload}'`);
  else await run();
}
