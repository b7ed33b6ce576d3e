/**
 * What the JavaScript peers share: their packages, their data and their rows.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Loads a package from the peers' own folder. */
export const load = createRequire(new URL('../../peers/package.json', import.meta.url));
export { CACHE } from '../last-run.ts';
export { HEAD, IMAGE, normValues, units } from '../networks/mobilenet-units.ts';
export { measure, summarize } from '../stats.ts';
export { heUniform, oneHotRows, randomFloats } from '../workloads/report.ts';
export { BATCHED, FORM_INNER, FORM_SIZE, FORMS, IMAGES, SEQUENCES, SIZES } from '../workloads/sizes.ts';

/** What was asked for: the workload, the case of it, and the number of threads. */
export const [workload, caseName, threadCount] = process.argv.slice(2);

/** A function that writes rows of a system, which comes from a package. */
export const reporter = (system, packageName) => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../peers/package.json', import.meta.url), 'utf8'));
  return (name, sample, unit, extra = {}) => {
    const about = { node: process.versions.node, threads: Number(threadCount), version: dependencies[packageName] };
    console.log(JSON.stringify({ workload, case: name, system, ...sample, unit, ...about, ...extra }));
  };
};

/** Milliseconds as microseconds. */
export const micro = ({ median, min }) => ({ median: median * 1000, min: min * 1000 });

/** Milliseconds of so many operations as GFLOP/s. */
export const gflops = ({ median, min }, operations) => ({
  median: operations / (median * 1e6),
  min: operations / (min * 1e6),
});

/** How a product of so many operations is timed. */
export const timing = (operations, inner) => ({ warmup: operations < 2e8 ? 100 : 5, repeats: 9, inner });

/** Runs the workload that was asked for. */
export async function runWorkload(workloads) {
  const run = workloads[workload];
  if (run === undefined) console.error(`${process.argv[1]}: no workload '${workload}'`);
  else await run(caseName);
}
